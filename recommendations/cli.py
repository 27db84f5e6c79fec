"""The commands of the Recommendations service."""

from collections.abc import Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bookfiles.commands import EXPLAINED, files_of, import_options, options_of, reading_options, starter_files
from bookfiles.ids import FILE, IdsFile
from bookfiles.imports import Files
from recommendations.api.health import DATABASE, SERVICE
from recommendations.domain.errors import ModelUnusable, NoSuchModel, NothingToTrainOn, StoreUnavailable
from recommendations.evaluation import LONGEST_LIST, MODELS, SPLITS
from recommendations.imports import Importer
from recommendations.settings import Settings
from recommendations.store import MIGRATIONS, Store
from recommendations.token_commands import token
from servicekit.backups.commands import add_backup_commands
from servicekit.backups.contents import Contents
from servicekit.commands import Commands, NotMigrated
from servicekit.data_folder import check_data_folder, mark_data_folder
from servicekit.database.engine import open_engine
from servicekit.database.errors import driver_message
from servicekit.errors import AddressInUse
from servicekit.grpc.tls import CertificateUnusable
from servicekit.logs import configure_logging, output_in_background
from servicekit.serving.health_check import Unhealthy, check_grpc
from servicekit.settings import read_settings
from servicekit.table import print_table

if TYPE_CHECKING:
    from recommendations.publishing import Published, Publisher

STEPS_SHOWN = 12
"""How many steps of the search for parameters are printed, the best ones; the manifest has all."""

STARTER = Path(__file__).parent.parent / "starter"
IMPORT_CACHE_MB = 64
"""Room for the pages of the index of ids that a batch changes, in any order; otherwise SQLite writes them twice."""
BUDGET_SECONDS = 60.0

starter_option = click.option(
    "--starter", type=click.Path(path_type=Path, file_okay=False), default=STARTER, show_default=False
)
_csv_path = click.Path(path_type=Path, dir_okay=False)
_svg_path = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.group(
    cls=Commands,
    explained={
        **EXPLAINED,
        AddressInUse: str,
        CertificateUnusable: str,
        ModelUnusable: str,
        NoSuchModel: str,
        NothingToTrainOn: str,
        # The driver's message is for the operator; callers never get it.
        StoreUnavailable: lambda error: (
            f"the database of RECOMMENDATIONS_DATABASE_URL failed: {driver_message(error.__cause__)}"
        ),
    },
)
@click.pass_context
def main(context: click.Context) -> None:
    """Recommendations: learns what each reader would enjoy next, and answers over gRPC."""
    settings = read_settings(Settings)
    configure_logging(settings.log_format)
    if context.invoked_subcommand not in {"health", "restore"}:
        names = "RECOMMENDATIONS_DATA_DIR, RECOMMENDATIONS_DATABASE_URL"
        check_data_folder(settings.data_dir, settings.database, settings=names)
    store = Store(open_engine(settings.database, timeouts=settings.timeouts()))
    context.call_on_close(store.close)
    context.obj = settings, store


@main.command()
@click.pass_obj
def migrate(obj: tuple[Settings, Store]) -> None:
    """Bring the database up to date."""
    _migrate(*obj)
    click.echo("the database is up to date")


@main.command("import")
@import_options
@click.pass_obj
def import_(obj: tuple[Settings, Store], /, **options: Any) -> None:
    """Import books and interactions from the files that people have; prints what is understood first."""
    files = files_of(**options)
    settings, _ = obj
    engine = open_engine(settings.database, timeouts=settings.timeouts(), cache_mb=IMPORT_CACHE_MB)
    with closing(Store(engine)) as store:
        if not files.dry_run:
            _migrate(settings, store)
        _import(settings, store, files)


@main.command()
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=BUDGET_SECONDS,
    show_default=True,
    help="Seconds to train in, including the search for parameters; 0 skips the search.",
)
@click.pass_obj
def train(obj: tuple[Settings, Store], budget: float) -> None:
    """Train a model on the whole history and publish it; running servers load it by themselves."""
    _train(*obj, budget)


@main.command()
@click.pass_obj
def models(obj: tuple[Settings, Store]) -> None:
    """List the published models, and which one is served."""
    columns = ("version", "made (UTC)", "books", "readers", "recall", "ndcg", "state")
    print_table("models", columns, [_row(model) for model in _publisher(*obj).models()])


@main.command()
@click.argument("version")
@click.pass_obj
def promote(obj: tuple[Settings, Store], version: str) -> None:
    """Serve a published model; running servers load it by themselves."""
    _publisher(*obj).promote(version)
    click.echo(f"model {version} will be served")


@main.command()
@click.pass_obj
def rollback(obj: tuple[Settings, Store]) -> None:
    """Withdraw the served model; the usable one before it is served again."""
    withdrawn, instead = _publisher(*obj).rollback()
    click.echo(f"model {withdrawn} is withdrawn; {instead} will be served")


@main.command()
@click.option("--interactions", type=_csv_path, required=True, help="File of the history, as for `import`.")
@click.option("--books", type=_csv_path, help="File of the catalogue; without it, the books of the history.")
@click.option("--test", type=_csv_path, help="File of what happened afterwards; without it, a part is held out.")
@click.option("--split", type=click.Choice(SPLITS), help="What to hold out; by default temporal, or random.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Random seed.")
@click.option("--k", type=click.IntRange(1, LONGEST_LIST), default=20, show_default=True, help="Length of the lists.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    default=BUDGET_SECONDS,
    show_default=True,
    help="Seconds to train each tuned model in, including the search for parameters.",
)
@click.option("--model", "models", type=click.Choice(MODELS), multiple=True, help="Repeatable; by default all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--chart", type=_svg_path, help="Draw Recall and NDCG into this SVG file.")
@reading_options
def evaluate(
    *,
    interactions: Path,
    books: Path | None,
    test: Path | None,
    split: str | None,
    seed: int,
    k: int,
    budget: float,
    models: tuple[str, ...],
    as_json: bool,
    chart: Path | None,
    **reading: Any,
) -> None:
    """Measure how well the model and standard baselines predict what readers read next, from files."""
    if test is not None and split is not None:
        raise click.UsageError("--test is the held-out part: do not use --split with it")
    if chart is not None and not chart.parent.is_dir():
        raise click.BadParameter(f"there is no folder {chart.parent}", param_hint="--chart")
    # Imported late: it loads what only training needs.
    from recommendations.evaluation import command  # noqa: PLC0415

    command.run(
        command.Options(
            interactions=interactions,
            books=books,
            test=test,
            split=split,
            seed=seed,
            k=k,
            budget=budget,
            models=tuple(dict.fromkeys(models)) or MODELS,
            as_json=as_json,
            chart=chart,
            reading=options_of(**reading),
        )
    )


@main.command()
@click.pass_obj
@output_in_background()
def serve(obj: tuple[Settings, Store]) -> None:
    """Serve over gRPC until stopped."""
    settings, store = obj
    store.require_intact()
    _require_migrated(store)
    mark_data_folder(settings.data_dir, settings.database)
    _serve(settings, store)


@main.command()
@starter_option
@click.pass_obj
def prepare(obj: tuple[Settings, Store], starter: Path) -> None:
    """Do what is missing before servers can serve: migrate, import the starter into an empty catalogue, train."""
    _prepare(*obj, starter)
    click.echo("servers can start")


@main.command()
@starter_option
@click.pass_obj
@output_in_background()
def start(obj: tuple[Settings, Store], starter: Path) -> None:
    """Prepare, then serve."""
    _prepare(*obj, starter)
    _serve(*obj)


@main.command()
@click.pass_obj
def health(obj: tuple[Settings, Store]) -> None:
    """Check that the running server serves, for container health checks."""
    settings, _ = obj
    address = settings.health_address
    check_grpc(*address, SERVICE)
    try:
        check_grpc(*address, DATABASE)
        up_to_date = True
    except Unhealthy:
        up_to_date = False
    # Not a failure: restarting the server would not bring the database back.
    click.echo("serving" if up_to_date else "serving, but the database does not answer: lists may be out of date")


main.add_command(token)


def _contents(settings: Settings) -> Contents:
    # Late, since it loads NumPy.
    from recommendations.model.disk import locked  # noqa: PLC0415

    return Contents(
        service="recommendations",
        url=settings.database,
        migrations=MIGRATIONS,
        files={"models": settings.models},
        databases={FILE: settings.ids_dir / FILE},
        lock=locked(settings.models) if settings.models.is_dir() else nullcontext(),
    )


add_backup_commands(main, _contents, kept="database, models and numbers of imported ids")


def _prepare(settings: Settings, store: Store, starter: Path) -> None:
    store.require_intact()
    _migrate(settings, store)
    with store.read() as work:
        no_books = not work.books.ids()
    if no_books:
        _import(settings, store, starter_files(starter))
    # The recorded model may be of a format that this version does not read.
    if not _publisher(settings, store).is_served():
        _train(settings, store, budget=0)  # quickly; the next `train` searches


def _migrate(settings: Settings, store: Store) -> None:
    store.migrate()
    mark_data_folder(settings.data_dir, settings.database)


def _import(settings: Settings, store: Store, files: Files) -> None:
    with IdsFile(settings.ids_dir) as ids:
        Importer(store, ids, rejects=settings.rejects).run(files)


def _require_migrated(store: Store) -> None:
    if not store.is_migrated():
        raise NotMigrated("recommendations")


def _serve(settings: Settings, store: Store) -> None:
    # A connection must not be used by two processes: the server, or each of its workers, opens its own.
    store.close()
    # Numba takes as long to load as everything else, and the other commands do not need it.
    from recommendations import serving  # noqa: PLC0415

    serving.serve(settings)


def _publisher(settings: Settings, store: Store) -> "Publisher":
    _require_migrated(store)
    # Imported late for the same reason.
    from recommendations.publishing import Publisher  # noqa: PLC0415

    return Publisher(store, settings.models, half_life_days=settings.half_life_days)


def _train(settings: Settings, store: Store, budget: float) -> None:
    try:
        model = _publisher(settings, store).train(budget)
    except OSError as error:
        raise click.ClickException(
            f"cannot write the model to {settings.models}: {error.strerror or error}"
        ) from error
    _print_search(model.manifest.get("search"))
    click.echo(f"published model {model.version}")


def _print_search(search: Mapping[str, Any] | None) -> None:
    if search is None:
        click.echo("no search: the parameters are the default ones")
        return
    kinds = " and by ".join(search["held_out_by"])
    trials, chosen, members = search["trials"], search["chosen"], search["members"]
    steps = sorted(range(members, len(trials)), key=lambda place: trials[place]["behind"])[:STEPS_SHOWN]
    shown = sorted({*range(members), *steps, chosen})
    print_table(
        f"trials on the hold-outs by {kinds}, {search['readers']:,} readers",
        ("trial", "Recall@20", "NDCG@20", "behind", "±", "seconds", ""),
        [
            (
                trials[place]["name"],
                *(f"{trials[place][number]:.4f}" for number in ("recall", "ndcg", "behind", "error")),
                f"{trials[place]['seconds']:.1f}",
                "chosen" if place == chosen else "",
            )
            for place in shown
        ],
    )
    if len(shown) < len(trials):
        click.echo(f"and {len(trials) - len(shown):,} steps that were less accurate")
    click.echo(
        "the first are known models and starts, the others steps from these; a step is taken if it is better by\n"
        "more than noise. behind, ±: how much more Recall and NDCG the chosen one has, and the standard error of that"
    )


def _row(model: "Published") -> tuple[str, ...]:
    manifest = model.manifest
    search = manifest.get("search") or {}
    state = "served" if model.served else "withdrawn" if model.withdrawn else "ready"
    if model.unusable:
        state = "files absent" if model.unusable == "absent" else "files unusable"
    return (
        model.version,
        str(manifest.get("created_at", "")).partition(".")[0].replace("T", " ").removesuffix("+00:00"),
        f"{manifest.get('books', 0):,}",
        f"{manifest.get('readers', 0):,}",
        *(f"{search[metric]:.4f}" if metric in search else "-" for metric in ("recall", "ndcg")),
        state,
    )
