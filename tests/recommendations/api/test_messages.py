"""Every limit of the contract, at its edge and beyond it."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from protobufs import recommendations_pb2 as pb
from recommendations.api import messages
from recommendations.domain import (
    Category,
    CategoryNotFound,
    Interaction,
    InteractionKind,
    InvalidArgument,
    Outcome,
    Result,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
INT32_MAX = 2**31 - 1


def request(**fields: Any) -> pb.RecommendationRequest:
    """A request message."""
    return pb.RecommendationRequest(**fields)


@pytest.mark.parametrize(
    ("asked", "limit"), [(0, 10), (1, 1), (10, 10), (99, 99), (100, 100), (101, 100), (INT32_MAX, 100)]
)
def test_max_results(asked: int, limit: int) -> None:
    """0 means 10 and more than 100 means 100."""
    assert messages.shelf_request(request(max_results=asked)).limit == limit


def test_a_request_of_an_old_client() -> None:
    """An empty message is mysteries for nobody, ten of them."""
    asked = messages.shelf_request(request())
    assert (asked.reader_id, asked.category, asked.limit, asked.excluded) == (0, Category.MYSTERY, 10, frozenset())


@pytest.mark.parametrize(
    ("fields", "field", "description"),
    [
        ({"user_id": -1}, "user_id", "must not be negative"),
        ({"max_results": -1}, "max_results", "must not be negative"),
        ({"exclude_book_ids": [3, -1]}, "exclude_book_ids", "must not be negative"),
        ({"exclude_book_ids": range(1001)}, "exclude_book_ids", "must not be more than 1,000"),
    ],
)
def test_malformed_requests(fields: dict[str, Any], field: str, description: str) -> None:
    """The field is named, with the place of the request where it is one of several."""
    with pytest.raises(InvalidArgument) as caught:
        messages.shelf_request(request(**fields))
    assert (caught.value.field, caught.value.description) == (field, description)
    with pytest.raises(InvalidArgument) as caught:
        messages.shelf_requests(pb.RecommendBatchRequest(requests=[request(), request(**fields)]))
    assert caught.value.field == f"requests[1].{field}"


def test_a_thousand_excluded_books() -> None:
    """The most that may be left out are left out; 0 among them is nobody's book and no error."""
    assert messages.shelf_request(request(exclude_book_ids=range(1000))).excluded == frozenset(range(1000))


@pytest.mark.parametrize("category", [36, 9999, -1, INT32_MAX])
def test_unknown_categories(category: int) -> None:
    """An unknown number is CategoryNotFound, unless any category will do."""
    with pytest.raises(CategoryNotFound):
        messages.shelf_request(request(category=category))
    with pytest.raises(CategoryNotFound):
        messages.shelf_requests(pb.RecommendBatchRequest(requests=[request(), request(category=category)]))
    assert messages.shelf_request(request(category=category, any_category=True)).category is None


@pytest.mark.parametrize("category", Category)
def test_known_categories(category: Category) -> None:
    """Each number of the contract is that category."""
    assert messages.shelf_request(request(category=category)).category is category


@pytest.mark.parametrize("count", [0, 21])
def test_too_few_or_many_shelves(count: int) -> None:
    """A batch has at least one shelf and at most twenty."""
    with pytest.raises(InvalidArgument) as caught:
        messages.shelf_requests(pb.RecommendBatchRequest(requests=[request()] * count))
    assert (caught.value.field, caught.value.description) == ("requests", "must be 1 to 20")


@pytest.mark.parametrize("count", [1, 20])
def test_as_many_shelves_as_allowed(count: int) -> None:
    """Each request of a batch is translated, in order."""
    asked = messages.shelf_requests(
        pb.RecommendBatchRequest(requests=[request(user_id=number) for number in range(count)])
    )
    assert [one.reader_id for one in asked] == list(range(count))


GOOD: dict[str, Any] = {"id": "a", "user_id": 1, "book_id": 2, "kind": pb.Interaction.KIND_VIEW}


def checked(**fields: Any) -> Interaction | Result:
    """One interaction, checked."""
    seconds, nanos = fields.pop("seconds", None), fields.pop("nanos", 0)
    message = pb.Interaction(**(GOOD | fields))
    if seconds is not None:
        message.occurred_at.seconds = seconds
        message.occurred_at.nanos = nanos
    (one,) = messages.interactions(pb.RecordInteractionsRequest(interactions=[message]), NOW)
    return one


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
    ],
)
def test_good_interactions(fields: dict[str, Any]) -> None:
    """What is within the limits is an interaction."""
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
        *(
            ({"kind": pb.Interaction.KIND_RATING, "value": value}, "value of a rating must be 0.5 to 5")
            for value in (0, 0.49, 5.01, -1, math.nan, math.inf, -math.inf)
        ),
    ],
)
def test_refused_interactions(fields: dict[str, Any], reason: str) -> None:
    """What is beyond a limit is refused with a sentence that names the field."""
    assert checked(**fields) == Result(Outcome.REFUSED, reason)


def test_every_field_of_an_interaction() -> None:
    """What the message says is what the domain gets, and an absent time is now."""
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


def test_refused_ones_keep_their_place() -> None:
    """Good and bad ones come back in the order of the request."""
    batch = [pb.Interaction(**(GOOD | {"user_id": reader})) for reader in (1, 0, 2)]
    first, second, third = messages.interactions(pb.RecordInteractionsRequest(interactions=batch), NOW)
    assert isinstance(first, Interaction)
    assert isinstance(second, Result)
    assert isinstance(third, Interaction)
    assert (first.reader_id, third.reader_id) == (1, 2)


def test_a_thousand_interactions_and_one_more() -> None:
    """A thousand are taken, and more refuse the whole call."""
    message = pb.RecordInteractionsRequest(interactions=[pb.Interaction(**GOOD)] * 1000)
    assert len(messages.interactions(message, NOW)) == 1000
    message.interactions.append(pb.Interaction(**GOOD))
    with pytest.raises(InvalidArgument) as caught:
        messages.interactions(message, NOW)
    assert (caught.value.field, caught.value.description) == ("interactions", "must not be more than 1,000")
    assert messages.interactions(pb.RecordInteractionsRequest(), NOW) == []
