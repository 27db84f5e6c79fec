"""The steps of the search, its members and starts, and the sizes of models."""

from dataclasses import asdict, fields, replace

import pytest

from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import (
    COORDINATES,
    ELSEWHERE,
    HALF_LIVES,
    LARGE,
    MEMBERS,
    MOST_BOOKS_LARGE,
    OF_TIME,
    REDUCED,
    Line,
    by_time,
    changed,
    full_size,
    popularity,
    reduced,
    refit_trials,
)

LINES = [*COORDINATES, *OF_TIME, ELSEWHERE]
SIZES = {"pairs", "neighbours"}


@pytest.mark.parametrize("line", LINES, ids=lambda line: ", ".join(line[0]))
def test_every_step_changes_existing_parameters(line: Line) -> None:
    """All steps of a line change the same fields of Parameters, to different values."""
    known = {field.name for field in fields(Parameters)}
    (names,) = {frozenset(step) for step in line}
    assert names <= known - SIZES
    assert len({tuple(step.values()) for step in line}) == len(line) > 1


def test_steps_of_one_parameter_ascend() -> None:
    """So that the search along a line goes up and down."""
    for line in LINES:
        if len(line[0]) == 1:
            values = [next(iter(step.values())) for step in line]
            assert values == sorted(values)


def test_every_parameter_is_searched_for() -> None:
    """In one line each, except the size of the model."""
    names = [name for line in LINES for name in line[0]]
    assert sorted(names) == sorted({field.name for field in fields(Parameters)} - SIZES)


def test_only_lines_of_time_depend_on_times() -> None:
    """Without times, all books have likes of the same age."""
    assert {name for line in OF_TIME for name in line[0]} == {"momentum", "half_life_days"}
    assert [step["half_life_days"] for line in OF_TIME for step in line if "half_life_days" in step] == [*HALF_LIVES]


def test_members_are_different_models_with_neighbours() -> None:
    """Each stands for another known model; popularity alone is none of them."""
    assert len({*MEMBERS.values()}) == len(MEMBERS) > 1
    assert all(member.neighbours > 0 for member in MEMBERS.values())


def test_popularity_alone() -> None:
    """It has no neighbours and keeps its half-life, in trials and in the last fit."""
    alone = popularity(7.0)
    assert (alone.neighbours, alone.half_life_days, alone.elsewhere_weight) == (0, 7.0, 0.0)
    assert popularity(7.0, elsewhere_weight=3.0) == replace(alone, elsewhere_weight=3.0)
    assert reduced(alone) == full_size(alone, 5) == full_size(alone, 10**9) == alone


def test_the_start_with_times() -> None:
    """It follows what is popular, with the given half-life, instead of the order of a reader's books."""
    start = by_time(Parameters(damping=0.25, recency_decay=0.5), 7.0)
    assert (start.trend, start.direction, start.half_life_days) == (0.0, 0.0, 7.0)
    assert start.momentum > 0
    assert start.popularity_weight > Parameters.popularity_weight
    assert (start.damping, start.recency_decay) == (0.25, 0.5)


def test_the_sizes_of_models() -> None:
    """Only the numbers of pairs and neighbours change: fewer in trials, most for small catalogues."""
    some = Parameters(pairs=1, neighbours=2, recency_decay=0.5)
    assert asdict(reduced(some)) == asdict(some) | dict(REDUCED)
    assert asdict(full_size(reduced(some), MOST_BOOKS_LARGE)) == asdict(some) | dict(LARGE)
    assert full_size(reduced(some), MOST_BOOKS_LARGE + 1) == Parameters(recency_decay=0.5)
    for name in SIZES:
        assert REDUCED[name] < getattr(Parameters, name) < LARGE[name]


def test_a_larger_model_takes_longer_to_fit() -> None:
    """More trials would fit into the time of the last fit."""
    assert refit_trials(MOST_BOOKS_LARGE) > refit_trials(MOST_BOOKS_LARGE + 1) > 1


def test_changes() -> None:
    """Only what is named changes."""
    assert changed(Parameters(), {"trend": 2.0, "damping": 0.1}) == Parameters(trend=2.0, damping=0.1)
