"""What tests read from pages and from the outbox."""

import re
from html import unescape

from flask.testing import FlaskClient

from marketplace.domain.interactions import Interaction
from marketplace.store import Store


def page(client: FlaskClient, path: str = "/", status: int = 200) -> str:
    """The text of a page, with entities and white space resolved."""
    response = client.get(path)
    assert response.status_code == status
    return unescape(re.sub(r"\s+", " ", response.text))


def links(html: str) -> list[str]:
    """The links of the cards, in order."""
    return re.findall(r'href="(/books/[^"]+)" rel="nofollow"', html)


def sent(store: Store) -> list[Interaction]:
    """The interactions that wait in the outbox."""
    with store.read() as work:
        events = [row.event() for row in work.outbox.waiting(100)]
    return [each for each in events if isinstance(each, Interaction)]
