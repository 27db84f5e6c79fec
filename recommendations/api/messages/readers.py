"""Requests to merge and to delete readers."""

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import fields
from servicekit.errors import InvalidArgument


def merged_readers(message: pb.MergeReadersRequest) -> tuple[int, int]:
    """The reader to merge, and the reader to merge into. Raises InvalidArgument."""
    reader_id = fields.positive(message.from_user_id, "from_user_id")
    into = fields.positive(message.into_user_id, "into_user_id")
    if reader_id == into:
        raise InvalidArgument("into_user_id", "must be another reader than from_user_id")
    return reader_id, into


def forgotten_reader(message: pb.ForgetReaderRequest) -> int:
    """The reader to forget. Raises InvalidArgument."""
    return fields.positive(message.user_id, "user_id")
