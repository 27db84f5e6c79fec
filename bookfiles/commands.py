"""The options of the commands that import files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from bookfiles.columns.books import BOOKS
from bookfiles.columns.interactions import INTERACTIONS
from bookfiles.columns.meanings import Mapped
from bookfiles.errors import InvalidFile, TruncatedFile, Unreadable
from bookfiles.imports import Files
from bookfiles.reading.options import Options
from bookfiles.values.currencies import known_currency
from bookfiles.values.day_orders import DayOrder
from bookfiles.values.identifiers import identifier
from servicekit.clock import now

EXPLAINED: Mapping[type[Exception], Callable[[Exception], str]] = {InvalidFile: str, TruncatedFile: str}
"""The errors of imports, for `servicekit.commands.Commands`."""

F = TypeVar("F", bound=Callable[..., Any])

_FORMS = "CSV with any delimiter, JSON Lines or Excel; plain, gzipped or zipped."
_path = click.Path(path_type=Path, dir_okay=False)
_ORDERS = {order.value: order for order in (DayOrder.DAY, DayOrder.MONTH)}


_READING: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--map",
        "mapped",
        multiple=True,
        metavar='"THEIRS=OURS"',
        help='What a column means, such as "Grade=rating" or "Grade=rating/10"; "Grade=" leaves it out.',
    ),
    click.option("--dates", type=click.Choice(list(_ORDERS)), help="The order of dates such as 5/1/2008."),
    click.option("--currency", default="", metavar="CODE", help="The currency of prices without one."),
    click.option("--reader", default="", metavar="ID", help="The reader of a file that is one reader's."),
)
_IMPORT: tuple[Callable[[Any], Any], ...] = (
    click.option("--books", type=_path, help=f"File of books: {_FORMS}"),
    click.option("--interactions", type=_path, help="File of interactions, likewise."),
    click.option("--dry-run", is_flag=True, help="Print what is understood, and store nothing."),
    *_READING,
    click.option("--quiet", is_flag=True, help="Do not print what is understood."),
    click.option("--overwrite", is_flag=True, help="Also replace what moderators have edited."),
)


def reading_options(command: F) -> F:
    """Add the options that say what cannot be told from a file; `options_of` makes Options of them."""
    return _with(command, _READING)


def import_options(command: F) -> F:
    """Add the options of an import; `files_of` makes Files of what the command is called with."""
    return _with(command, _IMPORT)


def _with(command: F, options: Sequence[Callable[[Any], Any]]) -> F:
    # `--help` lists them in the opposite order.
    for option in reversed(options):
        command = option(command)
    return command


def options_of(*, mapped: tuple[str, ...], dates: str | None, currency: str, reader: str) -> Options:
    """What is said about a file. Raises click.UsageError."""
    code = known_currency(currency)
    if currency and code is None:
        raise click.BadParameter(f"{currency!r} is not a currency of ISO 4217", param_hint="--currency")
    try:
        if reader.strip():
            identifier(reader, is_book=False)
    except Unreadable as reason:
        raise click.BadParameter(str(reason), param_hint="--reader") from None
    try:
        columns = tuple(Mapped.of(text, (*BOOKS, *INTERACTIONS)) for text in mapped)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--map") from None
    order = _ORDERS[dates] if dates else None
    return Options(mapped=columns, order=order, currency=code or "", reader=reader.strip(), now=now())


def files_of(
    *,
    books: Path | None,
    interactions: Path | None,
    dry_run: bool,
    quiet: bool,
    overwrite: bool,
    **reading: Any,
) -> Files:
    """The files and what is said about them. Raises click.UsageError."""
    if books is None and interactions is None:
        raise click.UsageError("name a file with --books, --interactions or both")
    return Files(
        books=books,
        interactions=interactions,
        options=options_of(**reading),
        dry_run=dry_run,
        quiet=quiet,
        overwrite=overwrite,
    )


def starter_files(folder: Path) -> Files:
    """The project's own catalogue, and its history if there is one."""
    history = folder / "interactions.csv.gz"
    return Files(
        books=folder / "books.csv",
        interactions=history if history.exists() else None,
        quiet=True,
    )
