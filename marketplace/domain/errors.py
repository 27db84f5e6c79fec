"""What can go wrong for a reason that a page has an answer to."""

from collections.abc import Mapping
from enum import Enum


class MarketplaceError(Exception):
    """The base of what can go wrong for a reason that a page has an answer to.

    MarketplaceError
     ├─ NotInCatalogue
     │   ├─ BookNotFound
     │   ├─ AuthorNotFound
     │   └─ CategoryNotFound
     ├─ InteractionNotFound
     ├─ OrderNotFound
     ├─ EventNotFound
     ├─ StoreUnavailable
     ├─ InvalidCredentials                        what was typed cannot be used; `faults` say why
     ├─ InvalidAddress                 likewise, of an address
     ├─ EmailTaken
     ├─ WrongPassword                or an e-mail that no account has: nobody is told which
     ├─ NotSignedIn                  only an account can do this
     ├─ NotForSale
     ├─ OtherCurrency
     ├─ CartFull
     ├─ CartChanged                  what is ordered is not what was shown
     ├─ KeyReused                    another order was placed with this idempotency key
     ├─ StateConflict                an order does not go from its state into that one
     ├─ OpenOrders               a reader cannot be forgotten yet
     ├─ StillModerator               likewise
     ├─ InvalidBook                    some of a book's `facts` cannot be used
     ├─ BookConflict                 some of a book's `facts` were changed by two at once
     ├─ Unavailable                  transient: the same may succeed later
     │   └─ Broken                   it answers, but breaks on this; anything else may succeed
     ├─ Refused                      permanent: the same would be refused again
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
    """The base of what the catalogue does not have."""


class BookNotFound(NotInCatalogue):
    """The catalogue has no book of that id."""


class CategoryNotFound(NotInCatalogue):
    """No book of the catalogue stands on that shelf."""


class AuthorNotFound(NotInCatalogue):
    """No book of the catalogue is by an author of that address."""


class InteractionNotFound(MarketplaceError):
    """This reader did no such thing, or took it back already."""


class OrderNotFound(MarketplaceError):
    """This reader, or the shop, has no such order."""


class EventNotFound(MarketplaceError):
    """The outbox has no such event, or none that was set aside."""


class StoreUnavailable(MarketplaceError):
    """The shop's own database does not answer, or not as it should."""


class CredentialProblem(Enum):
    """Why an e-mail or a password cannot be used."""

    EMAIL_MALFORMED = "email malformed"
    PASSWORD_SHORT = "password short"  # noqa: S105  (a word of ours, no password)
    PASSWORD_LONG = "password long"  # noqa: S105
    PASSWORD_COMMON = "password common"  # noqa: S105


class InvalidCredentials(MarketplaceError):
    """An e-mail or a password, or both, cannot be used."""

    def __init__(self, faults: frozenset[CredentialProblem]) -> None:
        super().__init__(", ".join(sorted(fault.value for fault in faults)))
        self.problems = faults


class AddressProblem(Enum):
    """Why a part of an address cannot be used."""

    REQUIRED = "required"
    MALFORMED = "malformed"
    LONG = "long"


class InvalidAddress(MarketplaceError):
    """Nothing can be sent to an address; `faults` are by the names of its fields."""

    def __init__(self, faults: Mapping[str, AddressProblem]) -> None:
        super().__init__(", ".join(f"{name} {fault.value}" for name, fault in sorted(faults.items())))
        self.problems = faults


class EmailTaken(MarketplaceError):
    """Another account has this e-mail."""


class WrongPassword(MarketplaceError):
    """There is no account of this e-mail and password, or none of this reader and password."""


class NotSignedIn(MarketplaceError):
    """A guest, or nobody, wants what needs an account."""


class NotForSale(MarketplaceError):
    """The book has no price."""


class OtherCurrency(MarketplaceError):
    """The cart is in another currency: one order has one."""


class CartFull(MarketplaceError):
    """The cart has as many different books as it may."""


class CartChanged(MarketplaceError):
    """The cart, or what its books cost, is not what the reader was shown, or cannot be ordered as it is."""


class KeyReused(MarketplaceError):
    """An order was placed with this idempotency key, and it was another one: `order_id`."""

    def __init__(self, order_id: str) -> None:
        super().__init__(f"the key was used for order {order_id}")
        self.order_id = order_id


class StateConflict(MarketplaceError):
    """The order does not go from the state that it is in, named by the message, into that one."""


class OpenOrders(MarketplaceError):
    """The reader has orders that are to be sent to them."""


class StillModerator(MarketplaceError):
    """The reader is a moderator, whom the operator has to let go first."""


class InvalidBook(MarketplaceError):
    """Some of what was written about a book cannot be used: these `facts`."""

    def __init__(self, facts: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(facts)))
        self.attributes = facts


class BookConflict(MarketplaceError):
    """Somebody else changed these `facts` of a book meanwhile."""

    def __init__(self, facts: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(facts)))
        self.attributes = facts


class Unavailable(MarketplaceError):
    """Somebody whom the shop needs is down, slow or overloaded; the same may succeed later.

    `code` says how it failed, in a word that anybody may see.
    """

    code = ""


class Broken(Unavailable):
    """Somebody whom the shop needs answers, but breaks on what was asked; anything else may succeed."""


class Refused(MarketplaceError):
    """Somebody whom the shop needs will not do what was asked; the same would be refused again."""


class RecommenderError(MarketplaceError):
    """Recommendations gave no answer."""


class RecommenderUnavailable(RecommenderError, Unavailable):
    """Recommendations is down, slow or overloaded; the same call may succeed later."""


class RecommenderBroken(RecommenderUnavailable, Broken):
    """Recommendations breaks on what it was asked."""


class RecommenderRefused(RecommenderError, Refused):
    """Recommendations will not do what was asked; the same call would be refused again."""


class ProviderError(MarketplaceError):
    """The payment provider gave no answer."""


class ProviderUnavailable(ProviderError, Unavailable):
    """The payment provider is down, slow or overloaded; the same may succeed later."""


class ProviderBroken(ProviderUnavailable, Broken):
    """The payment provider breaks on what it was asked."""


class ProviderRefused(ProviderError, Refused):
    """The payment provider will not do what was asked; the same would be refused again."""
