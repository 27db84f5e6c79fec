"""Command-line groups that report errors that an operator can fix in one line, without a traceback."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

import click

from servicekit.csvfile import InvalidCsv, TruncatedCsv
from servicekit.database import DamagedDatabase
from servicekit.listening import host_port, local_host
from servicekit.logs import configure_logging
from servicekit.settings import SettingsError

HEALTH_TIMEOUT_SECONDS = 2.0

Explain = Callable[[Exception], str]
"""Makes the message to the operator from an error."""


class NotMigrated(Exception):
    """The database of a service is not up to date."""

    def __init__(self, service: str) -> None:
        super().__init__(f"the database is not up to date: run `python -m {service} migrate` first")


class Commands(click.Group):
    """A group of commands; `explained` has further exceptions to report in one line.

    These exit with 1, malformed settings with 2.
    """

    def __init__(self, *args: Any, explained: Mapping[type[Exception], Explain], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._explained: dict[type[Exception], Explain] = {
            InvalidCsv: str,
            TruncatedCsv: str,
            NotMigrated: str,
            DamagedDatabase: str,
            OSError: str,
            **explained,
        }

    def invoke(self, context: click.Context) -> Any:
        configure_logging()
        try:
            return super().invoke(context)
        except SettingsError as error:
            click.echo(error, err=True)
            context.exit(2)
        except tuple(self._explained) as error:
            explain = next(explain for kind, explain in self._explained.items() if isinstance(error, kind))
            raise click.ClickException(explain(error)) from error


def check_http_health(bind: str, port: int, *, host: str | None = None) -> None:
    """Check by GET /healthz that the server bound to this address is alive; `host` replaces the Host header.

    Raises click.ClickException.
    """
    address = local_host(bind)
    connection = HTTPConnection(address, port, timeout=HEALTH_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={} if host is None else {"Host": host})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise click.ClickException(f"no answer from {host_port(address, port)}: {error}") from None
    finally:
        connection.close()
    if status != HTTPStatus.OK:
        raise click.ClickException(f"not alive: status {status}")
    click.echo("alive")
