"""The commands of a service: what an operator can put right ends them with one line instead of a traceback."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from servicekit.csvfile import EndsEarly, NotSuchACsv
from servicekit.logs import configure_logging
from servicekit.settings import SettingsError

Explain = Callable[[Exception], str]


class NotMigrated(Exception):
    """The database of a service is not up to date."""

    def __init__(self, service: str) -> None:
        super().__init__(f"the database is not up to date: run `python -m {service} migrate` first")


class Commands(click.Group):
    """A group of commands.

    `explained` says for further exceptions what to tell the operator; such a command ends with 1, and one whose
    settings are malformed with 2.
    """

    def __init__(self, *args: Any, explained: Mapping[type[Exception], Explain], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._explained: dict[type[Exception], Explain] = {
            NotSuchACsv: str,
            EndsEarly: str,
            NotMigrated: str,
            OSError: str,
            **explained,
        }

    def invoke(self, context: click.Context) -> Any:
        """Run a command."""
        configure_logging()
        try:
            return super().invoke(context)
        except SettingsError as error:
            click.echo(error, err=True)
            context.exit(2)
        except tuple(self._explained) as error:
            explain = next(explain for kind, explain in self._explained.items() if isinstance(error, kind))
            raise click.ClickException(explain(error)) from error
