"""What the pages use: the use cases, the store and the rate limiter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marketplace.store import Store
from marketplace.usecases.accounts.accounts import Accounts
from marketplace.usecases.accounts.links import AccountLinks
from marketplace.usecases.activity import Activity
from marketplace.usecases.api_changes import ApiChanges
from marketplace.usecases.api_tokens import ApiTokens
from marketplace.usecases.carts import Carts
from marketplace.usecases.catalogue.uploads import Uploads
from marketplace.usecases.contact import Contact
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.destinations import Destinations
from marketplace.usecases.links import Links
from marketplace.usecases.live_tickets import LiveTickets
from marketplace.usecases.messages import Messages
from marketplace.usecases.moderation import Moderation
from marketplace.usecases.orders import Orders
from marketplace.usecases.payments import Payments
from marketplace.usecases.shelves.cards import CardCache
from marketplace.usecases.shelves.shelves import Recommender, Shelves
from marketplace.web.limits import Limiter


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Everything that pages use; `marketplace.app` creates it."""

    store: Store
    recommender: Recommender
    cards: CardCache
    shelves: Shelves
    activity: Activity
    accounts: Accounts
    account_links: AccountLinks
    carts: Carts
    orders: Orders
    conversations: Conversations
    links: Links
    contact: Contact
    payments: Payments
    destinations: Destinations
    live: LiveTickets | None
    messages: Messages
    moderation: Moderation
    api_tokens: ApiTokens
    api_changes: ApiChanges
    uploads: Uploads
    limiter: Limiter
    failed_threads: Callable[[], Sequence[str]]

    def title(self, book_id: int) -> str:
        """The title of a book, or "" if the catalogue does not have it."""
        return "".join(card.title for card in self.cards.of([book_id]).values())
