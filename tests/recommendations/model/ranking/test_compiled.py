"""Rules that compiled loops keep, wherever they stand."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from numba.core.dispatcher import Dispatcher

from recommendations.api.messages import assembly
from recommendations.model.learning import kernels
from recommendations.model.ranking import compiled


def loops(module: ModuleType) -> Iterator[Any]:
    """The compiled functions that a module names."""
    return (one for one in vars(module).values() if isinstance(one, Dispatcher))


@pytest.mark.parametrize("module", [assembly, compiled, kernels])
def test_what_a_loop_calls_stands_beside_it(module: ModuleType) -> None:
    """Numba keeps what it compiled until its own file changes, and would go on with what another one said before."""
    assert {one.py_func.__module__ for one in loops(module)} == {module.__name__}
