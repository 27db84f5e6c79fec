"""A reader who is forgotten is nowhere: not in the database, the models, the memory, the logs, now or later."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import pytest
from sqlalchemy import MetaData, create_engine, make_url, select, text

from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub
from servicekit.database import database_url as parsed_url
from tests.e2e.processes import DEADLINE, await_that
from tests.e2e.small_shop import SmallShop, purchases_by_category

pytestmark = pytest.mark.slow

READER = 987_654_321
GUEST, LATE_GUEST = 1_987_654_321, 1_876_543_210
"""Two that were merged into the reader, the second one only after the reader was forgotten."""
GONE = (READER, GUEST, LATE_GUEST)
STRANGER = 424_242
"""Somebody who never did anything."""
THEIR_BOOKS = (3, 6, 9, 12)
SHOWN = 20


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> SmallShop:
    """A trained shop with a history in which the reader is one of two hundred."""
    shop = SmallShop(tmp_path, database_url)
    bought = purchases_by_category(200) + [(READER, book) for book in THEIR_BOOKS]
    shop.run(
        "import",
        *("--books", str(shop.write_books())),
        *("--interactions", str(shop.write_interactions(bought))),
    )
    (tmp_path / "interactions.csv").unlink()
    shop.run("train", "--budget", "0")
    return shop


@contextmanager
def serving(shop: SmallShop) -> Iterator[RecommendationsStub]:
    """A running server and a client of it; it must end orderly, and name nobody in its log."""
    server = shop.serve()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield RecommendationsStub(channel)
    finally:
        code = server.stop()
    assert code == 0
    log = "".join(server.log)
    assert "method=/Recommendations/Recommend " in log, "calls are logged, or this tells nothing"
    require_unnamed(log)


def named(output: str) -> list[int]:
    """Those who are gone and are named in it."""
    return [gone for gone in GONE if str(gone) in output]


def require_unnamed(output: str) -> None:
    """Nothing that was printed or logged names anybody who is gone."""
    assert named(output) == []


def interaction(id_: str, reader_id: int, book_id: int) -> pb.Interaction:
    return pb.Interaction(id=id_, user_id=reader_id, book_id=book_id, kind=pb.Interaction.KIND_PURCHASE)


def record(stub: RecommendationsStub, *interactions: pb.Interaction) -> list[int]:
    """Record them; returns the outcomes."""
    request = pb.RecordInteractionsRequest(interactions=interactions)
    return [result.outcome for result in stub.RecordInteractions(request, timeout=DEADLINE).results]


def shelf(stub: RecommendationsStub, reader_id: int) -> list[tuple[int, int]]:
    """The books that a reader would be shown, and the kinds of the reasons."""
    request = pb.RecommendationRequest(user_id=reader_id, any_category=True, max_results=SHOWN)
    books = stub.Recommend(request, timeout=DEADLINE).recommendations
    return [(book.id, book.reason.kind) for book in books]


def require_new(stub: RecommendationsStub) -> None:
    """The server treats a forgotten reader like an unknown one."""
    popular = shelf(stub, STRANGER)
    for gone in GONE:
        assert shelf(stub, gone) == popular
        history = stub.ListInteractions(pb.ListInteractionsRequest(user_id=gone), timeout=DEADLINE)
        assert not history.interactions


def await_model(stub: RecommendationsStub, version: str) -> None:
    """Wait until the server answers from a model."""
    request = pb.RecommendationRequest(any_category=True)
    await_that(lambda: stub.Recommend(request, timeout=DEADLINE).model_version == version)


def in_database(shop: SmallShop) -> set[str]:
    """The columns, by table, in which somebody who is gone stands, as a number or within a text.

    The samples of columns are among them that PostgreSQL keeps.
    """
    found = set()
    engine = create_engine(parsed_url(shop.database))
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            samples = connection.execute(text("SELECT tablename, attname, pg_stats::text FROM pg_stats"))
            found |= {f"samples of {table}.{column}" for table, column, told in samples if named(told)}
        for table in tables.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                found |= {f"{table.name}.{column}" for column, value in row.items() if named(str(value))}
    engine.dispose()
    return found


def take_samples(shop: SmallShop) -> None:
    """Have the database look at its tables, as PostgreSQL does whenever it likes."""
    engine = create_engine(parsed_url(shop.database))
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    engine.dispose()


def in_files(folder: Path) -> set[str]:
    """The files in which somebody who is gone stands, in decimal digits or as 32 or 64 bits."""
    signs = [
        sign for gone in GONE for sign in (str(gone).encode(), np.int32(gone).tobytes(), np.int64(gone).tobytes())
    ]
    files = [path for path in folder.rglob("*") if path.is_file() and ".db" not in path.name]
    return {path.name for path in files if any(sign in path.read_bytes() for sign in signs)}


def require_nowhere(shop: SmallShop) -> None:
    """Nobody who is gone stands anywhere but as the bare id in a tombstone."""
    assert in_database(shop) <= {"tombstones.reader_id"}
    assert in_files(shop.folder) == set()


def require_overwritten(shop: SmallShop) -> None:
    """No process has the database open: SQLite's files hold none of the texts in which they were named."""
    if (path := make_url(shop.database).database) is None or not shop.database.startswith("sqlite"):
        return
    wal = Path(f"{path}-wal")
    assert not wal.exists() or not wal.stat().st_size
    assert [gone for gone in GONE if str(gone).encode() in Path(path).read_bytes()] == []


def test_forgotten_reader_is_nowhere(shop: SmallShop) -> None:
    """Known until forgotten; then gone from the database, models, answers and logs, and nothing brings them back."""
    with serving(shop) as stub:
        stored = pb.InteractionResult.OUTCOME_STORED
        assert (
            record(stub, interaction(f"as-{READER}", READER, 15), interaction(f"as-{GUEST}", GUEST, 18))
            == [stored] * 2
        )
        stub.MergeReaders(pb.MergeReadersRequest(from_user_id=GUEST, into_user_id=READER), timeout=DEADLINE)
        assert shelf(stub, READER) == shelf(stub, GUEST) != shelf(stub, STRANGER)
        # A model of before the merge, and one of after it.
        trained(shop, stub)
        take_samples(shop)
        assert {"interactions.reader_id", "interactions.id"} < in_database(shop)
        assert in_files(shop.models) == {"history_readers.npy"}

        stub.ForgetReader(pb.ForgetReaderRequest(user_id=READER), timeout=DEADLINE)
        require_nowhere(shop)
        require_new(stub)

        refused = pb.InteractionResult.OUTCOME_REFUSED
        undo = pb.Interaction(id="undo", user_id=READER, kind=pb.Interaction.KIND_UNDO, undoes="as-somebody")
        late = [interaction("late", READER, 3), interaction("late-guest", GUEST, 6), undo]
        assert record(stub, *late) == [refused] * 3
        assert record(stub, interaction("later-guest", LATE_GUEST, 9)) == [stored]
        stub.MergeReaders(pb.MergeReadersRequest(from_user_id=LATE_GUEST, into_user_id=GUEST), timeout=DEADLINE)
        assert record(stub, interaction("latest-guest", LATE_GUEST, 12)) == [refused]
        require_nowhere(shop)
        require_new(stub)

        trained(shop, stub)
        take_samples(shop)
        require_nowhere(shop)
        require_new(stub)
    require_overwritten(shop)
    with serving(shop) as stub:
        require_nowhere(shop)
        require_new(stub)
        assert record(stub, *late) == [refused] * 3
    require_nowhere(shop)
    require_overwritten(shop)


def trained(shop: SmallShop, stub: RecommendationsStub) -> None:
    """Train again, and wait until the server has the new model."""
    before = {path.name for path in shop.models.iterdir()}
    require_unnamed(shop.run("train", "--budget", "0"))
    (version,) = {path.name for path in shop.models.iterdir()} - before
    await_model(stub, version)
