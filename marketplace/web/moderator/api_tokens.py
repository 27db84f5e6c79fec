"""Tokens of the HTTP API."""

from datetime import timedelta

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.api_tokens import LIFETIMES, MAX_NAME_LENGTH, Scope
from marketplace.domain.errors import TokenMalformed, TokenNameTaken, TokenNotFound, TokenNotSaved
from marketplace.web.flash import flash
from marketplace.web.forms import typed
from marketplace.web.moderator.parameters import moderator_id
from marketplace.web.shop import Shop

_MAX_NUMBER = 2**63 - 1
_DAYS = [lifetime.days for lifetime in LIFETIMES]


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/api-tokens`, and the posts that make and revoke a token."""

    @moderator.get("/api-tokens")
    def api_tokens() -> str:
        return _page(shop)

    @moderator.post("/api-tokens")
    def make_api_token() -> Answer:
        try:
            made = shop.api_tokens.make(moderator_id(), typed("name"), request.form.getlist("scopes"), _lifetime())
        except TokenNotSaved as error:
            return make_response(_page(shop, error=_code(error)), 422)
        # Not after a redirect, which would put the token into the cookie.
        return make_response(_page(shop, made=str(made)), 201)

    @moderator.post(f"/api-tokens/<int(min=1,max={_MAX_NUMBER}):number>/revoke")
    def revoke_api_token(number: int) -> Answer:
        try:
            name = shop.api_tokens.revoke(moderator_id(), number).name
        except TokenNotFound:
            flash("token-gone")
        else:
            flash("token-revoked", name=name)
        return redirect(url_for("moderator.api_tokens"), 303)


def _lifetime() -> timedelta:
    days = typed("days")
    return timedelta(days=int(days)) if days in map(str, _DAYS) else timedelta()


def _page(shop: Shop, *, made: str = "", error: str = "") -> str:
    return render_template(
        "moderator/api_tokens.html",
        tokens=[(token, shop.api_tokens.is_valid(token)) for token in shop.api_tokens.all()],
        scopes=[scope.value for scope in Scope],
        lifetimes=_DAYS,
        max_length=MAX_NAME_LENGTH,
        made=made,
        error=error,
        name=typed("name") if error else "",
        chosen=request.form.getlist("scopes") if error else [],
        days=typed("days") or str(_DAYS[-1]),
    )


def _code(error: TokenNotSaved) -> str:
    match error:
        case TokenMalformed():
            return "malformed"
        case TokenNameTaken():
            return "taken"
        case _:
            return "too many"
