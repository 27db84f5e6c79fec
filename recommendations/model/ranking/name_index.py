"""Indexes of the books by author or subject."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from recommendations.domain.authors import PLACEHOLDERS
from recommendations.model.vocabulary import Rows

Pairs = npt.NDArray[np.int64]
Spans = npt.NDArray[np.int64]
"""Offsets into an array: item `i` has the entries from `spans[i]` to `spans[i + 1]`."""

_HALF = 32
_IGNORED = re.compile(r"[^\w+#]|_")


class Names:
    """Assigns a code to each name, ignoring case, spaces and punctuation: "J.K. Rowling" is "J. K. Rowling".

    Except for + and #, without which C, C++ and C# would be one subject. Codes are only ever added, so all states of
    an index share one object. Only one thread at a time may add, and any number may look up.
    """

    def __init__(self) -> None:
        self._as_written: dict[str, int | None] = {}
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def codes(self, names: Sequence[str]) -> tuple[int, ...]:
        """The codes of the names, without placeholders and repetitions."""
        codes = dict.fromkeys(self._code(name) for name in names)
        codes.pop(None, None)
        return tuple(code for code in codes if code is not None)

    def find(self, name: str) -> int | None:
        """The code of a name, however it is written; None if it has none."""
        return self._codes.get(_plain(name))

    def _code(self, name: str) -> int | None:
        try:
            return self._as_written[name]
        except KeyError:
            plain = _plain(name)
            code = None if not plain or plain in PLACEHOLDERS else self._codes.setdefault(plain, len(self._codes))
            self._as_written[name] = code
            return code


def _plain(name: str) -> str:
    return _IGNORED.sub("", name.casefold())


@dataclass(frozen=True, eq=False)
class NameIndex:
    """One immutable state of an index of which rows have which names.

    Both arrays have an entry for each pair of a name's code and a row, ascending: `by_name` has the code in the upper
    32 bits and the row in the lower ones, `by_row` vice versa. There are `size` rows.
    """

    names: Names
    size: int
    by_name: Pairs
    by_row: Pairs

    @classmethod
    def empty(cls) -> "NameIndex":
        """An index without rows."""
        nothing = np.empty(0, dtype=np.int64)
        return cls(Names(), 0, nothing, nothing)

    def updated(self, rows: Rows, names: Sequence[tuple[str, ...]]) -> "NameIndex":
        """The index after the names of these rows, which may be new, were replaced."""
        size = max(self.size, int(rows.max(initial=-1)) + 1)
        # Many books have the same names: each distinct tuple is looked up once.
        codes_of = {listed: self.names.codes(listed) for listed in dict.fromkeys(names)}
        codes = [codes_of[listed] for listed in names]
        counts = np.fromiter(map(len, codes), dtype=np.int64, count=len(codes))
        added = np.fromiter(chain.from_iterable(codes), dtype=np.int64, count=int(counts.sum()))
        added_rows = np.repeat(rows.astype(np.int64), counts)
        replaced = np.zeros(size, dtype=np.bool_)
        replaced[rows] = True
        return NameIndex(
            self.names,
            size,
            _merged(self.by_name[~replaced[_lower(self.by_name)]], added << _HALF | added_rows),
            _merged(self.by_row[~replaced[_upper(self.by_row)]], added_rows << _HALF | added),
        )

    def rows_with(self, name: str) -> Rows:
        """The rows that have a name, ascending."""
        code = self.names.find(name)
        # A later state of the index may have added the name.
        if code is None or code >= len(self.spans) - 1:
            return self.rows[:0]
        return self.rows[self.spans[code] : self.spans[code + 1]]

    def of(self, rows: Rows) -> list[list[int]]:
        """The codes of the names of each row."""
        starts, stops = self.row_spans[rows].tolist(), self.row_spans[rows + 1].tolist()
        codes = self.row_codes
        return [codes[start:stop].tolist() for start, stop in zip(starts, stops, strict=True)]

    @cached_property
    def codes(self) -> Rows:
        """The code of each pair, ascending."""
        return _upper(self.by_name)

    @cached_property
    def rows(self) -> Rows:
        """The row of each pair, by code, then ascending."""
        return _lower(self.by_name)

    @cached_property
    def spans(self) -> Spans:
        """The pairs of code `c` are those from `spans[c]` to `spans[c + 1]`."""
        # Not `len(self.names)` codes, since later states of the index may have added some.
        return spans(self.codes, int(self.codes[-1]) + 1 if len(self.codes) else 0)

    @cached_property
    def row_codes(self) -> Rows:
        """The codes of the first row, then those of the second and so on."""
        return _lower(self.by_row)

    @cached_property
    def row_spans(self) -> Spans:
        """The codes of row `r` are those from `row_spans[r]` to `row_spans[r + 1]`."""
        return spans(_upper(self.by_row), self.size)

    @cached_property
    def books(self) -> npt.NDArray[np.int64]:
        """The number of rows with each name."""
        return np.diff(self.spans)

    @cached_property
    def rarity(self) -> npt.NDArray[np.float64]:
        """The inverse document frequency of each name: log(1 + rows / rows with the name)."""
        return np.log1p(self.size / np.maximum(self.books, 1))

    @cached_property
    def lengths(self) -> npt.NDArray[np.float64]:
        """The Euclidean norm of each row's vector of rarities, 1 if it has no names; for cosine similarities."""
        squares = np.bincount(self.rows, self.rarity[self.codes] ** 2, minlength=self.size)
        return np.sqrt(np.where(squares > 0, squares, 1.0))


def spans(ascending: Rows, count: int) -> Spans:
    """The offset of each of the numbers below `count` among ascending ones, and the end of the last."""
    return np.searchsorted(ascending, np.arange(count + 1, dtype=np.int32)).astype(np.int64)


def _merged(pairs: Pairs, added: Pairs) -> Pairs:
    added = np.sort(added)
    return np.insert(pairs, np.searchsorted(pairs, added), added)


def _upper(pairs: Pairs) -> Rows:
    return (pairs >> _HALF).astype(np.int32)


def _lower(pairs: Pairs) -> Rows:
    return (pairs & ((1 << _HALF) - 1)).astype(np.int32)
