"""Killed at any moment, commands and the server leave consistent data and keep what they acknowledged."""

import itertools
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from sqlalchemy import make_url

from bookfiles.reading.spool import BATCH
from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub
from recommendations.model import artifact
from tests.drills import is_running
from tests.e2e.processes import DEADLINE, Process
from tests.e2e.small_shop import BOOKS, SmallShop, purchases_by_category, train_small_shop

pytestmark = pytest.mark.slow

ROUNDS = 100 if is_running("kill") else 2
"""How often each process is killed, at random moments that are the same in every run."""

STORED, REPEATED = pb.InteractionResult.OUTCOME_STORED, pb.InteractionResult.OUTCOME_REPEATED
RECORDED_AT_ONCE = 5


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> SmallShop:
    """A shop on either database, before its first command."""
    return SmallShop(tmp_path, database_url)


@pytest.fixture
def file_shop(tmp_path: Path) -> SmallShop:
    """A shop on SQLite, before its first command."""
    return SmallShop(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")


def moments(max_seconds: float) -> Iterator[float]:
    """Seconds to wait before each kill."""
    chance = random.Random(7)
    for _ in range(ROUNDS):
        yield chance.uniform(0, max_seconds)


def require_consistent(shop: SmallShop) -> list[str]:
    """SQLite's file is intact, all published models are usable, and the one to be served exists.

    Returns the versions of the recorded models, the one to be served first.
    """
    if shop.database.startswith("sqlite"):
        connection = sqlite3.connect(str(make_url(shop.database).database))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    store = shop.store()
    try:
        with store.read() as work:
            versions = list(work.models.latest(1000))
    finally:
        store.close()
    published = {path.name for path in shop.models.glob("[!.]*")}
    for version in published:
        artifact.load(shop.models / version)
    assert not versions or versions[0] in published
    return versions


def events(shop: SmallShop) -> list[tuple[int, int]]:
    """Reader and book of every event, in stored order."""
    store = shop.store()
    try:
        with store.read() as work:
            return [
                (event.reader_id, event.book_id) for chunk in work.interactions.events_after(0) for event in chunk
            ]
    finally:
        store.close()


@contextmanager
def serving(shop: SmallShop) -> Iterator[tuple[Process, RecommendationsStub]]:
    """A running server and its client; it is killed at the end of the block."""
    server = shop.serve()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield server, RecommendationsStub(channel)
    finally:
        server.kill()


def test_migrate(file_shop: SmallShop) -> None:
    """The database has all migrations or none, and the next `migrate` completes it."""
    for moment in moments(1.5):
        file_shop.command("migrate").kill_after(moment)
        connection = sqlite3.connect(file_shop.folder / "test.db")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        assert tables == set() or {"books", "interactions", "tombstones", "models", "alembic_version"} <= tables
        file_shop.run("migrate")
        # The data folder's mark too: without it, the next round is a new shop.
        for path in (*file_shop.folder.glob("test.db*"), file_shop.folder / "data" / "database_mark"):
            path.unlink()


def test_import(shop: SmallShop) -> None:
    """Complete batches are stored in order; importing again adds the rest."""
    bought = purchases_by_category(3 * BATCH // 6)
    books, history = shop.write_books(), shop.write_interactions(bought)
    arguments = ("import", "--books", str(books), "--interactions", str(history))
    expected = list(dict.fromkeys(bought))
    before = 0
    for moment in moments(2.0):
        command = shop.command(*arguments)
        command.await_output("storing interactions.csv")
        killed = command.kill_after(moment)
        require_consistent(shop)
        stored = events(shop)
        assert stored == expected[: len(stored)]
        assert len(stored) >= before
        assert killed or stored == expected
        before = len(stored)
    shop.run(*arguments)
    assert events(shop) == expected


def test_train(trained_shop: SmallShop) -> None:
    """A model is recorded and usable, or it is not visible as a model."""
    shop = trained_shop
    known = require_consistent(shop)
    for moment in moments(2.5):
        command = shop.command("train", "--budget", "0")
        command.await_output("training")
        command.kill_after(moment)
        versions = require_consistent(shop)
        assert versions[-len(known) :] == known
        known = versions
    shop.run("train", "--budget", "0")
    assert require_consistent(shop)[0] not in known


def test_backup(trained_shop: SmallShop, tmp_path: Path) -> None:
    """A backup has its name only if it is complete: what a killed one has left cannot be restored by mistake."""
    shop = trained_shop
    (model,) = shop.models.glob("[!.]*")
    (model / "large.npy").write_bytes(random.Random(7).randbytes(30_000_000))
    expected = events(shop)
    for round_, moment in enumerate([*moments(0.3), DEADLINE]):
        file = tmp_path / f"backup-{round_}"
        command = shop.command("backup", str(file))
        command.await_output("copying")
        killed = command.kill_after(moment)
        assert not list(tmp_path.glob(f"{file.name}?*"))
        assert killed or file.exists()
        if file.exists():
            restored = SmallShop.in_folder(tmp_path / f"restored-{round_}")
            restored.run("restore", str(file))
            require_consistent(restored)
            assert events(restored) == expected
    assert not killed


def test_record(shop: SmallShop) -> None:
    """Acknowledged interactions are stored exactly once after a restart."""
    train_small_shop(shop)
    imported = len(events(shop))
    acknowledged: list[str] = []
    for round_, moment in enumerate(moments(0.5)):
        with serving(shop) as (server, stub):
            first = threading.Event()
            recording = threading.Thread(target=record_until_killed, args=(stub, round_, acknowledged, first))
            recording.start()
            assert first.wait(DEADLINE)
            recording.join(moment)
            server.kill()
            recording.join()
        require_consistent(shop)
    with serving(shop) as (_, stub):
        for start in range(0, len(acknowledged), 500):
            again = [purchase(id_) for id_ in acknowledged[start : start + 500]]
            assert set(record(stub, again)) == {REPEATED}
    stored = len(events(shop)) - imported
    # A batch in progress when the server was killed is stored completely or not at all.
    assert stored - len(acknowledged) in {n * RECORDED_AT_ONCE for n in range(ROUNDS + 1)}


def test_loading_a_model(trained_shop: SmallShop) -> None:
    """A server that is killed while it loads a new model serves that model after a restart."""
    shop = trained_shop
    for moment in moments(1.0):
        with serving(shop) as (server, stub):
            newest = require_consistent(shop)[0]
            assert version(stub) == newest
            shop.run("train", "--budget", "0")
            ends = time.monotonic() + moment
            while time.monotonic() < ends and version(stub) == newest:
                pass
            server.kill()
    with serving(shop) as (_, stub):
        assert version(stub) == require_consistent(shop)[0] != newest


def record_until_killed(
    stub: RecommendationsStub, round_: int, acknowledged: list[str], first: threading.Event
) -> None:
    """Record batches and collect the acknowledged ids until the server is killed."""
    for number in itertools.count():
        ids = [f"{round_}-{number}-{i}" for i in range(RECORDED_AT_ONCE)]
        try:
            outcomes = record(stub, [purchase(id_) for id_ in ids])
        except grpc.RpcError:
            return
        assert set(outcomes) == {STORED}
        acknowledged += ids
        first.set()


def purchase(id_: str) -> pb.Interaction:
    """A purchase that depends on its id alone."""
    number = sum(id_.encode())
    return pb.Interaction(
        id=id_, user_id=number % 200 + 1, book_id=number % BOOKS + 1, kind=pb.Interaction.KIND_PURCHASE
    )


def record(stub: RecommendationsStub, batch: list[pb.Interaction]) -> list[int]:
    """Record a batch; returns the outcomes."""
    request = pb.RecordInteractionsRequest(interactions=batch)
    return [result.outcome for result in stub.RecordInteractions(request, timeout=DEADLINE).results]


def version(stub: RecommendationsStub) -> str:
    """The version of the model that the server uses."""
    return stub.Recommend(pb.RecommendationRequest(any_category=True), timeout=DEADLINE).model_version
