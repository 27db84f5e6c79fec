"""What the API accepts and answers, as JSON. Unknown fields are refused."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from bookfiles.reading.books import MAX_STOCK
from bookfiles.values.text import MAX_TEXT
from marketplace.domain.categories import Category
from marketplace.domain.money import MAX_MINOR
from marketplace.domain.orders import Actor, OrderState

MAX_ENTRIES = 100
"""Authors, or subjects, of a book that is sent."""
MAX_LIMIT = 200
_MAX_ENTRY = 500
_MAX_CURSOR = 200

_SLUGS = [category.slug for category in Category]


def _is_category(slug: str) -> str:
    if slug not in _SLUGS:
        raise ValueError("this is no category; the document lists them")
    return slug


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment is too early or too late") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Entry = Annotated[str, Field(min_length=1, max_length=_MAX_ENTRY, pattern="^[^;]*$")]
CategorySlug = Annotated[str, AfterValidator(_is_category), Field(json_schema_extra={"enum": list(_SLUGS)})]
Stock = Annotated[
    int | None,
    Field(
        ge=0, le=MAX_STOCK, description="Copies that can be sold; null if the stock is not tracked.", examples=[12]
    ),
]


class Model(BaseModel):
    """The base of everything that is sent or answered; it is built on first use."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class SentModel(Model):
    """The base of bodies that are sent: a number is no text, and a text is no number."""

    model_config = ConfigDict(strict=True)


class Price(SentModel):
    """An amount in minor units of a currency, such as cents."""

    minor: int = Field(ge=0, le=MAX_MINOR, examples=[999])
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217", examples=["EUR"])


class BookFields(SentModel):
    """What is edited of a book. A field that is left out is empty, also when a book is replaced."""

    title: str = Field(max_length=MAX_TEXT, examples=["Dune"], description="May be empty if there is an ISBN.")
    authors: list[Entry] = Field(default=[], max_length=MAX_ENTRIES, examples=[["Frank Herbert"]])
    year: int | None = Field(default=None, ge=-5000, le=9999, description="Negative before Christ.", examples=[1965])
    isbn: str = Field(default="", max_length=40, description="ISBN-13 or ISBN-10.", examples=["9780441013593"])
    categories: list[CategorySlug] = Field(default=[], max_length=len(_SLUGS), examples=[["science-fiction"]])
    subjects: list[Entry] = Field(default=[], max_length=MAX_ENTRIES, examples=[["Deserts"]])
    description: str = Field(default="", max_length=MAX_TEXT, examples=["Spice."])
    price: Price | None = Field(default=None, description="null if the book is not for sale.")
    stock: Stock = None
    picture: str = Field(
        default="", max_length=2000, description="An https or http URL.", examples=["https://example.com/dune.jpg"]
    )
    hidden: bool = Field(default=False, description="Readers do not see a hidden book.")


class BookAnswer(Model):
    """A book of the catalogue. `version` is what `ETag` and `If-Match` have."""

    id: int = Field(examples=[6])
    external_id: str = Field(description="Its id in an imported file, if it is not `id`.", examples=[""])
    version: str = Field(examples=["5f0c1e4a9b2d4c7f8e6a1b3c5d7e9f01"])
    title: str
    authors: list[str]
    year: int | None
    isbn: str
    categories: list[str]
    subjects: list[str]
    description: str
    price: Price | None
    stock: int | None
    picture: str
    hidden: bool


class StockAnswer(Model):
    """The stock of a book; null if it is not tracked."""

    book_id: int
    stock: int | None


class StockFields(SentModel):
    """The stock of a book as counted."""

    stock: Stock


class StockChange(SentModel):
    """How many copies came or went."""

    delta: int = Field(ge=-MAX_STOCK, le=MAX_STOCK, description="Negative if copies went.", examples=[-2])


class Paging(Model):
    """Which page of a list."""

    cursor: str = Field(default="", max_length=_MAX_CURSOR, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, description="How many at most.")


class BookList(Model):
    """A page of books, by id."""

    books: list[BookAnswer]
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last one.")


class OrderFilter(Paging):
    """Which orders, and which page of them."""

    state: OrderState | None = Field(default=None, description="Only orders in this state.")
    placed_from: Moment | None = Field(
        default=None, description="Only orders placed at this moment (RFC 3339) or later."
    )
    placed_before: Moment | None = Field(
        default=None, description="Only orders placed before this moment (RFC 3339)."
    )


class OrderLineAnswer(Model):
    """Copies of a book in an order; `price` is that of one."""

    book_id: int
    title: str
    quantity: int
    price: Price


class AddressAnswer(Model):
    """Where an order goes; `country` is an ISO 3166 code."""

    name: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str


class StateChangeAnswer(Model):
    """When an order entered a state, and who changed it."""

    state: OrderState
    at: datetime
    by: Actor


class OrderAnswer(Model):
    """An order. Once its reader has been deleted, `email` is empty, and reader and address are null."""

    id: str = Field(examples=["7K3M-9QXD-2TB4"])
    state: OrderState
    placed_at: datetime
    reader_id: int | None
    email: str
    address: AddressAnswer | None
    total: Price
    lines: list[OrderLineAnswer]
    changes: list[StateChangeAnswer]


class OrderList(Model):
    """A page of orders, those placed first at the beginning."""

    orders: list[OrderAnswer]
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last one.")


class StateFields(SentModel):
    """The new state of an order."""

    state: Literal["shipped", "delivered", "cancelled"]


class ReaderExport(Model):
    """Everything that the shop keeps about a reader, as they can download it themselves."""

    model_config = ConfigDict(extra="allow")

    reader_id: int
    email: str | None
    orders: list[dict[str, Any]]


class Fault(Model):
    """What is wrong with one field, query parameter or header."""

    where: Literal["body", "query", "header"]
    name: str = Field(description="The path of a field, such as `price.currency`, or the name of a parameter.")
    detail: str


class ProblemAnswer(Model):
    """A problem (RFC 9457)."""

    type: str = Field(
        description="What kind of problem it is; clients compare it.", examples=["/api/v1/docs#not-found"]
    )
    title: str
    status: int
    detail: str
    trace_id: str = Field(description="By which the shop's log can be searched.")
    errors: list[Fault] = Field(default=[], description="With `invalid-request`: what is wrong.")
