"""SIMULATED readers for the starter catalogue: no real person looked at, bought or rated any of this.

`python -m starter.simulate` writes `interactions.csv.gz`, so that a new shop has something to learn from until
it has readers of its own. A reader's taste grows from one to three beloved books: one category of each, its
subjects, and the strand of taste that these belong to (STRANDS). What a reader takes up is drawn by taste times
fame, and fame falls like Zipf's law, so that there are bestsellers and a long tail.

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

FOLDER = Path(__file__).parent
BOOKS = FOLDER / "books.csv"
INTERACTIONS = FOLDER / "interactions.csv.gz"
COLUMNS = ("user_id", "book_id", "kind", "value", "occurred_at")
NEEDED = ("book_id", "categories", "subjects")
KINDS = ("view", "click", "purchase", "rating")

READERS = 1500
SEED = 7
END = datetime(2026, 10, 31, tzinfo=UTC)
"""Nothing happens after it: a fixed day, so that the file does not change with the calendar."""
START = datetime(2024, 10, 31, tzinfo=UTC)

FEWEST_BOOKS, MOST_BOOKS = 5, 40
READS_ON = 0.86
"""The chance of one more book: some eleven in all on average, with a long tail."""
FIRST_READER_BOOKS = 12
FEWEST_READERS = 5
"""Of every book, so that each has neighbours to learn."""

ONLY_LOOKS, CLICKS_AND_BUYS, VIEWS_AND_BUYS, RATES = 0.1, 0.15, 0.1, 0.35
"""How often a reader does what with a book that they take up; the rest are purchases without a trace before."""

CATEGORY, SUBJECT, STRAND = 3, 2, 7
"""What a shared trait adds to a reader's affinity with a book, which starts from 1 and is squared."""

STRANDS = (
    ("space travel", "aliens", "galactic empires", "desert planets"),
    ("dystopias", "totalitarianism", "censorship", "surveillance"),
    ("cyberpunk", "hackers", "androids", "artificial intelligence", "virtual reality"),
    ("time travel", "pandemics", "reality television", "scientists"),
    ("whodunits", "oxford", "country houses", "alibis", "family curses", "stolen jewels", "amateur sleuths"),
    ("hard-boiled", "private detectives", "los angeles", "women sleuths"),
    ("police procedurals", "nordic noir", "missing persons", "serial killers"),
    ("productivity", "habits", "time management", "attention", "behaviour change", "goal setting"),
    ("courage", "happiness", "vulnerability", "introversion", "cognitive therapy", "depression", "fear"),
    ("spirituality", "mindfulness", "meditation", "faith", "meaning of life", "buddhism", "christianity"),
    ("communication", "leadership", "relationships", "character"),
    ("personal finance", "investing", "entrepreneurship", "economics", "project management"),
    ("neuroscience", "cognitive biases", "case studies", "motivation", "emotions"),
    ("courtship", "marriage", "governesses", "love"),
    ("gothic fiction", "haunted houses", "ghosts", "vampires"),
    ("magical realism", "family sagas", "colonialism", "nigeria", "india", "egypt", "latin america"),
    ("race relations", "slavery", "apartheid", "activism"),
    ("feminism", "gender", "motherhood"),
    ("coming of age", "childhood", "graphic memoirs", "diaries"),
    ("guilt", "justice", "bureaucracy", "obsession"),
    ("quests", "dragons", "magic", "monsters", "angels and demons"),
    ("adventure", "nonsense", "picture books", "deserts"),
    ("spies", "cold war", "impostors", "unreliable narrators"),
    ("monarchs", "ancient rome", "civilisation", "diplomacy"),
    ("birds", "forests", "natural history", "evolution", "environmental protection", "simple living"),
    ("travel writing", "rivers", "asia", "whaling", "seafaring", "aviation", "maps"),
    ("food", "recipes", "cooking techniques", "restaurants", "vegetarianism"),
    ("art history", "painting", "art criticism", "images", "photography"),
    ("schools", "learning", "parenting", "child development"),
    ("satire", "consumerism", "social criticism", "american dream"),
    ("murder cases", "corruption", "smuggling", "cold cases"),
    ("software engineering", "programming", "computers", "design", "innovation"),
    ("rock music", "jazz", "classical music", "composers", "dance"),
    ("theatre", "acting", "film", "theatre of the absurd"),
    ("running", "football", "tennis", "cricket", "baseball", "rowing", "american football", "endurance"),
    ("mountaineering", "surfing", "survival", "solitude"),
    ("nature imagery", "beauty", "myths"),
    ("english language", "grammar", "history of words", "writing"),
    ("doctors", "human body", "cancer", "dying"),
    ("physics", "cosmology", "mathematics", "genetics"),
    ("world war i", "world war ii", "holocaust", "military"),
)
"""Subjects that the same readers tend to care for, although few books carry two of them."""

Taste = Mapping[str, int]
"""What each trait of a book adds to a reader's affinity with it."""

FIRST_TASTE: Taste = {
    "category:Science Fiction": 3 * CATEGORY,
    "category:Mystery": 3 * CATEGORY,
    "strand:space travel": STRAND,
    "strand:whodunits": STRAND,
}
"""Reader 1 is keen on science fiction and mysteries: the reader that the examples of a client ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book as far as readers' choices need it; `traits` are its categories, subjects and strands."""

    id: int
    categories: tuple[str, ...]
    traits: tuple[str, ...]
    fame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One thing that a simulated reader did; `value` is the rating, written as in the file, or empty."""

    at: datetime
    reader_id: int
    book_id: int
    kind: str
    value: str = ""

    @property
    def place(self) -> tuple[datetime, int, int, int]:
        """Where it stands in the file: by time, as a shop would have recorded it."""
        return self.at, self.reader_id, self.book_id, KINDS.index(self.kind)


class NotACatalogue(click.ClickException):
    """The books file lacks a column that tastes are made of."""


class TooFewReaders(click.ClickException):
    """The readers cannot give every book its fewest readers without reading more than their most books."""


def simulate(
    catalogue: Sequence[Mapping[str, str]], *, readers: int = READERS, seed: int = SEED
) -> list[Interaction]:
    """What `readers` simulated readers of `catalogue` (rows of books.csv) did, in order of time.

    Every reader and book has each kind at most once, and every book at least five readers. Raises TooFewReaders.
    """
    rng = Random(seed)  # noqa: S311  (readers are drawn, not secrets)
    books = _books(catalogue, rng)
    tastes = {reader: FIRST_TASTE if reader == 1 else _taste(books, rng) for reader in range(1, readers + 1)}
    shelves = {reader: _shelf(books, taste, _size(reader, rng), rng) for reader, taste in tastes.items()}
    _spread(books, tastes, shelves)
    done = [
        interaction for reader, shelf in shelves.items() for interaction in _story(reader, shelf, tastes[reader], rng)
    ]
    return sorted(done, key=lambda interaction: interaction.place)


def read_catalogue(path: Path) -> list[dict[str, str]]:
    """The rows of a books file, in its order. Raises NotACatalogue."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [column for column in NEEDED if column not in (rows.fieldnames or ())]
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
    """`text` compressed without name and time of day, so that only another zlib can change the bytes."""
    stored = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=stored, mode="wb", mtime=0) as file:
        file.write(text.encode())
    return stored.getvalue()


def affinity(book: Book, taste: Taste) -> int:
    """How much a book is to a reader's taste: 1 where they have nothing in common."""
    return (1 + sum(taste.get(trait, 0) for trait in book.traits)) ** 2


def _books(catalogue: Sequence[Mapping[str, str]], rng: Random) -> list[Book]:
    ranks = {index: rank for rank, index in enumerate(_by_fame(catalogue, rng))}
    # Zipf's law with its head blunted in proportion, so that a fifth of the books have about half of the readers
    # in catalogues of any size.
    blunt = 1 + len(catalogue) // 20
    return [_book(row, fame=1_000_000 // (ranks[index] + blunt)) for index, row in enumerate(catalogue)]


def _by_fame(catalogue: Sequence[Mapping[str, str]], rng: Random) -> list[int]:
    # A shop holds more of what sells, so stock hints at fame; of a book that is sold out it says nothing.
    scores = [(int(row.get("stock") or 0) or _below(rng, 50)) + _below(rng, 20) for row in catalogue]
    return sorted(range(len(catalogue)), key=lambda index: (-scores[index], index))


def _book(row: Mapping[str, str], *, fame: int) -> Book:
    categories, subjects = _entries(row["categories"]), _entries(row["subjects"])
    strands = (strand[0] for strand in STRANDS if not set(strand).isdisjoint(subjects))
    traits = (
        *(f"category:{category}" for category in categories),
        *(f"subject:{subject}" for subject in subjects),
        *(f"strand:{strand}" for strand in strands),
    )
    return Book(id=int(row["book_id"]), categories=categories, traits=traits, fame=fame)


def _entries(text: str) -> tuple[str, ...]:
    return tuple(entry for entry in text.split(";") if entry)


def _taste(books: Sequence[Book], rng: Random) -> Taste:
    taste: Counter[str] = Counter()
    for _ in range(1 + _below(rng, 3)):
        beloved = books[_drawn([book.fame for book in books], rng)]
        if beloved.categories:
            taste[f"category:{beloved.categories[_below(rng, len(beloved.categories))]}"] += CATEGORY
        for trait in beloved.traits:
            taste[trait] += {"subject": SUBJECT, "strand": STRAND}.get(trait.partition(":")[0], 0)
    return taste


def _size(reader: int, rng: Random) -> int:
    size = FEWEST_BOOKS
    while size < MOST_BOOKS and rng.random() < READS_ON:
        size += 1
    return FIRST_READER_BOOKS if reader == 1 else size


def _shelf(books: Sequence[Book], taste: Taste, size: int, rng: Random) -> list[Book]:
    weights = [book.fame * affinity(book, taste) for book in books]
    shelf = []
    for _ in range(min(size, len(books))):
        index = _drawn(weights, rng)
        shelf.append(books[index])
        weights[index] = 0
    return shelf


def _spread(books: Sequence[Book], tastes: Mapping[int, Taste], shelves: Mapping[int, list[Book]]) -> None:
    """Hand books that too few readers came upon to those whose taste they meet best; reader 1 stays as promised."""
    held = {reader: {book.id for book in shelf} for reader, shelf in shelves.items()}
    for book in books:
        missing = FEWEST_READERS - sum(book.id in ids for ids in held.values())
        if missing <= 0:
            continue
        willing = [
            reader
            for reader, shelf in shelves.items()
            if reader != 1 and book.id not in held[reader] and len(shelf) < MOST_BOOKS
        ]
        if missing > len(willing):
            raise TooFewReaders(f"{len(shelves)} readers are too few for {len(books)} books; simulate more readers")
        willing.sort(key=lambda reader: (-affinity(book, tastes[reader]), len(shelves[reader]), reader))
        for reader in willing[:missing]:
            shelves[reader].append(book)
            held[reader].add(book.id)


def _story(reader: int, shelf: Sequence[Book], taste: Taste, rng: Random) -> Iterator[Interaction]:
    """When and how a reader took up each book: looked at, mostly bought, at times rated afterwards."""
    # A day after START at the earliest, as a look comes before its purchase; a month before END at the latest.
    joined = START + timedelta(days=1 + _below(rng, (END - START).days - 31))
    span = int((END - joined).total_seconds())
    times = sorted(joined + timedelta(seconds=_below(rng, span)) for _ in shelf)
    for at, book in zip(times, shelf, strict=True):
        looked = at - timedelta(seconds=30 + _below(rng, 1800))
        rated = at + timedelta(seconds=86_400 + _below(rng, 60 * 86_400))
        chance = rng.random()
        buys = chance >= ONLY_LOOKS
        if not buys or chance >= 1 - VIEWS_AND_BUYS:
            yield Interaction(at=looked, reader_id=reader, book_id=book.id, kind="view")
        if chance < ONLY_LOOKS + CLICKS_AND_BUYS:
            yield Interaction(at=looked + timedelta(seconds=9), reader_id=reader, book_id=book.id, kind="click")
        if buys:
            yield Interaction(at=at, reader_id=reader, book_id=book.id, kind="purchase")
        # Whoever bought a book lately has not read it yet.
        if buys and rng.random() < RATES and rated < END:
            value = _rating(affinity(book, taste), rng)
            yield Interaction(at=rated, reader_id=reader, book_id=book.id, kind="rating", value=value)


def _rating(liking: int, rng: Random) -> str:
    """From 0.5 to 5 stars in halves, higher the better a book meets the reader's taste, with moods."""
    halves = 5 + min(liking.bit_length() // 2, 4) + _below(rng, 3) + _below(rng, 3) - 2
    return f"{max(1, min(halves, 10)) / 2:.1f}"


def _drawn(weights: Sequence[int], rng: Random) -> int:
    """An index, drawn in proportion to its weight."""
    edges = list(accumulate(weights))
    return bisect_right(edges, _below(rng, edges[-1]))


def _below(rng: Random, end: int) -> int:
    return int(rng.random() * end)


@click.command()
@click.option("--readers", type=click.IntRange(1, 1500), default=READERS, show_default=True, help="How many readers.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed gives other readers.")
@click.option(
    "--books",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=BOOKS,
    show_default="starter/books.csv",
    help="The catalogue they choose from.",
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
