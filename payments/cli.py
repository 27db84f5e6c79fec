"""The demo provider's commands."""

import click
from sqlalchemy.exc import SQLAlchemyError

from payments.serving import CannotServe, serve
from payments.settings import Settings
from servicekit.commands import Commands
from servicekit.database.errors import driver_message
from servicekit.listening import local_host
from servicekit.logs import configure_logging, output_in_background
from servicekit.serving.health_check import check_http
from servicekit.settings import read_settings


@click.group(
    cls=Commands,
    explained={
        CannotServe: str,
        SQLAlchemyError: lambda error: f"the database in PAYMENTS_DATA_DIR failed: {driver_message(error)}",
    },
)
@click.pass_context
def main(context: click.Context) -> None:
    """Payments: a demo of a payment provider. IT TAKES NO MONEY."""
    context.obj = settings = read_settings(Settings)
    configure_logging(settings.log_format)


@main.command()
@click.pass_obj
@output_in_background()
def start(settings: Settings) -> None:
    """Serve over HTTP and make callbacks, until SIGTERM."""
    serve(settings)


@main.command()
@click.pass_obj
def health(settings: Settings) -> None:
    """Check that the running provider is alive; for container health checks."""
    check_http(local_host(settings.bind), settings.port)
    click.echo("alive")
