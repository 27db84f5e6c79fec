"""The databases of all services at each of their revisions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, Engine, Float, Integer, LargeBinary, MetaData, Table
from sqlalchemy import event as sqlalchemy_event

from marketplace.store import MIGRATIONS as MARKETPLACE
from notices.store import MIGRATIONS as NOTICES
from previews.store.store import MIGRATIONS as PREVIEWS
from recommendations.store import MIGRATIONS as RECOMMENDATIONS
from servicekit.database.engine import writing

SERVICES = {
    "marketplace": MARKETPLACE,
    "recommendations": RECOMMENDATIONS,
    "notices": NOTICES,
    "previews": PREVIEWS,
}


def revisions(scripts: Path) -> Sequence[str]:
    """All revisions of a service, the first one first."""
    return [script.revision for script in ScriptDirectory.from_config(_config(scripts)).walk_revisions()][::-1]


def upgrade_to(engine: Engine, scripts: Path, revision: str) -> None:
    """Apply the migrations up to this one."""
    with writing(engine) as connection:
        connection.begin()
        config = _config(scripts)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def fill(engine: Engine, number: int) -> None:
    """Add a row to each table, in which every value is made of `number`; so every foreign key has its row."""
    with writing(engine) as connection:
        for table in tables(connection):
            row = {column.name: _value(column.type, number) for column in table.columns if column.computed is None}
            connection.execute(table.insert().values(row))
        connection.commit()


def rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table, with their values by column."""
    with engine.connect() as connection:
        return {
            table.name: sorted((dict(row) for row in connection.execute(table.select()).mappings()), key=str)
            for table in tables(connection)
        }


def tables(connection: Connection) -> Sequence[Table]:
    """The tables, those that others refer to first, without those of full-text search and of Alembic."""
    metadata = MetaData()
    metadata.reflect(
        connection, only=lambda name, _: not name.startswith(("fts_", "sqlite_")) and name != "alembic_version"
    )
    return metadata.sorted_tables


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """The statements that are executed during the block."""
    executed: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        executed.append(" ".join(statement.split()))

    sqlalchemy_event.listen(engine, "before_cursor_execute", note)
    yield executed
    sqlalchemy_event.remove(engine, "before_cursor_execute", note)


def _value(type_: Any, number: int) -> object:
    moment = datetime(2026, 1, 1, 12, number, tzinfo=UTC)
    values: Sequence[tuple[type, object]] = (
        (Boolean, False),
        (Integer, number),
        (Float, float(number)),
        (DateTime, moment),
        (Date, date(2026, 1, 1)),
        (LargeBinary, b"\x00"),
        (JSON, []),
    )
    return next((value for kind, value in values if isinstance(type_, kind)), str(number))


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    return config
