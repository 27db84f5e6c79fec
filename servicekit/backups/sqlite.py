"""Copies of SQLite databases, made while others write."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from servicekit.backups.contents import BackupError

SKIPPED_IDS = 1_000_000
"""How many ids a restored database leaves out. deploy/restore has the same number."""

_PAGES = 2_000


@dataclass(frozen=True, slots=True)
class Copied:
    """The last migration of a copied database, None if it has none, and its tables with the number of their rows."""

    revision: str | None
    rows: Mapping[str, int]


def copy_database(path: Path, copy: Path, progress: Callable[[int, int], None]) -> Copied:
    """Copy a database as it is at one moment; `progress` gets the pages that are left, and all of them.

    Writers go on meanwhile. Raises BackupError if it is damaged.
    """
    try:
        with (
            closing(sqlite3.connect(path, isolation_level=None)) as source,
            closing(sqlite3.connect(copy, isolation_level=None)) as target,
        ):
            # The transaction keeps the moment: without it, a write by another process would begin the copy anew.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target, pages=_PAGES, progress=lambda _status, left, all_pages: progress(left, all_pages))
            source.execute("ROLLBACK")
            # One file, without a write-ahead log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
            fault = target.execute("PRAGMA quick_check(1)").fetchone()[0]
            if fault != "ok":
                raise BackupError(f"the database {path} is damaged ({fault}): there is no backup of it")
            return Copied(_revision(target), _rows(target))
    except sqlite3.Error as error:
        raise BackupError(f"the database {path} cannot be copied: {error}") from error


def skip_ids(path: Path) -> None:
    """Leave out the ids that may have been given between the backup and the loss.

    Other services know them: a new reader with the id of a lost one would get that reader's history.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
            database.execute("UPDATE sqlite_sequence SET seq = seq + ?", [SKIPPED_IDS])


def _revision(database: sqlite3.Connection) -> str | None:
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _rows(database: sqlite3.Connection) -> dict[str, int]:
    # Those of full-text search are virtual, or belong to virtual ones.
    tables = database.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
    ).fetchall()
    names = sorted(name for (name,) in tables if not name.startswith("sqlite_"))
    quoted = {name: name.replace('"', '""') for name in names}
    return {
        name: database.execute(f'SELECT count(*) FROM "{quoted[name]}"').fetchone()[0]  # noqa: S608
        for name in names
    }
