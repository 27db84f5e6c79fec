"""What each method of the contract needs of its caller's token."""

from collections.abc import Mapping

from recommendations.api.health import SERVICE
from recommendations.domain.tokens import Scope
from recommendations.following.tokens import TokenFollower
from servicekit.grpc.calls import Authorize

SCOPES: Mapping[str, Scope] = {
    f"/{SERVICE}/{method}": scope
    for method, scope in {
        "Recommend": Scope.RECOMMEND,
        "RecommendBatch": Scope.RECOMMEND,
        "SimilarBooks": Scope.RECOMMEND,
        "RecordInteractions": Scope.RECORD,
        "ListInteractions": Scope.RECORD,
        "MergeReaders": Scope.RECORD,
        "ForgetReader": Scope.RECORD,
        "UpsertBooks": Scope.CATALOGUE,
        "RemoveBooks": Scope.CATALOGUE,
    }.items()
}


def authorized_by(tokens: TokenFollower) -> Authorize:
    """The check of each call. A method that the table lacks is answered to nobody."""
    return lambda method, authorization: tokens.require(authorization, SCOPES[method])
