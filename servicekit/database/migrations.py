"""Runs Alembic from a service's own commands, without alembic.ini."""

from functools import cache
from pathlib import Path
from typing import TypeGuard

import structlog
from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, func, select
from sqlalchemy.exc import OperationalError

from servicekit.database.engine import reading, writing

LOCK_SECONDS = 1.0
"""How long a migration waits for a table on PostgreSQL; what comes after it waits as long."""

_LOCK = 5005100
_LOCK_NOT_AVAILABLE = "55P03"

_log = structlog.get_logger()


class NewerDatabase(Exception):
    """A newer version has migrated the database."""

    def __init__(self, revision: str | None) -> None:
        super().__init__(
            f"a newer version has migrated the database (to {revision}), and this one cannot go back: nothing was "
            "changed; use the newer version, or restore a backup from before"
        )


class MigrationBlocked(Exception):
    """Other statements had a table for so long that the migration gave up."""

    def __init__(self) -> None:
        super().__init__(
            "the database is in use: a table that has to change was not free for "
            f"{LOCK_SECONDS:g} s. Nothing was changed; run `migrate` again, or end long transactions first"
        )


def upgrade(engine: Engine, scripts: Path) -> None:
    """Apply the migrations in `scripts` in one transaction, one process at a time.

    Raises NewerDatabase and, on PostgreSQL, MigrationBlocked; then nothing was changed.
    """
    try:
        _upgrade(engine, scripts)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise MigrationBlocked from error


def _upgrade(engine: Engine, scripts: Path) -> None:
    with writing(engine) as connection:
        # Alembic would begin a transaction for each migration, and read the version before it.
        connection.begin()
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            # While it waits for a table, all statements that come later wait behind it.
            connection.execute(select(func.set_config("lock_timeout", f"{LOCK_SECONDS * 1000:.0f}", True)))
        if _is_newer(revision := _revision(connection), scripts):
            raise NewerDatabase(revision)
        config = _config(scripts)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def is_current(engine: Engine, scripts: Path) -> bool:
    """Whether the database has all migrations in `scripts`, and perhaps further ones of a newer version.

    A version works on the tables of the next one: it serves until that has replaced it, and again after a rollback.
    """
    with reading(engine) as connection:
        revision = _revision(connection)
    if _is_newer(revision, scripts):
        _report_newer(revision, scripts)
        return True
    return revision == _head(scripts)


def revisions(scripts: Path) -> frozenset[str]:
    """All revisions that `scripts` lead to."""
    return frozenset(_known(scripts))


def _revision(connection: Connection) -> str | None:
    # Alembic makes a new table object each time, whose statement would displace another one from the cache.
    uncached = connection.execution_options(compiled_cache=None)
    return MigrationContext.configure(uncached).get_current_revision()


def _is_newer(revision: str | None, scripts: Path) -> TypeGuard[str]:
    return revision is not None and revision not in _known(scripts)


@cache
def _report_newer(revision: str, scripts: Path) -> None:
    # Once, although health checks ask again and again.
    _log.warning("database_newer", revision=revision, known=_head(scripts))


def _head(scripts: Path) -> str | None:
    return next(iter(_known(scripts)), None)


@cache
def _known(scripts: Path) -> tuple[str, ...]:
    """All revisions, the last one first."""
    # Alembic runs all scripts to find them; they do not change while the program runs.
    return tuple(script.revision for script in ScriptDirectory.from_config(_config(scripts)).walk_revisions())


def run_from_env(metadata: MetaData) -> None:
    """Run the migrations; all that a service's `migrations/env.py` does."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    return config
