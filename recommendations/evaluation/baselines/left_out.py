"""Which models cannot be evaluated here, and why."""

import importlib.util
from collections.abc import Sequence

import numpy as np

from recommendations.evaluation import EASE, IMPLICIT
from recommendations.evaluation.baselines.memory import available_bytes
from recommendations.evaluation.task import Task

BYTES = 5
"""What EASE needs for each number of its matrix: 4 for the number itself, and room to compute it in blocks."""
MOST_BOOKS = 30_000
"""The time of a fit grows with their cube: 8,000 take 9 s of processor time, so 30,000 about eight minutes."""
_MB = 2**20


def library_is_installed() -> bool:
    """Whether `implicit` is installed; it is a development dependency."""
    return importlib.util.find_spec("implicit") is not None


def left_out(models: Sequence[str], task: Task, *, available: int | None = None) -> dict[str, str]:
    """The models that cannot be evaluated, with the reasons.

    EASE may use half of the `available` bytes of memory, for the books that somebody likes.
    """
    reasons = {}
    if not library_is_installed():
        reasons = {model: "the library `implicit` is not installed" for model in models if model in IMPLICIT}
    if EASE in models:
        books = len(np.unique(task.liked.books))
        reason = _why_no_ease(books, available_bytes() if available is None else available)
        if reason is not None:
            reasons[EASE] = reason
    return reasons


def _why_no_ease(books: int, available: int) -> str | None:
    needed, limit = books**2 * BYTES, available // 2
    if needed > limit:
        return (
            f"its matrix of {books:,} × {books:,} books needs {needed / _MB:,.0f} MB, and half of the available"
            f" memory is {limit / _MB:,.0f} MB"
        )
    if books > MOST_BOOKS:
        return f"its time grows with the cube of the books, and {books:,} are more than {MOST_BOOKS:,}"
    return None
