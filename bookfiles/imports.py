"""Imports files: reads them whole, prints what was understood, and only then gives the records to a service."""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import click

from bookfiles.columns.meanings import folded
from bookfiles.errors import InvalidFile
from bookfiles.form.files import open_table
from bookfiles.form.rows import Reject, RejectsFile, Row, Table
from bookfiles.ids import Ids
from bookfiles.numbering import FileBook, FileInteraction, is_named, numbered_books, numbered_interactions
from bookfiles.reading.books import read_books
from bookfiles.reading.converting import Reading
from bookfiles.reading.interactions import read_interactions
from bookfiles.reading.options import Options
from bookfiles.reading.report import FileReport

__all__ = [
    "FileBook",
    "FileInteraction",
    "Files",
    "Loader",
    "Stored",
    "import_files",
    "numbered_books",
    "numbered_interactions",
    "read_file",
    "require_named",
]


@dataclass(frozen=True, slots=True)
class Stored:
    """How many records of a batch changed anything, and which could not be stored, by their places in it."""

    changed: int
    refused: Sequence[tuple[int, str]] = ()


class Loader(Protocol):
    """What a service does with records."""

    def known_books(self, ids: Sequence[int]) -> Set[int]:
        """Those of these books that it has."""

    def put_books(self, batch: Sequence[FileBook]) -> Stored:
        """Store books in one transaction."""

    def add_interactions(self, batch: Sequence[FileInteraction]) -> Stored:
        """Store interactions in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of an import, and what is said about them."""

    books: Path | None
    interactions: Path | None
    options: Options = field(default_factory=Options.default)
    dry_run: bool = False
    overwrite: bool = False
    """Whether to replace also what people have edited since."""
    quiet: bool = False
    """Whether not to print what is understood."""


def import_files(files: Files, *, loader: Loader, ids: Ids, rejects: Path) -> int:
    """Import one or both files; prints what was understood of each before anything is stored.

    Returns how many records changed anything. Refused rows go to files in the folder `rejects`. Raises InvalidFile
    before anything is stored, and TruncatedFile after the rows before the damage are.
    """
    # Containers have little room for temporary files elsewhere.
    options = replace(files.options, spool=rejects.parent if rejects.parent.is_dir() else None)
    with _without_garbage_collection(), ExitStack() as stack:
        read: list[_Read] = []
        for path, reader, numbered, store in (
            (files.books, read_books, numbered_books, loader.put_books),
            (files.interactions, read_interactions, numbered_interactions, loader.add_interactions),
        ):
            if path is None:
                continue
            rejected = None
            if not files.dry_run:
                rejected = stack.enter_context(RejectsFile(rejects / f"{path.name}.rejects.csv"))
            reject = rejected.add if rejected else _ignore
            reading = stack.enter_context(read_file(path, options, reader, reject=reject))
            if not files.quiet:
                reading.report.echo()
            read.append(_Read(reading, rejected, numbered, store))
        _require_all_mapped(files.options, [file.reading.report for file in read])
        for file in read:
            _require_hope(file)
            if file.reading.report.noun == "books" and not files.dry_run:
                require_named(file.reading, ids, loader.known_books)
        if files.dry_run:
            click.echo("nothing was stored")
            return 0
        changed = sum(_store(file, ids) for file in read)
        for file in read:
            if file.reading.damage is not None:
                raise file.reading.damage
        return changed


@dataclass(frozen=True, slots=True)
class _Read:
    reading: Reading
    rejected: RejectsFile | None
    numbered: Callable[[Sequence[Any], Ids], list[Any]]
    store: Callable[[Sequence[Any]], Stored]


def _require_all_mapped(options: Options, reports: Sequence[FileReport]) -> None:
    names = [column.name for report in reports for column in report.columns]
    for entry in options.mapped:
        if entry.column not in names and folded(entry.column) not in map(folded, names):
            raise InvalidFile(f"there is no column {entry.column!r} to map; the columns are {', '.join(names)[:400]}")


@contextmanager
def read_file(
    path: Path,
    options: Options,
    reader: Callable[..., AbstractContextManager[Reading]],
    *,
    reject: Reject,
) -> Iterator[Reading]:
    """Read a file on disk with a progress bar on standard error.

    Raises InvalidFile.
    """
    with open_table(path) as table:
        bar = click.progressbar(length=2 * table.size, label=f"reading {path.name}", file=sys.stderr)
        reached = 0

        def progress(table: Table) -> None:
            nonlocal reached
            # The second reading begins anew.
            base = table.size if table.position < reached - (table.size if reached > table.size else 0) else 0
            position = max(reached, base + table.position)
            bar.update(position - reached)
            reached = position

        with bar, reader(table, path.name, options, reject=reject, progress=progress) as reading:
            bar.update(2 * table.size - reached)
            yield reading


def require_named(reading: Reading, ids: Ids, known_books: Callable[[Sequence[int]], Set[int]]) -> None:
    """Raise InvalidFile if most books of a file can be neither updated, since they are not known, nor added."""
    report = reading.report
    unnamed = 0
    for batch in reading.records.batches():
        if books := numbered_books([record for record in batch if not is_named(record)], ids):
            unnamed += len(books) - len(known_books([book.id for book in books]))
    if report.refused + unnamed > report.good - unnamed:
        raise InvalidFile(
            f"{report.name}: {unnamed:,} of {report.rows:,} rows name books that are not in the catalogue, and give "
            "neither title nor ISBN; nothing was stored"
        )


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Free no objects that refer to each other, of which an import makes few.

    To look for them among all the records that are needed takes a fifth of its time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _ignore(_row: Row, _reason: str) -> None:
    pass


def _require_hope(file: _Read) -> None:
    report = file.reading.report
    if not report.is_hopeless:
        return
    where = f"; see {file.rejected.path}" if file.rejected and file.rejected.count else ""
    if report.good == 0 and report.skipped and not report.refused:
        skipped = ", ".join(f"{count:,} rows skipped: {why}" for why, count in report.skipped.items())
        raise InvalidFile(f"{report.name}: no row says anything to store; {skipped}")
    if report.good == 0:
        raise InvalidFile(f"{report.name}: no row could be read; nothing was stored{where}")
    raise InvalidFile(
        f"{report.name}: {report.refused:,} of {report.rows:,} rows were refused; nothing was stored{where}"
    )


def _store(file: _Read, ids: Ids) -> int:
    report = file.reading.report
    changed = 0
    with click.progressbar(length=report.good, label=f"storing {report.name}", file=sys.stderr) as bar:
        for batch in file.reading.records.batches():
            stored = file.store(file.numbered(batch, ids))
            changed += stored.changed
            for place, reason in stored.refused:
                report.good -= 1
                report.refused += 1
                if file.rejected is not None:
                    file.rejected.add(Row(batch[place].line, [str(batch[place].id)]), reason)
            bar.update(len(batch))
    click.echo(f"{report.name}: {report.good:,} {report.noun}, {changed:,} of them new or changed")
    if file.rejected is not None and file.rejected.count:
        click.echo(
            f"{report.name}: {file.rejected.count:,} rows could not be used; see {file.rejected.path}", err=True
        )
    return changed
