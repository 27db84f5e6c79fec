"""Destinations of published events, and the log of what was sent to each."""

import json

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from events.types import PUBLIC_TYPES
from marketplace.domain.errors import (
    DeliveryNotFound,
    DestinationExists,
    DestinationNotSaved,
    DestinationOfSettings,
    InvalidDestination,
)
from marketplace.usecases.destinations import DestinationState
from marketplace.web.flash import flash
from marketplace.web.forms import typed
from marketplace.web.moderator.parameters import PAGE, moderator_id
from marketplace.web.paging import page_number, paged
from marketplace.web.shop import Shop

_MAX_NUMBER = 2**63 - 1
_ONE = f"/destinations/<int(min=1,max={_MAX_NUMBER}):number>"
_DELIVERY = f"{_ONE}/deliveries/<int(min=1,max={_MAX_NUMBER}):entry_id>"


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/destinations`, the page of each, and those of its deliveries."""

    @moderator.get("/destinations")
    def destinations() -> str:
        return _overview(shop)

    @moderator.post("/destinations")
    def add_destination() -> Answer:
        try:
            added = shop.destinations.add(moderator_id(), typed("url"), request.form.getlist("types"))
        except DestinationNotSaved as error:
            return make_response(_overview(shop, error=_code(error)), 422)
        flash("destination-added", name=added.destination.value)
        return _to(added.number)

    @moderator.get(_ONE)
    def destination(number: int) -> str:
        return _page(shop, number)

    @moderator.post(f"{_ONE}/types")
    def change_destination(number: int) -> Answer:
        try:
            is_changed = shop.destinations.change_types(moderator_id(), number, request.form.getlist("types"))
        except InvalidDestination:
            abort(400)
        flash("destination-changed" if is_changed else "destination-unchanged")
        return _to(number)

    _add_actions(moderator, shop)
    _add_deliveries(moderator, shop)


def _add_actions(moderator: Blueprint, shop: Shop) -> None:
    @moderator.post(f"{_ONE}/enable")
    def enable_destination(number: int) -> Answer:
        shop.destinations.set_enabled(moderator_id(), number, True)
        flash("destination-enabled")
        return _to(number)

    @moderator.post(f"{_ONE}/disable")
    def disable_destination(number: int) -> Answer:
        shop.destinations.set_enabled(moderator_id(), number, False)
        flash("destination-disabled")
        return _to(number)

    @moderator.post(f"{_ONE}/secret")
    def show_secret(number: int) -> str:
        # Not after a redirect, which would put the secret into the cookie.
        return _page(shop, number, secret=shop.destinations.secret(moderator_id(), number))

    @moderator.get(f"{_ONE}/delete")
    def delete_destination_form(number: int) -> str:
        return render_template("moderator/delete_destination.html", state=_state(shop, number))

    @moderator.post(f"{_ONE}/delete")
    def delete_destination(number: int) -> Answer:
        try:
            deleted = shop.destinations.delete(moderator_id(), number)
        except DestinationOfSettings:
            abort(409)
        flash("destination-deleted", name=deleted.destination.value)
        return redirect(url_for("moderator.destinations"), 303)


def _add_deliveries(moderator: Blueprint, shop: Shop) -> None:
    @moderator.get(_DELIVERY)
    def delivery(number: int, entry_id: int) -> str:
        with shop.store.read() as work:
            stored = work.destinations.get(number)
            try:
                entry = work.event_log.get(stored.destination, entry_id)
            except DeliveryNotFound:
                abort(404)
        payload = json.dumps(entry.payload, indent=2, ensure_ascii=False) if entry.payload else None
        return render_template("moderator/delivery.html", stored=stored, entry=entry, payload=payload)

    @moderator.post(f"{_DELIVERY}/send")
    def repeat_delivery(number: int, entry_id: int) -> Answer:
        try:
            shop.destinations.repeat(moderator_id(), number, entry_id)
        except DeliveryNotFound:
            flash("event-gone")
        else:
            flash("event-retried")
        return _to(number)


def _to(number: int) -> Answer:
    return redirect(url_for("moderator.destination", number=number), 303)


def _state(shop: Shop, number: int) -> DestinationState:
    found = next((state for state in shop.destinations.states() if state.stored.number == number), None)
    if found is None:
        abort(404)
    return found


def _overview(shop: Shop, error: str = "") -> str:
    url = typed("url")
    return render_template(
        "moderator/destinations.html",
        states=shop.destinations.states(),
        types=PUBLIC_TYPES,
        error=error,
        # A password that was typed is not shown.
        url="" if "@" in url else url,
        chosen=request.form.getlist("types"),
    )


def _page(shop: Shop, number: int, secret: str = "") -> str:
    state, page = _state(shop, number), page_number()
    with shop.store.read() as work:
        log = work.event_log.page(state.stored.destination, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template(
        "moderator/destination.html",
        state=state,
        stored=state.stored,
        types=PUBLIC_TYPES,
        chosen=state.stored.types,
        log=log.rows,
        pages=paged(log.total, PAGE, page),
        secret=secret,
    )


def _code(error: DestinationNotSaved) -> str:
    match error:
        case InvalidDestination():
            return "malformed"
        case DestinationExists():
            return "exists"
        case _:
            return "too many"
