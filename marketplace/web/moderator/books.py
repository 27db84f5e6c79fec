"""The table of all books, and the forms of one."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.categories import Category
from marketplace.domain.errors import BookConflict, InvalidBook
from marketplace.domain.moderation import BookColumn, BookFilter, CatalogueBook
from marketplace.usecases.catalogue.forms import FIELDS, FIELDS_BY_ATTRIBUTE, BookForm, empty_form, form_of
from marketplace.web.flash import flash
from marketplace.web.forms import BOOK_ID, redirect_back, typed
from marketplace.web.moderator.parameters import PAGE, choice, moderator_id, search_words, sort_column
from marketplace.web.paging import page_number, paged
from marketplace.web.shop import Shop

FORM = "moderator/book.html"
_BOOK = f"/books/{BOOK_ID}"
_CATEGORIES = sorted(Category, key=lambda category: category.label)
_NONE: frozenset[str] = frozenset()


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/books`, `/moderator/books/new`, `/moderator/books/<id>` and their posts."""

    @moderator.get("/books")
    def books() -> str:
        query, show, number = search_words(), choice("show", BookFilter.ALL), page_number()
        by, descending = sort_column(BookColumn.TITLE)
        with shop.store.read() as work:
            results = work.all_books.table(
                query, show, by=by, descending=descending, limit=PAGE, offset=(number - 1) * PAGE
            )
        return render_template(
            "moderator/books.html",
            results=results,
            pages=paged(results.total, PAGE, number),
            search=query,
            show=show,
            show_options=list(BookFilter),
            by=by,
            descending=descending,
            columns=list(BookColumn),
        )

    _add_forms(moderator, shop)
    _add_actions(moderator, shop)


def _add_forms(moderator: Blueprint, shop: Shop) -> None:
    @moderator.get("/books/new")
    def new_book() -> str:
        return render_template(FORM, holding=None, **_values(empty_form()))

    @moderator.post("/books/new")
    def add_book() -> Answer:
        filled = _filled()
        try:
            book_id = shop.moderation.add_book(moderator_id(), filled)
        except InvalidBook as error:
            return _show_again(422, None, filled, faults=error.attributes)
        flash("book-added", title=filled.texts["title"])
        return redirect(url_for("moderator.book", book_id=book_id), 303)

    @moderator.get(_BOOK)
    def book(book_id: int) -> str:
        holding = _holding(shop, book_id)
        return render_template(FORM, holding=holding, **_values(form_of(holding.book)))

    @moderator.post(_BOOK)
    def change_book(book_id: int) -> Answer:
        filled = _filled()
        try:
            is_new = shop.moderation.change_book(moderator_id(), book_id, filled)
        except InvalidBook as error:
            return _show_again(422, _holding(shop, book_id), filled, faults=error.attributes)
        except BookConflict as error:
            holding = _holding(shop, book_id)
            return _show_again(409, holding, filled.refreshed(holding.book), conflicts=error.attributes)
        flash("book-changed" if is_new else "book-unchanged", title=filled.texts["title"])
        return redirect(url_for("moderator.book", book_id=book_id), 303)


def _add_actions(moderator: Blueprint, shop: Shop) -> None:
    @moderator.post(f"{_BOOK}/hide")
    def hide_book(book_id: int) -> Answer:
        shop.moderation.hide_book(moderator_id(), book_id)
        flash("book-hidden", title=_holding(shop, book_id).book.title)
        return redirect_back(url_for("moderator.book", book_id=book_id))

    @moderator.post(f"{_BOOK}/show")
    def show_book(book_id: int) -> Answer:
        shop.moderation.show_book(moderator_id(), book_id)
        flash("book-shown", title=_holding(shop, book_id).book.title)
        return redirect_back(url_for("moderator.book", book_id=book_id))

    @moderator.get(f"{_BOOK}/delete")
    def delete_form(book_id: int) -> str:
        return render_template("moderator/delete.html", holding=_holding(shop, book_id))

    @moderator.post(f"{_BOOK}/delete")
    def delete_book(book_id: int) -> Answer:
        flash("book-deleted", title=shop.moderation.delete_book(moderator_id(), book_id).title)
        return redirect(url_for("moderator.books"), 303)


def _holding(shop: Shop, book_id: int) -> CatalogueBook:
    with shop.store.read() as work:
        return work.all_books.get(book_id)


def _filled() -> BookForm:
    texts = {name: typed(name) for name in FIELDS}
    texts["categories"] = ";".join(request.form.getlist("categories"))
    return BookForm(texts, {fact: typed(f"shown-{fact}") for fact in FIELDS_BY_ATTRIBUTE})


def _values(filled: BookForm, faults: frozenset[str] = _NONE, conflicts: frozenset[str] = _NONE) -> dict[str, object]:
    return {
        "texts": filled.texts,
        "marks": filled.shown,
        "checked": filled.texts["categories"].split(";"),
        "categories": _CATEGORIES,
        "faults": faults,
        "conflicts": conflicts,
    }


def _show_again(
    status: int,
    holding: CatalogueBook | None,
    filled: BookForm,
    *,
    faults: frozenset[str] = _NONE,
    conflicts: frozenset[str] = _NONE,
) -> Response:
    current = form_of(holding.book).texts if holding else {}
    page = render_template(FORM, holding=holding, current=current, **_values(filled, faults, conflicts))
    return make_response(page, status)
