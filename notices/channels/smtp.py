"""E-mail by SMTP."""

import contextlib
import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Literal

from notices.channels.mail import mail_of, recipient_of
from notices.domain import Message, PermanentFailure, TemporaryFailure
from notices.rendering import Rendered
from servicekit.deadline import deadline, remaining

CONNECT_SECONDS = 10.0
SEND_SECONDS = 60.0
"""How long sending a mail may take; mail servers look for viruses and spam before they accept one."""

_PERMANENT = range(500, 600)
_MAX_REPLY_LENGTH = 300

Security = Literal["none", "starttls", "tls"]


class Smtp:
    """Sends mails to one server, over one connection as long as there are any."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        security: Security = "starttls",
        user: str | None = None,
        password: str = "",
        context: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        send_seconds: float = SEND_SECONDS,
    ) -> None:
        """`sender` is the address that mails come from; `context` by default checks certificates."""
        self._host, self._port = host, port
        self._sender = sender
        self._security = security
        self._user, self._password = user, password
        self._context = context or ssl.create_default_context()
        self._connect_seconds, self._send_seconds = connect_seconds, send_seconds
        self._connection: smtplib.SMTP | None = None

    def send(self, message: Message, rendered: Rendered) -> None:
        """Send a mail; it is sent once the server has accepted it. Raises TemporaryFailure and PermanentFailure."""
        mail = mail_of(message, rendered, self._sender)
        recipient = recipient_of(message).addr_spec
        with self._failures(), deadline(self._send_seconds):
            connection = self._connection = self._connection or self._connect()
            with _shut_down_in_time(connection):
                connection.send_message(mail, self._sender, [recipient])

    def rest(self) -> None:
        """Close the connection, which the server would soon close."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):  # what was sent is accepted
                connection.quit()

    def _connect(self) -> smtplib.SMTP:
        if self._security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._connect_seconds, context=self._context
            )
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=self._connect_seconds)
        try:
            if self._security == "starttls":
                connection.starttls(context=self._context)
            if self._user is not None:
                connection.login(self._user, self._password)
            if connection.sock is None:
                raise smtplib.SMTPServerDisconnected("closed")
            connection.sock.settimeout(self._send_seconds)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            self._drop()
            code, reply = next(iter(error.recipients.values()))
            raise _refused(code, reply) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            self._drop()
            raise _refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPResponseException as error:
            # The server does not let us in at all: that is its state or our settings, and no fault of this mail.
            self._drop()
            raise TemporaryFailure(f"SMTP {error.smtp_code}", _text(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise TemporaryFailure(f"no answer from the mail server ({type(error).__name__})") from error

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _refused(code: int, reply: bytes | str) -> TemporaryFailure | PermanentFailure:
    kind = PermanentFailure if code in _PERMANENT else TemporaryFailure
    return kind(f"SMTP {code}", _text(reply))


def _text(reply: bytes | str) -> str:
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_MAX_REPLY_LENGTH]


@contextlib.contextmanager
def _shut_down_in_time(connection: smtplib.SMTP) -> Iterator[None]:
    """Shut the connection down at the thread's deadline: smtplib has a time limit only for each part of a reply."""
    left = remaining()
    if connection.sock is None or left == 0:
        raise smtplib.SMTPServerDisconnected("no time is left")
    # TLS hides the socket; its duplicate shuts down the same connection.
    with socket.socket(fileno=os.dup(connection.sock.fileno())) as duplicate:
        timer = threading.Timer(left or 0.0, _shut_down, (duplicate,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _shut_down(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the server has closed it
        connected.shutdown(socket.SHUT_RDWR)
