"""The demo provider's face: what the shop asks it over HTTP. IT TAKES NO MONEY."""

from http import HTTPStatus
from typing import Annotated

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from werkzeug.exceptions import HTTPException

from payments.service import Ask, OtherAmount, Provider
from payments.store import Payment

MAX_BODY_BYTES = 16 * 1024
_PAYMENT = "/payments/<string(maxlength=64):payment_id>"

Answer = tuple[Response, int]


class _Callback(BaseModel):
    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2000)]
    token: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]+$", max_length=2000)]


class _Question(BaseModel):
    amount_minor: Annotated[int, Field(strict=True, ge=1, lt=2**63)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    callback: _Callback


def create_app(provider: Provider) -> Flask:
    """The Flask application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.put(_PAYMENT)
    def ask(payment_id: str) -> Response:
        return jsonify(_told(provider.ask(payment_id, _ask())))

    @app.post(f"{_PAYMENT}/withdrawal")
    def withdraw(payment_id: str) -> Response:
        return jsonify(_told(provider.withdraw(payment_id)))

    @app.get(_PAYMENT)
    def look(payment_id: str) -> Answer:
        payment = provider.get(payment_id)
        if payment is None:
            return _failed(HTTPStatus.NOT_FOUND, "there is no such payment")
        return jsonify(_told(payment)), HTTPStatus.OK

    @app.get("/healthz")
    def alive() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.errorhandler(OtherAmount)
    def conflict(_error: OtherAmount) -> Answer:
        return _failed(HTTPStatus.CONFLICT, "this payment was asked for with another amount")

    @app.errorhandler(ValidationError)
    def malformed(error: ValidationError) -> Answer:
        # Where it is wrong, not what stood there: that may be a token.
        places = sorted({".".join(map(str, fault["loc"])) or "body" for fault in error.errors()})
        return _failed(HTTPStatus.BAD_REQUEST, f"malformed: {', '.join(places)}")

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Answer:
        return _failed(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.name)

    return app


def _ask() -> Ask:
    question = _Question.model_validate_json(request.get_data())
    return Ask(
        amount_minor=question.amount_minor,
        currency=question.currency,
        callback_url=question.callback.url,
        callback_token=question.callback.token,
    )


def _told(payment: Payment) -> dict[str, object]:
    return {
        "id": payment.id,
        "state": payment.state.value,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "decided_at": payment.decided_at.isoformat() if payment.decided_at else None,
        "to_be_told": payment.call_at is not None,
    }


def _failed(status: int, why: str) -> Answer:
    return jsonify(error=why), status
