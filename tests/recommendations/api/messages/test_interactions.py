"""The limits of interactions and of requests for a page of them."""

import base64
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import interactions
from recommendations.domain.interactions import (
    HistoryPage,
    HistoryRequest,
    Interaction,
    InteractionKind,
    Outcome,
    Result,
)
from servicekit.errors import InvalidArgument

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
INT32_MAX = 2**31 - 1

GOOD: dict[str, Any] = {"id": "a", "user_id": 1, "book_id": 2, "kind": pb.Interaction.KIND_VIEW}
UNDO: dict[str, Any] = {"id": "b", "user_id": 1, "book_id": 0, "kind": pb.Interaction.KIND_UNDO, "undoes": "a"}


def checked(**fields: Any) -> Interaction | Result:
    seconds, nanos = fields.pop("seconds", None), fields.pop("nanos", 0)
    message = pb.Interaction(**(GOOD | fields))
    if seconds is not None:
        message.occurred_at.seconds = seconds
        message.occurred_at.nanos = nanos
    (result,) = interactions.interactions(pb.RecordInteractionsRequest(interactions=[message]), NOW)
    return result


TOMORROW = int((NOW + timedelta(days=1)).timestamp())


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "x" * 100},
        {"id": "é" * 100},
        {"id": "with space"},
        {"user_id": INT32_MAX, "book_id": INT32_MAX},
        {"recommendation_id": "x" * 100},
        {"kind": pb.Interaction.KIND_RATING, "value": 0.5},
        {"kind": pb.Interaction.KIND_RATING, "value": 5},
        {"kind": pb.Interaction.KIND_SHOWN},
        {"kind": pb.Interaction.KIND_NOT_INTERESTED},
        {"seconds": 0},
        {"seconds": TOMORROW},
        {"seconds": -62135596800},
        {"seconds": 0, "nanos": 999_999_999},
        UNDO,
        UNDO | {"undoes": "x" * 100},
        UNDO | {"book_id": 2},
    ],
)
def test_good_interactions(fields: dict[str, Any]) -> None:
    """They are within the limits."""
    assert isinstance(checked(**fields), Interaction)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ""}, "id must be 1 to 100 printable characters"),
        ({"id": "x" * 101}, "id must be 1 to 100 printable characters"),
        ({"id": "a\0b"}, "id must be 1 to 100 printable characters"),
        ({"id": "a\nb"}, "id must be 1 to 100 printable characters"),
        ({"user_id": 0}, "user_id must be positive: reader 0 is nobody and is never recorded"),
        ({"user_id": -1}, "user_id must be positive: reader 0 is nobody and is never recorded"),
        ({"book_id": 0}, "book_id must be positive"),
        ({"book_id": -1}, "book_id must be positive"),
        ({"recommendation_id": "x" * 101}, "recommendation_id must be at most 100 printable characters"),
        ({"recommendation_id": "\x1b"}, "recommendation_id must be at most 100 printable characters"),
        ({"kind": 0}, "kind must be one of the known kinds"),
        ({"kind": 99}, "kind must be one of the known kinds"),
        ({"kind": -1}, "kind must be one of the known kinds"),
        ({"value": 4}, "value must be 0 unless kind is KIND_RATING"),
        ({"value": math.nan}, "value must be 0 unless kind is KIND_RATING"),
        ({"seconds": TOMORROW + 1}, "occurred_at must not be more than a day in the future"),
        ({"seconds": 0, "nanos": -1}, "occurred_at is not a time"),
        ({"seconds": 0, "nanos": 1_000_000_000}, "occurred_at is not a time"),
        ({"seconds": 253402300800}, "occurred_at is not a time"),
        ({"seconds": -62135596801}, "occurred_at is not a time"),
        ({"seconds": 2**63 - 1}, "occurred_at is not a time"),
        (UNDO | {"undoes": ""}, "undoes must be 1 to 100 printable characters"),
        (UNDO | {"undoes": "x" * 101}, "undoes must be 1 to 100 printable characters"),
        (UNDO | {"undoes": "a\nb"}, "undoes must be 1 to 100 printable characters"),
        (UNDO | {"undoes": "b"}, "undoes must be the id of another interaction"),
        (UNDO | {"book_id": -1}, "book_id must not be negative"),
        (UNDO | {"value": 4}, "value must be 0 unless kind is KIND_RATING"),
        ({"undoes": "b"}, "undoes must be empty unless kind is KIND_UNDO"),
        *(
            ({"kind": pb.Interaction.KIND_RATING, "value": value}, "value of a rating must be 0.5 to 5")
            for value in (0, 0.49, 5.01, -1, math.nan, math.inf, -math.inf)
        ),
    ],
)
def test_refused_interactions(fields: dict[str, Any], reason: str) -> None:
    """An interaction beyond a limit is refused with a sentence that names the field."""
    assert checked(**fields) == Result(Outcome.REFUSED, reason)


def test_every_field_of_an_interaction() -> None:
    """Every field of the message is translated, and an absent time means now."""
    assert checked(kind=pb.Interaction.KIND_RATING, value=4.5, recommendation_id="list", seconds=7) == Interaction(
        id="a",
        reader_id=1,
        book_id=2,
        kind=InteractionKind.RATING,
        value=4.5,
        occurred_at=datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC),
        recommendation_id="list",
    )
    now = checked()
    assert isinstance(now, Interaction)
    assert now.occurred_at == NOW
    assert checked(**UNDO) == Interaction(
        id="b", reader_id=1, book_id=0, kind=InteractionKind.UNDO, occurred_at=NOW, undoes="a"
    )


def test_refused_interactions_keep_their_position() -> None:
    """Good and bad interactions come back in the order of the request."""
    batch = [pb.Interaction(**(GOOD | {"user_id": reader})) for reader in (1, 0, 2)]
    first, second, third = interactions.interactions(pb.RecordInteractionsRequest(interactions=batch), NOW)
    assert isinstance(first, Interaction)
    assert isinstance(second, Result)
    assert isinstance(third, Interaction)
    assert (first.reader_id, third.reader_id) == (1, 2)


def test_a_thousand_interactions_and_one_more() -> None:
    """A thousand are accepted; one more, and the whole call is refused."""
    message = pb.RecordInteractionsRequest(interactions=[pb.Interaction(**GOOD)] * 1000)
    assert len(interactions.interactions(message, NOW)) == 1000
    message.interactions.append(pb.Interaction(**GOOD))
    with pytest.raises(InvalidArgument) as caught:
        interactions.interactions(message, NOW)
    assert (caught.value.field, caught.value.description) == ("interactions", "must not be more than 1,000")
    assert interactions.interactions(pb.RecordInteractionsRequest(), NOW) == []


@pytest.mark.parametrize(("asked", "limit"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (INT32_MAX, 1000)])
def test_page_size(asked: int, limit: int) -> None:
    """0 means 50 and more than 1,000 means 1,000."""
    message = pb.ListInteractionsRequest(user_id=7, page_size=asked)
    assert interactions.history_request(message) == HistoryRequest(reader_id=7, limit=limit)


@pytest.mark.parametrize("sequence", [1, 2, 255, 256, 2**31, 2**63 - 1])
def test_page_tokens(sequence: int) -> None:
    """The token of a page continues where that page ended; it needs no quoting in a URL."""
    token = interactions.history_response(HistoryPage((), sequence)).next_page_token
    assert token.replace("-", "").replace("_", "").isalnum()
    message = pb.ListInteractionsRequest(user_id=7, page_token=token)
    assert interactions.history_request(message).before == sequence


def test_the_last_page_has_no_token() -> None:
    """An empty token means that there are no more pages."""
    assert interactions.history_response(HistoryPage((), None)) == pb.ListInteractionsResponse()


@pytest.mark.parametrize(
    "token",
    [
        "a",
        "5",
        "no token",
        "é" * 11,
        "A" * 1000,
        "AAAAAAAAAAA",
        "_" * 11,
        "AAAAAAAAAAF",
        "AAAAAAAAAAE=",
        " AAAAAAAAAAE",
        base64.urlsafe_b64encode(b"123456789").decode(),
    ],
)
def test_malformed_page_tokens(token: str) -> None:
    """A token that no response had is refused with the name of the field."""
    with pytest.raises(InvalidArgument) as caught:
        interactions.history_request(pb.ListInteractionsRequest(user_id=7, page_token=token))
    assert (caught.value.field, caught.value.description) == ("page_token", "is not a next_page_token")


@pytest.mark.parametrize(
    ("fields", "field", "description"),
    [
        ({"user_id": 0}, "user_id", "must be positive"),
        ({"user_id": -1}, "user_id", "must be positive"),
        ({"page_size": -1}, "page_size", "must not be negative"),
    ],
)
def test_malformed_requests_for_a_page(fields: dict[str, Any], field: str, description: str) -> None:
    """The field is named."""
    with pytest.raises(InvalidArgument) as caught:
        interactions.history_request(pb.ListInteractionsRequest(**({"user_id": 1} | fields)))
    assert (caught.value.field, caught.value.description) == (field, description)


def test_every_field_of_a_page() -> None:
    """Every field is translated, times to UTC; an unknown time is absent."""
    rating = Interaction(
        id="a",
        reader_id=1,
        book_id=2,
        kind=InteractionKind.RATING,
        value=4.5,
        occurred_at=datetime(2026, 1, 2, 1, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1))),
        recommendation_id="list",
    )
    view = Interaction(id="b", reader_id=1, book_id=3, kind=InteractionKind.VIEW)
    first, second = interactions.history_response(HistoryPage((rating, view), None)).interactions
    expected = pb.Interaction(
        id="a", user_id=1, book_id=2, kind=pb.Interaction.KIND_RATING, value=4.5, recommendation_id="list"
    )
    expected.occurred_at.FromJsonString("2026-01-02T00:00:00.250Z")
    assert first == expected
    assert second == pb.Interaction(id="b", user_id=1, book_id=3, kind=pb.Interaction.KIND_VIEW)
