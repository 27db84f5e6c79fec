"""Importing a bookseller's file of books."""

from contextlib import closing

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response as Answer

from bookfiles.errors import InvalidFile
from marketplace.usecases.catalogue.uploads import MAX_UPLOAD_BYTES
from marketplace.web.moderator.parameters import moderator_id
from marketplace.web.shop import Shop

IMPORT = "moderator/import.html"


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/books/import`."""

    @moderator.get("/books/import")
    def import_form() -> str:
        return _page()

    @moderator.post("/books/import")
    def import_books() -> Answer:
        file = request.files.get("books")
        if file is None or not file.filename:
            return make_response(_page(is_missing=True), 422)
        try:
            with closing(file):
                report = shop.uploads.books(moderator_id(), file.filename, file.stream)
        except InvalidFile as error:
            return make_response(_page(refusal=str(error)), 422)
        return make_response(_page(report=report))


def _page(**values: object) -> str:
    return render_template(IMPORT, megabytes=MAX_UPLOAD_BYTES // 1024**2, **values)
