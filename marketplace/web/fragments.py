"""Parts of pages that follow from what they are given alone: made once, for as long as that stays the same."""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from gettext import NullTranslations
from typing import Any

from flask import Flask
from markupsafe import Markup

from marketplace.domain.books import Card

REMEMBERED = 20_000
"""Small things."""
PARTS = 1_000
"""Parts of pages, of some ten thousand letters at most."""
_OWN_WORDS = frozenset({"filename", "slug", "book_id"})
"""In addresses these are the shop's; anything else may be long, since whoever sends a request chooses it."""


def register(app: Flask, translations: NullTranslations) -> None:
    """Have templates make addresses, cards and other parts of pages only once.

    `rendered` is a macro's markup; such a macro must ask for nothing of the request. `rendered_items` is that of
    the cards of a shelf: half of a page's work is its cards. `made` remembers nothing: it saves Jinja's import, which
    costs as much as a small macro.
    """
    environment = app.jinja_env

    def made(template: str, macro: str, *given: Any) -> Markup:
        macros: Any = environment.get_template(template).module
        markup: Markup = getattr(macros, macro)(*given)
        return markup

    rendered = lru_cache(maxsize=PARTS)(made)
    card = lru_cache(maxsize=REMEMBERED)(partial(made, "cards.html", "item"))

    def rendered_items(cards: Iterable[Card], *given: Any) -> Markup:
        # Each of them is markup already.
        return Markup("".join([card(each, *given) for each in cards]))  # noqa: S704

    @lru_cache(maxsize=REMEMBERED)
    def known_path(endpoint: str, **values: Any) -> str:
        return app.url_for(endpoint, **values)

    def url_for(endpoint: str, **values: Any) -> str:
        return known_path(endpoint, **values) if values.keys() <= _OWN_WORDS else app.url_for(endpoint, **values)

    environment.globals.update(made=made, rendered=rendered, rendered_items=rendered_items, url_for=url_for)
    # Jinja's own take two more calls for every sentence, and make it anew.
    sentence = sentences(translations)
    environment.globals.update(gettext=sentence, _=sentence)


def sentences(translations: NullTranslations) -> Callable[..., Markup]:
    """What makes of a template's sentence, and of values in it, markup in the language of these translations."""

    @lru_cache(maxsize=REMEMBERED)
    def translated(text: str) -> Markup:
        return Markup(translations.gettext(text))  # noqa: S704  (templates' own words)

    @lru_cache(maxsize=REMEMBERED)
    def plain(text: str) -> Markup:
        # Jinja doubles what is no placeholder: %% is %.
        return translated(text) % {}

    def sentence(text: str, **values: Any) -> Markup:
        return translated(text) % values if values else plain(text)

    return sentence
