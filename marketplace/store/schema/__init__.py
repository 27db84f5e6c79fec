"""The tables of the shop's database."""

from marketplace.store.schema.api import api_answers, api_tokens
from marketplace.store.schema.attempts import attempts
from marketplace.store.schema.base import BYTEWISE, NUL, is_portable, metadata
from marketplace.store.schema.catalogue import (
    HAS_OWN_PICTURE,
    book_authors,
    book_categories,
    book_search,
    book_subjects,
    books,
    imported_history,
    made_books,
    search_terms,
)
from marketplace.store.schema.conversations import conversation_messages, conversations
from marketplace.store.schema.links import link_previews, pictures
from marketplace.store.schema.orders import audit, cart_lines, order_changes, order_lines, orders
from marketplace.store.schema.outbox import deliveries, event_destinations, event_log, outbox
from marketplace.store.schema.readers import account_links, accounts, interactions, readers, sessions, wishes

__all__ = [
    "BYTEWISE",
    "HAS_OWN_PICTURE",
    "NUL",
    "account_links",
    "accounts",
    "api_answers",
    "api_tokens",
    "attempts",
    "audit",
    "book_authors",
    "book_categories",
    "book_search",
    "book_subjects",
    "books",
    "cart_lines",
    "conversation_messages",
    "conversations",
    "deliveries",
    "event_destinations",
    "event_log",
    "imported_history",
    "interactions",
    "is_portable",
    "link_previews",
    "made_books",
    "metadata",
    "order_changes",
    "order_lines",
    "orders",
    "outbox",
    "pictures",
    "readers",
    "search_terms",
    "sessions",
    "wishes",
]
