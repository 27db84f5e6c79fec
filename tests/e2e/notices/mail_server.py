"""A mail server as a process: `python -m tests.e2e.notices.mail_server PORT FILE`.

It appends the Message-ID of each mail to the file, on the disk before it says 250. Of ten mails one is first refused
for a time (451), of a hundred one for good (550).
"""

import asyncio
import os
import sys
import zlib
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

GREETING = "mail server listens"


def is_refused_for_good(message_id: str) -> bool:
    """Whether the server says 550 to the mail with this Message-ID."""
    return zlib.crc32(message_id.encode()) % 100 == 7


def is_refused_at_first(message_id: str) -> bool:
    """Whether the server says 451 to it when it sees it first."""
    return zlib.crc32(message_id.encode()) % 10 == 3


class Mailbox:
    """Stores the Message-IDs of what it accepts."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: set[str] = set()

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Accept or refuse a mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        # A long one stands on a line of its own.
        message_id = str(message_from_bytes(content)["Message-ID"]).strip()
        is_new = message_id not in self._seen
        self._seen.add(message_id)
        if is_refused_for_good(message_id):
            return "550 5.1.1 no such mailbox"
        if is_new and is_refused_at_first(message_id):
            return "451 4.3.0 try later"
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{message_id}\n")
            file.flush()
            os.fsync(file.fileno())
        return "250 OK"


async def serve(port: int, file: Path) -> None:
    """Serve until the process is killed."""
    mailbox = Mailbox(file)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, loop=loop), "127.0.0.1", port)
    print(f"{GREETING} on port {server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
