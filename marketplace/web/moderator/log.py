"""What moderators did."""

from flask import Blueprint, render_template

from marketplace.store import Store
from marketplace.web.moderator.asked import PAGE
from marketplace.web.paging import page_number, paged


def add_to(moderator: Blueprint, store: Store) -> None:
    """Add `/moderator/audit`."""

    @moderator.get("/audit")
    def audit() -> str:
        number = page_number()
        with store.read() as work:
            entries = work.audit.page(limit=PAGE, offset=(number - 1) * PAGE)
        return render_template("moderator/audit.html", entries=entries.rows, pages=paged(entries.total, PAGE, number))
