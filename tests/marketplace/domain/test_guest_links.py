"""The links by which guests open their conversations."""

from urllib.parse import parse_qs, urlsplit

import pytest

from marketplace.domain.callbacks import CallbackTokens
from marketplace.domain.conversations import is_contact_id
from marketplace.domain.errors import LinkInvalid
from marketplace.domain.guest_links import LIFETIME_SECONDS, GuestLinks

KEY = "a key of the shop"
ID, OTHER = "5f0c1d3e9a7b4c2f8d6e0a1b2c3d4e5f", "0" * 32


class Clock:
    """A manual clock."""

    seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


def token_of(links: GuestLinks, conversation_id: str = ID) -> str:
    return parse_qs(urlsplit(links.path(conversation_id)).query)["token"][0]


def test_a_link_opens_its_conversation_for_thirty_days() -> None:
    """And not a second longer."""
    clock = Clock()
    links = GuestLinks(KEY, clock=clock)
    assert urlsplit(links.path(ID)).path == f"/contact/{ID}"
    token = token_of(links)
    clock.seconds += LIFETIME_SECONDS
    links.verify(ID, token)
    clock.seconds += 1
    with pytest.raises(LinkInvalid):
        links.verify(ID, token)


def test_nobody_else_can_make_a_link() -> None:
    """Not with another key, for another conversation, or from another token that the shop has signed."""
    links = GuestLinks(KEY)
    signed = token_of(links)
    callback = CallbackTokens(KEY).issue(ID).removeprefix(f"{ID}.")
    others = ("", ".", "a.b", signed[:-1], f"{signed}A", f"{ID}.{signed}", token_of(GuestLinks("another key")))
    for token in (*others, token_of(links, OTHER), callback, "é", "\0", "\ud800", signed + "\n", "x" * 100_000):
        with pytest.raises(LinkInvalid):
            links.verify(ID, token)


@pytest.mark.parametrize("conversation_id", ["", "\0", ID.upper(), f"{ID}\n", f"{ID}0", "7K3M-9QXD-2TB4", "\ud800"])
def test_what_is_no_id_opens_nothing(conversation_id: str) -> None:
    """Nor does a conversation about an order have a link."""
    assert not is_contact_id(conversation_id)
    with pytest.raises(LinkInvalid):
        GuestLinks(KEY).verify(conversation_id, token_of(GuestLinks(KEY)))
