"""The errors that pages handle."""

from enum import Enum


class MarketplaceError(Exception):
    """The base of all errors that pages handle."""


class NotInCatalogue(MarketplaceError):
    """The base of errors about what the catalogue does not have."""


class BookNotFound(NotInCatalogue):
    """The catalogue has no book with this id."""


class CategoryNotFound(NotInCatalogue):
    """The catalogue has no book in this category."""


class AuthorNotFound(NotInCatalogue):
    """The catalogue has no book by an author with this slug."""


class SubjectNotFound(NotInCatalogue):
    """The catalogue has no book with a subject of this slug."""


class InteractionNotFound(MarketplaceError):
    """The reader has no such interaction, or has undone it."""


class OrderNotFound(MarketplaceError):
    """The reader, or the shop, has no such order."""


class ConversationNotFound(MarketplaceError):
    """Nobody has written about this order, or the reader, or the shop, has no such conversation."""


class MessageNotSent(MarketplaceError):
    """The base of reasons not to send a message."""


class InvalidMessage(MessageNotSent):
    """It is empty or too long, or has no id of its own."""


class MessageConflict(MessageNotSent):
    """Another text was sent before as this message in this version."""


class TooManyMessages(MessageNotSent):
    """The reader has sent many in a short time."""


class ConversationFull(MessageNotSent):
    """The conversation has as many messages as it may have."""


class InvalidLink(MarketplaceError):
    """The text is no link that the shop would follow."""


class ContactProblem(Enum):
    """Why the contact form is not acceptable."""

    EMAIL_MALFORMED = "email malformed"
    NAME_LONG = "name long"


class InvalidContact(MarketplaceError):
    """The e-mail or the name of who uses the contact form is not acceptable."""

    def __init__(self, problems: frozenset[ContactProblem]) -> None:
        super().__init__(", ".join(sorted(problem.value for problem in problems)))
        self.problems = problems


class EventNotFound(MarketplaceError):
    """The outbox has no failed event with this id."""


class MessageNotFound(MarketplaceError):
    """Notices has no failed message with this id."""


class NoticesUnavailable(MarketplaceError):
    """Notices did not answer, or not as expected; the message says why, for the log."""


class DestinationNotFound(MarketplaceError):
    """The shop has no destination with this number."""


class DeliveryNotFound(MarketplaceError):
    """The log has no such delivery, or its event is not kept."""


class DestinationNotSaved(MarketplaceError):
    """The base of reasons not to save a destination of events."""


class InvalidDestination(DestinationNotSaved):
    """The address is malformed, as the message says, or a type is not public."""


class DestinationExists(DestinationNotSaved):
    """Another destination has this address."""


class TooManyDestinations(DestinationNotSaved):
    """The shop has as many destinations as it allows."""


class DestinationOfSettings(DestinationNotSaved):
    """The settings name this destination, so it can be disabled and not deleted."""


class TokenInvalid(MarketplaceError):
    """A token of the API is unknown, revoked or expired; callers do not learn which."""


class TokenNotFound(MarketplaceError):
    """The shop has no token with this id."""


class TokenNotSaved(MarketplaceError):
    """The base of reasons not to make a token of the API."""


class TokenMalformed(TokenNotSaved):
    """Its name is empty, too long or unprintable, it has no scope, or its lifetime is none of those offered."""


class TokenNameTaken(TokenNotSaved):
    """Another token has this name."""


class TooManyTokens(TokenNotSaved):
    """The shop has as many tokens as it allows."""


class RequestInProgress(MarketplaceError):
    """A request with the same idempotency key is being answered."""


class RequestDiffers(MarketplaceError):
    """Another request was sent before with this idempotency key."""


class VersionConflict(MarketplaceError):
    """The book is not in the version that the caller has seen."""


class StockConflict(MarketplaceError):
    """The stock cannot be changed by that much, because it is not tracked or would not be from 0 to the maximum."""


class StoreUnavailable(MarketplaceError):
    """The shop's own database does not answer, or fails."""


class CredentialProblem(Enum):
    """Why an e-mail or a password is not acceptable."""

    EMAIL_MALFORMED = "email malformed"
    EMAIL_UNCHANGED = "email unchanged"
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
    EXPECTED = "expected"
    """Most addresses of the country have it."""
    UNUSUAL = "unusual"
    """The country's table does not know the value."""


class EmailTaken(MarketplaceError):
    """Another account has this e-mail."""


class WrongPassword(MarketplaceError):
    """No account has this e-mail or reader id with this password; callers do not learn which is wrong."""


class LinkInvalid(MarketplaceError):
    """A link from a mail has been used or replaced, has expired, or never was one; callers do not learn which."""


class PasswordsBusy(MarketplaceError):
    """As many passwords are being hashed, or wait for it, as the shop allows; a second later there may be a place."""


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
    """The reader is a moderator: the operator must revoke their rights first."""


class BookNotSaved(MarketplaceError):
    """The base of reasons not to save a book, because of these `attributes`."""

    def __init__(self, attributes: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(attributes)))
        self.attributes = attributes


class InvalidBook(BookNotSaved):
    """The attributes have invalid values."""


class BookConflict(BookNotSaved):
    """Somebody else has changed the same attributes."""


class Unavailable(MarketplaceError):
    """Another service is down, slow or overloaded; the same call may succeed later.

    `code` is a status code that may be published.
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


class PreviewsError(MarketplaceError):
    """The base of failed calls of Previews; `code` is the status code."""

    code = ""


class PreviewsUnavailable(PreviewsError, Unavailable):
    """Previews, or the site that it asked, is down, slow or overloaded."""

    code = "UNAVAILABLE"


class PreviewsRefused(PreviewsError, Refused):
    """Previews has no preview of this link, and will not have one soon."""

    code = "FAILED_PRECONDITION"


class ReceiverUnavailable(Unavailable):
    """A receiver of events is down, slow, overloaded, or not reachable as the settings say."""


class ReceiverBroken(ReceiverUnavailable, Broken):
    """A receiver of events fails on this event."""


class ReceiverRefused(Refused):
    """A receiver of events rejects this event."""
