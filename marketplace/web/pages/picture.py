"""Pictures that the shop keeps: covers of books and pictures of pages that messages link to."""

from flask import Blueprint, Response, abort

from marketplace.domain.links import PICTURE_TYPE, PICTURES, is_id
from marketplace.web.pages.cover import IMMUTABLE
from marketplace.web.shop import Shop


def blueprint(shop: Shop) -> Blueprint:
    """`/pictures/<id>`; the id is that of the content, so it never changes."""
    picture = Blueprint("picture", __name__)

    @picture.get(f"{PICTURES}<string(length=64):picture_id>")
    def image(picture_id: str) -> Response:
        with shop.store.read() as work:
            stored = work.pictures.get(picture_id) if is_id(picture_id) else None
        if stored is None:
            abort(404)
        # Its content security policy allows nothing: see `security.FILE_HEADERS`.
        response = Response(stored.content, mimetype=PICTURE_TYPE)
        response.headers["Cache-Control"] = IMMUTABLE
        return response

    return picture
