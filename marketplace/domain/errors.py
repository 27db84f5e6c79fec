"""The errors that pages handle."""

from collections.abc import Mapping
from enum import Enum


class MarketplaceError(Exception):
    """The base of all errors that pages handle.

    MarketplaceError
     ├─ NotInCatalogue
     │   ├─ BookNotFound
     │   ├─ AuthorNotFound
     │   └─ CategoryNotFound
     ├─ InteractionNotFound
     ├─ OrderNotFound
     ├─ EventNotFound
     ├─ StoreUnavailable
     ├─ InvalidCredentials           an e-mail or a password is not acceptable
     ├─ InvalidAddress
     ├─ EmailTaken
     ├─ WrongPassword                or an unknown e-mail: the caller is not told which
     ├─ NotSignedIn                  this needs an account
     ├─ NotForSale
     ├─ OtherCurrency
     ├─ CartFull
     ├─ CartChanged                  the order is not for what the reader was shown
     ├─ KeyReused                    another order was placed with this idempotency key
     ├─ StateConflict                an order cannot change from its state to the requested one
     ├─ OpenOrders                   a reader cannot be deleted yet
     ├─ StillModerator               likewise
     ├─ InvalidBook
     ├─ BookConflict                 somebody else changed the same attributes of a book
     ├─ Unavailable                  transient: the same call may succeed later
     │   └─ Broken                   the service fails on this request; others may succeed
     ├─ Refused                      permanent: the same call would be refused again
     ├─ RecommenderError
     │   ├─ RecommenderUnavailable   also Unavailable
     │   │   └─ RecommenderBroken    also Broken
     │   └─ RecommenderRefused       also Refused
     └─ ProviderError
         ├─ ProviderUnavailable      also Unavailable
         │   └─ ProviderBroken       also Broken
         └─ ProviderRefused          also Refused
    """


class NotInCatalogue(MarketplaceError):
    """The base of requests for something that the catalogue does not have."""


class BookNotFound(NotInCatalogue):
    """The catalogue has no book with this id."""


class CategoryNotFound(NotInCatalogue):
    """The catalogue has no book in this category."""


class AuthorNotFound(NotInCatalogue):
    """The catalogue has no book by an author with this slug."""


class InteractionNotFound(MarketplaceError):
    """The reader has no such interaction, or has undone it."""


class OrderNotFound(MarketplaceError):
    """The reader, or the shop, has no such order."""


class EventNotFound(MarketplaceError):
    """The outbox has no failed event with this id."""


class StoreUnavailable(MarketplaceError):
    """The shop's own database does not answer, or fails."""


class CredentialProblem(Enum):
    """Why an e-mail or a password is not acceptable."""

    EMAIL_MALFORMED = "email malformed"
    PASSWORD_SHORT = "password short"  # noqa: S105  (a label, no password)
    PASSWORD_LONG = "password long"  # noqa: S105
    PASSWORD_COMMON = "password common"  # noqa: S105


class InvalidCredentials(MarketplaceError):
    """An e-mail, a password or both are not acceptable."""

    def __init__(self, problems: frozenset[CredentialProblem]) -> None:
        super().__init__(", ".join(sorted(problem.value for problem in problems)))
        self.problems = problems


class AddressProblem(Enum):
    """What is wrong with a field of an address."""

    REQUIRED = "required"
    MALFORMED = "malformed"
    LONG = "long"


class InvalidAddress(MarketplaceError):
    """An address is incomplete or malformed; `problems` are keyed by the names of its fields."""

    def __init__(self, problems: Mapping[str, AddressProblem]) -> None:
        super().__init__(", ".join(f"{name} {problem.value}" for name, problem in sorted(problems.items())))
        self.problems = problems


class EmailTaken(MarketplaceError):
    """Another account has this e-mail."""


class WrongPassword(MarketplaceError):
    """No account has this password together with this e-mail or reader id."""


class NotSignedIn(MarketplaceError):
    """This needs an account, and the reader is a guest or anonymous."""


class NotForSale(MarketplaceError):
    """The book has no price."""


class OtherCurrency(MarketplaceError):
    """The book is priced in another currency than the cart; an order has one currency."""


class CartFull(MarketplaceError):
    """The cart has the maximum number of different books."""


class CartChanged(MarketplaceError):
    """The cart or its prices differ from what the reader was shown, or a line cannot be ordered."""


class KeyReused(MarketplaceError):
    """A different order, `order_id`, was placed with this idempotency key."""

    def __init__(self, order_id: str) -> None:
        super().__init__(f"the key was used for order {order_id}")
        self.order_id = order_id


class StateConflict(MarketplaceError):
    """The order cannot change from its current state, which the message names, to the requested one."""


class OpenOrders(MarketplaceError):
    """The reader has orders that have not been shipped."""


class StillModerator(MarketplaceError):
    """The reader is a moderator: the operator must take their rights away first."""


class InvalidBook(MarketplaceError):
    """These `attributes` of a book have unusable values."""

    def __init__(self, attributes: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(attributes)))
        self.attributes = attributes


class BookConflict(MarketplaceError):
    """Somebody else has changed these `attributes` of a book."""

    def __init__(self, attributes: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(attributes)))
        self.attributes = attributes


class Unavailable(MarketplaceError):
    """Another service is down, slow or overloaded; the same call may succeed later.

    `code` says how it failed, in a word that may be published.
    """

    code = ""


class Broken(Unavailable):
    """Another service fails on this request; other requests may succeed."""


class Refused(MarketplaceError):
    """Another service rejects this request, and would reject it again."""


class RecommenderError(MarketplaceError):
    """The base of failed calls of Recommendations."""


class RecommenderUnavailable(RecommenderError, Unavailable):
    """Recommendations is down, slow or overloaded."""


class RecommenderBroken(RecommenderUnavailable, Broken):
    """Recommendations fails on this request."""


class RecommenderRefused(RecommenderError, Refused):
    """Recommendations rejects this request."""


class ProviderError(MarketplaceError):
    """The base of failed calls of the payment provider."""


class ProviderUnavailable(ProviderError, Unavailable):
    """The payment provider is down, slow or overloaded."""


class ProviderBroken(ProviderUnavailable, Broken):
    """The payment provider fails on this request."""


class ProviderRefused(ProviderError, Refused):
    """The payment provider rejects this request."""
