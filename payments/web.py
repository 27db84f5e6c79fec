"""The HTTP interface of the demo provider. IT TAKES NO MONEY."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from werkzeug.exceptions import HTTPException

from payments.service import AmountMismatch, CallbackRefused, PaymentRequest, Provider
from payments.store import Payment

MAX_BODY_BYTES = 16 * 1024
_PAYMENT = "/payments/<string(maxlength=64):payment_id>"

Reply = tuple[Response, int]


class _Callback(BaseModel):
    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2000)]
    token: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]+$", max_length=2000)]


class _Request(BaseModel):
    amount_minor: Annotated[int, Field(strict=True, ge=1, lt=2**63)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    callback: _Callback


def create_app(provider: Provider, *, is_ready: Callable[[], bool] = lambda: True) -> Flask:
    """The Flask application; `is_ready` returns whether payments are decided and callbacks made."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.put(_PAYMENT)
    def request_payment(payment_id: str) -> Response:
        return jsonify(_to_json(provider.request(payment_id, _payment_request())))

    @app.post(f"{_PAYMENT}/withdrawal")
    def withdraw(payment_id: str) -> Response:
        return jsonify(_to_json(provider.withdraw(payment_id)))

    @app.get(_PAYMENT)
    def get_payment(payment_id: str) -> Reply:
        payment = provider.get(payment_id)
        if payment is None:
            return _failed(HTTPStatus.NOT_FOUND, "there is no such payment")
        return jsonify(_to_json(payment)), HTTPStatus.OK

    @app.get("/healthz")
    def alive() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.get("/readyz")
    def ready() -> Reply:
        return jsonify(ready=is_ready()), HTTPStatus.OK if is_ready() else HTTPStatus.SERVICE_UNAVAILABLE

    _explain_errors(app)
    return app


def _explain_errors(app: Flask) -> None:
    @app.errorhandler(AmountMismatch)
    def conflict(_error: AmountMismatch) -> Reply:
        return _failed(HTTPStatus.CONFLICT, "this payment was requested with another amount")

    @app.errorhandler(CallbackRefused)
    def elsewhere(_error: CallbackRefused) -> Reply:
        # Not 400: with the right settings the same request is accepted.
        return _failed(HTTPStatus.FORBIDDEN, "callbacks go to the shop only; see MARKETPLACE_CALLBACK_URL")

    @app.errorhandler(ValidationError)
    def malformed(error: ValidationError) -> Reply:
        # No values, which may be tokens.
        fields = sorted({".".join(map(str, details["loc"])) or "body" for details in error.errors()})
        return _failed(HTTPStatus.BAD_REQUEST, f"malformed: {', '.join(fields)}")

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Reply:
        return _failed(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.name)


def _payment_request() -> PaymentRequest:
    body = _Request.model_validate_json(request.get_data())
    return PaymentRequest(
        amount_minor=body.amount_minor,
        currency=body.currency,
        callback_url=body.callback.url,
        callback_token=body.callback.token,
    )


def _to_json(payment: Payment) -> dict[str, object]:
    return {
        "id": payment.id,
        "state": payment.state.value,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "decided_at": payment.decided_at.isoformat() if payment.decided_at else None,
        "callback_pending": payment.call_at is not None,
    }


def _failed(status: int, reason: str) -> Reply:
    return jsonify(error=reason), status
