"""Merged and forgotten readers, on both databases."""

from pathlib import Path

import pytest

from recommendations.domain.interactions import Interaction, InteractionKind, RetiredReader
from recommendations.store import Store
from servicekit.database.engine import open_engine


def click(id_: str, reader: int) -> Interaction:
    return Interaction(id=id_, reader_id=reader, book_id=1, kind=InteractionKind.CLICK)


class Readers:
    """A store in which readers 1 to 4 did one thing each; every method is a transaction of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as work:
            work.interactions.add([click(f"click-{reader}", reader) for reader in range(1, 5)])
            work.commit()

    def merge(self, reader_id: int, into: int) -> None:
        with self.store.write() as work:
            work.readers.merge(reader_id, into)
            work.commit()

    def forget(self, reader_id: int) -> None:
        with self.store.write() as work:
            work.readers.forget(reader_id)
            work.commit()

    def retired_since(self, revision: int) -> tuple[set[RetiredReader], int]:
        """Who was retired since, in no order."""
        with self.store.read() as work:
            retired, reached = work.readers.retired_since(revision)
        assert len(set(retired)) == len(retired)
        return set(retired), reached

    @property
    def retired(self) -> dict[int, int | None]:
        """The retired readers among 1 to 9."""
        with self.store.read() as work:
            return work.readers.retired(range(1, 10))

    @property
    def of_events(self) -> list[int]:
        """The reader of each event, in order."""
        with self.store.read() as work:
            return [event.reader_id for chunk in work.interactions.events_after(0) for event in chunk]


@pytest.fixture
def readers(store: Store) -> Readers:
    return Readers(store)


def test_without_retired_readers(readers: Readers) -> None:
    """At first no reader is retired."""
    assert readers.retired == {}
    assert readers.retired_since(0) == (set(), 0)


def test_merging(readers: Readers) -> None:
    """The other reader gets the events, and the id is retired."""
    readers.merge(1, 2)
    assert readers.of_events == [2, 2, 3, 4]
    assert readers.retired == {1: 2}
    assert readers.retired_since(0) == ({RetiredReader(1, 2)}, 1)


def test_merging_again_changes_nothing(readers: Readers) -> None:
    """A repeated merge, even into another reader, has no effect and makes no revision."""
    readers.merge(1, 2)
    readers.merge(1, 2)
    readers.merge(1, 3)
    assert readers.of_events == [2, 2, 3, 4]
    assert readers.retired_since(0) == ({RetiredReader(1, 2)}, 1)


def test_chains_are_resolved(readers: Readers) -> None:
    """1 into 2, then 2 into 3: both are 3, and `retired_since` reports 1 again; 4 into 1 is into 3 as well."""
    readers.merge(1, 2)
    readers.merge(2, 3)
    assert readers.of_events == [3, 3, 3, 4]
    assert readers.retired == {1: 3, 2: 3}
    assert readers.retired_since(1) == ({RetiredReader(1, 3), RetiredReader(2, 3)}, 2)
    readers.merge(4, 1)
    assert readers.of_events == [3, 3, 3, 3]
    assert readers.retired == {1: 3, 2: 3, 4: 3}
    assert readers.retired_since(2) == ({RetiredReader(4, 3)}, 3)


def test_merging_in_a_circle(readers: Readers) -> None:
    """Merging a reader into themselves, or into one merged into them, changes nothing."""
    readers.merge(1, 1)
    readers.merge(1, 2)
    readers.merge(2, 1)
    assert readers.of_events == [2, 2, 3, 4]
    assert readers.retired == {1: 2}


def test_forgetting(readers: Readers) -> None:
    """The events are deleted and a tombstone is left, also for an unknown reader."""
    readers.forget(1)
    readers.forget(9)
    assert readers.of_events == [2, 3, 4]
    assert readers.retired == {1: None, 9: None}
    assert readers.retired_since(0) == ({RetiredReader(1, None), RetiredReader(9, None)}, 2)


def test_forgetting_again_changes_nothing(readers: Readers) -> None:
    """It makes no revision."""
    readers.forget(1)
    readers.forget(1)
    assert readers.retired_since(0) == ({RetiredReader(1, None)}, 1)


def test_forgetting_includes_merged_readers(readers: Readers) -> None:
    """A reader's merged ids are forgotten with them, and `retired_since` reports all."""
    readers.merge(1, 2)
    readers.forget(2)
    assert readers.of_events == [3, 4]
    assert readers.retired == {1: None, 2: None}
    assert readers.retired_since(1) == ({RetiredReader(1, None), RetiredReader(2, None)}, 2)


def test_forgetting_a_merged_reader(readers: Readers) -> None:
    """The reader they were merged into is forgotten too, since the histories are no longer separate."""
    readers.merge(1, 2)
    readers.merge(3, 2)
    readers.forget(1)
    assert readers.of_events == [4]
    assert readers.retired == {1: None, 2: None, 3: None}


def test_merging_into_a_forgotten_reader(readers: Readers) -> None:
    """The reader is forgotten too, with all merged into them; merging a forgotten reader restores nothing."""
    readers.merge(2, 1)
    readers.forget(3)
    readers.merge(1, 3)
    assert readers.of_events == [4]
    assert readers.retired == {1: None, 2: None, 3: None}
    readers.merge(3, 4)
    assert readers.retired == {1: None, 2: None, 3: None}


def test_an_undo_crosses_a_merge(readers: Readers) -> None:
    """An account can undo what a guest did, before or after the merge."""
    for merge_first in (True, False):
        guest, account = (1, 2) if merge_first else (3, 4)
        undo = Interaction(
            id=f"undo-{guest}",
            reader_id=account,
            book_id=0,
            kind=InteractionKind.UNDO,
            undoes=f"click-{guest}",
        )
        if merge_first:
            readers.merge(guest, account)
        with readers.store.write() as work:
            assert work.interactions.add([undo])
            work.commit()
        if not merge_first:
            readers.merge(guest, account)
        with readers.store.read() as work:
            page = work.interactions.page(account, before=None, limit=9)
        assert [interaction.id for interaction in page.interactions] == [f"click-{account}"]


def test_many_at_once(store: Store) -> None:
    """An import's batch of readers does not exceed the limits of a statement."""
    with store.write() as work:
        work.readers.forget(7)
        assert work.readers.retired(range(1, 10_001)) == {7: None}


def test_deleted_rows_are_overwritten(tmp_path: Path) -> None:
    """SQLite's files contain nothing of a forgotten reader once the last connection is closed."""
    path = tmp_path / "store.db"
    store = Store(open_engine(f"sqlite:///{path}"))
    store.migrate()
    with store.write() as work:
        work.interactions.add([click(f"secret-{number}-{'x' * 50}", 1) for number in range(500)])
        work.interactions.add([click("open", 2)])
        work.commit()
    store.close()
    assert b"secret" in path.read_bytes()
    with store.write() as work:
        work.readers.forget(1)
        work.commit()
    store.close()
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"open" in content
    assert b"secret" not in content
