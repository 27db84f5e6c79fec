"""Records that wait to be stored."""

from bookfiles.reading.spool import Spool


def test_records_come_in_batches_in_order() -> None:
    """Full batches and the rest, also when there are none, and more than once."""
    with Spool[int](batch=3) as spool:
        assert list(spool.batches()) == []
        for number in range(7):
            spool.add(number)
        assert list(spool.batches()) == list(spool.batches()) == [[0, 1, 2], [3, 4, 5], [6]]
        for number in range(7, 9):
            spool.add(number)
        assert list(spool.batches()) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_many_records_are_not_kept_in_memory() -> None:
    """Beyond some megabytes they are in a file."""
    with Spool[str](batch=10) as spool:
        for number in range(100):
            spool.add(f"{number}" + "x" * 200_000)
        assert sum(len(batch) for batch in spool.batches()) == 100
