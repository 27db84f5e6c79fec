"""Numbers for the ids that files have, the same in both services."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from hashlib import blake2s
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, UniqueConstraint, insert, select
from sqlalchemy.exc import SQLAlchemyError

from bookfiles.errors import InvalidFile
from servicekit.database.engine import open_engine, writing

FIRST, LAST = 1_500_000_000, 2_147_483_647
"""The range of numbers for ids that are no plain numbers; a shop makes its own below it."""
FILE = "ids.db"
_CHUNK = 5_000
_BUSY_MS = 60_000

_metadata = MetaData()
_ids = Table(
    "ids",
    _metadata,
    Column("kind", String, primary_key=True),
    Column("given", String, primary_key=True),
    Column("number", Integer, nullable=False),
    UniqueConstraint("kind", "number"),
)


class IdKind(Enum):
    """Books and readers have numbers of their own."""

    BOOK = "book"
    READER = "reader"


class Ids(Protocol):
    """Gives ids their numbers."""

    def numbers(self, kind: IdKind, given: Iterable[str]) -> Mapping[str, int]:
        """A number for each of these ids; the same id always has the same one."""


class IdsFile:
    """The numbers in the file of a folder that both services use; made on first use.

    An id's number follows from its text, so that services that do not share the folder mostly agree. Only where two
    texts have the same one, the file decides. Numbers are given under the file's lock. Ids of readers, which may be
    e-mail addresses, are kept as hashes. Raises InvalidFile if the file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._opened: Engine | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.dispose()

    def numbers(self, kind: IdKind, given: Iterable[str]) -> Mapping[str, int]:
        """A number for each of these ids; the same id always has the same one."""
        texts = {_kept(kind, text): text for text in given}
        if not texts:
            return {}
        try:
            numbers = self._numbers(kind, list(texts))
        except (OSError, SQLAlchemyError) as error:
            # Without the path: moderators read it too.
            raise InvalidFile(
                "the numbers of ids that are not numbers cannot be kept; the operator has to see whether the folder "
                "of IDS_DIR is there and can be written"
            ) from error
        return {texts[kept]: number for kept, number in numbers.items()}

    def _numbers(self, kind: IdKind, wanted: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        with writing(self._engine()) as connection:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                rows = connection.execute(
                    select(_ids.c.given, _ids.c.number).where(_ids.c.kind == kind.value, _ids.c.given.in_(chunk))
                )
                found |= {row.given: row.number for row in rows}
                new = _free_numbers(connection, kind, [text for text in chunk if text not in found])
                if new:
                    rows_ = [{"kind": kind.value, "given": text, "number": number} for text, number in new.items()]
                    connection.execute(insert(_ids), rows_)
                    found |= new
            connection.commit()
        return found

    def _engine(self) -> Engine:
        # Opened on first use, since most servers never need it.
        if self._opened is None:
            engine = open_engine(f"sqlite:///{self._path}", busy_timeout_ms=_BUSY_MS)
            with writing(engine) as connection:
                _metadata.create_all(connection)
                connection.commit()
            self._opened = engine
        return self._opened


def _kept(kind: IdKind, text: str) -> str:
    return blake2s(text.encode(), digest_size=16).hexdigest() if kind is IdKind.READER else text


def _free_numbers(connection: Connection, kind: IdKind, new: Sequence[str]) -> dict[str, int]:
    """A number for each of these new ids that no other id has."""

    def taken_among(numbers: Collection[int]) -> set[int]:
        statement = select(_ids.c.number).where(_ids.c.kind == kind.value, _ids.c.number.in_(numbers))
        return set(connection.scalars(statement))

    proposed = {text: first_number(kind, text) for text in new}
    taken = taken_among(proposed.values()) if proposed else set()
    for text, number in proposed.items():
        free = number
        while free in taken:
            free = _next(free)
            taken |= taken_among([free])
        taken.add(free)
        proposed[text] = free
    return proposed


class UnsharedIds:
    """Numbers that are kept nowhere, for reading without storing."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[IdKind, str], int] = {}
        self._taken: set[tuple[IdKind, int]] = set()

    def numbers(self, kind: IdKind, given: Iterable[str]) -> Mapping[str, int]:
        """A number for each of these ids; the same id always has the same one."""
        return {text: self._number(kind, text) for text in given}

    def _number(self, kind: IdKind, text: str) -> int:
        number = self._numbers.get((kind, text))
        if number is None:
            number = first_number(kind, _kept(kind, text))
            while (kind, number) in self._taken:
                number = _next(number)
            self._taken.add((kind, number))
            self._numbers[kind, text] = number
        return number


def first_number(kind: IdKind, text: str) -> int:
    """The number of an id unless another one has it already."""
    digest = blake2s(f"{kind.value}:{text}".encode(), digest_size=8).digest()
    return FIRST + int.from_bytes(digest) % (LAST - FIRST + 1)


def _next(number: int) -> int:
    return FIRST + (number + 1 - FIRST) % (LAST - FIRST + 1)
