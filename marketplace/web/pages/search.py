"""Search, and suggestions while the reader types."""

from flask import Blueprint, render_template, request

from marketplace.domain.books import SearchPage, Sort
from marketplace.store import Store
from marketplace.usecases.shelves import Shelves
from marketplace.web.limits import Limiter, Tried
from marketplace.web.paging import PAGE, page_number, paged, sort_asked
from marketplace.web.security import count_by_address

SUGGESTIONS = 8
POPULAR = 6


def blueprint(store: Store, shelves: Shelves, limiter: Limiter) -> Blueprint:
    """`/search?q=…` and `/search/suggest?q=…`, which answers a list to be shown under the field."""
    search = Blueprint("search", __name__)

    @search.get("/search")
    def results() -> str:
        query = request.args.get("q", "").strip()
        sort, sorts = sort_asked(Sort.RELEVANCE)
        number = page_number()
        found = SearchPage()
        if query:
            count_by_address(limiter, Tried.SEARCH_BY_ADDRESS)
            with store.read() as work:
                found = work.search.find(query, sort=sort, limit=PAGE, offset=(number - 1) * PAGE)
        return render_template(
            "search/results.html",
            query=query,
            found=found,
            cards=found.cards,
            pages=paged(found.total, PAGE, number),
            popular=shelves.popular(POPULAR),
            sort=sort,
            sorts=sorts,
        )

    @search.get("/search/suggest")
    def suggest() -> str:
        count_by_address(limiter, Tried.SUGGEST_BY_ADDRESS)
        with store.read() as work:
            found = work.search.suggest(request.args.get("q", ""), SUGGESTIONS)
        return render_template("search/suggestions.html", suggestions=found)

    return search
