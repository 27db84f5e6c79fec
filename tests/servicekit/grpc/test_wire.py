"""The look at messages that are not decoded."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protobufs import recommendations_pb2 as pb
from servicekit.grpc.wire import has_more_fields

BOOK = pb.Book(id=300, title="Dune", authors=["Frank Herbert"], subjects=["deserts"] * 50, year=-1)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (b"", 0),
        (pb.UpsertBooksRequest(books=[BOOK] * 7).SerializeToString(), 7),
        (pb.Interaction(id="a", user_id=1, book_id=2, value=4.5, recommendation_id="b" * 300).SerializeToString(), 5),
        (b"\x0d\x00\x00\x00\x00" * 3, 3),  # 32 bits, which no field of the contract has
        (b"\x0a\x00" * 1_000, 1_000),
    ],
)
def test_fields_and_entries_are_counted(message: bytes, fields: int) -> None:
    """Those of all wire types, but none inside of nested messages."""
    assert not has_more_fields(message, fields)
    assert has_more_fields(message, fields - 1)


@given(st.binary(max_size=200), st.integers(0, 20))
def test_any_bytes_are_looked_at(message: bytes, most: int) -> None:
    """Malformed ones too, without an error."""
    assert has_more_fields(message, most) in {False, True}


@pytest.mark.parametrize("message", [b"\x0a\x00", b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x08\xff"])
def test_a_large_message_takes_no_time(message: bytes) -> None:
    """It is not read to its end: four megabytes take milliseconds, whatever is in them."""
    message *= 4_000_000 // len(message)
    before = time.process_time()
    has_more_fields(message, 2_000)
    assert time.process_time() - before < 0.1
