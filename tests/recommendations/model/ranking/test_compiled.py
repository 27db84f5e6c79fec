"""Rules that all compiled loops follow."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from numba.core.dispatcher import Dispatcher

from recommendations.model.learning import kernels
from recommendations.model.ranking import compiled, content, editions


def loops(module: ModuleType) -> Iterator[Any]:
    """The compiled functions in a module's namespace."""
    return (value for value in vars(module).values() if isinstance(value, Dispatcher))


@pytest.mark.parametrize("module", [compiled, content, editions, kernels])
def test_loops_call_only_loops_of_their_own_module(module: ModuleType) -> None:
    """Numba recompiles a loop only when its own file changes, and would use outdated code of other files."""
    assert {loop.py_func.__module__ for loop in loops(module)} == {module.__name__}
