"""What moderators did."""

from flask import Blueprint, render_template

from marketplace.pages.moderator.asked import PAGE
from marketplace.pages.paging import page_number, paged
from marketplace.store import Store


def add_to(moderator: Blueprint, store: Store) -> None:
    """Add `/moderator/audit`."""

    @moderator.get("/audit")
    def audit() -> str:
        number = page_number()
        with store.read() as work:
            entries = work.audit.page(limit=PAGE, offset=(number - 1) * PAGE)
        return render_template("moderator/audit.html", entries=entries.rows, pages=paged(entries.total, PAGE, number))
