"""The commands of the Recommendations service."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from recommendations import serving
from recommendations.api.server import SERVICE, AddressInUse
from recommendations.domain import Event, StoreUnavailable
from recommendations.imports import Importer
from recommendations.model import artifact
from recommendations.settings import Settings
from recommendations.store import Store
from servicekit.commands import Commands, NotMigrated
from servicekit.database import drivers_words, open_engine
from servicekit.settings import read_settings

STARTER = Path(__file__).parent.parent / "starter"
HEALTH_TIMEOUT_SECONDS = 2.0

_csv_path = click.Path(path_type=Path, dir_okay=False)


@click.group(
    cls=Commands,
    explained={
        AddressInUse: lambda error: f"{error}; see RECOMMENDATIONS_BIND and RECOMMENDATIONS_PORT",
        # The driver's words are for the operator; a caller never hears them.
        StoreUnavailable: lambda error: (
            f"the database of RECOMMENDATIONS_DATABASE_URL failed: {drivers_words(error.__cause__)}"
        ),
    },
)
@click.pass_context
def main(context: click.Context) -> None:
    """Recommendations: learns what each reader would enjoy next, and answers over gRPC."""
    settings = read_settings(Settings)
    store = Store(open_engine(settings.database))
    context.call_on_close(store.close)
    context.obj = settings, store


@main.command()
@click.pass_obj
def migrate(obj: tuple[Settings, Store]) -> None:
    """Bring the database up to date."""
    _, store = obj
    store.migrate()
    click.echo("the database is up to date")


@main.command("import")
@click.option("--books", type=_csv_path, help="CSV of the catalogue: book_id,title and more.")
@click.option("--interactions", type=_csv_path, help="CSV of the history: user_id,book_id and more.")
@click.pass_obj
def import_(obj: tuple[Settings, Store], books: Path | None, interactions: Path | None) -> None:
    """Bring in books and what readers did from CSV files, plain or gzipped."""
    if books is None and interactions is None:
        raise click.UsageError("name a file with --books, --interactions or both")
    settings, store = obj
    store.migrate()
    Importer(store, rejects=settings.rejects).run(books, interactions)


@main.command()
@click.pass_obj
def train(obj: tuple[Settings, Store]) -> None:
    """Learn a model from the whole history and publish it; running servers take it up by themselves."""
    settings, store = obj
    _require_migrated(store)
    _train(settings, store)


@main.command()
@click.pass_obj
def serve(obj: tuple[Settings, Store]) -> None:
    """Answer over gRPC until told to stop."""
    settings, store = obj
    _require_migrated(store)
    serving.serve(settings, store)


@main.command()
@click.option("--starter", type=click.Path(path_type=Path, file_okay=False), default=STARTER, show_default=False)
@click.pass_obj
def start(obj: tuple[Settings, Store], starter: Path) -> None:
    """Do whatever is missing (migrate, import the starter, train), then serve."""
    settings, store = obj
    store.migrate()
    with store.read() as work:
        no_books, no_model = not work.books.ids(), not work.models.latest(1)
    if no_books:
        history = starter / "interactions.csv.gz"
        importer = Importer(store, rejects=settings.rejects)
        importer.run(starter / "books.csv", history if history.exists() else None)
    if no_model:
        _train(settings, store)
    serving.serve(settings, store)


@main.command()
@click.pass_obj
def health(obj: tuple[Settings, Store]) -> None:
    """Ask the running server whether it serves; for container health checks."""
    settings, _ = obj
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  (not bound)
    with grpc.insecure_channel(f"{host}:{settings.port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=HEALTH_TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            raise click.ClickException(f"no answer from {host}:{settings.port}: {error.code().name}") from None
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise click.ClickException("not serving")
    click.echo("serving")


def _require_migrated(store: Store) -> None:
    if not store.is_migrated():
        raise NotMigrated("recommendations")


def _train(settings: Settings, store: Store) -> None:
    # SciPy takes a while to load and only training needs it.
    from recommendations.model import training  # noqa: PLC0415

    with store.read() as work:
        book_ids = work.books.ids()
        if not book_ids:
            raise click.ClickException("there are no books: run `python -m recommendations import` first")
        with (
            click.progressbar(length=work.interactions.last_sequence(), label="reading the history") as reading,
            click.progressbar(length=1000, label="training") as bar,
        ):

            def read() -> Iterator[list[Event]]:
                for events in work.interactions.events_after(0):
                    reading.update(events[-1].sequence - reading.pos)
                    yield events

            model = training.train(
                book_ids, read(), now=datetime.now(UTC), advance=lambda done: bar.update(round(done * 1000) - bar.pos)
            )
    try:
        artifact.publish(model, settings.models)
    except OSError as error:
        raise click.ClickException(f"cannot write the model to {settings.models}: {error.strerror}") from error
    with store.write() as work:
        work.models.add(model.version, model.manifest)
        work.commit()
    click.echo(f"published model {model.version}")
