"""Trace ids in headers."""

import re

import pytest

from servicekit.tracing.context import Context, new_trace_id, parse, trace_id_of, traceparent, unrecorded

TRACE, SPAN = "a" * 32, "b" * 16


def test_a_context_survives_its_header() -> None:
    """The receiver of a header gets the sender's ids and whether the span is recorded."""
    assert parse(traceparent(TRACE, SPAN, 1)) == Context(TRACE, SPAN, 1)
    assert [parse(traceparent(TRACE, SPAN, flags)).is_sampled for flags in (0, 1, 2, 3)] == [  # type: ignore[union-attr]
        False,
        True,
        False,
        True,
    ]


def test_a_call_outside_of_recorded_traces_has_a_header_too() -> None:
    """Version, trace id, a new span id for each call, and no flag: the receiver records nothing because of it."""
    first, second = (unrecorded(TRACE) for _ in range(2))
    assert re.fullmatch(r"00-a{32}-[0-9a-f]{16}-00", first)
    assert first != second


def test_trace_ids_differ() -> None:
    """A new id has 32 hexadecimal digits."""
    ids = {new_trace_id() for _ in range(10)}
    assert len(ids) == 10
    assert all(re.fullmatch(r"[0-9a-f]{32}", trace_id) for trace_id in ids)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "junk",
        f"00-{'a' * 31}-{SPAN}-01",
        f"00-{'A' * 32}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\nlevel=forged",
        f"x00-{TRACE}-{SPAN}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
    ],
)
def test_malformed_headers_get_a_new_id(header: str | None) -> None:
    """A malformed trace id never reaches the log."""
    trace_id = trace_id_of(header)
    assert parse(header) is None
    assert re.fullmatch(r"[0-9a-f]{32}", trace_id)
    assert trace_id not in (header or "")
