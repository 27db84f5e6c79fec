"""Runs Alembic from a service's own commands, without alembic.ini."""

from functools import cache
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, func, select

from servicekit.database.engine import reading, writing

_LOCK = 5005100


def upgrade(engine: Engine, scripts: Path) -> None:
    """Apply the migrations in `scripts` in one transaction, one process at a time."""
    with writing(engine) as connection:
        # Alembic would begin a transaction for each migration, and read the version before it.
        connection.begin()
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        config = _config(scripts)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def is_current(engine: Engine, scripts: Path) -> bool:
    """Whether the database has all migrations in `scripts`."""
    with reading(engine) as connection:
        # Alembic makes a new table object each time, whose statement would displace another one from the cache.
        uncached = connection.execution_options(compiled_cache=None)
        return MigrationContext.configure(uncached).get_current_revision() == _head(scripts)


@cache
def _head(scripts: Path) -> str | None:
    # Alembic runs all scripts to find the last one; they do not change while the program runs.
    return ScriptDirectory.from_config(_config(scripts)).get_current_head()


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
