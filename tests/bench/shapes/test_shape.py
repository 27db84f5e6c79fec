"""A shape refuses parameters that contradict each other."""

from dataclasses import replace
from typing import Any

import pytest

from bench.shapes.shape import Shape

SHAPE = Shape(readers=10, books=200, length=5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tastes": 51}, "51 tastes"),
        ({"tastes": 2}, "2 tastes"),
        ({"tastes": 20, "volumes": 3}, "20 tastes"),
        ({"loyalty": 1.0}, "loyalty"),
        ({"arriving": 1.0}, "arriving"),
        ({"bots": 1, "bot_length": 151}, "a bot"),
        ({"bots": 1, "bot_length": 100, "arriving": 0.5}, "a bot"),
        ({"times": False, "season": 1.0}, "needs times"),
    ],
)
def test_contradictions_are_refused(change: dict[str, Any], message: str) -> None:
    """The message says which parameter is wrong."""
    with pytest.raises(ValueError, match=message):
        replace(SHAPE, **change)


@pytest.mark.parametrize("change", [{"half_life": 30.0}, {"arriving": 0.5}, {"season": 1.0}, {"change": 1.0}])
def test_constant_shapes(change: dict[str, Any]) -> None:
    """A shape is constant unless one of its parameters depends on time."""
    assert SHAPE.is_constant
    assert not replace(SHAPE, **change).is_constant
