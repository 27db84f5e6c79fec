"""A client in JavaScript, which reads the proto file at run time."""

import json
from typing import Any

import pytest

from protobufs import recommendations_pb2 as pb
from tests.contract.conftest import Shop
from tests.contract.languages.conftest import FOLDER, PROTO, run

pytestmark = [pytest.mark.slow, pytest.mark.node]

REQUESTS: dict[str, dict[str, Any]] = {
    "UpsertBooks": {"books": [{"id": 77, "title": "Dune", "categories": ["SCIENCE_FICTION"], "year": 1965}]},
    "RecordInteractions": {
        "interactions": [{"id": "a", "user_id": 5000, "book_id": 1, "kind": "KIND_RATING", "value": 4.5}]
    },
    "ListInteractions": {"user_id": 5000},
    "Recommend": {"user_id": 5000, "category": "SCIENCE_FICTION", "max_results": 3},
    "RecommendBatch": {"requests": [{"any_category": True}, {"category": "MYSTERY"}], "distinct": True},
    "SimilarBooks": {"book_id": 1, "max_results": 2},
    "RemoveBooks": {"book_ids": [77, 78]},
    "MergeReaders": {"from_user_id": 5000, "into_user_id": 5001},
    "ForgetReader": {"user_id": 5001},
}


def test_every_method_answers(shop: Shop) -> None:
    """Each with what it stored or listed, in the names of the proto file."""
    assert set(REQUESTS) == {method.name for method in pb.DESCRIPTOR.services_by_name["Recommendations"].methods}
    address = f"127.0.0.1:{shop.server.port}"
    printed = run("node", "client.js", PROTO, address, folder=FOLDER / "node", given=json.dumps(REQUESTS))
    answers = json.loads(printed)
    assert answers["UpsertBooks"]["results"] == [{"outcome": "OUTCOME_STORED", "reason": ""}]
    assert answers["RecordInteractions"]["results"] == [{"outcome": "OUTCOME_STORED", "reason": ""}]
    (rating,) = answers["ListInteractions"]["interactions"]
    assert (rating["id"], rating["kind"], rating["value"]) == ("a", "KIND_RATING", 4.5)
    shelf = answers["Recommend"]["recommendations"]
    assert [book["categories"] for book in shelf] == [["SCIENCE_FICTION"]] * 3
    assert all(answer["recommendations"] for answer in answers["RecommendBatch"]["responses"])
    assert len(answers["RecommendBatch"]["responses"]) == 2
    assert len(answers["SimilarBooks"]["recommendations"]) == 2
    assert answers["RemoveBooks"] == {"removed": 1}
    assert answers["MergeReaders"] == answers["ForgetReader"] == {}
