"""Callbacks of the payment provider, answered in JSON."""

from http import HTTPStatus

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException

from marketplace.domain.callbacks import WEBHOOK, InvalidToken
from marketplace.domain.errors import OrderNotFound, StateConflict, StoreUnavailable
from marketplace.usecases.payments import PaymentOutcome
from marketplace.web.security import UntrustedHost
from marketplace.web.shop import Shop

log = structlog.get_logger()

MAX_BODY_BYTES = 1024

Answer = tuple[Response, int]


def blueprint(shop: Shop) -> Blueprint:
    """Posts to `/webhooks/payments/<order>`."""
    webhooks = Blueprint("webhooks", __name__)

    @webhooks.post(f"{WEBHOOK}<string(maxlength=64):order_id>")
    def settle(order_id: str) -> Answer:
        request.max_content_length = MAX_BODY_BYTES
        changed = shop.payments.settle(order_id, bearer_token(), _outcome())
        return jsonify(result="changed" if changed else "repeated"), HTTPStatus.OK

    @webhooks.errorhandler(InvalidToken)
    def unauthorized(_error: InvalidToken) -> Answer:
        # The same for every reason, so that trying tokens reveals nothing.
        return _error_json(HTTPStatus.UNAUTHORIZED, "the token is not valid for this order")

    @webhooks.errorhandler(OrderNotFound)
    def not_found(_error: OrderNotFound) -> Answer:
        return _error_json(HTTPStatus.NOT_FOUND, "order not found")

    @webhooks.errorhandler(StateConflict)
    def conflict(_error: StateConflict) -> Answer:
        return _error_json(HTTPStatus.CONFLICT, "the order has another outcome")

    @webhooks.errorhandler(StoreUnavailable)
    def unavailable(error: StoreUnavailable) -> Answer:
        log.error("database_unavailable", exc_info=error)
        return _error_json(HTTPStatus.SERVICE_UNAVAILABLE, "try again")

    @webhooks.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Answer:
        # Tells the operator what is wrong with the callback address.
        is_host = isinstance(error, UntrustedHost)
        message = "MARKETPLACE_TRUSTED_HOSTS does not name this host" if is_host else error.name
        return _error_json(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, message)

    return webhooks


def bearer_token() -> str:
    """The token of this request, empty if it has none."""
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer":
        return ""
    return authorization.token or ""


def _outcome() -> PaymentOutcome:
    try:
        return PaymentOutcome(request.get_json()["outcome"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BadRequest from None


def _error_json(status: int, error: str) -> Answer:
    return jsonify(error=error), status
