"""The shop's commands."""

from contextlib import closing
from pathlib import Path
from threading import Event
from typing import IO, Any

import click

from bookfiles.commands import EXPLAINED, files_of, import_options, starter_files
from bookfiles.ids import IdsFile
from bookfiles.imports import Files
from marketplace.app import connect, connect_previews, connect_provider
from marketplace.domain.accounts import normalized_email
from marketplace.domain.errors import StoreUnavailable
from marketplace.metrics import ShopMetrics
from marketplace.serving import SHUTDOWN_SECONDS, CannotServe, create_relays, serve_shop, serving_shop_metrics
from marketplace.settings import SECRET_KEY, Settings
from marketplace.store import MIGRATIONS, Store, open_store
from marketplace.usecases.catalogue.export import export_books
from marketplace.usecases.catalogue.imports import Importer
from servicekit.backups.commands import add_backup_commands
from servicekit.backups.contents import Contents
from servicekit.commands import Commands, NotMigrated
from servicekit.data_folder import check_data_folder, mark_data_folder
from servicekit.grpc.tls import CertificateUnusable
from servicekit.listening import local_host
from servicekit.logs import configure_logging, output_in_background
from servicekit.serving.health_check import check_http
from servicekit.serving.shutdown import stop_on_signal
from servicekit.settings import read_settings
from servicekit.tracing.export import exporting_traces

STARTER = Path(__file__).parent.parent / "starter"

starter_option = click.option(
    "--starter", type=click.Path(path_type=Path, file_okay=False), default=STARTER, show_default=False
)


@click.group(
    cls=Commands,
    explained={
        **EXPLAINED,
        CannotServe: str,
        CertificateUnusable: str,
        StoreUnavailable: lambda error: f"the database of MARKETPLACE_DATABASE_URL failed: {error}",
    },
)
@click.pass_context
def main(context: click.Context) -> None:
    """Marketplace: the bookshop."""
    settings = read_settings(Settings)
    configure_logging(settings.log_format)
    if context.invoked_subcommand not in {"health", "restore"}:
        names = "MARKETPLACE_DATA_DIR, MARKETPLACE_DATABASE_URL"
        check_data_folder(settings.data_dir, settings.database, settings=names)
    store = open_store(settings.database, timeouts=settings.timeouts(), has_live=settings.has_live)
    context.call_on_close(store.close)
    context.obj = settings, store


@main.command()
@click.pass_obj
def migrate(obj: tuple[Settings, Store]) -> None:
    """Create the tables, or bring them up to date."""
    _migrate(*obj)
    click.echo("the database is up to date")


@main.command("import")
@import_options
@click.pass_obj
def import_(obj: tuple[Settings, Store], /, **options: Any) -> None:
    """Import a catalogue, and the interactions that best-sellers and ratings are counted from."""
    files = files_of(**options)
    settings, store = obj
    if not files.dry_run:
        _migrate(settings, store)
    _import(settings, store, files)


@main.command()
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@click.pass_obj
def export(obj: tuple[Settings, Store], file: IO[str]) -> None:
    """Write the catalogue to FILE, or to standard output, as CSV that `import` reads."""
    _require_migrated(obj[1])
    count = export_books(obj[1], file)
    click.echo(f"{count:,} books", err=True)


@main.command()
@click.pass_obj
@output_in_background()
def serve(obj: tuple[Settings, Store]) -> None:
    """Run the shop until SIGTERM."""
    settings, store = obj
    store.require_intact()
    _require_migrated(store)
    mark_data_folder(settings.data_dir, settings.database)
    serve_shop(settings, store)


@main.command()
@click.pass_obj
@output_in_background()
def relay(obj: tuple[Settings, Store]) -> None:
    """Deliver events until SIGTERM; useful with MARKETPLACE_RELAY=false, or as an additional relay."""
    settings, store = obj
    _require_migrated(store)
    stop = Event()
    with (
        exporting_traces("marketplace"),
        closing(connect(settings)) as recommender,
        closing(connect_provider(settings)) as provider,
        closing(connect_previews(settings)) as previews,
        serving_shop_metrics(settings, ShopMetrics(), store),
        create_relays(settings, store, recommender, provider, previews),
    ):
        stop_on_signal(stop.set, seconds=SHUTDOWN_SECONDS)
        click.echo("Marketplace's relay delivers events")
        stop.wait()


@main.command()
@starter_option
@click.pass_obj
def prepare(obj: tuple[Settings, Store], starter: Path) -> None:
    """Do what is missing before shops can open: migrate, import the starter into an empty catalogue."""
    _prepare(*obj, starter)
    click.echo("shops can open")


@main.command()
@starter_option
@click.pass_obj
@output_in_background()
def start(obj: tuple[Settings, Store], starter: Path) -> None:
    """Prepare, then run the shop."""
    _prepare(*obj, starter)
    serve_shop(*obj)


@main.command()
@click.pass_obj
def health(obj: tuple[Settings, Store]) -> None:
    """Check that the running shop is alive, for container health checks."""
    settings, _ = obj
    # The shop refuses requests whose Host header is not a trusted name.
    check_http(local_host(settings.bind), settings.port, name=settings.hosts[0])
    click.echo("alive")


@main.group()
@click.pass_obj
def moderator(obj: tuple[Settings, Store]) -> None:
    """Manage who may change books and orders at /moderator."""
    _require_migrated(obj[1])


@moderator.command()
@click.argument("email")
@click.pass_obj
def add(obj: tuple[Settings, Store], email: str) -> None:
    """Make an account a moderator."""
    _set_moderator(obj[1], email, is_moderator=True)
    click.echo(f"{email} is a moderator")


@moderator.command()
@click.argument("email")
@click.pass_obj
def remove(obj: tuple[Settings, Store], email: str) -> None:
    """Revoke a moderator's rights, effective with their next request."""
    _set_moderator(obj[1], email, is_moderator=False)
    click.echo(f"{email} is not a moderator")


@moderator.command("list")
@click.pass_obj
def list_(obj: tuple[Settings, Store]) -> None:
    """Print the e-mails of all moderators."""
    with obj[1].read() as work:
        for account in work.accounts.moderators():
            click.echo(account.email)


def _set_moderator(store: Store, email: str, *, is_moderator: bool) -> None:
    normalized = normalized_email(email)
    with store.write() as work:
        account = work.accounts.by_email(normalized) if normalized else None
        if account is None:
            raise click.ClickException(f"no account has the e-mail {email}; sign up with it in the shop first")
        work.accounts.set_moderator(account.reader_id, is_moderator)
        work.commit()


def _import(settings: Settings, store: Store, files: Files) -> None:
    with IdsFile(settings.ids_dir) as ids:
        Importer(store, ids, rejects=settings.rejects).run(files)


def _contents(settings: Settings) -> Contents:
    return Contents(
        service="marketplace",
        url=settings.database,
        migrations=MIGRATIONS,
        files={"secret_key": settings.data_dir / SECRET_KEY},
    )


add_backup_commands(main, _contents, kept="the database and the key")


def _prepare(settings: Settings, store: Store, starter: Path) -> None:
    store.require_intact()
    _migrate(settings, store)
    with store.read() as work:
        empty = work.books.is_empty()
    if empty:
        _import(settings, store, starter_files(starter))


def _migrate(settings: Settings, store: Store) -> None:
    store.migrate()
    mark_data_folder(settings.data_dir, settings.database)


def _require_migrated(store: Store) -> None:
    if not store.is_migrated():
        raise NotMigrated("marketplace")
