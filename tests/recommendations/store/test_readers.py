"""Readers that are no more, on both databases."""

from pathlib import Path

import pytest

from recommendations.domain.interactions import Interaction, InteractionKind, RetiredReader
from recommendations.store import Store
from servicekit.database import open_engine


def click(id_: str, reader: int) -> Interaction:
    return Interaction(id=id_, reader_id=reader, book_id=1, kind=InteractionKind.CLICK)


class Desk:
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
        """Who departed since, in no order."""
        with self.store.read() as work:
            retired, reached = work.readers.retired_since(revision)
        assert len(set(retired)) == len(retired)
        return set(retired), reached

    @property
    def became(self) -> dict[int, int | None]:
        """What the departed among readers 1 to 9 became."""
        with self.store.read() as work:
            return work.readers.retired(range(1, 10))

    @property
    def readers(self) -> list[int]:
        """Whose what readers 1 to 4 did is by now, in the order of their doing it."""
        with self.store.read() as work:
            return [event.reader_id for chunk in work.interactions.events_after(0) for event in chunk]


@pytest.fixture
def desk(store: Store) -> Desk:
    """A desk with nobody departed."""
    return Desk(store)


def test_nobody_departed(desk: Desk) -> None:
    """At first every reader is one, and there is nothing to follow."""
    assert desk.became == {}
    assert desk.retired_since(0) == (set(), 0)


def test_merging(desk: Desk) -> None:
    """All that one reader did is the other's, and the id is known to be no reader any more."""
    desk.merge(1, 2)
    assert desk.readers == [2, 2, 3, 4]
    assert desk.became == {1: 2}
    assert desk.retired_since(0) == ({RetiredReader(1, 2)}, 1)


def test_merging_again_changes_nothing(desk: Desk) -> None:
    """A repeated merge, of the same or of another target, leaves what the first one made, and no revision."""
    desk.merge(1, 2)
    desk.merge(1, 2)
    desk.merge(1, 3)
    assert desk.readers == [2, 2, 3, 4]
    assert desk.retired_since(0) == ({RetiredReader(1, 2)}, 1)


def test_chains_are_resolved(desk: Desk) -> None:
    """1 into 2, then 2 into 3: both are 3, and `retired_since` reports 1 again; 4 into 1 is into 3 as well."""
    desk.merge(1, 2)
    desk.merge(2, 3)
    assert desk.readers == [3, 3, 3, 4]
    assert desk.became == {1: 3, 2: 3}
    assert desk.retired_since(1) == ({RetiredReader(1, 3), RetiredReader(2, 3)}, 2)
    desk.merge(4, 1)
    assert desk.readers == [3, 3, 3, 3]
    assert desk.became == {1: 3, 2: 3, 4: 3}
    assert desk.retired_since(2) == ({RetiredReader(4, 3)}, 3)


def test_merging_in_a_circle(desk: Desk) -> None:
    """Into itself, or into what was merged into it, is nothing to do."""
    desk.merge(1, 1)
    desk.merge(1, 2)
    desk.merge(2, 1)
    assert desk.readers == [2, 2, 3, 4]
    assert desk.became == {1: 2}


def test_forgetting(desk: Desk) -> None:
    """All that the reader did is deleted; a tombstone is left, of somebody never seen as well."""
    desk.forget(1)
    desk.forget(9)
    assert desk.readers == [2, 3, 4]
    assert desk.became == {1: None, 9: None}
    assert desk.retired_since(0) == ({RetiredReader(1, None), RetiredReader(9, None)}, 2)


def test_forgetting_again_changes_nothing(desk: Desk) -> None:
    """It is done already, and no revision tells of it."""
    desk.forget(1)
    desk.forget(1)
    assert desk.retired_since(0) == ({RetiredReader(1, None)}, 1)


def test_who_was_merged_goes_with_the_forgotten(desk: Desk) -> None:
    """A reader's merged ids are forgotten with them, and `retired_since` reports all."""
    desk.merge(1, 2)
    desk.forget(2)
    assert desk.readers == [3, 4]
    assert desk.became == {1: None, 2: None}
    assert desk.retired_since(1) == ({RetiredReader(1, None), RetiredReader(2, None)}, 2)


def test_forgetting_who_was_merged(desk: Desk) -> None:
    """What they did cannot be told from what the reader did that they became, so that one goes with them."""
    desk.merge(1, 2)
    desk.merge(3, 2)
    desk.forget(1)
    assert desk.readers == [4]
    assert desk.became == {1: None, 2: None, 3: None}


def test_merging_into_the_forgotten(desk: Desk) -> None:
    """It is forgotten too, with all merged into it; merging the forgotten one restores nothing."""
    desk.merge(2, 1)
    desk.forget(3)
    desk.merge(1, 3)
    assert desk.readers == [4]
    assert desk.became == {1: None, 2: None, 3: None}
    desk.merge(3, 4)
    assert desk.became == {1: None, 2: None, 3: None}


def test_an_undo_crosses_a_merge(desk: Desk) -> None:
    """What a guest did, the account can undo, whether the undo or the merge comes first."""
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
            desk.merge(guest, account)
        with desk.store.write() as work:
            assert work.interactions.add([undo])
            work.commit()
        if not merge_first:
            desk.merge(guest, account)
        with desk.store.read() as work:
            page = work.interactions.page(account, before=None, limit=9)
        assert [one.id for one in page.interactions] == [f"click-{account}"]


def test_many_at_once(store: Store) -> None:
    """An import's batch of readers is within what either database takes in one statement."""
    with store.write() as work:
        work.readers.forget(7)
        assert work.readers.retired(range(1, 10_001)) == {7: None}


def test_what_was_deleted_is_overwritten(tmp_path: Path) -> None:
    """SQLite's files hold nothing of a forgotten reader once the last connection is closed."""
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
