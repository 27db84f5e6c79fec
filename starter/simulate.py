"""SIMULATED readers for the starter catalogue: no real person viewed, bought or rated any of this.

`python -m starter.simulate` writes `interactions.csv.gz`, from which a new shop learns until it has readers of its
own. A reader's taste comes from one to three favourite books: one category of each, its subjects, and the groups of
related subjects (SUBJECT_GROUPS). Books are drawn with a probability proportional to affinity times popularity,
which follows Zipf's law, so there are bestsellers and a long tail.

The same seed gives the same rows everywhere: of `random.Random` only `random()` is used, the one method whose
sequence Python promises to keep (https://docs.python.org/3/library/random.html#notes-on-reproducibility), and
all weights are integers, because `sum` and the C library round floats differently from version to version.
"""

import csv
import gzip
import io
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

import click

from starter.subject_groups import SUBJECT_GROUPS

FOLDER = Path(__file__).parent
BOOKS = FOLDER / "books.csv"
INTERACTIONS = FOLDER / "interactions.csv.gz"
COLUMNS = ("user_id", "book_id", "kind", "value", "occurred_at")
REQUIRED = ("book_id", "categories", "subjects")

READERS = 1500
SEED = 7
END = datetime(2026, 10, 31, tzinfo=UTC)
"""The end of the history, fixed so that the file does not depend on when it is made."""
START = datetime(2024, 10, 31, tzinfo=UTC)

MIN_BOOKS, MAX_BOOKS = 5, 40
READS_ON = 0.86
"""The probability of another book: about eleven books a reader on average, with a long tail."""
FIRST_READER_BOOKS = 12
MIN_READERS = 5
"""The least readers of a book, so that the model can learn its neighbours."""

ONLY_LOOKS, CLICKS_AND_BUYS, VIEWS_AND_BUYS, RATES = 0.1, 0.15, 0.1, 0.35
"""The shares of what readers do with a book; the rest are purchases without a view or click before."""

CATEGORY, SUBJECT, GROUP = 3, 2, 7
"""What a shared trait adds to a reader's affinity with a book, which starts from 1 and is squared."""

Taste = Mapping[str, int]
"""What each trait of a book adds to a reader's affinity with it."""

FIRST_TASTE: Taste = {
    "category:Science Fiction": 3 * CATEGORY,
    "category:Mystery": 3 * CATEGORY,
    "group:space travel": GROUP,
    "group:whodunits": GROUP,
}
"""Reader 1, who is in clients' examples, likes science fiction and mysteries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book; `traits` are its categories, subjects and groups of subjects."""

    id: int
    categories: tuple[str, ...]
    traits: tuple[str, ...]
    popularity: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Interaction:
    """An interaction of a simulated reader, ordered by time; `value` is the rating as in the file, or empty."""

    at: datetime
    reader_id: int
    book_id: int
    kind: str
    value: str = ""


class NotACatalogue(click.ClickException):
    """The file of books lacks a column."""


class TooFewReaders(click.ClickException):
    """Every book cannot have MIN_READERS if each reader has at most MAX_BOOKS."""


def simulate(
    catalogue: Sequence[Mapping[str, str]], *, readers: int = READERS, seed: int = SEED
) -> list[Interaction]:
    """The interactions of `readers` simulated readers of `catalogue` (rows of books.csv), in order of time.

    Every reader and book has each kind at most once, and every book at least five readers. Raises TooFewReaders.
    """
    rng = Random(seed)  # noqa: S311  (readers are drawn, not secrets)
    books = _books(catalogue, rng)
    tastes = {reader: FIRST_TASTE if reader == 1 else _taste(books, rng) for reader in range(1, readers + 1)}
    histories = {reader: _books_of(books, taste, _size(reader, rng), rng) for reader, taste in tastes.items()}
    _ensure_min_readers(books, tastes, histories)
    return sorted(
        interaction
        for reader, books_read in histories.items()
        for interaction in _interactions(reader, books_read, tastes[reader], rng)
    )


def read_catalogue(path: Path) -> list[dict[str, str]]:
    """The rows of a books file, in its order. Raises NotACatalogue."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [column for column in REQUIRED if column not in (rows.fieldnames or ())]
        if missing:
            raise NotACatalogue(f"{path}: no column {', '.join(missing)} in the header")
        return list(rows)


def csv_text(interactions: Sequence[Interaction]) -> str:
    """The interactions as the CSV that both services import."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for done in interactions:
        writer.writerow((done.reader_id, done.book_id, done.kind, done.value, f"{done.at:%Y-%m-%dT%H:%M:%SZ}"))
    return text.getvalue()


def gzipped(text: str) -> bytes:
    """`text`, compressed without file name and time: the same bytes for the same version of zlib."""
    compressed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=compressed, mode="wb", mtime=0) as file:
        file.write(text.encode())
    return compressed.getvalue()


def affinity(book: Book, taste: Taste) -> int:
    """How well a book fits a reader's taste; 1 if they have nothing in common."""
    return (1 + sum(taste.get(trait, 0) for trait in book.traits)) ** 2


def _books(catalogue: Sequence[Mapping[str, str]], rng: Random) -> list[Book]:
    ranks = {index: rank for rank, index in enumerate(_by_popularity(catalogue, rng))}
    # Zipf's law with an offset (Mandelbrot), so that a fifth of the books have about half of the readers in
    # catalogues of any size.
    offset = 1 + len(catalogue) // 20
    return [_book(row, popularity=1_000_000 // (ranks[index] + offset)) for index, row in enumerate(catalogue)]


def _by_popularity(catalogue: Sequence[Mapping[str, str]], rng: Random) -> list[int]:
    # Shops stock more copies of what sells. The popularity of a sold-out book is drawn at random.
    scores = [(int(row.get("stock") or 0) or _below(rng, 50)) + _below(rng, 20) for row in catalogue]
    return sorted(range(len(catalogue)), key=lambda index: (-scores[index], index))


def _book(row: Mapping[str, str], *, popularity: int) -> Book:
    categories, subjects = _entries(row["categories"]), _entries(row["subjects"])
    groups = (group[0] for group in SUBJECT_GROUPS if not set(group).isdisjoint(subjects))
    traits = (
        *(f"category:{category}" for category in categories),
        *(f"subject:{subject}" for subject in subjects),
        *(f"group:{group}" for group in groups),
    )
    return Book(id=int(row["book_id"]), categories=categories, traits=traits, popularity=popularity)


def _entries(text: str) -> tuple[str, ...]:
    return tuple(entry for entry in text.split(";") if entry)


def _taste(books: Sequence[Book], rng: Random) -> Taste:
    taste: Counter[str] = Counter()
    for _ in range(1 + _below(rng, 3)):
        favourite = books[_weighted_index([book.popularity for book in books], rng)]
        if favourite.categories:
            taste[f"category:{favourite.categories[_below(rng, len(favourite.categories))]}"] += CATEGORY
        for trait in favourite.traits:
            taste[trait] += {"subject": SUBJECT, "group": GROUP}.get(trait.partition(":")[0], 0)
    return taste


def _size(reader: int, rng: Random) -> int:
    size = MIN_BOOKS
    while size < MAX_BOOKS and rng.random() < READS_ON:
        size += 1
    return FIRST_READER_BOOKS if reader == 1 else size


def _books_of(books: Sequence[Book], taste: Taste, size: int, rng: Random) -> list[Book]:
    weights = [book.popularity * affinity(book, taste) for book in books]
    read = []
    for _ in range(min(size, len(books))):
        index = _weighted_index(weights, rng)
        read.append(books[index])
        weights[index] = 0
    return read


def _ensure_min_readers(
    books: Sequence[Book], tastes: Mapping[int, Taste], histories: Mapping[int, list[Book]]
) -> None:
    """Add books with too few readers to the best-fitting histories, but not to reader 1's, which is documented."""
    book_ids = {reader: {book.id for book in read} for reader, read in histories.items()}
    for book in books:
        missing = MIN_READERS - sum(book.id in ids for ids in book_ids.values())
        if missing <= 0:
            continue
        candidates = [
            reader
            for reader, read in histories.items()
            if reader != 1 and book.id not in book_ids[reader] and len(read) < MAX_BOOKS
        ]
        if missing > len(candidates):
            raise TooFewReaders(f"{len(histories)} readers are too few for {len(books)} books; simulate more readers")
        candidates.sort(key=lambda reader: (-affinity(book, tastes[reader]), len(histories[reader]), reader))
        for reader in candidates[:missing]:
            histories[reader].append(book)
            book_ids[reader].add(book.id)


def _interactions(reader: int, read: Sequence[Book], taste: Taste, rng: Random) -> Iterator[Interaction]:
    """The interactions of a reader with each book: mostly bought, sometimes viewed before and rated afterwards."""
    # At least a day after START, because views precede purchases; at least a month before END.
    joined = START + timedelta(days=1 + _below(rng, (END - START).days - 31))
    span = int((END - joined).total_seconds())
    times = sorted(joined + timedelta(seconds=_below(rng, span)) for _ in read)
    for at, book in zip(times, read, strict=True):
        viewed = at - timedelta(seconds=30 + _below(rng, 1800))
        rated = at + timedelta(seconds=86_400 + _below(rng, 60 * 86_400))
        chance = rng.random()
        buys = chance >= ONLY_LOOKS
        if not buys or chance >= 1 - VIEWS_AND_BUYS:
            yield Interaction(at=viewed, reader_id=reader, book_id=book.id, kind="view")
        if chance < ONLY_LOOKS + CLICKS_AND_BUYS:
            yield Interaction(at=viewed + timedelta(seconds=9), reader_id=reader, book_id=book.id, kind="click")
        if buys:
            yield Interaction(at=at, reader_id=reader, book_id=book.id, kind="purchase")
        # A recently bought book is not rated yet.
        if buys and rng.random() < RATES and rated < END:
            value = _rating(affinity(book, taste), rng)
            yield Interaction(at=rated, reader_id=reader, book_id=book.id, kind="rating", value=value)


def _rating(fit: int, rng: Random) -> str:
    """From 0.5 to 5 stars in halves, higher for a better fit, with noise."""
    halves = 5 + min(fit.bit_length() // 2, 4) + _below(rng, 3) + _below(rng, 3) - 2
    return f"{max(1, min(halves, 10)) / 2:.1f}"


def _weighted_index(weights: Sequence[int], rng: Random) -> int:
    """A random index, with a probability proportional to its weight."""
    edges = list(accumulate(weights))
    return bisect_right(edges, _below(rng, edges[-1]))


def _below(rng: Random, end: int) -> int:
    return int(rng.random() * end)


@click.command()
@click.option(
    "--readers", type=click.IntRange(1, 1500), default=READERS, show_default=True, help="Number of readers."
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="Random seed.")
@click.option(
    "--books",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=BOOKS,
    show_default="starter/books.csv",
    help="The catalogue.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=INTERACTIONS,
    show_default="starter/interactions.csv.gz",
    help="The file to write.",
)
def main(readers: int, seed: int, books: Path, out: Path) -> None:
    """Write the interactions of SIMULATED readers, for a shop that has none of its own yet."""
    interactions = simulate(read_catalogue(books), readers=readers, seed=seed)
    try:
        out.write_bytes(gzipped(csv_text(interactions)))
    except OSError as error:
        raise click.FileError(str(out), error.strerror) from None
    click.echo(f"{out}: {len(interactions):,} interactions of {readers:,} simulated readers")


if __name__ == "__main__":
    main()
