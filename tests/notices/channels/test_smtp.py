"""Tests of notices.channels.smtp against a real mail server."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from notices.channels.smtp import Smtp
from notices.domain import PermanentFailure, TemporaryFailure
from notices.rendering import render
from tests.notices.mail_server import MailServer, certificate, mail_server
from tests.notices.samples import ADDRESS, MESSAGE, message

SENDER = "shop@books.example"


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server without TLS."""
    with mail_server() as running:
        yield running


@contextmanager
def resting(smtp: Smtp) -> Iterator[Smtp]:
    """A client whose connection is closed at the end."""
    try:
        yield smtp
    finally:
        smtp.rest()


@pytest.fixture
def smtp(server: MailServer) -> Iterator[Smtp]:
    """A client of it."""
    with resting(Smtp("127.0.0.1", server.port, sender=SENDER, security="none")) as client:
        yield client


def send(smtp: Smtp, language: str = "en") -> None:
    mail = message(language=language)
    smtp.send(mail, render(mail))


def test_a_mail_has_both_forms_and_all_headers(server: MailServer, smtp: Smtp) -> None:
    """Also in Russian, and the same ones each time."""
    for _ in range(2):
        send(smtp, "ru")
    first, second = server.mails
    for mail in server.mails:
        # It is made at random, and the rest must be the same.
        mail.set_boundary("boundary")
    assert first.as_bytes() == second.as_bytes()
    assert first["Message-ID"] == "<event-1@books.example>"
    assert first["From"] == "Online Books For You <shop@books.example>"
    assert (first["To"], first["Auto-Submitted"]) == (ADDRESS, "auto-generated")
    assert first["Date"].datetime == MESSAGE.created_at
    assert first["Subject"] == "Заказ K7QM-2XPA-9RTB: оплата получена"
    assert first["Bcc"] is None
    text, html = first.get_body(("plain",)), first.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Мы получили" in text.get_content()
    assert "<h1" in html.get_content()
    assert first.as_bytes().isascii()
    assert server.connections == 1


def test_one_connection_is_used_until_there_is_a_rest(server: MailServer, smtp: Smtp) -> None:
    """Then a new one is made."""
    for _ in range(3):
        send(smtp)
    assert server.connections == 1
    smtp.rest()
    smtp.rest()
    send(smtp)
    assert (server.connections, len(server.mails)) == (2, 4)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (421, TemporaryFailure),
        (450, TemporaryFailure),
        (451, TemporaryFailure),
        (550, PermanentFailure),
        (554, PermanentFailure),
    ],
)
@pytest.mark.parametrize("at", ["RCPT", "DATA"])
def test_a_refusal_is_temporary_or_permanent_by_its_code(
    server: MailServer, smtp: Smtp, code: int, error: type[Exception], at: str
) -> None:
    """At the recipient and at the end of the mail; the next mail is sent over a new connection."""
    reply = f"{code} no\x07 mail for <{ADDRESS}>"
    if at == "RCPT":
        server.recipient = lambda _address: reply
    else:
        server.data = lambda _envelope: reply
    with pytest.raises(error) as caught:
        send(smtp)
    assert caught.value.cause == f"SMTP {code}"  # type: ignore[attr-defined]
    assert str(caught.value) == f"SMTP {code}: no  mail for <{ADDRESS}>"
    server.recipient, server.data = lambda _address: "250 OK", lambda _envelope: "250 OK"
    send(smtp)
    assert len(server.mails) == 1


def test_an_unreachable_server_is_a_temporary_failure(server: MailServer) -> None:
    """Nobody listens, or there is no such host; the address is not in the text."""
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    for host, where in (("127.0.0.1", port), ("nobody.invalid", 25)):
        with pytest.raises(TemporaryFailure) as caught:
            send(Smtp(host, where, sender=SENDER, security="none"))
        assert ADDRESS not in str(caught.value)


@contextmanager
def rude(behave: Callable[[socket.socket], object]) -> Iterator[int]:
    """A server that behaves badly on each connection; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def drip(connection: socket.socket) -> None:
    """Greet, and then answer everything with a byte now and then, for ever."""
    connection.sendall(b"220 hello\r\n")
    try:
        while connection.recv(4096):
            connection.settimeout(0.05)
            while True:
                connection.sendall(b"2")
                try:
                    if not connection.recv(4096):
                        return
                except TimeoutError:
                    continue
    except OSError:
        return


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(lambda connection: None, id="closes at once"),
        pytest.param(lambda connection: connection.sendall(b"220 hello\r\n"), id="closes after its greeting"),
        pytest.param(lambda connection: connection.sendall(b"554 go away\r\n"), id="wants nobody"),
        pytest.param(lambda connection: connection.sendall(b"\x00\xff\r\n"), id="garbage"),
        pytest.param(lambda connection: connection.recv(1), id="says nothing"),
    ],
)
def test_a_rude_server_is_a_temporary_failure(behave: Callable[[socket.socket], object]) -> None:
    """It is not this mail's fault."""
    with rude(behave) as port, pytest.raises(TemporaryFailure):
        send(Smtp("127.0.0.1", port, sender=SENDER, security="none", connect_seconds=0.3))


def test_a_slow_server_is_left_after_a_time(server: MailServer) -> None:
    """The time is for the whole mail, also if a byte arrives now and then."""
    release = threading.Event()
    smtp = Smtp("127.0.0.1", server.port, sender=SENDER, security="none", send_seconds=0.5)

    def hang(_envelope: object) -> str:
        release.wait(30)
        return "250 OK"

    server.data = hang
    with pytest.raises(TemporaryFailure):
        send(smtp)
    release.set()
    server.await_mails(1)


def test_tls_is_required_and_its_certificate_checked(tmp_path: Path) -> None:
    """By STARTTLS and from the beginning: only a server with a trusted certificate of its name gets a mail."""
    served, trusting = certificate(tmp_path)
    for security in ("starttls", "tls"):
        with mail_server(served, tls=security == "tls") as server:
            refused = [
                Smtp("localhost", server.port, sender=SENDER, security=security),
                Smtp("127.0.0.1", server.port, sender=SENDER, security=security, context=trusting),
            ]
            for smtp in refused:
                with pytest.raises(TemporaryFailure, match="SSLCertVerificationError"):
                    send(smtp)
            assert server.mails == []
            with resting(Smtp("localhost", server.port, sender=SENDER, security=security, context=trusting)) as good:
                send(good)
            assert len(server.mails) == 1


def test_without_starttls_nothing_is_sent_in_the_clear(server: MailServer) -> None:
    """A server that does not offer it gets neither password nor mail."""
    smtp = Smtp("127.0.0.1", server.port, sender=SENDER, security="starttls", user="a", password="s3cret")
    with pytest.raises(TemporaryFailure):
        send(smtp)
    assert (server.mails, server.logins) == ([], [])


def test_a_login_is_made_and_a_wrong_one_is_a_temporary_failure(tmp_path: Path) -> None:
    """Once the password is corrected, the same mail is sent; the password is in no text."""
    served, trusting = certificate(tmp_path)
    with mail_server(served, login=True) as server:

        def client(password: str) -> Smtp:
            return Smtp("localhost", server.port, sender=SENDER, user="shop", password=password, context=trusting)

        with pytest.raises(TemporaryFailure, match="SMTP 535") as caught:
            send(client("wr0ng"))
        assert "wr0ng" not in str(caught.value)
        with resting(client("s3cret")) as smtp:
            send(smtp)
        assert server.logins == [(b"shop", b"wr0ng"), (b"shop", b"s3cret")]
        assert len(server.mails) == 1


def test_the_default_context_checks_certificates() -> None:
    """Of a chain and a name."""
    smtp = Smtp("localhost", 587, sender=SENDER)
    assert (smtp._context.verify_mode, smtp._context.check_hostname) == (ssl.CERT_REQUIRED, True)
