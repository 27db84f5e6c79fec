"""Reading pages in tests."""

import re
from html import unescape

from flask.testing import FlaskClient


def page(client: FlaskClient, path: str = "/", status: int = 200) -> str:
    """The text of a page, with entities and white space resolved."""
    response = client.get(path)
    assert response.status_code == status
    return unescape(re.sub(r"\s+", " ", response.text))


def links(html: str) -> list[str]:
    """The links of the cards, in order."""
    return re.findall(r'href="(/books/[^"]+)" rel="nofollow"', html)
