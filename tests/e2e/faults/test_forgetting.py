"""A deleted reader is gone from the database, the models, the memory and the logs, and stays gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import pytest
from sqlalchemy import MetaData, create_engine, make_url, select, text

from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub
from servicekit.database.engine import database_url as parsed_url
from tests.e2e.processes import DEADLINE, await_that
from tests.e2e.small_shop import SmallShop, purchases_by_category

pytestmark = pytest.mark.slow

READER = 987_654_321
GUEST, LATE_GUEST = 1_987_654_321, 1_876_543_210
"""Guests that are merged into the reader, the second one after the reader was deleted."""
GONE = (READER, GUEST, LATE_GUEST)
STRANGER = 424_242
"""A reader without a history."""
THEIR_BOOKS = (3, 6, 9, 12)
SHOWN = 20


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> SmallShop:
    """A trained shop whose history has the reader and 200 others."""
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
    """A running server and a client; it must stop cleanly, and its log must not contain the deleted ids."""
    server = shop.serve()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield RecommendationsStub(channel)
    finally:
        code = server.stop()
    assert code == 0
    log = "".join(server.log)
    assert "method=/Recommendations/Recommend " in log, "calls are not logged"
    assert ids_in(log) == []


def ids_in(output: str) -> list[int]:
    """The deleted ids that a text contains."""
    return [reader_id for reader_id in GONE if str(reader_id) in output]


def interaction(id_: str, reader_id: int, book_id: int) -> pb.Interaction:
    return pb.Interaction(id=id_, user_id=reader_id, book_id=book_id, kind=pb.Interaction.KIND_PURCHASE)


def record(stub: RecommendationsStub, *interactions: pb.Interaction) -> list[int]:
    """Record them; returns the outcomes."""
    request = pb.RecordInteractionsRequest(interactions=interactions)
    return [result.outcome for result in stub.RecordInteractions(request, timeout=DEADLINE).results]


def shelf(stub: RecommendationsStub, reader_id: int) -> list[tuple[int, int]]:
    """The ids of a reader's recommended books, and the kinds of the reasons."""
    request = pb.RecommendationRequest(user_id=reader_id, any_category=True, max_results=SHOWN)
    books = stub.Recommend(request, timeout=DEADLINE).recommendations
    return [(book.id, book.reason.kind) for book in books]


def require_unknown(stub: RecommendationsStub) -> None:
    """The server treats the deleted readers like unknown ones."""
    popular = shelf(stub, STRANGER)
    for reader_id in GONE:
        assert shelf(stub, reader_id) == popular
        history = stub.ListInteractions(pb.ListInteractionsRequest(user_id=reader_id), timeout=DEADLINE)
        assert not history.interactions


def await_model(stub: RecommendationsStub, version: str) -> None:
    """Wait until the server uses a model."""
    request = pb.RecommendationRequest(any_category=True)
    await_that(lambda: stub.Recommend(request, timeout=DEADLINE).model_version == version)


def in_database(shop: SmallShop) -> set[str]:
    """The columns that contain a deleted id, also within texts and in PostgreSQL's samples of columns."""
    columns = set()
    engine = create_engine(parsed_url(shop.database))
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            samples = connection.execute(text("SELECT tablename, attname, pg_stats::text FROM pg_stats"))
            columns |= {f"samples of {table}.{column}" for table, column, sample in samples if ids_in(sample)}
        for table in tables.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                columns |= {f"{table.name}.{column}" for column, value in row.items() if ids_in(str(value))}
    engine.dispose()
    return columns


def take_samples(shop: SmallShop) -> None:
    """Analyze the database, as PostgreSQL does at any time."""
    engine = create_engine(parsed_url(shop.database))
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    engine.dispose()


def in_files(folder: Path) -> set[str]:
    """The files other than databases that contain a deleted id, in decimal digits or as 32 or 64 bits."""
    encoded = [code for id_ in GONE for code in (str(id_).encode(), np.int32(id_).tobytes(), np.int64(id_).tobytes())]
    files = [path for path in folder.rglob("*") if path.is_file() and ".db" not in path.name]
    return {path.name for path in files if any(code in path.read_bytes() for code in encoded)}


def require_nowhere(shop: SmallShop) -> None:
    """No deleted id is stored except in tombstones."""
    assert in_database(shop) <= {"tombstones.reader_id"}
    assert in_files(shop.folder) == set()


def require_overwritten(shop: SmallShop) -> None:
    """SQLite's files, which no process has open, contain no deleted id as text."""
    if (path := make_url(shop.database).database) is None or not shop.database.startswith("sqlite"):
        return
    wal = Path(f"{path}-wal")
    assert not wal.exists() or not wal.stat().st_size
    assert [reader_id for reader_id in GONE if str(reader_id).encode() in Path(path).read_bytes()] == []


def test_deleted_reader_is_nowhere(shop: SmallShop) -> None:
    """They are gone from the database, models, answers and logs, and nothing brings them back."""
    with serving(shop) as stub:
        stored = pb.InteractionResult.OUTCOME_STORED
        assert (
            record(stub, interaction(f"as-{READER}", READER, 15), interaction(f"as-{GUEST}", GUEST, 18))
            == [stored] * 2
        )
        stub.MergeReaders(pb.MergeReadersRequest(from_user_id=GUEST, into_user_id=READER), timeout=DEADLINE)
        assert shelf(stub, READER) == shelf(stub, GUEST) != shelf(stub, STRANGER)
        # The second model: the first one was trained before the merge.
        train(shop, stub)
        take_samples(shop)
        assert {"interactions.reader_id", "interactions.id"} < in_database(shop)
        assert in_files(shop.models) == {"history_readers.npy"}

        stub.ForgetReader(pb.ForgetReaderRequest(user_id=READER), timeout=DEADLINE)
        require_nowhere(shop)
        require_unknown(stub)

        refused = pb.InteractionResult.OUTCOME_REFUSED
        undo = pb.Interaction(id="undo", user_id=READER, kind=pb.Interaction.KIND_UNDO, undoes="as-somebody")
        late = [interaction("late", READER, 3), interaction("late-guest", GUEST, 6), undo]
        assert record(stub, *late) == [refused] * 3
        assert record(stub, interaction("later-guest", LATE_GUEST, 9)) == [stored]
        stub.MergeReaders(pb.MergeReadersRequest(from_user_id=LATE_GUEST, into_user_id=GUEST), timeout=DEADLINE)
        assert record(stub, interaction("latest-guest", LATE_GUEST, 12)) == [refused]
        require_nowhere(shop)
        require_unknown(stub)

        train(shop, stub)
        take_samples(shop)
        require_nowhere(shop)
        require_unknown(stub)
    require_overwritten(shop)
    with serving(shop) as stub:
        require_nowhere(shop)
        require_unknown(stub)
        assert record(stub, *late) == [refused] * 3
    require_nowhere(shop)
    require_overwritten(shop)


def train(shop: SmallShop, stub: RecommendationsStub) -> None:
    """Train again, and wait until the server has the new model."""
    before = {path.name for path in shop.models.iterdir()}
    assert ids_in(shop.run("train", "--budget", "0")) == []
    (version,) = {path.name for path in shop.models.iterdir()} - before
    await_model(stub, version)
