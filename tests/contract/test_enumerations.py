"""The enumerations of the code and of the contract are the same."""

from enum import Enum

import pytest

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
    """Every value of the one is a value of the other, under the same number."""
    contract = {name.removeprefix(prefix): number for name, number in wrapper.items()}  # type: ignore[attr-defined]
    contract.pop("UNSPECIFIED", None)
    assert {one.name: one.value for one in kind} == contract
