"""Forgotten readers are removed from the models' files, even after failures."""

import pytest
from structlog.testing import capture_logs

from recommendations.domain.errors import ForgettingUnfinished
from recommendations.following.follower import Follower
from recommendations.following.pruning import RETRY_SECONDS, Pruning
from recommendations.following.replica import Replica
from tests.recommendations.fakes import FakeModels
from tests.recommendations.following.conftest import in_use
from tests.recommendations.stores import HookedStore


def test_forgotten_readers_are_pruned_at_the_start(store: HookedStore, models: FakeModels) -> None:
    """The next start finishes what a crash left unfinished, once."""
    store.retire(1, None)
    store.retire(2, 3)
    store.retire(4, None)
    follower = Follower(store, models)
    for _ in range(3):
        follower.step()
    assert models.forgotten == [[1, 4]]


def test_without_forgotten_readers_no_file_is_pruned(
    follower: Follower, store: HookedStore, models: FakeModels
) -> None:
    """Starts, merges and new models do not cause a pruning."""
    store.retire(1, 2)
    follower.step()
    store.versions.append("m2")
    follower.step()
    assert models.forgotten == []


def test_a_new_model_is_pruned_too(follower: Follower, store: HookedStore, models: FakeModels) -> None:
    """It may contain a reader who was forgotten during its training."""
    store.retire(1, None)
    follower.step()
    store.versions.append("m2")
    follower.step()
    assert models.forgotten == [[1], [1]]


def test_readers_forgotten_by_another_process_are_pruned_here(
    follower: Follower, store: HookedStore, models: FakeModels
) -> None:
    """Processes may have separate files."""
    follower.step()
    store.retire(1, None)
    follower.step()
    assert models.forgotten == [[1]]


def test_pruning_that_fails_is_tried_again_later(store: HookedStore, models: FakeModels) -> None:
    """Meanwhile the follower continues, and the log names no reader."""
    moments = [0.0]
    follower = Follower(store, models, clock=lambda: moments[0])
    models.unfinished = OSError("disk full")
    tries: list[float] = []
    models.while_forgetting = lambda: tries.append(moments[0])
    store.retire(424242, None)
    with capture_logs() as logs:
        for moment in (0.0, RETRY_SECONDS - 0.1, RETRY_SECONDS):
            moments[0] = moment
            store.append(1, 10)
            follower.step()
        models.unfinished = None
        moments[0] = 2 * RETRY_SECONDS
        follower.step()
        follower.step()
    assert tries == [0.0, RETRY_SECONDS, 2 * RETRY_SECONDS]
    assert models.forgotten == [[424242]]
    assert in_use(follower).observed == store.events
    assert [line["event"] for line in logs] == ["model_loaded", *["forgetting_unfinished"] * 2]
    assert logs[-1]["cause"] == "OSError"
    assert "424242" not in str(logs)


def test_a_repeated_forgetting_does_not_wait_for_the_retry(
    follower: Follower, store: HookedStore, models: FakeModels
) -> None:
    """A caller who repeats it learns at once whether it is finished."""
    models.unfinished = OSError("disk full")
    store.retire(1, None)
    follower.step()
    with pytest.raises(ForgettingUnfinished):
        follower.prune()
    models.unfinished = None
    follower.prune()
    follower.prune()
    assert models.forgotten == [[1]]


def test_a_model_loaded_during_a_pruning_is_pruned_after_it(store: HookedStore, models: FakeModels) -> None:
    """A pruning that began before the model was loaded does not count for it."""
    replica = Replica(store, models)
    pruning = Pruning(models, replica, lambda: 0.0)
    replica.switch_to("m1")
    store.retire(1, None)
    replica.sync()
    models.while_forgetting = lambda: replica.switch_to("m2")
    pruning.prune()
    models.while_forgetting = lambda: None
    pruning.retry()
    pruning.retry()
    assert models.forgotten == [[1], [1]]
