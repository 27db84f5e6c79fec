"""The shop's commands."""

import signal
import sys
from collections.abc import Callable
from functools import wraps
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from typing import ParamSpec

import click

from marketplace.app import connect
from marketplace.domain import StoreUnavailable
from marketplace.imports import Importer
from marketplace.relay import Relay
from marketplace.server import CannotServe, serve_shop
from marketplace.settings import MarketplaceSettings
from marketplace.store import open_store
from servicekit.csvfile import EndsEarly, NotSuchACsv
from servicekit.logs import configure_logging
from servicekit.settings import SettingsError, read_settings

STARTER = Path(__file__).parents[1] / "starter"
HEALTH_TIMEOUT = 2.0

P = ParamSpec("P")

FilePath = click.Path(path_type=Path)


@click.group()
@click.pass_context
def main(context: click.Context) -> None:
    """Marketplace: the bookshop."""
    try:
        context.obj = read_settings(MarketplaceSettings)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    configure_logging()


def explained(function: Callable[P, None]) -> Callable[P, None]:
    """Say in one line why a command failed, instead of a traceback."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except (NotSuchACsv, EndsEarly, CannotServe) as error:
            sys.exit(str(error))
        except StoreUnavailable as error:
            sys.exit(f"the database of MARKETPLACE_DATABASE_URL does not answer: {error}")

    return run


@main.command()
@click.pass_obj
@explained
def migrate(settings: MarketplaceSettings) -> None:
    """Make the tables, or bring them up to date."""
    open_store(settings.database).migrate()
    click.echo("The database is up to date.")


@main.command("import")
@click.option("--books", type=FilePath, help="CSV of books, plain or gzipped.")
@click.option("--interactions", type=FilePath, help="CSV of what readers had, plain or gzipped.")
@click.pass_obj
@explained
def import_(settings: MarketplaceSettings, books: Path | None, interactions: Path | None) -> None:
    """Bring a catalogue in, and the history that best-sellers are counted from."""
    if books is None and interactions is None:
        raise click.UsageError("name a file with --books, --interactions or both")
    store = open_store(settings.database)
    _require_migrated(store.is_current())
    Importer(store, rejects=settings.rejects).run(books, interactions)


@main.command()
@click.pass_obj
@explained
def serve(settings: MarketplaceSettings) -> None:
    """Open the shop, until SIGTERM."""
    store = open_store(settings.database)
    _require_migrated(store.is_current())
    serve_shop(settings, store)


@main.command()
@click.pass_obj
@explained
def relay(settings: MarketplaceSettings) -> None:
    """Deliver events to Recommendations, until SIGTERM; for shops served with MARKETPLACE_RELAY=false."""
    store = open_store(settings.database)
    _require_migrated(store.is_current())
    recommender = connect(settings)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        Relay(store, recommender, wake=Event()).run(stop)
    finally:
        recommender.close()
        store.close()


@main.command()
@click.option("--starter", type=FilePath, default=STARTER, help="Folder of books.csv and interactions.csv.gz.")
@click.pass_obj
@explained
def start(settings: MarketplaceSettings, starter: Path) -> None:
    """Migrate, bring the starter catalogue into an empty shop, and serve."""
    store = open_store(settings.database)
    store.migrate()
    with store.read() as uow:
        empty = uow.books.is_empty()
    if empty:
        history = starter / "interactions.csv.gz"
        importer = Importer(store, rejects=settings.rejects)
        importer.run(starter / "books.csv", history if history.exists() else None)
    serve_shop(settings, store)


@main.command()
@click.pass_obj
@explained
def health(settings: MarketplaceSettings) -> None:
    """Exit with 0 when the shop on the configured port is alive."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.bind, settings.bind)  # noqa: S104  (compared, not bound)
    connection = HTTPConnection(host, settings.port, timeout=HEALTH_TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        sys.exit(f"not healthy: {error}")
    finally:
        connection.close()
    if status != 200:  # noqa: PLR2004  (OK)
        sys.exit(f"not healthy: status {status}")


def _require_migrated(is_current: bool) -> None:
    if not is_current:
        raise CannotServe("the database is not up to date; run: python -m marketplace migrate")
