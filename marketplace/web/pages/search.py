"""Search, and suggestions while the reader types."""

from flask import Blueprint, render_template, request

from marketplace.domain.books import SearchPage, Sort
from marketplace.web.limits import Attempt
from marketplace.web.paging import PAGE, page_number, paged, sort_order
from marketplace.web.security import count_by_address
from marketplace.web.shop import Shop

SUGGESTIONS = 8
POPULAR = 6


def blueprint(shop: Shop) -> Blueprint:
    """`/search?q=…`, and `/search/suggest?q=…`, the list under the search field."""
    search = Blueprint("search", __name__)

    @search.get("/search")
    def results() -> str:
        query = request.args.get("q", "").strip()
        sort, sorts = sort_order(Sort.RELEVANCE)
        number = page_number()
        results = SearchPage()
        if query:
            count_by_address(shop.limiter, Attempt.SEARCH_BY_ADDRESS)
            with shop.store.read() as work:
                results = work.search.find(query, sort=sort, limit=PAGE, offset=(number - 1) * PAGE)
        return render_template(
            "search/results.html",
            query=query,
            results=results,
            pages=paged(results.total, PAGE, number),
            popular=shop.shelves.popular(POPULAR),
            sort=sort,
            sorts=sorts,
        )

    @search.get("/search/suggest")
    def suggest() -> str:
        count_by_address(shop.limiter, Attempt.SUGGEST_BY_ADDRESS)
        with shop.store.read() as work:
            suggestions = work.search.suggest(request.args.get("q", ""), SUGGESTIONS)
        return render_template("search/suggestions.html", suggestions=suggestions)

    return search
