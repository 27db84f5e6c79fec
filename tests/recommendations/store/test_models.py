"""The record of models, on both databases."""

from recommendations.store import Store


def test_latest_gives_the_newest_first(store: Store) -> None:
    """Models come in the order of their recording, whatever their names, and no more than asked for."""
    with store.read() as work:
        assert list(work.models.latest(3)) == []
    for version in ("m", "a", "z", "k"):
        with store.write() as work:
            work.models.add(version, {"format": 1, "parameters": {"k": 2.5}})
            work.commit()
    with store.read() as work:
        assert list(work.models.latest(3)) == ["k", "z", "a"]
        assert list(work.models.latest(9)) == ["k", "z", "a", "m"]
