"""The enumerations of the code match those of the contract."""

from enum import Enum

import pytest

import bookfiles.genres
import marketplace.domain.categories
import marketplace.domain.recommendations
import recommendations.domain.books
import recommendations.domain.interactions
import recommendations.domain.recommending
from protobufs import recommendations_pb2 as pb


@pytest.mark.parametrize(
    ("kind", "wrapper", "prefix"),
    [
        (recommendations.domain.books.Category, pb.BookCategory, ""),
        (marketplace.domain.categories.Category, pb.BookCategory, ""),
        (recommendations.domain.interactions.InteractionKind, pb.Interaction.Kind, "KIND_"),
        (recommendations.domain.recommending.ReasonKind, pb.Reason.Kind, "KIND_"),
        (marketplace.domain.recommendations.ReasonKind, pb.Reason.Kind, "KIND_"),
        (recommendations.domain.recommending.Selection, pb.Selection, "SELECTION_"),
        (recommendations.domain.interactions.Outcome, pb.InteractionResult.Outcome, "OUTCOME_"),
        (recommendations.domain.books.UpsertOutcome, pb.UpsertResult.Outcome, "OUTCOME_"),
    ],
)
def test_names_and_numbers_agree(kind: type[Enum], wrapper: type, prefix: str) -> None:
    """Both have the same names and numbers."""
    contract = {name.removeprefix(prefix): number for name, number in wrapper.items()}  # type: ignore[attr-defined]
    contract.pop("UNSPECIFIED", None)
    assert {member.name: member.value for member in kind} == contract


def test_genre_labels_lead_to_the_contracts_categories() -> None:
    """`bookfiles`, which knows no protobuf, names the same categories."""
    assert sorted(bookfiles.genres.CATEGORIES) == sorted(pb.BookCategory.keys())
