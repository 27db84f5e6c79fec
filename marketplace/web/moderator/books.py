"""The table of all books, and the forms for one."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.categories import Category
from marketplace.domain.errors import BookConflict, InvalidBook, InvalidLink
from marketplace.domain.moderation import BookColumn, BookFilter, CatalogueBook
from marketplace.usecases.catalogue.forms import FIELDS, FIELDS_BY_ATTRIBUTE, BookForm, empty_form, form_of
from marketplace.web.flash import flash
from marketplace.web.forms import BOOK_ID, redirect_back, typed
from marketplace.web.limits import Attempt
from marketplace.web.moderator.filling import NOTHING, Filling, filled_form
from marketplace.web.moderator.parameters import PAGE, choice, moderator_id, search_words, sort_column
from marketplace.web.paging import page_number, paged
from marketplace.web.shop import Shop

FORM = "moderator/book.html"
_BOOK = f"/books/{BOOK_ID}"
_CATEGORIES = sorted(Category, key=lambda category: category.label)
_NONE: frozenset[str] = frozenset()


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/books`, `/moderator/books/new`, its `/link`, `/moderator/books/<id>` and their posts."""

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

    _add_new(moderator, shop)
    _add_forms(moderator, shop)
    _add_actions(moderator, shop)


def _add_new(moderator: Blueprint, shop: Shop) -> None:
    @moderator.get("/books/new")
    def new_book() -> str:
        of = request.args.get("link")
        form, filling = (empty_form(), NOTHING) if of is None else filled_form(shop, of)
        return render_template(FORM, stored=None, **_values(form, filling=filling))

    @moderator.post("/books/new/link")
    def fill_in() -> Answer:
        if seconds := shop.limiter.wait(Attempt.LINK_BY_MODERATOR, str(moderator_id())):
            page = _without_link(429, "TOO_OFTEN")
            page.headers["Retry-After"] = str(seconds)
            return page
        try:
            of = shop.links.ask(moderator_id(), typed("link"))
        except InvalidLink:
            return _without_link(422, "INVALID_ARGUMENT")
        return redirect(url_for("moderator.new_book", link=of), 303)

    @moderator.post("/books/new")
    def add_book() -> Answer:
        form = _sent_form()
        try:
            book_id = shop.moderation.add_book(moderator_id(), form)
        except InvalidBook as error:
            return _show_again(422, None, form, invalid=error.attributes)
        flash("book-added", title=form.texts["title"])
        return redirect(url_for("moderator.book", book_id=book_id), 303)


def _add_forms(moderator: Blueprint, shop: Shop) -> None:
    @moderator.get(_BOOK)
    def book(book_id: int) -> str:
        stored = _stored(shop, book_id)
        return render_template(FORM, stored=stored, **_values(form_of(stored.book)))

    @moderator.post(_BOOK)
    def change_book(book_id: int) -> Answer:
        form = _sent_form()
        try:
            has_changed = shop.moderation.change_book(moderator_id(), book_id, form)
        except InvalidBook as error:
            return _show_again(422, _stored(shop, book_id), form, invalid=error.attributes)
        except BookConflict as error:
            stored = _stored(shop, book_id)
            return _show_again(409, stored, form.refreshed(stored.book), conflicts=error.attributes)
        flash("book-changed" if has_changed else "book-unchanged", title=form.texts["title"])
        return redirect(url_for("moderator.book", book_id=book_id), 303)


def _add_actions(moderator: Blueprint, shop: Shop) -> None:
    @moderator.post(f"{_BOOK}/hide")
    def hide_book(book_id: int) -> Answer:
        shop.moderation.hide_book(moderator_id(), book_id)
        flash("book-hidden", title=_stored(shop, book_id).book.title)
        return redirect_back(url_for("moderator.book", book_id=book_id))

    @moderator.post(f"{_BOOK}/show")
    def show_book(book_id: int) -> Answer:
        shop.moderation.show_book(moderator_id(), book_id)
        flash("book-shown", title=_stored(shop, book_id).book.title)
        return redirect_back(url_for("moderator.book", book_id=book_id))

    @moderator.get(f"{_BOOK}/delete")
    def delete_form(book_id: int) -> str:
        return render_template("moderator/delete.html", stored=_stored(shop, book_id))

    @moderator.post(f"{_BOOK}/delete")
    def delete_book(book_id: int) -> Answer:
        flash("book-deleted", title=shop.moderation.delete_book(moderator_id(), book_id).title)
        return redirect(url_for("moderator.books"), 303)


def _stored(shop: Shop, book_id: int) -> CatalogueBook:
    with shop.store.read() as work:
        return work.all_books.get(book_id)


def _sent_form() -> BookForm:
    texts = {name: typed(name) for name in FIELDS}
    texts["categories"] = ";".join(request.form.getlist("categories"))
    return BookForm(texts, {name: typed(f"shown-{name}") for name in FIELDS_BY_ATTRIBUTE})


def _without_link(status: int, error: str) -> Response:
    filling = Filling(link=typed("link"), error=error)
    return make_response(render_template(FORM, stored=None, **_values(empty_form(), filling=filling)), status)


def _values(
    form: BookForm,
    invalid: frozenset[str] = _NONE,
    conflicts: frozenset[str] = _NONE,
    filling: Filling = NOTHING,
) -> dict[str, object]:
    return {
        "filling": filling,
        "texts": form.texts,
        "shown": form.shown,
        "checked": form.texts["categories"].split(";"),
        "categories": _CATEGORIES,
        "invalid": invalid,
        "conflicts": conflicts,
    }


def _show_again(
    status: int,
    stored: CatalogueBook | None,
    form: BookForm,
    *,
    invalid: frozenset[str] = _NONE,
    conflicts: frozenset[str] = _NONE,
) -> Response:
    current = form_of(stored.book).texts if stored else {}
    page = render_template(FORM, stored=stored, current=current, **_values(form, invalid, conflicts))
    return make_response(page, status)
