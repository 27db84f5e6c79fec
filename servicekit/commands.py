"""The commands of a service: errors that an operator can fix are shown in one line, without a traceback."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

import click

from servicekit.csvfile import EndsEarly, NotSuchACsv
from servicekit.listening import host_port, local_host
from servicekit.logs import configure_logging
from servicekit.settings import SettingsError

HEALTH_TIMEOUT_SECONDS = 2.0

Explain = Callable[[Exception], str]


class NotMigrated(Exception):
    """The database of a service is not up to date."""

    def __init__(self, service: str) -> None:
        super().__init__(f"the database is not up to date: run `python -m {service} migrate` first")


class Commands(click.Group):
    """A group of commands.

    `explained` has the message to the operator for further exceptions; they exit with 1, malformed settings with 2.
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


def check_http_health(bind: str, port: int, *, host: str | None = None) -> None:
    """Check that the server bound to this address is alive, by GET /healthz; `host` replaces the Host header.

    Raises click.ClickException.
    """
    reached = local_host(bind)
    connection = HTTPConnection(reached, port, timeout=HEALTH_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={} if host is None else {"Host": host})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise click.ClickException(f"no answer from {host_port(reached, port)}: {error}") from None
    finally:
        connection.close()
    if status != HTTPStatus.OK:
        raise click.ClickException(f"not alive: status {status}")
    click.echo("alive")
