"""The options of the commands that import files."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bookfiles.columns.meanings import Mapped
from bookfiles.commands import files_of, import_options, starter_files
from bookfiles.imports import Files
from bookfiles.values.day_orders import DayOrder


def parsed(*arguments: str) -> tuple[Files | None, str]:
    """The files that arguments name, and what is printed."""
    found: list[Files] = []

    @click.command
    @import_options
    def command(**said: object) -> None:
        found.append(files_of(**said))  # type: ignore[arg-type]

    result = CliRunner().invoke(command, arguments)
    return (found[0] if found else None), result.output


def test_what_a_person_says() -> None:
    """Each option has its place."""
    arguments = [
        "--books",
        "b.csv",
        "--interactions",
        "i.xlsx",
        "--dry-run",
        "--dates",
        "dmy",
        "--currency",
        "eur",
        "--overwrite",
    ]
    files, _ = parsed(*arguments, "--map", "Their Grade=rating/10", "--map", "Note=", "--reader", " ann ")
    assert files is not None
    assert (files.books, files.interactions) == (Path("b.csv"), Path("i.xlsx"))
    assert (files.dry_run, files.overwrite, files.quiet) == (True, True, False)
    options = files.options
    assert options.mapped == (Mapped("Their Grade", "rating", "10"), Mapped("Note", ""))
    assert (options.order, options.currency, options.reader) == (DayOrder.DAY, "EUR", "ann")


def test_nothing_said() -> None:
    """One file is enough."""
    files, _ = parsed("--books", "b.csv")
    assert files is not None
    assert files.interactions is None
    options = files.options
    assert (options.mapped, options.order, options.currency, options.reader) == ((), None, "", "")
    assert not files.dry_run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a file with --books, --interactions or both"),
        (["--books", "b.csv", "--currency", "euros"], "'euros' is not a currency of ISO 4217"),
        (["--books", "b.csv", "--currency", "XXX"], "'XXX' is not a currency of ISO 4217"),
        (["--books", "b.csv", "--reader", "None"], "'None' is no id"),
        (["--books", "b.csv", "--map", "Grade"], "'Grade' is not of the form"),
        (["--books", "b.csv", "--map", "Grade=mark"], "'mark' is not one of book_id, title"),
        (["--books", "b.csv", "--dates", "ymd"], "'ymd' is not one of 'dmy', 'mdy'"),
    ],
)
def test_what_cannot_be_said(arguments: list[str], message: str) -> None:
    """The command ends with a message that says what is wrong."""
    files, output = parsed(*arguments)
    assert files is None
    assert message in output


def test_the_projects_own_files(tmp_path: Path) -> None:
    """The catalogue, and the history if there is one; quietly."""
    assert starter_files(tmp_path).interactions is None
    (tmp_path / "interactions.csv.gz").touch()
    files = starter_files(tmp_path)
    assert (files.books, files.interactions) == (tmp_path / "books.csv", tmp_path / "interactions.csv.gz")
    assert files.quiet
