"""Alembic, run from a service's own commands: no alembic.ini, no separate tool."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, func, select

from servicekit.database import reading, writing

_LOCK = 5005100


def upgrade(engine: Engine, scripts: Path) -> None:
    """Bring the database up to the newest migration in `scripts`, in one transaction, one process at a time."""
    with writing(engine) as connection:
        # Begun here: a transaction of Alembic's own would be one for each migration, and the version read before it.
        connection.begin()
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        config = _config(scripts)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def is_current(engine: Engine, scripts: Path) -> bool:
    """Whether the database has every migration in `scripts`."""
    with reading(engine) as connection:
        return _revision(connection) == ScriptDirectory.from_config(_config(scripts)).get_current_head()


def run_from_env(metadata: MetaData) -> None:
    """The whole of a service's `migrations/env.py`."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
