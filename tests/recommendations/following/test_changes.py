"""What workers tell each other through memory that they share."""

from concurrent.futures import ThreadPoolExecutor

from recommendations.following.changes import SharedChanges, Unshared


def test_what_one_tells_all_see() -> None:
    """Each counter is one worker's own, all workers see all of them, and what is mentioned is counted apart."""
    shared = SharedChanges(3)
    first, _, third = workers = [shared.of(number) for number in range(3)]
    assert [worker.told() + worker.mentioned() for worker in workers] == [[0] * 6] * 3
    first.tell()
    third.tell()
    third.tell()
    third.mention()
    assert [worker.told() for worker in workers] == [[1, 0, 2]] * 3
    assert [worker.mentioned() for worker in workers] == [[0, 0, 1]] * 3


def test_a_successor_goes_on_counting() -> None:
    """A worker in the place of another that died never counts back, which nobody would notice."""
    shared = SharedChanges(1)
    shared.of(0).tell()
    shared.of(0).tell()
    assert shared.of(0).told() == [2]


def test_threads_of_a_worker_count_each_for_itself() -> None:
    """However many threads tell at once, none is lost."""
    changes = SharedChanges(2).of(1)

    def tell_often() -> None:
        for _ in range(500):
            changes.tell()

    with ThreadPoolExecutor(4) as pool:
        for telling in [pool.submit(tell_often) for _ in range(4)]:
            telling.result()
    assert changes.told() == [0, 2000]


def test_alone_there_is_nothing_to_see() -> None:
    """A single worker has no counters, so that nothing is ever new."""
    alone = Unshared()
    alone.tell()
    alone.mention()
    assert alone.told() == alone.mentioned() == []
