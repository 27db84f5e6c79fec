"""The commands of previews."""

import click

from previews import serving
from previews.api.health import SERVICE
from previews.domain import StoreUnavailable
from previews.settings import Settings
from previews.store import Store, open_store
from servicekit.commands import Commands, NotMigrated
from servicekit.data_folder import check_data_folder, mark_data_folder
from servicekit.database.errors import driver_message
from servicekit.errors import AddressInUse
from servicekit.grpc.tls import CertificateUnusable
from servicekit.logs import configure_logging, output_in_background
from servicekit.serving.health_check import check_grpc
from servicekit.settings import read_settings


@click.group(
    cls=Commands,
    explained={
        AddressInUse: str,
        CertificateUnusable: str,
        StoreUnavailable: lambda error: (
            f"the database of PREVIEWS_DATABASE_URL failed: {driver_message(error.__cause__)}"
        ),
    },
)
@click.pass_context
def main(context: click.Context) -> None:
    """Previews: what a link leads to, over gRPC."""
    settings = read_settings(Settings)
    configure_logging(settings.log_format)
    if context.invoked_subcommand != "health":
        names = "PREVIEWS_DATA_DIR, PREVIEWS_DATABASE_URL"
        check_data_folder(settings.data_dir, settings.database, settings=names)
    store = open_store(settings.database, timeouts=settings.timeouts())
    context.call_on_close(store.close)
    context.obj = settings, store


@main.command()
@click.pass_obj
def migrate(obj: tuple[Settings, Store]) -> None:
    """Create the tables, or bring them up to date."""
    _migrate(*obj)
    click.echo("the database is up to date")


@main.command()
@click.pass_obj
@output_in_background()
def serve(obj: tuple[Settings, Store]) -> None:
    """Serve over gRPC until stopped."""
    settings, store = obj
    store.require_intact()
    if not store.is_migrated():
        raise NotMigrated("previews")
    mark_data_folder(settings.data_dir, settings.database)
    _serve(settings, store)


@main.command()
@click.pass_obj
@output_in_background()
def start(obj: tuple[Settings, Store]) -> None:
    """Migrate, then serve."""
    settings, store = obj
    store.require_intact()
    _migrate(settings, store)
    _serve(settings, store)


@main.command()
@click.pass_obj
def health(obj: tuple[Settings, Store]) -> None:
    """Check that the running server serves, for container health checks."""
    settings, _ = obj
    check_grpc(*settings.health_address, SERVICE)
    click.echo("serving")


def _migrate(settings: Settings, store: Store) -> None:
    store.migrate()
    mark_data_folder(settings.data_dir, settings.database)


def _serve(settings: Settings, store: Store) -> None:
    store.close()  # the server opens its own, whose statements wait for a shorter time
    serving.serve(settings)
