"""Operations on the stock of books."""

from http import HTTPStatus

from marketplace.domain.api_tokens import Answer, Scope
from marketplace.domain.moderation import CatalogueBook
from marketplace.web.api.books import BOOK, etag, kept
from marketplace.web.api.models import StockAnswer, StockChange, StockFields
from marketplace.web.api.operations import Call, Operation, Reply
from marketplace.web.shop import Shop

STOCK = f"{BOOK}/stock"


def read_stock(shop: Shop, call: Call) -> Reply:
    """Read the stock of a book."""
    with shop.store.read() as work:
        return _reply(work.all_books.get(call.path["book_id"]))


def set_stock(shop: Shop, call: Call) -> Reply:
    """Set the stock of a book, as after counting it.

    Orders may have changed it since you read it. To take away or add copies, change it instead. With `If-Match` it is
    set only if the book has not changed.
    """
    fields: StockFields = call.body
    return _reply(shop.api_changes.set_stock(call.token, call.path["book_id"], fields.stock, versions=call.versions))


def change_stock(shop: Shop, call: Call) -> Reply:
    """Change the stock of a book by a number of copies.

    This is right whatever orders or other systems do at the same time. Sent again with the same key, it counts once.
    """
    change: StockChange = call.body
    return kept(
        shop.api_changes.change_stock(call.token, call.key, call.path["book_id"], change.delta, answer=_changed)
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=STOCK,
        tag="Stock",
        scope=Scope.BOOKS_READ,
        run=read_stock,
        reply=StockAnswer,
        has_etag=True,
    ),
    Operation(
        method="PUT",
        path=STOCK,
        tag="Stock",
        scope=Scope.BOOKS_WRITE,
        run=set_stock,
        body=StockFields,
        reply=StockAnswer,
        takes_versions=True,
        has_etag=True,
    ),
    Operation(
        method="POST",
        path=f"{STOCK}/changes",
        tag="Stock",
        scope=Scope.BOOKS_WRITE,
        run=change_stock,
        body=StockChange,
        reply=StockAnswer,
        problems=("stock-conflict",),
        needs_key=True,
        has_etag=True,
    ),
)


def _answer(stored: CatalogueBook) -> StockAnswer:
    return StockAnswer(book_id=stored.book.id, stock=stored.book.stock)


def _reply(stored: CatalogueBook) -> Reply:
    return Reply(body=_answer(stored), headers={"ETag": etag(stored)})


def _changed(stored: CatalogueBook) -> Answer:
    return Answer(status=HTTPStatus.OK, headers={"ETag": etag(stored)}, body=_answer(stored).model_dump_json())
