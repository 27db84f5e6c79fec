"""Commands that end with one line instead of a traceback."""

import click
import pytest
from click.testing import CliRunner

from servicekit.commands import Commands
from servicekit.csvfile import InvalidCsv, TruncatedCsv
from servicekit.settings import SettingsError

pytestmark = pytest.mark.usefixtures("restored_logging")


def commands(error: Exception) -> Commands:
    """A group with one command that fails, and an explanation for one kind of error."""
    group = Commands("group", explained={LookupError: lambda error: f"could not: {error}"})

    @group.command()
    def go() -> None:
        raise error

    return group


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InvalidCsv("f.csv: the file is empty"), 1, "Error: f.csv: the file is empty\n"),
        (TruncatedCsv("f.csv: cut off"), 1, "Error: f.csv: cut off\n"),
        (PermissionError(13, "Permission denied", "f.csv"), 1, "Error: [Errno 13] Permission denied: 'f.csv'\n"),
        (LookupError("gone"), 1, "Error: could not: gone\n"),
        (SettingsError("PORT: malformed\nURL: malformed"), 2, "PORT: malformed\nURL: malformed\n"),
        (click.UsageError("name a file"), 2, "Error: name a file\n"),
    ],
)
def test_what_an_operator_can_put_right(error: Exception, code: int, said: str) -> None:
    """It ends the command with its exit code and its words on standard error, and nothing else."""
    result = CliRunner().invoke(commands(error), ["go"])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == code
    assert result.stderr.endswith(said)
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_what_nobody_foresaw_is_not_hidden() -> None:
    """A defect keeps its traceback."""
    assert isinstance(CliRunner().invoke(commands(ZeroDivisionError()), ["go"]).exception, ZeroDivisionError)
