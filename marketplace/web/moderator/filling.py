"""Filling in the form of a new book from what a link leads to."""

from dataclasses import dataclass

from marketplace.domain.links import LinkState
from marketplace.usecases.catalogue.forms import BookForm, empty_form, form_of_link
from marketplace.web.shop import Shop

NOT_KEPT = "NOT_KEPT"
"""The link was not asked for lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What the page of a new book shows of a link.

    `error` is "" or a code, status codes of Previews among them; `site` is where the form was filled in from.
    """

    link: str = ""
    is_waiting: bool = False
    error: str = ""
    site: str = ""


NOTHING = Filling()


def filled_form(shop: Shop, link_id: str) -> tuple[BookForm, Filling]:
    """The form with what is known of a link by now."""
    link = shop.links.get(link_id)
    if link is None:
        return empty_form(), Filling(error=NOT_KEPT)
    # While the shop tries again, the moderator need not wait.
    if link.error:
        return empty_form(), Filling(link=link.url, error=link.error)
    if link.state is LinkState.ASKED or link.preview is None:
        return empty_form(), Filling(link=link.url, is_waiting=True)
    return form_of_link(link), Filling(link=link.url, site=link.preview.site)
