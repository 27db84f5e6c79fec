"""Tests of marketplace.pages.fragments."""

from gettext import NullTranslations
from typing import Any

import pytest
from flask import Flask, render_template_string, url_for
from flask.testing import FlaskClient
from markupsafe import Markup

from marketplace.domain.books import Card
from marketplace.domain.categories import Category
from marketplace.domain.ids import SHOP
from marketplace.store import Store
from marketplace.web.fragments import sentences
from tests.marketplace.conftest import BOOKS
from tests.marketplace.fakes import FakeRecommender, because_of, shelf


def rendered(app: Flask, source: str, path: str = "/", **given: object) -> str:
    """What a template makes of these things within a request."""
    with app.test_request_context(path):
        return render_template_string(source, **given)


def test_the_cards_of_a_shelf_are_what_their_macro_makes(app: Flask) -> None:
    """Nothing is lost, escaped twice or left unescaped between the cards and their shelf."""
    cards = (Card(id=1, title="Tom & <Jerry>"), Card(id=2, title="Emma"))
    source = '{% from "cards.html" import item %}{% for each in cards %}{{ item(each, "list", false) }}{% endfor %}'
    made = rendered(app, '{{ rendered_items(cards, "list", false) }}', cards=cards)
    assert made == rendered(app, source, cards=cards)
    assert "Tom &amp; &lt;Jerry&gt;" in made


def test_a_card_is_made_anew_as_soon_as_it_differs(app: Flask) -> None:
    """Cards of one book that differ in anything, or lead back to other lists, are told apart."""
    source = "{{ rendered_items([card], attribution, false) }}"
    old, new = Card(id=1, title="Dune"), Card(id=1, title="Dune Messiah")
    assert hash(old) == hash(new)
    made = [rendered(app, source, card=card, attribution=name) for card in (old, new) for name in (SHOP, "list")]
    assert len(set(made)) == 4
    assert [("Messiah" in each, "from=list" in each) for each in made] == [
        (False, False),
        (False, True),
        (True, False),
        (True, True),
    ]


def test_one_reader_never_sees_anothers_cards(app: Flask, visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """The same books, recommended to two readers for two reasons, are shown to each for their own."""
    other = app.test_client()
    for client, title in ((visitor, "Emma"), (other, "Ulysses"), (visitor, "Emma")):
        recommender.answer = [shelf(20, name="list-1", reason=because_of(title))]
        html = client.get("/").text
        assert [title in html for title in ("Emma", "Ulysses")] == [title == "Emma", title == "Ulysses"]


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("home.index", {}),
        ("book.page", {"book_id": 20}),
        ("catalogue.category", {"slug": Category.MYSTERY.slug}),
        ("static", {"filename": "shop.css"}),
        ("search.results", {"q": "a b"}),
        ("book.page", {"book_id": 20, "_external": True}),
    ],
)
def test_addresses_are_flasks_own(app: Flask, endpoint: str, values: dict[str, Any]) -> None:
    """A remembered address is what Flask makes, and one with a host is this request's."""
    for host in ("http://localhost/", "http://127.0.0.1/", "http://localhost/"):
        with app.test_request_context(base_url=host):
            made = render_template_string("{{ url_for(endpoint, **values) }}", endpoint=endpoint, values=values)
            assert made == url_for(endpoint, **values)
            assert ("_external" in values) == (host in made)


def test_the_list_of_categories_follows_the_catalogue(visitor: FlaskClient, store: Store) -> None:
    """Every category that has books is linked to from the home page, and no other."""
    html = visitor.get("/").text
    linked = {category for category in Category if f'"/categories/{category.slug}"' in html}
    assert linked == {category for book in BOOKS for category in book.categories}


def test_sentences_are_markup_with_escaped_values() -> None:
    """As Jinja has them, in whatever language: what is given is escaped, what a template says is not."""
    sentence = sentences(NullTranslations())
    assert sentence("<b>100%%</b>") == Markup("<b>100%</b>")
    assert sentence("About %(title)s", title="<b>") == Markup("About &lt;b&gt;")
