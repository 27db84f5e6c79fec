"""The demo provider's commands."""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

import click
from sqlalchemy.exc import SQLAlchemyError

from payments.serving import CannotServe, serve
from payments.settings import Settings
from servicekit.commands import Commands
from servicekit.database import drivers_words
from servicekit.settings import read_settings

HEALTH_TIMEOUT_SECONDS = 2.0


@click.group(
    cls=Commands,
    explained={
        CannotServe: str,
        SQLAlchemyError: lambda error: f"the database in PAYMENTS_DATA_DIR failed: {drivers_words(error)}",
    },
)
@click.pass_context
def main(context: click.Context) -> None:
    """Payments: a demo of a payment provider. IT TAKES NO MONEY."""
    context.obj = read_settings(Settings)


@main.command()
@click.pass_obj
def start(settings: Settings) -> None:
    """Answer over HTTP and call back, until SIGTERM."""
    serve(settings)


@main.command()
@click.pass_obj
def health(settings: Settings) -> None:
    """Check that the running provider is alive; for container health checks."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.bind, settings.bind)  # noqa: S104  (compared, not bound)
    connection = HTTPConnection(host, settings.port, timeout=HEALTH_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise click.ClickException(f"no answer from {host}:{settings.port}: {error}") from None
    finally:
        connection.close()
    if status != HTTPStatus.OK:
        raise click.ClickException(f"not alive: status {status}")
    click.echo("alive")
