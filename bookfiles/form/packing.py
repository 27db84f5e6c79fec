"""Opens the content of a file that is plain, gzipped, or the only file in a zip archive."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import IO, TypeVar, cast

from bookfiles.errors import InvalidFile

READ_ERRORS = (OSError, EOFError, zlib.error, zipfile.BadZipFile)
"""What reading a damaged file raises; gzip's BadGzipFile is an OSError."""
_UNSUPPORTED = (NotImplementedError, RuntimeError)
"""What zipfile raises for methods of compression that it does not know, and for encrypted files."""
WORKBOOK = "xl/workbook.xml"
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"
_MAX_NAMED = 5

T = TypeVar("T")


class Packing(Enum):
    """How the content is packed; an Excel workbook is read as it is."""

    PLAIN = "plain"
    GZIP = "gzipped"
    ZIP = "zipped"
    WORKBOOK = "Excel"


class Content:
    """A file's bytes, unpacked; they can be read from the start several times.

    `size` and `position` are in bytes of the file as stored. Use `open_content`.
    """

    def __init__(self, path: Path, raw: IO[bytes]) -> None:
        self.path = path
        self.size = raw.seek(0, io.SEEK_END)
        self._raw = raw
        self.packing, self._member = self._look()

    @property
    def position(self) -> int:
        """How many bytes of the stored file have been read."""
        return self._raw.tell()

    @contextmanager
    def opened(self) -> Iterator[io.BufferedIOBase]:
        """The unpacked bytes from the start; only one at a time."""
        self._raw.seek(0)
        match self.packing:
            case Packing.GZIP:
                with gzip.open(self._raw) as unpacked:
                    yield unpacked
            case Packing.ZIP:
                with zipfile.ZipFile(self._raw) as archive, archive.open(self._member) as member:
                    yield cast("io.BufferedIOBase", member)
            case _:
                yield cast("io.BufferedIOBase", self._raw)

    def is_at_most(self, max_bytes: int) -> bool:
        """Whether the content has at most this many bytes when unpacked, for files of strangers."""
        if self.packing is Packing.WORKBOOK:
            self._raw.seek(0)
            with zipfile.ZipFile(self._raw) as archive:
                return sum(entry.file_size for entry in archive.infolist()) <= max_bytes
        read = 0
        with self.opened() as unpacked:
            while read <= max_bytes and (chunk := unpacked.read(io.DEFAULT_BUFFER_SIZE * 64)):
                read += len(chunk)
        return read <= max_bytes

    def _look(self) -> tuple[Packing, str]:
        self._raw.seek(0)
        magic = self._raw.read(len(_OLD_EXCEL_MAGIC))
        if magic == _OLD_EXCEL_MAGIC:
            raise InvalidFile(f"{self.path}: an old Excel workbook (.xls); save it as .xlsx or CSV")
        if magic.startswith(_GZIP_MAGIC):
            return Packing.GZIP, ""
        if magic not in _ZIP_MAGICS:
            return Packing.PLAIN, ""
        self._raw.seek(0)
        with zipfile.ZipFile(self._raw) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
        if WORKBOOK in names:
            return Packing.WORKBOOK, ""
        # macOS adds a folder of its own.
        files = [name for name in names if not name.startswith("__MACOSX/") and "/." not in f"/{name}"]
        if len(files) != 1:
            found = ", ".join(files[:_MAX_NAMED]) or "none"
            raise InvalidFile(f"{self.path}: the archive has to hold one file, and holds {found}; unpack it")
        return Packing.ZIP, files[0]


def beginning(content: io.BufferedIOBase, size: int) -> bytes:
    """The next bytes; fewer at the end, or where the file is damaged unless that is where it begins."""
    parts: list[bytes] = []
    while size:
        try:
            part = content.read1(size)
        except READ_ERRORS:
            if not parts:
                raise
            break
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


@contextmanager
def open_content(path: Path, opened: IO[bytes] | None = None) -> Iterator[Content]:
    """The content of a file; `opened` is its bytes if it is not on disk, and `path` then only names it.

    Raises InvalidFile if it cannot be opened.
    """
    if opened is not None:
        yield explained(path, lambda: Content(path, opened))
        return
    with explained(path, lambda: path.open("rb")) as raw:
        yield explained(path, lambda: Content(path, raw))


def explained(path: Path, read: Callable[[], T]) -> T:
    """The value of `read`; raises InvalidFile where it finds the file unreadable."""
    try:
        return read()
    except io.UnsupportedOperation:
        raise InvalidFile(f"{path}: not a file that can be read twice, such as a pipe; save it first") from None
    except OSError as error:
        raise InvalidFile(f"{path}: {error.strerror or 'not a readable gzip file'}") from None
    except READ_ERRORS:
        raise InvalidFile(f"{path}: not a readable gzip or zip file") from None
    except _UNSUPPORTED:
        raise InvalidFile(f"{path}: the zip archive is encrypted or of an unusual kind; unpack it") from None
