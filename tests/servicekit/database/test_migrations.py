"""Migrations of a service."""

from pathlib import Path

from sqlalchemy import text

from servicekit.database.engine import open_engine
from servicekit.database.migrations import is_current

SCRIPT = """
from pathlib import Path
revision, down_revision = "0001", None
with Path(__file__).with_suffix(".log").open("a") as log:
    log.write("run\\n")
"""


def test_the_scripts_are_read_once(tmp_path: Path) -> None:
    """Health checks ask again and again whether the database is current; only the database can change."""
    (tmp_path / "versions").mkdir()
    script = tmp_path / "versions" / "0001_first.py"
    script.write_text(SCRIPT)
    engine = open_engine(f"sqlite:///{tmp_path / 'some.db'}")
    assert [is_current(engine, tmp_path) for _ in range(3)] == [False] * 3
    engine.dispose()
    assert script.with_suffix(".log").read_text() == "run\n"


def test_asking_displaces_no_statement_from_the_cache(tmp_path: Path) -> None:
    """Alembic's query is another one each time; kept, it would displace those of the pages."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001_first.py").write_text(SCRIPT)
    engine = open_engine(f"sqlite:///{tmp_path / 'some.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    before = len(engine._compiled_cache)  # type: ignore[arg-type]
    assert [is_current(engine, tmp_path) for _ in range(3)] == [True] * 3
    assert len(engine._compiled_cache) == before  # type: ignore[arg-type]
    engine.dispose()
