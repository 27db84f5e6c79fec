"""Damaged databases."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from servicekit.database.engine import open_engine, writing
from servicekit.database.integrity import DamagedDatabase, require_intact


def test_a_page_that_was_zeroed_is_found(tmp_path: Path) -> None:
    """Of a table or an index, its leaves or above them, and the first page of the file."""
    file = tmp_path / "shop.db"
    engine = open_engine(f"sqlite:///{file}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT)"))
        connection.execute(text("CREATE INDEX ix_books ON books (title)"))
        numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 400)"
        connection.execute(text(f"{numbers} INSERT INTO books SELECT x, printf('%0100d', x) FROM n"))
        connection.commit()
    require_intact(engine)
    engine.dispose()
    intact = file.read_bytes()
    for start in range(0, len(intact), 4096):
        file.write_bytes(intact[:start] + bytes(4096) + intact[start + 4096 :])
        damaged = open_engine(f"sqlite:///{file}")
        with pytest.raises(DamagedDatabase, match=re.escape(f"{file} is damaged")) as caught:
            require_intact(damaged)
        assert "\n" not in str(caught.value)
        damaged.dispose()
    file.write_bytes(intact)
    require_intact(engine)
    engine.dispose()
