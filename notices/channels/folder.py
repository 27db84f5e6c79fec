"""Mails as `.eml` files in a folder, where no mail server is set: every mail program opens them."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from notices.channels.mail import mail_of
from notices.domain import Message, TemporaryFailure
from notices.rendering import Rendered

log = structlog.get_logger()

SENDER = "shop@localhost"
_NAME = re.compile(r"\d{8}T\d{6}Z-[a-z_]+-(?P<id>\d+)\.eml(\.draft)?")


class Folder:
    """A folder of mails; a file's name has the time of the event, the kind and the id of the message."""

    def __init__(self, path: Path, *, sender: str = SENDER) -> None:
        self._path = path
        self._sender = sender

    def send(self, message: Message, rendered: Rendered) -> None:
        """Write a message to its file, again to the same one. Raises TemporaryFailure and PermanentFailure."""
        mail = mail_of(message, rendered, self._sender)
        file = self._file(message)
        draft = file.with_name(f"{file.name}.draft")
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as written:
                written.write(mail.as_bytes())
                written.flush()
                os.fsync(written.fileno())
            draft.replace(file)
        except OSError as error:
            raise TemporaryFailure("the folder is not writable", error.strerror or "") from error
        log.info("mail_written", file=str(file))

    def rest(self) -> None:
        """Nothing stays open."""

    def discard(self, messages: Iterable[Message]) -> None:
        """Delete the files of these messages. Raises OSError."""
        for message in messages:
            self._file(message).unlink(missing_ok=True)

    def discard_unknown(self, known: Callable[[list[int]], set[int]]) -> None:
        """Delete the files of messages whose ids `known` does not return. Raises OSError."""
        files = {path: int(match["id"]) for path in self._path.glob("*") if (match := _NAME.fullmatch(path.name))}
        if not files:
            return
        kept = known(sorted(set(files.values())))
        for path, message_id in files.items():
            if message_id not in kept:
                path.unlink(missing_ok=True)

    def _file(self, message: Message) -> Path:
        return self._path / f"{message.created_at:%Y%m%dT%H%M%SZ}-{message.kind}-{message.id}.eml"
