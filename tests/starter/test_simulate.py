"""The simulated readers: reproducible, importable, and with tastes that can be learned."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from bookfiles.form.files import open_table
from bookfiles.reading.interactions import read_interactions
from bookfiles.reading.options import Options
from starter.simulate import (
    BOOKS,
    COLUMNS,
    END,
    INTERACTIONS,
    READERS,
    START,
    TooFewReaders,
    csv_text,
    gzipped,
    main,
    read_catalogue,
    simulate,
)

CATALOGUE = read_catalogue(BOOKS)
COMMITTED = gzip.decompress(INTERACTIONS.read_bytes()).decode()
ROWS = list(csv.DictReader(COMMITTED.splitlines()))
CATEGORIES = {row["book_id"]: frozenset(row["categories"].split(";")) for row in CATALOGUE}


def books_by_reader() -> Mapping[str, set[str]]:
    books = defaultdict(set)
    for row in ROWS:
        books[row["user_id"]].add(row["book_id"])
    return books


@pytest.mark.slow
def test_committed_file_is_what_the_program_makes() -> None:
    """The program with its defaults gives the committed rows."""
    assert csv_text(simulate(CATALOGUE)) == COMMITTED


@pytest.mark.slow
def test_command_writes_the_file(tmp_path: Path) -> None:
    """The command writes the rows for its options, twice the same bytes."""
    written = []
    for name in ("one.csv.gz", "two.csv.gz"):
        arguments = ["--readers", "100", "--seed", "3", "--out", str(tmp_path / name)]
        result = CliRunner().invoke(main, arguments)
        assert (result.exit_code, "100 simulated readers" in result.output) == (0, True)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert gzip.decompress(written[0]).decode() == csv_text(simulate(CATALOGUE, readers=100, seed=3))


def test_another_seed_gives_other_readers() -> None:
    """Two seeds give different interactions."""
    assert simulate(CATALOGUE, readers=100, seed=1) != simulate(CATALOGUE, readers=100, seed=2)


def test_gzip_header_has_neither_time_nor_name() -> None:
    """Flags and time are zero and the system is unknown (RFC 1952), so the header is the same everywhere."""
    assert gzipped("text")[:8] == b"\x1f\x8b\x08\0\0\0\0\0"
    assert gzipped("text")[9] == 255


def test_too_few_readers_are_refused(tmp_path: Path) -> None:
    """The error is one line if some book would have less than five readers, and no file is written."""
    with pytest.raises(TooFewReaders):
        simulate(CATALOGUE, readers=3)
    result = CliRunner().invoke(main, ["--readers", "3", "--out", str(tmp_path / "out.csv.gz")])
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert f"3 readers are too few for {len(CATALOGUE)} books" in result.output


def test_file_without_required_columns_is_refused(tmp_path: Path) -> None:
    """The error names the columns."""
    (tmp_path / "books.csv").write_text("title\nDune\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["--books", str(tmp_path / "books.csv"), "--out", str(tmp_path / "out")])
    assert (result.exit_code, (tmp_path / "out").exists()) == (1, False)
    assert "no column book_id, categories, subjects" in result.output


def test_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The error names the file."""
    result = CliRunner().invoke(main, ["--readers", "100", "--out", str(tmp_path / "absent" / "out.csv.gz")])
    assert result.exit_code == 1
    assert "out.csv.gz" in result.output


def test_catalogue_may_lack_attributes() -> None:
    """Books without categories, subjects and stock get readers too."""
    bare = [{"book_id": str(number), "categories": "", "subjects": ""} for number in range(1, 61)]
    assert {done.book_id for done in simulate(bare, readers=60)} == set(range(1, 61))


def test_import_reads_the_file() -> None:
    """The imports of both services accept every row."""
    with (
        open_table(INTERACTIONS) as table,
        read_interactions(
            table, INTERACTIONS.name, Options.default(), reject=lambda _row, reason: pytest.fail(reason)
        ) as reading,
    ):
        assert (reading.report.good, reading.report.skipped) == (len(ROWS), {})


def test_readme_has_the_number_of_rows() -> None:
    """And of books and readers, and says that they are simulated."""
    readme = (INTERACTIONS.parent / "README.md").read_text(encoding="utf-8")
    assert f"{len(CATALOGUE)} real books, with ids 1 to {len(CATALOGUE)}" in readme
    assert f"{READERS:,} **simulated** readers" in readme
    assert f"{len(ROWS):,} views, clicks, purchases and ratings" in readme


def test_rows_are_valid() -> None:
    """Every row has an existing reader and book, a kind, and a time in the two years; ratings have a value."""
    readers = {str(number + 1) for number in range(READERS)}
    halves = {f"{number / 2:.1f}" for number in range(1, 11)}
    assert tuple(ROWS[0]) == COLUMNS
    assert {row["user_id"] for row in ROWS} == readers
    assert {row["book_id"] for row in ROWS} == set(CATEGORIES)
    assert {row["kind"] for row in ROWS} == {"view", "click", "purchase", "rating"}
    assert {row["value"] for row in ROWS if row["kind"] == "rating"} <= halves
    assert {row["value"] for row in ROWS if row["kind"] != "rating"} == {""}
    times = [row["occurred_at"] for row in ROWS]
    assert times == sorted(times)
    assert START <= _moment(times[0]) <= _moment(times[-1]) <= END == datetime(2026, 10, 31, tzinfo=UTC)


def test_no_reader_does_the_same_twice() -> None:
    """Each reader and book has each kind at most once, so the ids that the import makes are unique."""
    assert len({(row["user_id"], row["book_id"], row["kind"]) for row in ROWS}) == len(ROWS)


def test_views_come_before_purchases_and_ratings_after() -> None:
    """Nobody rates a book that they have not bought."""
    times = {(row["user_id"], row["book_id"], row["kind"]): row["occurred_at"] for row in ROWS}
    stories = {(reader, book) for reader, book, _ in times}
    order = ("view", "click", "purchase", "rating")
    ordered = [[times[*story, kind] for kind in order if (*story, kind) in times] for story in stories]
    assert all(earlier < later for story in ordered for earlier, later in pairwise(story))
    assert [key for key in times if key[2] == "rating" and (*key[:2], "purchase") not in times] == []


def test_numbers_are_those_documented() -> None:
    """About 27,000 rows, mostly purchases, and 5 to 40 books for each reader."""
    sizes = {len(books) for books in books_by_reader().values()}
    assert 25_000 <= len(ROWS) <= 29_000
    assert sum(row["kind"] == "purchase" for row in ROWS) > len(ROWS) / 2
    assert min(sizes) >= 5
    assert max(sizes) <= 40


def test_popularity_has_a_long_tail() -> None:
    """Every book has at least five readers, and a fifth of the books have 40 to 60 % of them."""
    shelves = books_by_reader().values()
    readers = sorted((sum(book in shelf for shelf in shelves) for book in CATEGORIES), reverse=True)
    assert readers[-1] >= 5
    assert 0.4 <= sum(readers[: len(readers) // 5]) / sum(readers) <= 0.6


def test_reader_1_has_a_clear_taste_and_unread_books() -> None:
    """About 12 books, mostly science fiction and mysteries, so that there is more to recommend."""
    known = books_by_reader()["1"]
    keen = [CATEGORIES[book] & {"Science Fiction", "Mystery"} for book in known]
    assert 10 <= len(known) <= 14
    assert sum(map(bool, keen)) >= len(known) - 2
    for category in ("Science Fiction", "Mystery"):
        assert sum(category in shared for shared in keen) >= 4
    for category in ("Science Fiction", "Mystery", "Self-Help"):
        assert sum(category in of_book and book not in known for book, of_book in CATEGORIES.items()) >= 10


def test_readers_have_tastes() -> None:
    """Two books of one reader share a category half as often again as two books drawn by popularity alone would."""
    shelves = [sorted(books) for books in books_by_reader().values()]
    together = [_related(*pair) for shelf in shelves for pair in combinations(shelf, 2)]
    # The books of two readers have only popularity in common.
    apart = [
        _related(book, other)
        for shelf, following in pairwise(shelves)
        for book in shelf
        for other in following
        if book != other
    ]
    assert sum(together) / len(together) > 1.5 * sum(apart) / len(apart)


def test_ratings_follow_taste() -> None:
    """Readers rate books of the category that they buy most higher than the rest."""
    bought: defaultdict[str, list[str]] = defaultdict(list)
    for row in ROWS:
        if row["kind"] == "purchase":
            bought[row["user_id"]].extend(sorted(CATEGORIES[row["book_id"]]))
    favourite = {reader: max(sorted(set(names)), key=names.count) for reader, names in bought.items()}
    ratings: dict[bool, list[float]] = {True: [], False: []}
    for row in ROWS:
        if row["kind"] == "rating":
            ratings[favourite[row["user_id"]] in CATEGORIES[row["book_id"]]].append(float(row["value"]))
    inside, outside = (sum(ratings[liked]) / len(ratings[liked]) for liked in (True, False))
    assert inside > outside + 0.2


def _related(book: str, other: str) -> bool:
    # Half the classics have nothing in common but age.
    return bool((CATEGORIES[book] & CATEGORIES[other]) - {"Classics"})


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
