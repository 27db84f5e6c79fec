"""A service's data folder: the mark of its database, and that only the service may read it."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import structlog
from sqlalchemy import inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from servicekit.clock import now
from servicekit.database.engine import database_url, open_engine

MARK = "database_mark"
"""The file that says which database the folder belongs to, and since when."""

_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_log = structlog.get_logger()


class DatabaseMissing(Exception):
    """The database is empty although the data folder has the mark of one; the message says what to look at."""


def check_data_folder(folder: Path, database: str, *, settings: str) -> None:
    """Take others' rights to the files of a service away, and refuse an empty database where there was one.

    That happens when a volume is not mounted; it must not silently become a new shop. A folder without a mark is a
    new one. `settings` names those of both. Raises DatabaseMissing.
    """
    url = database_url(database)
    for path in _private_files(folder, url):
        _restrict(path)
    mark = folder / MARK
    name = _name(folder, url)
    try:
        marked, since = mark.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return
    if marked == name and _is_empty(url):
        raise DatabaseMissing(
            f"the database {name} is missing or empty, but {folder} has belonged to one since {since}: is its volume "
            f"mounted, and are the settings right ({settings})? To start anew, delete {mark}"
        )


def mark_data_folder(folder: Path, database: str) -> None:
    """Note in the folder that this database has been created."""
    name = _name(folder, database_url(database))
    mark = folder / MARK
    draft = mark.with_name(f"{MARK}.{os.getpid()}")
    try:
        if mark.exists() and mark.read_text(encoding="utf-8").partition("\n")[0] == name:
            return
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(f"{name}\n{now():%Y-%m-%d %H:%M} UTC\n", encoding="utf-8")
        draft.replace(mark)
    except OSError as error:  # with PostgreSQL the folder may be read-only
        _log.warning("data_folder_not_marked", path=str(mark), reason=error.strerror)


def _name(folder: Path, url: URL) -> str:
    """A database without user and password; a file in the folder keeps its name when the folder is moved."""
    if url.get_backend_name() != "sqlite":
        return f"{url.get_backend_name()}://{url.host or ''}:{url.port or ''}/{url.database or ''}"
    path = Path(url.database or "").resolve()
    return str(path.relative_to(folder.resolve()) if path.is_relative_to(folder.resolve()) else path)


def _is_empty(url: URL) -> bool:
    file = _file(url)
    if file is not None and not (file.exists() and file.stat().st_size):
        return True  # opening it would create it
    engine = open_engine(url.render_as_string(hide_password=False))
    try:
        with closing(engine.connect()) as connection:
            return not inspect(connection).get_table_names()
    except SQLAlchemyError:
        return False  # what comes next fails with it too, and explains it
    finally:
        engine.dispose()


def _file(url: URL) -> Path | None:
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _private_files(folder: Path, url: URL) -> Iterator[Path]:
    """The folder and the service's own files; others may be in the folder, or in that of the database."""
    yield folder
    yield from (folder / name for name in ("secret_key", MARK))
    if (file := _file(url)) is not None:
        yield from (file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm", "-journal"))
    for subfolder in (folder / "models", folder / "rejects"):
        yield subfolder
        yield from subfolder.rglob("*")


def _restrict(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
        # A folder with the sticky bit, such as /tmp, belongs to everybody.
        if mode & _OF_OTHERS and not stat.S_ISLNK(mode) and not mode & stat.S_ISVTX:
            path.chmod(stat.S_IMODE(mode) & ~_OF_OTHERS)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        _log.warning("files_readable_by_others", path=str(path), reason=error.strerror)
