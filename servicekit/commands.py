"""Command-line groups that report errors that an operator can fix in one line, without a traceback."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from servicekit.backups.contents import BackupError
from servicekit.data_folder import DatabaseMissing
from servicekit.database.integrity import DamagedDatabase
from servicekit.database.migrations import MigrationBlocked, NewerDatabase
from servicekit.errors import AddressInUse
from servicekit.logs import logging_in_background
from servicekit.serving.health_check import Unhealthy
from servicekit.settings import SettingsError

Explain = Callable[[Exception], str]
"""Makes the message to the operator from an error."""


class NotMigrated(Exception):
    """The database of a service is not up to date."""

    def __init__(self, service: str) -> None:
        super().__init__(
            f"the database is not up to date: run `python -m {service} migrate` first; if it was up to date before, "
            f"see whether its volume is mounted, and {service.upper()}_DATA_DIR and {service.upper()}_DATABASE_URL"
        )


class Commands(click.Group):
    """A group of commands; `explained` has further exceptions to report in one line.

    These exit with 1, malformed settings with 2.
    """

    def __init__(self, *args: Any, explained: Mapping[type[Exception], Explain], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._explained: dict[type[Exception], Explain] = {
            AddressInUse: str,
            DatabaseMissing: str,
            NotMigrated: str,
            Unhealthy: str,
            BackupError: str,
            NewerDatabase: str,
            MigrationBlocked: str,
            DamagedDatabase: str,
            OSError: str,
            **explained,
        }

    def invoke(self, context: click.Context) -> Any:
        # What a service writes is for it alone: databases, models, keys.
        umask = os.umask(0o077)
        with logging_in_background():
            try:
                return super().invoke(context)
            except SettingsError as error:
                click.echo(error, err=True)
                context.exit(2)
            except tuple(self._explained) as error:
                explain = next(explain for kind, explain in self._explained.items() if isinstance(error, kind))
                raise click.ClickException(explain(error)) from error
            finally:
                os.umask(umask)
