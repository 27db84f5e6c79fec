"""The commands of notices."""

import click

from notices.domain import MessageNotFound, StoreUnavailable
from notices.service import Notices
from notices.serving import CannotServe, folder_of, notices_of
from notices.serving import serve as _serve
from notices.settings import Settings
from notices.store import MIGRATIONS, Store, open_store
from servicekit.backups.commands import add_backup_commands
from servicekit.backups.contents import Contents
from servicekit.commands import Commands, NotMigrated
from servicekit.data_folder import check_data_folder, mark_data_folder
from servicekit.listening import local_host
from servicekit.logs import configure_logging, output_in_background
from servicekit.serving.health_check import check_http
from servicekit.settings import read_settings
from servicekit.table import print_table

SHOWN = 100


@click.group(
    cls=Commands,
    explained={
        CannotServe: str,
        MessageNotFound: str,
        StoreUnavailable: lambda error: f"the database of NOTICES_DATABASE_URL failed: {error}",
    },
)
@click.pass_context
def main(context: click.Context) -> None:
    """Notices: messages to readers and to the shop's staff."""
    settings = read_settings(Settings)
    configure_logging(settings.log_format)
    if context.invoked_subcommand not in {"health", "restore"}:
        names = "NOTICES_DATA_DIR, NOTICES_DATABASE_URL"
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
    """Take events and send messages until SIGTERM."""
    settings, store = obj
    store.require_intact()
    _require_migrated(store)
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
def failed(obj: tuple[Settings, Store]) -> None:
    """List the messages that could not be sent, newest first."""
    notices = _notices(*obj)
    total, messages = notices.length().failed, notices.failed(limit=SHOWN)
    if not messages:
        click.echo("none: every message was sent or is waiting")
        return
    rows = [
        (
            str(message.id),
            message.kind,
            message.channel.value,
            message.masked_recipient,
            f"{message.settled_at:%Y-%m-%d %H:%M}",
            message.last_error,
        )
        for message in messages
    ]
    columns = ("id", "kind", "channel", "recipient", "since (UTC)", "error")
    print_table(f"{total} failed messages" + (f", the newest {SHOWN}" if total > SHOWN else ""), columns, rows)


@main.command()
@click.argument("message_id", type=click.IntRange(1, 2**63 - 1), required=False)
@click.option("--all", "is_all", is_flag=True, help="All failed messages.")
@click.pass_obj
def retry(obj: tuple[Settings, Store], message_id: int | None, is_all: bool) -> None:
    """Have a failed message, given by its id, or all of them sent again."""
    if (message_id is None) != is_all:
        raise click.UsageError("give the id of a message, or --all")
    notices = _notices(*obj)
    count = 1
    if message_id is None:
        count = notices.retry_all()
    else:
        notices.retry(message_id)
    click.echo(f"{count} to be sent again")


@main.command()
@click.pass_obj
def health(obj: tuple[Settings, Store]) -> None:
    """Check that the running service is alive; for container health checks."""
    settings, _ = obj
    check_http(local_host(settings.bind), settings.port)
    click.echo("alive")


def _require_migrated(store: Store) -> None:
    if not store.is_migrated():
        raise NotMigrated("notices")


def _contents(settings: Settings) -> Contents:
    return Contents(service="notices", url=settings.database, migrations=MIGRATIONS)


add_backup_commands(main, _contents, kept="the database")


def _migrate(settings: Settings, store: Store) -> None:
    store.migrate()
    mark_data_folder(settings.data_dir, settings.database)


def _notices(settings: Settings, store: Store) -> Notices:
    _require_migrated(store)
    return notices_of(settings, store, folder_of(settings))
