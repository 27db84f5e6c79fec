"""Reading submitted forms, showing them again with errors, and redirecting back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from flask import Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from marketplace.domain.ids import MAX_ID, is_attribution

BOOK_ID = f"<int(min=1,max={MAX_ID}):book_id>"
"""A book's id in the path of a route."""

_LONGEST_PATH = 2000
# Browsers drop tabs and line ends and read a backslash as a slash; the shop's paths have none of them.
_PRINTABLE = re.compile(r"/[!-\[\]-~]*")
_SUSPECT = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Form:
    """What a template shows of a form: the values that were typed, and the names of what is wrong with them."""

    email: str = ""
    next: str = ""
    faults: frozenset[str] = frozenset()


def typed(name: str) -> str:
    """The value of a field of this request's form."""
    return request.form.get(name, "")


def form(*faults: str) -> Form:
    """The form of this request, without its passwords."""
    return Form(email=typed("email"), next=request.values.get("next", ""), faults=frozenset(faults))


def show_again(template: str, status: int, *faults: str, headers: Mapping[str, str] | None = None) -> Response:
    """The form with what is wrong and with everything that was typed, except passwords."""
    response = make_response(render_template(template, form=form(*faults)), status)
    response.headers.update(headers or {})
    return response


def too_many_attempts(template: str, seconds: int) -> Response:
    """The form, refused unread; it may be sent again after `seconds`."""
    return show_again(template, 429, "TOO_OFTEN", headers={"Retry-After": str(seconds)})


def attribution() -> str:
    """The recommended list that this request names, "" where it names none."""
    name = request.values.get("from", "")
    return name if is_attribution(name) else ""


def redirect_back(otherwise: str) -> Answer:
    """Redirect to the page that the form names as `next`, or `otherwise`; never out of the shop."""
    return redirect(own_path(typed("next"), otherwise), 303)


def own_path(text: str, otherwise: str) -> str:
    """`text` where it is a path of this shop, with its query; else `otherwise`.

    Refuses whatever a browser, or a proxy that decodes once more, could take for another host.
    """
    if len(text) > _LONGEST_PATH or _PRINTABLE.fullmatch(text) is None:
        return otherwise
    path = re.split("[?#]", text, maxsplit=1)[0]
    while (decoded := unquote(path)) != path:
        path = decoded
    *folders, page = path.split("/")[1:]
    if "" in folders or {".", ".."} & {*folders, page} or _SUSPECT.search(path):
        return otherwise
    return text
