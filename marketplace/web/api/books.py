"""Operations on books."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from bookfiles.values.text import MAX_TEXT
from marketplace.domain.api_tokens import Answer, Scope
from marketplace.domain.books import Book
from marketplace.domain.errors import InvalidBook
from marketplace.domain.moderation import CatalogueBook
from marketplace.domain.money import Money, written_amount
from marketplace.usecases.api_changes import Texts, version
from marketplace.web.api.cursors import book_before, cursor_of_book
from marketplace.web.api.models import BookAnswer, BookFields, BookList, Paging, Price
from marketplace.web.api.operations import Call, Operation, Reply
from marketplace.web.api.problems import PREFIX, Problem
from marketplace.web.forms import BOOK_ID
from marketplace.web.shop import Shop

BOOK = f"/books/{BOOK_ID}"
_LONG = f"Together at most {MAX_TEXT:,} characters, none of them NUL."
REQUIREMENTS: Mapping[str, str] = {
    "title": f"A book needs a title or an ISBN. A title has at most {MAX_TEXT:,} characters.",
    "authors": _LONG,
    "year": "A year of at least three digits, negative before Christ, at most ten years ahead.",
    "isbn": "An ISBN-13 or ISBN-10 with a valid check digit.",
    "categories": _LONG,
    "subjects": _LONG,
    "description": _LONG,
    "price": "An amount that the shop accepts, and the code of a currency (ISO 4217).",
    "stock": "0 or a positive whole number, or null.",
    "picture": "A URL that starts with https:// or http://.",
}
"""What a field must be, by the attributes of InvalidBook."""


def list_books(shop: Shop, call: Call) -> Reply:
    """List the books of the catalogue.

    By id, hidden ones too. Read `next_cursor` until it is null.
    """
    paging: Paging = call.query
    with shop.store.read() as work:
        found = work.all_books.after(book_before(paging.cursor), limit=paging.limit + 1)
    shown = found[: paging.limit]
    cursor = cursor_of_book(shown[-1].book.id) if len(found) > len(shown) else None
    return Reply(body=BookList(books=list(map(book_answer, shown)), next_cursor=cursor))


def read_book(shop: Shop, call: Call) -> Reply:
    """Read a book.

    The header `ETag` has its version, which a later change names in `If-Match`.
    """
    with shop.store.read() as work:
        return _reply(work.all_books.get(call.path["book_id"]))


def create_book(shop: Shop, call: Call) -> Reply:
    """Add a book to the catalogue.

    The header `Location` has its address. Texts are stored as a moderator's form stores them: without surrounding
    spaces, ISBNs as ISBN-13.
    """
    fields: BookFields = call.body
    with _readable_fields():
        return kept(
            shop.api_changes.add_book(call.token, call.key, _texts(fields), is_hidden=fields.hidden, answer=_created)
        )


def replace_book(shop: Shop, call: Call) -> Reply:
    """Replace a book.

    Everything that is edited of it: a field that is left out becomes empty. `If-Match` must name the version that you
    have read, so that nobody's change is lost; `*` replaces any.
    """
    fields: BookFields = call.body
    with _readable_fields():
        stored = shop.api_changes.replace_book(
            call.token,
            call.path["book_id"],
            _texts(fields),
            is_hidden=fields.hidden,
            versions=call.versions,
        )
    return _reply(stored)


def delete_book(shop: Shop, call: Call) -> Reply:
    """Delete a book for good.

    Orders keep its title. To take it off sale for a while, hide it instead.
    """
    shop.api_changes.delete_book(call.token, call.path["book_id"], versions=call.versions)
    return Reply(status=HTTPStatus.NO_CONTENT)


OPERATIONS = (
    Operation(
        method="GET", path="/books", tag="Books", scope=Scope.BOOKS_READ, run=list_books, query=Paging, reply=BookList
    ),
    Operation(
        method="POST",
        path="/books",
        tag="Books",
        scope=Scope.BOOKS_WRITE,
        run=create_book,
        body=BookFields,
        reply=BookAnswer,
        status=HTTPStatus.CREATED,
        needs_key=True,
        has_etag=True,
    ),
    Operation(
        method="GET",
        path=BOOK,
        tag="Books",
        scope=Scope.BOOKS_READ,
        run=read_book,
        reply=BookAnswer,
        has_etag=True,
    ),
    Operation(
        method="PUT",
        path=BOOK,
        tag="Books",
        scope=Scope.BOOKS_WRITE,
        run=replace_book,
        body=BookFields,
        reply=BookAnswer,
        takes_versions=True,
        needs_versions=True,
        has_etag=True,
    ),
    Operation(
        method="DELETE",
        path=BOOK,
        tag="Books",
        scope=Scope.BOOKS_WRITE,
        run=delete_book,
        status=HTTPStatus.NO_CONTENT,
        takes_versions=True,
        needs_versions=True,
    ),
)


def book_answer(stored: CatalogueBook) -> BookAnswer:
    book = stored.book
    return BookAnswer(
        id=book.id,
        external_id=book.external_id,
        version=version(stored),
        title=book.title,
        authors=list(book.authors),
        year=book.year,
        isbn=book.isbn,
        categories=[category.slug for category in book.categories],
        subjects=list(book.subjects),
        description=book.description,
        price=_price(book),
        stock=book.stock,
        picture=book.picture,
        hidden=stored.is_hidden,
    )


def etag(stored: CatalogueBook) -> str:
    return f'"{version(stored)}"'


def kept(answer: Answer) -> Reply:
    """An answer that is, or was, kept."""
    return Reply(body=answer.body, headers=answer.headers, status=HTTPStatus(answer.status))


def _reply(stored: CatalogueBook) -> Reply:
    return Reply(body=book_answer(stored), headers={"ETag": etag(stored)})


def _created(stored: CatalogueBook) -> Answer:
    headers = {"ETag": etag(stored), "Location": f"{PREFIX}/books/{stored.book.id}"}
    return Answer(status=HTTPStatus.CREATED, headers=headers, body=book_answer(stored).model_dump_json())


def _price(book: Book) -> Price | None:
    return Price(minor=book.price.minor, currency=book.price.currency) if book.price else None


def _texts(fields: BookFields) -> Texts:
    """The fields as a moderator's form has them."""
    price = fields.price
    return {
        "title": fields.title,
        "authors": "; ".join(fields.authors),
        "year": "" if fields.year is None else str(fields.year),
        "isbn": fields.isbn,
        "categories": ";".join(fields.categories),
        "subjects": "; ".join(fields.subjects),
        "description": fields.description,
        "price": written_amount(Money(price.minor, price.currency)) if price else "",
        "currency": price.currency if price else "",
        "stock": "" if fields.stock is None else str(fields.stock),
        "picture": fields.picture,
    }


@contextmanager
def _readable_fields() -> Iterator[None]:
    """Answer which fields are not valid."""
    try:
        yield
    except InvalidBook as error:
        errors = [{"where": "body", "name": name, "detail": REQUIREMENTS[name]} for name in sorted(error.attributes)]
        raise Problem("invalid-request", errors=errors) from None
