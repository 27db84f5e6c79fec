"""Bringing a bookseller's file of books in."""

from contextlib import closing

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response as Answer

from marketplace.usecases.catalogue.uploads import MAX_UPLOAD_BYTES, Uploads
from marketplace.web.moderator.asked import by_whom
from servicekit.csvfile import NotSuchACsv

IMPORT = "moderator/import.html"


def add_to(moderator: Blueprint, uploads: Uploads) -> None:
    """Add `/moderator/books/import`."""

    @moderator.get("/books/import")
    def choose_file() -> str:
        return _page()

    @moderator.post("/books/import")
    def take_file() -> Answer:
        file = request.files.get("books")
        if file is None or not file.filename:
            return make_response(_page(is_missing=True), 422)
        try:
            with closing(file):
                report = uploads.books(by_whom(), file.filename, file.stream)
        except NotSuchACsv as error:
            return make_response(_page(refusal=str(error)), 422)
        return make_response(_page(report=report))


def _page(**given: object) -> str:
    return render_template(IMPORT, megabytes=MAX_UPLOAD_BYTES // 1024**2, **given)
