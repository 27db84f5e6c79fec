"""The record of models, on both databases."""

import pytest

from recommendations.store import Store
from recommendations.store.models import Record


def add(store: Store, *versions: str) -> None:
    for version in versions:
        with store.write() as work:
            work.models.add(version, {"format": 1, "parameters": {"k": 2.5}})
            work.commit()


def latest(store: Store, most: int = 9) -> list[str]:
    with store.read() as work:
        return list(work.models.latest(most))


def test_latest_gives_the_newest_first(store: Store) -> None:
    """Models come in the order of recording, at most as many as requested."""
    assert latest(store) == []
    add(store, "m", "a", "z", "k")
    assert latest(store, 3) == ["k", "z", "a"]
    assert latest(store) == ["k", "z", "a", "m"]


def test_promoted_and_withdrawn_models(store: Store) -> None:
    """A promoted or new model comes first; a withdrawn one does not come until it is promoted."""
    add(store, "a", "b", "c")
    with store.write() as work:
        work.models.promote("a")
        work.models.withdraw("c")
        work.commit()
    assert latest(store) == ["a", "b"]
    add(store, "d")
    assert latest(store) == ["d", "a", "b"]
    with store.write() as work:
        work.models.promote("c")
        work.models.promote("c")
        work.commit()
    assert latest(store) == ["c", "d", "a", "b"]


def test_all_models(store: Store) -> None:
    """Every recorded model with its manifest, the newest first, even if withdrawn or promoted."""
    add(store, "a", "b")
    with store.write() as work:
        work.models.promote("a")
        work.models.withdraw("b")
        work.commit()
    manifest = {"format": 1, "parameters": {"k": 2.5}}
    with store.read() as work:
        assert work.models.all() == [Record("b", manifest, withdrawn=True), Record("a", manifest, withdrawn=False)]


@pytest.mark.parametrize("version", ["nowhere", ""])
def test_models_that_were_never_recorded(store: Store, version: str) -> None:
    """Promoting or withdrawing them changes nothing."""
    add(store, "a")
    with store.write() as work:
        work.models.promote(version)
        work.models.withdraw(version)
        work.commit()
    assert latest(store) == ["a"]
