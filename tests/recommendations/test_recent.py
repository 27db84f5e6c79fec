"""A memory of what was used last."""

from recommendations.recent import Recent


def test_what_is_used_stays_and_what_is_not_goes() -> None:
    """The values used last are there, however many were put since; no more than twice the size are kept."""
    recent: Recent[int, int] = Recent(10)
    recent.put(-1, -1)
    for number in range(1_000):
        recent.put(number, number)
        assert recent.get(-1) == -1
    kept = [number for number in range(1_000) if recent.get(number) is not None]
    assert set(range(991, 1_000)) <= set(kept)
    assert len(kept) <= 20


def test_a_value_can_be_replaced_and_all_of_them_forgotten() -> None:
    """The last value counts, also of a key that was put long ago; what was never put is not there."""
    recent: Recent[str, int] = Recent(1)
    recent.put("a", 1)
    recent.put("b", 2)
    recent.put("a", 3)
    assert (recent.get("a"), recent.get("c")) == (3, None)
    recent.clear()
    assert recent.get("a") is None
