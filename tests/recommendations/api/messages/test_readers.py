"""Requests to merge and to forget readers."""

import pytest

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import readers
from servicekit.errors import InvalidArgument

INT32_MAX = 2**31 - 1


def test_a_merge() -> None:
    """The first id is merged into the second."""
    assert readers.merged_readers(pb.MergeReadersRequest(from_user_id=1, into_user_id=INT32_MAX)) == (1, INT32_MAX)


@pytest.mark.parametrize(
    ("from_id", "into_id", "field", "description"),
    [
        (0, 1, "from_user_id", "must be positive"),
        (-1, 1, "from_user_id", "must be positive"),
        (1, 0, "into_user_id", "must be positive"),
        (1, -1, "into_user_id", "must be positive"),
        (1, 1, "into_user_id", "must be another reader than from_user_id"),
    ],
)
def test_malformed_merges(from_id: int, into_id: int, field: str, description: str) -> None:
    """The field is named."""
    with pytest.raises(InvalidArgument) as caught:
        readers.merged_readers(pb.MergeReadersRequest(from_user_id=from_id, into_user_id=into_id))
    assert (caught.value.field, caught.value.description) == (field, description)


def test_forgetting() -> None:
    """The id must be positive."""
    assert readers.forgotten_reader(pb.ForgetReaderRequest(user_id=INT32_MAX)) == INT32_MAX
    for id_ in (0, -1):
        with pytest.raises(InvalidArgument) as caught:
            readers.forgotten_reader(pb.ForgetReaderRequest(user_id=id_))
        assert (caught.value.field, caught.value.description) == ("user_id", "must be positive")
