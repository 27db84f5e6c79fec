"""Tests of notices.web: signed requests are answered, others change nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from events.envelope import CONTENT_TYPE, MAX_BYTES, Event, encode
from events.signature import new_secret, signed_headers
from events.types import BookRemoved
from notices.channels.folder import Folder
from notices.domain import Channel, PermanentFailure, StoreUnavailable
from notices.sender import Sender
from notices.service import Notices
from notices.store import Store
from notices.web import create_app
from servicekit.clock import now
from tests.notices.fakes import FakeTransport, failing
from tests.notices.samples import ADDRESS, READER, Clock, event, notice, placed

SECRET = new_secret()
JSON = {"Content-Type": CONTENT_TYPE}


@pytest.fixture
def client(notices: Notices) -> FlaskClient:
    """The shop."""
    return create_app(notices, SECRET).test_client()


def post(client: FlaskClient, sent: Event, **changed: Any) -> TestResponse:
    """Send an event, with headers changed, or left out where the change is None."""
    body = encode(sent)
    headers = JSON | signed_headers(SECRET, sent.id, now(), body)
    headers = {name: value for name, value in (headers | changed).items() if value is not None}
    return client.post("/events", data=body, headers=headers)


def call(client: FlaskClient, method: str, path: str) -> TestResponse:
    """A signed request without a body."""
    return client.open(
        path, method=method, headers=signed_headers(SECRET, "random", now(), f"{method} {path}".encode())
    )


def fail_all(notices: Notices, store: Store, folder: Folder, clock: Clock, number: int) -> None:
    transport = FakeTransport()
    transport.before = failing(PermanentFailure("SMTP 550", f"no {ADDRESS}"))
    for i in range(number):
        notices.accept(event(notice(), f"failing-{i}"))
        Sender(store, Channel.EMAIL, transport, folder, clock=clock).step()


def test_an_event_is_accepted_and_repeated(client: FlaskClient, notices: Notices) -> None:
    """202 the first time, and 200 then, without another mail."""
    for status, repeated in ((202, False), (200, True), (200, True)):
        response = post(client, event(notice()))
        assert (response.status_code, response.json) == (status, {"accepted": True, "repeated": repeated})
    assert len(notices.about(READER)) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": None},
        {"webhook-id": None},
        {"webhook-timestamp": None},
        {"webhook-id": "event-2"},
        {"webhook-timestamp": "x"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": "v1,\u00ff"},
    ],
    ids=lambda changed: "-".join(changed)[:40],
)
def test_an_unsigned_event_is_refused(client: FlaskClient, notices: Notices, changed: dict[str, str | None]) -> None:
    """401 with the reason; nothing is stored, and the same event is new when it is signed."""
    assert_refused(client, notices, **changed)
    assert post(client, event(notice())).status_code == 202


def test_an_event_signed_wrongly_is_refused(client: FlaskClient, notices: Notices) -> None:
    """Signed with another secret, for another body, too long ago, or for a time to come; signed well, it is new."""
    body, early, late = encode(event(notice())), now() - timedelta(minutes=6), now() + timedelta(minutes=6)
    assert_refused(client, notices, **signed_headers(new_secret(), "event-1", now(), body))
    assert_refused(client, notices, **signed_headers(SECRET, "event-1", now(), b"another body"))
    assert_refused(client, notices, **signed_headers(SECRET, "event-1", early, body))
    assert_refused(client, notices, **signed_headers(SECRET, "event-1", late, body))
    assert post(client, event(notice())).status_code == 202


def assert_refused(client: FlaskClient, notices: Notices, **changed: str | None) -> None:
    """An event with these headers is refused, and nothing is stored."""
    response = post(client, event(notice()), **changed)
    assert (response.status_code, list(response.json or {})) == (401, ["error"])
    assert "WWW-Authenticate" in response.headers
    assert notices.length().waiting == 0


def test_an_unknown_type_is_refused(client: FlaskClient, notices: Notices) -> None:
    """422, whether the contract has it or not."""
    assert post(client, event(BookRemoved(book_id=1))).status_code == 422
    strange = encode(event(notice())).replace(b"marketplace.notice.requested", b"marketplace.nonsense")
    headers = JSON | signed_headers(SECRET, "event-1", now(), strange)
    response = client.post("/events", data=strange, headers=headers)
    assert (response.status_code, response.json) == (422, {"error": "the type is unknown"})
    assert notices.length().waiting == 0


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 10_000,
        b"{}",
        b'{"specversion":"1.0","type":"marketplace.notice.requested"}',
    ]
    + [encode(event(notice())).replace(old, new) for old, new in ((b"order_paid", b"nonsense"), (b'"1.0"', b'"0.3"'))]
    + [encode(event(notice())).replace(ADDRESS.encode(), b"a@b\\r\\nBcc: c@d")],
)
def test_a_malformed_event_is_refused(client: FlaskClient, notices: Notices, body: bytes) -> None:
    """400, without repeating what it had; nothing is stored."""
    if body == b"\xff":
        headers = JSON | signed_headers(SECRET, "event-1", now(), b"")
        assert client.post("/events", data=body, headers=headers).status_code == 401
        return
    response = client.post("/events", data=body, headers=JSON | signed_headers(SECRET, "event-1", now(), body))
    assert response.status_code == 400
    assert "Bcc" not in response.text
    assert "nonsense" not in response.text
    assert notices.length().waiting == 0


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/cloudevents-batch+json", None]
)
def test_another_content_type_is_refused(client: FlaskClient, content_type: str | None) -> None:
    """415."""
    assert post(client, event(notice()), **{"Content-Type": content_type}).status_code == 415


def test_a_charset_is_allowed(client: FlaskClient) -> None:
    """As HTTP clients add it."""
    assert post(client, event(notice()), **{"Content-Type": f"{CONTENT_TYPE}; charset=utf-8"}).status_code == 202


def test_the_largest_order_fits_and_a_larger_body_does_not(client: FlaskClient) -> None:
    """413 with a clear answer."""
    body = encode(event(notice())).ljust(MAX_BYTES)
    headers = JSON | signed_headers(SECRET, "event-1", now(), body)
    assert client.post("/events", data=body, headers=headers).status_code == 202
    response = client.post("/events", data=body + b" ", headers=headers)
    assert (response.status_code, list(response.json or {})) == (413, ["error"])


def test_failed_messages_are_paged_and_retried(
    client: FlaskClient, notices: Notices, store: Store, folder: Folder, clock: Clock
) -> None:
    """The address is masked, also in what the server said."""
    fail_all(notices, store, folder, clock, 3)
    page = call(client, "GET", "/failed?limit=2&offset=2").json
    assert page is not None
    assert page["total"] == 3
    (oldest,) = page["messages"]
    assert oldest == {
        "id": oldest["id"],
        "kind": "order_paid",
        "channel": "email",
        "recipient": "s…@example.org",
        "error": "SMTP 550: no s…@example.org",
        "since": clock.moment.isoformat(),
    }
    assert call(client, "POST", f"/failed/{oldest['id']}/retry").json == {"retried": 1}
    assert call(client, "POST", f"/failed/{oldest['id']}/retry").status_code == 404
    assert call(client, "POST", "/failed/retry").json == {"retried": 2}
    assert notices.length().failed == 0
    assert len((call(client, "GET", "/failed?limit=x&offset=-1").json or {})["messages"]) == 0


def test_a_readers_data_is_exported_without_links(client: FlaskClient, notices: Notices) -> None:
    """What was ordered and where the mail goes; of the staff's messages not to whom."""
    notices.accept(event(notice("password_reset"), "1"))
    notices.accept(event(placed(), "2"))
    exported = (call(client, "GET", f"/readers/{READER}").json or {})["mails"]
    assert [(mail["kind"], mail["to"]) for mail in exported] == [
        ("password_reset", ADDRESS),
        ("staff_order_placed", None),
        ("staff_order_placed", None),
    ]
    assert exported[1]["order"]["lines"][0]["title"] == "The Left Hand of Darkness"
    assert "s3cret" not in json.dumps(exported)
    assert call(client, "GET", "/readers/7").json == {"mails": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/failed"),
        ("GET", f"/readers/{READER}"),
        ("POST", "/failed/retry"),
        ("POST", "/failed/1/retry"),
        ("GET", "/nowhere"),
        ("PUT", "/events"),
    ],
)
def test_nothing_is_answered_without_a_signature_of_this_request(
    client: FlaskClient, notices: Notices, method: str, path: str
) -> None:
    """A signature of an event, of an empty body or of another path opens nothing."""
    notices.accept(event(notice()))
    body = encode(event(notice()))
    for signed in (None, b"", body, b"GET /readers/7", f"{method} {path}?limit=1".encode()):
        headers = {} if signed is None else signed_headers(SECRET, "event-1", now(), signed)
        response = client.open(path, method=method, headers=headers)
        assert response.status_code == 401
        assert ADDRESS not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("PUT", "/events", 405),
        ("GET", "/readers/0", 404),
        ("GET", f"/readers/{2**31}", 404),
        ("POST", f"/failed/{2**63}/retry", 404),
    ],
)
def test_unknown_paths_are_answered_in_json(client: FlaskClient, method: str, path: str, status: int) -> None:
    """To who may ask."""
    response = call(client, method, path)
    assert (response.status_code, response.mimetype) == (status, "application/json")


def test_health_tells_how_long_the_oldest_waits(client: FlaskClient, notices: Notices, clock: Clock) -> None:
    """Without a signature, and without saying anything about messages."""
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json == {
        "ready": True,
        "database": "ok",
        "failed_threads": [],
        "waiting": 0,
        "failed": 0,
        "oldest_seconds": 0.0,
    }
    clock.moment = now() - timedelta(minutes=10)
    notices.accept(event(notice()))
    ready = client.get("/readyz").json
    assert ready is not None
    assert ready["waiting"] == 1
    assert 600 <= ready["oldest_seconds"] < 660


def test_a_failed_thread_is_reported(notices: Notices) -> None:
    """Alive, and not ready."""
    client = create_app(notices, SECRET, failed_threads=lambda: ["sender of email"]).test_client()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert (response.json or {})["failed_threads"] == ["sender of email"]
    assert client.get("/healthz").status_code == 200


def test_an_outage_of_the_database_is_503(
    client: FlaskClient, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the event is sent again; the answer does not say more."""

    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("host=db password=s3cret")

    for name in ("accept", "length"):
        monkeypatch.setattr(notices, name, fail)
    response = post(client, event(notice()))
    assert response.status_code == 503
    assert "s3cret" not in response.text
    ready = client.get("/readyz")
    assert (ready.status_code, (ready.json or {})["database"]) == (503, "unreachable")
