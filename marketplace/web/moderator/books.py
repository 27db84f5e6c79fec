"""The table of all books, and what is done to one of them."""

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.categories import Category
from marketplace.domain.errors import BookConflict, InvalidBook
from marketplace.domain.ids import MAX_ID
from marketplace.domain.moderation import BookColumn, BookFilter, CatalogueBook
from marketplace.store import Store
from marketplace.usecases.catalogue.forms import FIELDS, FIELDS_BY_ATTRIBUTE, BookForm, empty_form, form_of
from marketplace.usecases.moderation import Moderation
from marketplace.web.flash import say
from marketplace.web.moderator.asked import PAGE, by_whom, one_of, query_asked, sort_of
from marketplace.web.paging import page_number, paged
from marketplace.web.redirects import own_path

FORM = "moderator/book.html"
_BOOK = f"/books/<int(min=1,max={MAX_ID}):book_id>"
_CATEGORIES = sorted(Category, key=lambda each: each.label)


def add_to(moderator: Blueprint, store: Store, moderation: Moderation) -> None:
    """Add `/moderator/books`, `/moderator/books/new`, `/moderator/books/<id>` and what is posted there."""

    @moderator.get("/books")
    def books() -> str:
        query, show, number = query_asked(), one_of("show", BookFilter.ALL), page_number()
        by, descending = sort_of(BookColumn.TITLE)
        with store.read() as work:
            found = work.all_books.table(
                query, show, by=by, descending=descending, limit=PAGE, offset=(number - 1) * PAGE
            )
        return render_template(
            "moderator/books.html",
            found=found,
            pages=paged(found.total, PAGE, number),
            sought=query,
            show=show,
            filters=list(BookFilter),
            by=by,
            descending=descending,
            columns=list(BookColumn),
        )

    def holding(book_id: int) -> CatalogueBook:
        with store.read() as work:
            return work.all_books.get(book_id)

    _add_forms(moderator, moderation, holding)
    _add_deeds(moderator, moderation, holding)


def _add_forms(moderator: Blueprint, moderation: Moderation, holding: Callable[[int], CatalogueBook]) -> None:
    @moderator.get("/books/new")
    def new_book() -> str:
        return render_template(FORM, holding=None, **_given(empty_form()))

    @moderator.post("/books/new")
    def add_book() -> Answer:
        filled = _filled()
        try:
            book_id = moderation.add_book(by_whom(), filled)
        except InvalidBook as error:
            return _shown_again(422, None, filled, faults=error.attributes)
        say("book-added", title=filled.texts["title"])
        return redirect(url_for("moderator.book", book_id=book_id), 303)

    @moderator.get(_BOOK)
    def book(book_id: int) -> str:
        found = holding(book_id)
        return render_template(FORM, holding=found, **_given(form_of(found.book)))

    @moderator.post(_BOOK)
    def change_book(book_id: int) -> Answer:
        filled = _filled()
        try:
            is_new = moderation.change_book(by_whom(), book_id, filled)
        except InvalidBook as error:
            return _shown_again(422, holding(book_id), filled, faults=error.attributes)
        except BookConflict as error:
            found = holding(book_id)
            return _shown_again(409, found, filled.refreshed(found.book), conflicts=error.attributes)
        say("book-changed" if is_new else "book-unchanged", title=filled.texts["title"])
        return redirect(url_for("moderator.book", book_id=book_id), 303)


def _add_deeds(moderator: Blueprint, moderation: Moderation, holding: Callable[[int], CatalogueBook]) -> None:
    @moderator.post(f"{_BOOK}/hide")
    def hide_book(book_id: int) -> Answer:
        moderation.hide_book(by_whom(), book_id)
        say("book-hidden", title=holding(book_id).book.title)
        return _back(book_id)

    @moderator.post(f"{_BOOK}/show")
    def show_book(book_id: int) -> Answer:
        moderation.show_book(by_whom(), book_id)
        say("book-shown", title=holding(book_id).book.title)
        return _back(book_id)

    @moderator.get(f"{_BOOK}/delete")
    def ask_to_delete(book_id: int) -> str:
        return render_template("moderator/delete.html", holding=holding(book_id))

    @moderator.post(f"{_BOOK}/delete")
    def delete_book(book_id: int) -> Answer:
        say("book-deleted", title=moderation.delete_book(by_whom(), book_id).title)
        return redirect(url_for("moderator.books"), 303)


def _filled() -> BookForm:
    texts = {name: request.form.get(name, "") for name in FIELDS}
    texts["categories"] = ";".join(request.form.getlist("categories"))
    return BookForm(texts, {fact: request.form.get(f"shown-{fact}", "") for fact in FIELDS_BY_ATTRIBUTE})


def _given(
    filled: BookForm, faults: frozenset[str] = frozenset(), conflicts: frozenset[str] = frozenset()
) -> dict[str, object]:
    return {
        "texts": filled.texts,
        "marks": filled.shown,
        "chosen": filled.texts["categories"].split(";"),
        "categories": _CATEGORIES,
        "faults": faults,
        "conflicts": conflicts,
    }


def _shown_again(
    status: int,
    found: CatalogueBook | None,
    filled: BookForm,
    *,
    faults: frozenset[str] = frozenset(),
    conflicts: frozenset[str] = frozenset(),
) -> Response:
    now = form_of(found.book).texts if found else {}
    page = render_template(FORM, holding=found, now=now, **_given(filled, faults, conflicts))
    return make_response(page, status)


def _back(book_id: int) -> Answer:
    return redirect(own_path(request.form.get("next", ""), url_for("moderator.book", book_id=book_id)), 303)
