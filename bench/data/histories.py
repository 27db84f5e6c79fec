"""Generated histories of any size, larger than public data sets."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

ZIPF = 0.8
"""The exponent of popularity: the n-th book of a group is read in proportion to n^−ZIPF."""

BOOKS_A_GROUP = 250
"""The books of a group share readers, so that books have neighbours."""

FAVOURITES, LOYALTY = 3, 0.8
"""The number of groups that a reader prefers, and the share of their books from these groups."""

SPREAD = 1.1
"""The standard deviation of the logarithm of a reader's number of interactions."""

LONGEST = 5_000
BATCH = 2_000
"""Readers drawn at a time."""

FIRST_DAY = np.datetime64("2023-01-01T00:00:00", "s")
YEARS = 3.0
_SECONDS = int(YEARS * 365 * 86_400)
_CATEGORIES = ("mystery", "science-fiction", "self-help", "romance", "history", "fantasy")

Ints = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much to generate; a reader has `mean` interactions on average."""

    books: int
    interactions: int
    mean: float = 50.0


def write_books(path: Path, size: Size, seed: int = 7) -> None:
    """Write a catalogue with ids from 1; authors have several books, and the books of a group share a subject."""
    rng = np.random.default_rng(seed)
    authors = max(size.books // 4, 1)
    numbers = np.argsort(_ids(size))
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["book_id", "title", "authors", "year", "categories", "subjects"])
        for book in range(size.books):
            group = int(numbers[book]) % _groups(size)
            words = " ".join(f"word{word}" for word in rng.zipf(1.3, size=3) % 50_000)
            subjects = f"subject {group};field {group % 40}"
            written = f"Author {int(rng.integers(authors)):06}"
            category = _CATEGORIES[group % len(_CATEGORIES)]
            rows.writerow([book + 1, f"Book {book + 1} {words}", written, 1950 + book % 75, category, subjects])


def write_interactions(folder: Path, size: Size, parts: int, seed: int = 7) -> list[Path]:
    """Write gzipped files, each of which doubles the total number of interactions; returns their paths.

    Each file has its own readers. No reader interacts twice with a book, and a reader's rows are in order of time.
    """
    rng = np.random.default_rng(seed)
    ends = [size.interactions >> (parts - 1 - part) for part in range(parts)]
    drawn = _readers(size, rng)
    written, reader = 0, 0
    paths = []
    for part, end in enumerate(ends):
        path = folder / f"interactions-{part + 1}.csv.gz"
        with gzip.open(path, "wt", compresslevel=1, encoding="ascii", newline="") as file:
            file.write("user_id,book_id,kind,occurred_at\n")
            while written < end:
                # The last reader's history is cut off at the end of the file.
                books, times = next(drawn)
                books, times = books[: end - written], times[: end - written]
                reader += 1
                file.write(
                    "".join(
                        f"{reader},{book},purchase,{time}\n"
                        for book, time in zip(books.tolist(), np.datetime_as_string(times).tolist(), strict=True)
                    )
                )
                written += len(books)
        paths.append(path)
    return paths


def _groups(size: Size) -> int:
    return max(size.books // BOOKS_A_GROUP, 1)


def _ids(size: Size) -> Ints:
    """The shuffled id of each book; the books of a group are evenly spaced, the most popular first."""
    return np.random.default_rng(size.books).permutation(size.books) + 1


def _readers(size: Size, rng: np.random.Generator) -> Iterator[tuple[Ints, Times]]:
    """The books of each reader, at least one, and their times in ascending order."""
    groups, ids = _groups(size), _ids(size)
    # Removed repetitions hardly change the distribution of lengths.
    mu = np.log(size.mean) - SPREAD**2 / 2
    while True:
        lengths = np.clip(rng.lognormal(mu, SPREAD, BATCH), 1, min(LONGEST, max(size.books // 2, 1))).astype(np.int64)
        total = int(lengths.sum())
        reader = np.repeat(np.arange(BATCH), lengths)
        favourites = _zipf(rng.random((BATCH, FAVOURITES)), groups)
        group = favourites[reader, rng.integers(FAVOURITES, size=total)]
        group = np.where(rng.random(total) < LOYALTY, group, _zipf(rng.random(total), groups))
        in_group = (size.books - 1 - group) // groups + 1
        book = group + groups * _zipf(rng.random(total), in_group)
        pairs = np.unique(reader * size.books + book)
        reader, book = np.divmod(rng.permutation(pairs), size.books)
        # Readers come and go: a history covers at most a quarter of the whole period.
        since = rng.integers(3 * _SECONDS // 4, size=BATCH)
        seconds = since[reader] + rng.integers(_SECONDS // 4, size=len(reader))
        order = np.lexsort((seconds, reader))
        ends = np.cumsum(np.bincount(reader, minlength=BATCH))[:-1]
        yield from zip(np.split(ids[book[order]], ends), np.split(FIRST_DAY + seconds[order], ends), strict=True)


def _zipf(uniform: npt.NDArray[np.float64], count: int | Ints) -> Ints:
    """Map numbers between 0 and 1 to numbers below `count` by a power law; 0 is the most likely."""
    power = 1 - ZIPF
    most = np.asarray(count)
    ranks = (uniform * (np.power(most + 1.0, power) - 1) + 1) ** (1 / power) - 1
    whole: Ints = np.minimum(ranks, most - 1).astype(np.int64)
    return whole
