"""The report of what was understood."""

import pytest

from bookfiles.reading.report import NOT_USED, ColumnReport, FileReport, first
from tests.bookfiles.files import books_of, csv_of


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Each column has its meaning, counts and an example; what was left empty or refused has one too."""
    rows = ["1,Dune,5/1/2008,z", "2,Emma,6/2/2008,", f"None,{'x' * 80},,", "4,Persuasion,,"]
    books_of(csv_of("book_id,title,date,shelf mark", *rows)).report.echo()
    assert capsys.readouterr().out.splitlines() == [
        "",
        "file.csv: separated by commas, UTF-8",
        "",
        "column           meaning  read  for example  left empty  refused",
        "----------  ------------  ----  -----------  ----------  -------",
        "book_id          book_id     3            1                    1",
        "title              title     3         Dune",
        "date        published_at     0                        2",
        "shelf mark      not used",
        "",
        "book_id, refused: line 4: 'None' is no id",
        "date, left empty: line 2: '5/1/2008' may be day/month or month/day; "
        "write it like 2008-05-01, or say which with --dates dmy or --dates mdy",
        "file.csv: 4 rows, 3 books, 1 rows refused",
    ]


def test_notes_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Scales, skipped rows and unknown categories are said; long values are shortened."""
    report = FileReport("f.csv", "Excel", "books", [ColumnReport("", NOT_USED), ColumnReport("x" * 99, "title")])
    report.columns[1].count_read("a\nb " * 40)
    report.notes.append("authors are written as Last, First")
    report.skipped["wishes"] = 1_234
    report.unknown_categories["Zen"] = 2
    report.echo()
    output = capsys.readouterr().out
    for part in (
        "(no name)",
        "x" * 29 + "…",
        "a b a b",
        "authors are written",
        "1,234 rows skipped: wishes",
        "Zen (2)",
    ):
        assert part in output
    assert max(map(len, output.splitlines())) < 140


@pytest.mark.parametrize(
    ("good", "refused", "is_hopeless"), [(0, 0, True), (0, 5, True), (5, 5, False), (5, 6, True), (1, 0, False)]
)
def test_hopeless_files(good: int, refused: int, is_hopeless: bool) -> None:
    """Nothing is read, or more is refused than read."""
    assert FileReport("f", "CSV", "books", [], good=good, refused=refused).is_hopeless == is_hopeless


def test_the_first_labels() -> None:
    """Twenty are named, and the rest counted."""
    labels = [(f"L{number}", 1) for number in range(22)]
    assert first(labels).endswith("L19 (1), and 2 more")
    assert first(labels[:2]) == "L0 (1), L1 (1)"
