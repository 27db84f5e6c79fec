"""What all tables of text have in common."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from bookfiles.form.encodings import NAMES, text_of
from bookfiles.form.packing import Content, Packing


class TextFile:
    """A file of text in an encoding, which can be read several times."""

    def __init__(self, content: Content, encoding: str) -> None:
        self._content = content
        self._encoding = encoding

    @property
    def size(self) -> int:
        """The size of the stored file in bytes."""
        return self._content.size

    @property
    def position(self) -> int:
        """How many of these bytes have been read."""
        return self._content.position

    def _form(self, table: str) -> str:
        """How the file was understood: what table it is, its encoding and how it is packed."""
        packing = "" if self._content.packing is Packing.PLAIN else f", {self._content.packing.value}"
        return f"{table}, {NAMES[self._encoding]}{packing}"

    @contextmanager
    def _text(self, *, newline: str | None) -> Iterator[io.TextIOWrapper]:
        with self._content.opened() as unpacked:
            text = text_of(unpacked, self._encoding, newline=newline)
            try:
                yield text
            finally:
                text.detach()  # otherwise it would close the file
