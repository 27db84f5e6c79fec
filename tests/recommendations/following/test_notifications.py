"""Notifications between workers in shared memory."""

from concurrent.futures import ThreadPoolExecutor

from recommendations.following.notifications import NoNotifications, SharedNotifications


def test_all_workers_see_each_others_notifications() -> None:
    """Each worker has its own counter, and sees all of them."""
    shared = SharedNotifications(3)
    first, _, third = workers = [shared.of(number) for number in range(3)]
    assert [worker.counts() for worker in workers] == [[0, 0, 0]] * 3
    first.notify()
    third.notify()
    third.notify()
    assert [worker.counts() for worker in workers] == [[1, 0, 2]] * 3


def test_a_successor_continues_the_count() -> None:
    """If the successor of a dead worker began at 0, the others could miss a notification."""
    shared = SharedNotifications(1)
    shared.of(0).notify()
    shared.of(0).notify()
    assert shared.of(0).counts() == [2]


def test_no_notification_of_several_threads_is_lost() -> None:
    """All notifications of several threads at once are counted."""
    notifications = SharedNotifications(2).of(1)

    def notify_often() -> None:
        for _ in range(500):
            notifications.notify()

    with ThreadPoolExecutor(4) as pool:
        for notifying in [pool.submit(notify_often) for _ in range(4)]:
            notifying.result()
    assert notifications.counts() == [0, 2000]


def test_a_single_worker_has_no_counters() -> None:
    """Notifying does nothing."""
    alone = NoNotifications()
    alone.notify()
    assert alone.counts() == []
