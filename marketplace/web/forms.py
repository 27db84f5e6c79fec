"""Forms that were sent, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.errors import InvalidCredentials


@dataclass(frozen=True, slots=True)
class Sent:
    """What a template shows of a form: the words that were typed, and the names of what is wrong with them."""

    email: str = ""
    next: str = ""
    faults: frozenset[str] = frozenset()


def typed(name: str) -> str:
    """What was typed into a field of this request's form."""
    return request.form.get(name, "")


def sent(*faults: str) -> Sent:
    """The form of this request, without its passwords."""
    return Sent(email=typed("email"), next=request.values.get("next", ""), faults=frozenset(faults))


def shown_again(template: str, status: int, *faults: str, headers: Mapping[str, str] | None = None) -> Response:
    """The form once more, with what is wrong about it and all that was typed but passwords."""
    response = make_response(render_template(template, form=sent(*faults)), status)
    response.headers.update(headers or {})
    return response


def too_often(template: str, seconds: int) -> Response:
    """The form once more, not looked at: it was sent too often, and may be sent again after `seconds`."""
    return shown_again(template, 429, "TOO_OFTEN", headers={"Retry-After": str(seconds)})


def to_overview() -> Answer:
    """Off to the account's page, whatever method led here."""
    return redirect(url_for("account.overview"), 303)


def fault_names(error: InvalidCredentials) -> list[str]:
    """By which the templates know what is wrong."""
    return [fault.name for fault in error.problems]
