"""A mail server in this process that answers as a test specifies."""

import asyncio
import email
import email.policy
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from threading import Condition
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DEADLINE = 30.0
Answer = Callable[[Envelope], str]


class MailServer:
    """Accepts mails; `recipient` and `data` say what it answers to RCPT and DATA."""

    def __init__(self) -> None:
        self.recipient: Callable[[str], str] = lambda _address: "250 OK"
        self.data: Answer = lambda _envelope: "250 OK"
        self.connections = 0
        self.logins: list[tuple[bytes, bytes]] = []
        self.port = 0
        self._mails: list[EmailMessage] = []
        self._arrived = Condition()

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails that it has accepted."""
        with self._arrived:
            return list(self._mails)

    def await_mails(self, number: int) -> list[EmailMessage]:
        """Wait for this many mails; returns those accepted so far."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self._mails) >= number, DEADLINE), len(self._mails)
            return list(self._mails)

    async def handle_EHLO(  # noqa: N802  (a name given by aiosmtpd)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self.recipient(address)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = self.data(envelope)
        if reply.startswith("2"):
            content = cast("bytes", envelope.content)
            mail = email.message_from_bytes(content, policy=email.policy.default)
            with self._arrived:
                self._mails.append(mail)
                self._arrived.notify_all()
        return reply

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cret", handled=False)


@contextmanager
def mail_server(
    context: ssl.SSLContext | None = None, *, tls: bool = False, login: bool = False, port: int = 0
) -> Iterator[MailServer]:
    """Run a mail server; with a context it offers STARTTLS, or is TLS from the beginning. Port 0 is any free one."""
    server = MailServer()
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        return SMTP(
            server,
            hostname="mail.test",
            loop=loop,
            tls_context=None if tls else context,
            require_starttls=context is not None and not tls,
            auth_required=login,
            authenticator=server.authenticate if login else None,
            auth_exclude_mechanism=["LOGIN"],
        )

    # Only in a thread of its own: a browser of another test may have a loop in this one.
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        creating = loop.create_server(protocol, "127.0.0.1", port, ssl=context if tls else None, reuse_address=True)
        listening = asyncio.run_coroutine_threadsafe(creating, loop).result(DEADLINE)
        server.port = listening.sockets[0].getsockname()[1]
        try:
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(_end(listening), loop).result(DEADLINE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(listening: asyncio.Server) -> None:
    listening.close()
    own = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not own]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # The transports close what they have in the next turn of the loop.
    await asyncio.sleep(0)


def certificate(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The contexts of a server with a new certificate for a host, and of a client that trusts it."""
    key, file = folder / "key.pem", folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    written = ["-keyout", str(key), "-out", str(file), "-days", "2"]
    names = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    subprocess.run([*request, *written, *names], check=True, capture_output=True)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(file, key)
    return served, ssl.create_default_context(cafile=str(file))
