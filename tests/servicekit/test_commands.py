"""Errors of commands."""

import click
import pytest
from click.testing import CliRunner

from servicekit.commands import Commands
from servicekit.settings import SettingsError

pytestmark = pytest.mark.usefixtures("restored_logging")


def commands(error: Exception) -> Commands:
    """A group with a command that fails, and a message for LookupError."""
    group = Commands("group", explained={LookupError: lambda error: f"could not: {error}"})

    @group.command()
    def go() -> None:
        raise error

    return group


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (PermissionError(13, "Permission denied", "f.csv"), 1, "Error: [Errno 13] Permission denied: 'f.csv'\n"),
        (LookupError("gone"), 1, "Error: could not: gone\n"),
        (SettingsError("PORT: malformed\nURL: malformed"), 2, "PORT: malformed\nURL: malformed\n"),
        (click.UsageError("name a file"), 2, "Error: name a file\n"),
    ],
)
def test_an_error_that_an_operator_can_fix(error: Exception, code: int, message: str) -> None:
    """It is printed on standard error without a traceback, with its exit code."""
    result = CliRunner().invoke(commands(error), ["go"])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == code
    assert result.stderr.endswith(message)
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_an_unexpected_error_is_not_hidden() -> None:
    """It keeps its traceback."""
    assert isinstance(CliRunner().invoke(commands(ZeroDivisionError()), ["go"]).exception, ZeroDivisionError)
