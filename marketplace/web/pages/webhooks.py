"""What the payment provider calls; a machine, which is answered in JSON."""

from http import HTTPStatus

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException

from marketplace.domain.callbacks import WEBHOOK, InvalidToken
from marketplace.domain.errors import OrderNotFound, StateConflict, StoreUnavailable
from marketplace.usecases.payments import PaymentOutcome, Payments
from marketplace.web.security import UntrustedHost

log = structlog.get_logger()

GREATEST_BODY = 1024

Answer = tuple[Response, int]


def blueprint(payments: Payments) -> Blueprint:
    """Post to `/webhooks/payments/<order>`; its token is another one than a form's."""
    webhooks = Blueprint("webhooks", __name__)

    @webhooks.post(f"{WEBHOOK}<string(maxlength=64):order_id>")
    def settle(order_id: str) -> Answer:
        request.max_content_length = GREATEST_BODY
        changed = payments.settle(order_id, _token(), _outcome())
        return jsonify(result="changed" if changed else "repeated"), HTTPStatus.OK

    @webhooks.errorhandler(InvalidToken)
    def refuse(_error: InvalidToken) -> Answer:
        # The same for every reason: whoever tries tokens learns nothing.
        return _failed(HTTPStatus.UNAUTHORIZED, "the token does not speak for this order")

    @webhooks.errorhandler(OrderNotFound)
    def miss(_error: OrderNotFound) -> Answer:
        return _failed(HTTPStatus.NOT_FOUND, "there is no such order")

    @webhooks.errorhandler(StateConflict)
    def contradict(_error: StateConflict) -> Answer:
        return _failed(HTTPStatus.CONFLICT, "the order went another way")

    @webhooks.errorhandler(StoreUnavailable)
    def close(error: StoreUnavailable) -> Answer:
        log.error("the database does not answer", exc_info=error)
        return _failed(HTTPStatus.SERVICE_UNAVAILABLE, "try again")

    @webhooks.errorhandler(HTTPException)
    def reject(error: HTTPException) -> Answer:
        # Whoever sets the address for callbacks is to see what is wrong with it.
        is_host = isinstance(error, UntrustedHost)
        words = "MARKETPLACE_TRUSTED_HOSTS does not name this host" if is_host else error.name
        return _failed(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, words)

    return webhooks


def _token() -> str:
    authorization = request.authorization
    is_bearer = authorization is not None and authorization.type == "bearer"
    return authorization.token or "" if authorization is not None and is_bearer else ""


def _outcome() -> PaymentOutcome:
    try:
        return PaymentOutcome(request.get_json()["outcome"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BadRequest from None


def _failed(status: int, why: str) -> Answer:
    return jsonify(error=why), status
