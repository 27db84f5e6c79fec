"""The HTTP interface: events come in, and the shop asks for failed messages and readers' data; all of it signed."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from events.envelope import CONTENT_TYPE, MAX_BYTES, InvalidEvent, UnknownType, decode
from events.signature import InvalidSignature, verify
from notices.domain import Message, MessageNotFound, StoreUnavailable
from notices.service import Notices
from servicekit.clock import now

log = structlog.get_logger()

MAX_PAGE = 100
_OPEN = frozenset({"/healthz", "/readyz"})
_MAX_ID = 2**63 - 1
_MAX_READER = 2**31 - 1

Reply = tuple[Response, int]


def create_app(notices: Notices, secret: str, *, failed_threads: Callable[[], Sequence[str]] = tuple) -> Flask:
    """The Flask application; `failed_threads` returns the names of the threads that must run and do not."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES

    @app.before_request
    def require_signature() -> None:
        if request.path not in _OPEN:
            body = request.get_data()
            verify(secret, _headers(), body or f"{request.method} {request.full_path.rstrip('?')}".encode())

    @app.post("/events")
    def accept() -> Reply:
        if request.mimetype != CONTENT_TYPE:
            return _failed(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {CONTENT_TYPE}")
        is_new = notices.accept(decode(request.get_data()))
        return jsonify(accepted=True, repeated=not is_new), HTTPStatus.ACCEPTED if is_new else HTTPStatus.OK

    @app.get("/failed")
    def failed() -> Response:
        limit = min(request.args.get("limit", MAX_PAGE, type=_natural), MAX_PAGE)
        messages = notices.failed(limit=limit, offset=request.args.get("offset", 0, type=_natural))
        return jsonify(total=notices.length().failed, messages=[_failure(message) for message in messages])

    @app.post("/failed/retry")
    def retry_all() -> Response:
        return jsonify(retried=notices.retry_all())

    @app.post(f"/failed/<int(min=1,max={_MAX_ID}):message_id>/retry")
    def retry(message_id: int) -> Response:
        notices.retry(message_id)
        return jsonify(retried=1)

    @app.get(f"/readers/<int(min=1,max={_MAX_READER}):reader_id>")
    def about(reader_id: int) -> Response:
        return jsonify(mails=[_kept(message) for message in notices.about(reader_id)])

    _add_health(app, notices, failed_threads)
    _explain_errors(app)
    return app


def _add_health(app: Flask, notices: Notices, failed_threads: Callable[[], Sequence[str]]) -> None:
    @app.get("/healthz")
    def alive() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.get("/readyz")
    def ready() -> Reply:
        threads = list(failed_threads())
        queue: dict[str, Any] = {"database": "ok"}
        try:
            length = notices.length()
        except StoreUnavailable:
            log.exception("database_unavailable")
            queue = {"database": "unreachable"}
        else:
            age = (now() - length.oldest).total_seconds() if length.oldest else 0.0
            queue |= {"waiting": length.waiting, "oldest_seconds": round(max(age, 0.0), 3), "failed": length.failed}
        is_ready = queue["database"] == "ok" and not threads
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return jsonify(ready=is_ready, failed_threads=threads, **queue), status


def _explain_errors(app: Flask) -> None:
    @app.errorhandler(InvalidSignature)
    def unsigned(error: InvalidSignature) -> Reply:
        log.warning("request_not_signed", path=request.path, cause=str(error))
        response, status = _failed(HTTPStatus.UNAUTHORIZED, f"not signed with the secret: {error}")
        response.headers["WWW-Authenticate"] = 'StandardWebhooks realm="notices"'
        return response, status

    @app.errorhandler(UnknownType)
    def unknown(error: UnknownType) -> Reply:
        return _failed(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

    @app.errorhandler(InvalidEvent)
    def malformed(error: InvalidEvent) -> Reply:
        return _failed(HTTPStatus.BAD_REQUEST, str(error))

    @app.errorhandler(MessageNotFound)
    def missing(error: MessageNotFound) -> Reply:
        return _failed(HTTPStatus.NOT_FOUND, str(error))

    @app.errorhandler(StoreUnavailable)
    def unavailable(_error: StoreUnavailable) -> Reply:
        log.exception("database_unavailable")
        return _failed(HTTPStatus.SERVICE_UNAVAILABLE, "the database is unavailable; send it again later")

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Reply:
        return _failed(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.name)


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _natural(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _MAX_ID:
        raise ValueError
    return number


def _failure(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "kind": message.kind,
        "channel": message.channel.value,
        "recipient": message.masked_recipient,
        "error": message.last_error,
        "since": message.settled_at.isoformat() if message.settled_at else None,
    }


def _kept(message: Message) -> dict[str, object]:
    """A message as its reader's export has it: without the link, which may hold a one-use token."""
    return {
        "kind": message.kind,
        "channel": message.channel.value,
        "to": None if message.is_for_staff else message.recipient,
        "language": message.language,
        "created_at": message.created_at.isoformat(),
        "state": message.state.value,
        "settled_at": message.settled_at.isoformat() if message.settled_at else None,
        **{name: value for name, value in message.data.items() if name != "link"},
    }


def _failed(status: int, reason: str) -> Reply:
    return jsonify(error=reason), status
