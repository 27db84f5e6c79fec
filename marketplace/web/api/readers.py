"""The operation on readers."""

import json

from marketplace.domain.api_tokens import Scope
from marketplace.domain.ids import MAX_ID
from marketplace.web.api.models import ReaderExport
from marketplace.web.api.operations import Call, Operation, Reply
from marketplace.web.api.problems import Problem
from marketplace.web.shop import Shop


def export_reader(shop: Shop, call: Call) -> Reply:
    """Export everything that the shop keeps about a reader.

    The same document as the reader's own download. The audit log says that the token was used for it.
    """
    document = shop.api_changes.export_reader(call.token, call.path["reader_id"], shop.messages.mails)
    if document is None:
        raise Problem("not-found")
    return Reply(body=json.dumps(document, ensure_ascii=False))


OPERATIONS = (
    Operation(
        method="GET",
        path=f"/readers/<int(min=1,max={MAX_ID}):reader_id>/export",
        tag="Readers",
        scope=Scope.READERS_READ,
        run=export_reader,
        reply=ReaderExport,
    ),
)
