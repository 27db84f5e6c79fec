"""Which books have an author or a subject in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from recommendations.model.vocabulary import Rows

Pairs = npt.NDArray[np.int64]
Spans = npt.NDArray[np.int64]
"""Where something starts in an array, and where the next one does."""

_HALF = 32
_NOBODY = frozenset(
    {"anonymous", "unknown", "unknownauthor", "various", "variousauthors", "varios", "na", "none", "collective"}
)
"""Names that stand for no one: sharing one means nothing."""


class Names:
    """Numbers names, whatever their case and punctuation: "J.K. Rowling" is "J. K. Rowling".

    Numbers are only ever added, so all states of an index can share one of these; one thread adds.
    """

    def __init__(self) -> None:
        self._as_written: dict[str, int | None] = {}
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def codes(self, names: Sequence[str]) -> tuple[int, ...]:
        """The number of each name that stands for someone or something, none twice."""
        codes = dict.fromkeys(self._code(name) for name in names)
        codes.pop(None, None)
        return tuple(code for code in codes if code is not None)

    def _code(self, name: str) -> int | None:
        try:
            return self._as_written[name]
        except KeyError:
            plain = "".join(filter(str.isalnum, name.casefold()))
            code = None if not plain or plain in _NOBODY else self._codes.setdefault(plain, len(self._codes))
            self._as_written[name] = code
            return code


@dataclass(frozen=True, eq=False)
class NameIndex:
    """Which rows have which names; one state of it, never changed.

    Both arrays have a number for each pair of a name and a row, ascending: `by_name` with the name in the upper 32
    bits and the row in the lower ones, `by_row` the other way round. There are `size` rows.
    """

    names: Names
    size: int
    by_name: Pairs
    by_row: Pairs

    @classmethod
    def empty(cls) -> "NameIndex":
        """The index of no rows."""
        nothing = np.empty(0, dtype=np.int64)
        return cls(Names(), 0, nothing, nothing)

    def changed(self, rows: Rows, names: Sequence[tuple[str, ...]]) -> "NameIndex":
        """The index in which these rows, new ones at the end among them, have these names and no others."""
        size = max(self.size, int(rows.max(initial=-1)) + 1)
        # Many books have the same names: each such tuple is numbered once.
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

    def of(self, rows: Rows) -> list[list[int]]:
        """The numbers of the names of each row."""
        starts, stops = self.row_spans[rows].tolist(), self.row_spans[rows + 1].tolist()
        codes = self.row_codes
        return [codes[start:stop].tolist() for start, stop in zip(starts, stops, strict=True)]

    @cached_property
    def codes(self) -> Rows:
        """The name of each pair, ascending."""
        return _upper(self.by_name)

    @cached_property
    def rows(self) -> Rows:
        """The row of each pair; those of one name stand together, ascending."""
        return _lower(self.by_name)

    @cached_property
    def spans(self) -> Spans:
        """The pairs of name `c` are those from `spans[c]` to `spans[c + 1]`."""
        # Not as many as `names`, which may grow with a later state.
        return spans(self.codes, int(self.codes[-1]) + 1 if len(self.codes) else 0)

    @cached_property
    def row_codes(self) -> Rows:
        """The names of the first row, then those of the second and so on."""
        return _lower(self.by_row)

    @cached_property
    def row_spans(self) -> Spans:
        """The names of row `r` are those from `row_spans[r]` to `row_spans[r + 1]`."""
        return spans(_upper(self.by_row), self.size)

    @cached_property
    def books(self) -> npt.NDArray[np.int64]:
        """How many rows have each name."""
        return np.diff(self.spans)

    @cached_property
    def rarity(self) -> npt.NDArray[np.float64]:
        """The inverse document frequency of each name: the logarithm of 1 + all rows over those that have it."""
        return np.log1p(self.size / np.maximum(self.books, 1))

    @cached_property
    def lengths(self) -> npt.NDArray[np.float64]:
        """The length of each row's vector of rarities, 1 where it has no names: what makes a cosine of a product."""
        squares = np.bincount(self.rows, self.rarity[self.codes] ** 2, minlength=self.size)
        return np.sqrt(np.where(squares > 0, squares, 1.0))


def spans(ascending: Rows, most: int) -> Spans:
    """Where each of `most` numbers starts among ascending ones, and where the last one ends."""
    return np.searchsorted(ascending, np.arange(most + 1, dtype=np.int32)).astype(np.int64)


def _merged(pairs: Pairs, added: Pairs) -> Pairs:
    added = np.sort(added)
    return np.insert(pairs, np.searchsorted(pairs, added), added)


def _upper(pairs: Pairs) -> Rows:
    return (pairs >> _HALF).astype(np.int32)


def _lower(pairs: Pairs) -> Rows:
    return (pairs & ((1 << _HALF) - 1)).astype(np.int32)
