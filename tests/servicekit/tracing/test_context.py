"""Trace ids across calls."""

import re

import pytest

from servicekit.tracing import new_trace_id, trace_id_of, traceparent


def test_a_trace_id_survives_its_header() -> None:
    """The receiver of a header gets the sender's trace id."""
    trace_id = new_trace_id()
    assert trace_id_of(traceparent(trace_id)) == trace_id


def test_the_header_has_the_standard_form() -> None:
    """Version, trace id, a new span id for each call, and flags."""
    first, second = (traceparent("a" * 32) for _ in range(2))
    assert re.fullmatch(r"00-a{32}-[0-9a-f]{16}-01", first)
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
        f"00-{'a' * 31}-{'b' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'b' * 16}-01\nlevel=forged",
        f"x00-{'a' * 32}-{'b' * 16}-01",
    ],
)
def test_malformed_headers_get_a_new_id(header: str | None) -> None:
    """A malformed trace id never reaches the log."""
    trace_id = trace_id_of(header)
    assert re.fullmatch(r"[0-9a-f]{32}", trace_id)
    assert trace_id not in (header or "")
