"""The commands of live."""

import click

from live.serving import CannotServe, serve
from live.settings import Settings
from servicekit.commands import Commands
from servicekit.listening import local_host
from servicekit.logs import configure_logging, output_in_background
from servicekit.serving.health_check import check_http
from servicekit.settings import read_settings


@click.group(cls=Commands, explained={CannotServe: str})
@click.pass_context
def main(context: click.Context) -> None:
    """Live: tells open pages that something has changed."""
    context.obj = settings = read_settings(Settings)
    configure_logging(settings.log_format)


@main.command()
@click.pass_obj
@output_in_background()
def start(settings: Settings) -> None:
    """Serve until SIGTERM."""
    serve(settings)


@main.command()
@click.pass_obj
def health(settings: Settings) -> None:
    """Check that the running service is alive; for container health checks."""
    check_http(local_host(settings.bind), settings.port)
    click.echo("alive")
