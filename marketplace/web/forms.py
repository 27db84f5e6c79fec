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

_MAX_PATH_LENGTH = 2000
# Browsers drop tabs and line ends and read a backslash as a slash; the shop's paths have none of them.
_PRINTABLE = re.compile(r"/[!-\[\]-~]*")
_SUSPECT = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Form:
    """What a template shows of a form: its values, and the codes of its errors."""

    email: str = ""
    next: str = ""
    errors: frozenset[str] = frozenset()


def typed(name: str) -> str:
    """The value of a field of this request's form."""
    return request.form.get(name, "")


def form(*errors: str) -> Form:
    """The form of this request, without its passwords."""
    return Form(email=typed("email"), next=request.values.get("next", ""), errors=frozenset(errors))


def show_again(template: str, status: int, *errors: str, headers: Mapping[str, str] | None = None) -> Response:
    """The form with its errors and with everything that was typed, except passwords."""
    response = make_response(render_template(template, form=form(*errors)), status)
    response.headers.update(headers or {})
    return response


def too_many_attempts(template: str, seconds: int) -> Response:
    """The form with an error; it may be sent again after `seconds`."""
    return show_again(template, 429, "TOO_OFTEN", headers={"Retry-After": str(seconds)})


def attribution() -> str:
    """The id of the list that led to this request, or ""."""
    source = request.values.get("from", "")
    return source if is_attribution(source) else ""


def redirect_back(default: str) -> Answer:
    """Redirect to the form's `next`, if it is a path of this shop, or to `default`."""
    return redirect(own_path(typed("next"), default), 303)


def own_path(text: str, default: str) -> str:
    """`text` if it is a path of this shop, with or without a query; else `default`.

    Rejects everything that a browser, or a proxy that decodes once more, might read as another host.
    """
    if len(text) > _MAX_PATH_LENGTH or _PRINTABLE.fullmatch(text) is None:
        return default
    path = re.split("[?#]", text, maxsplit=1)[0]
    while (decoded := unquote(path)) != path:
        path = decoded
    *folders, page = path.split("/")[1:]
    if "" in folders or {".", ".."} & {*folders, page} or _SUSPECT.search(path):
        return default
    return text
