"""Waits that grow with failures whose count is stored, where tenacity's own loop counts within one process."""

from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_base


def seconds_after(failures: int, wait: wait_base) -> float:
    """How long `wait` is after this many failures, in seconds."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = failures
    return wait(state)
