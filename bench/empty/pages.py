"""Empty pages, to measure what the shop adds: `python -m bench.empty.pages COOKIE`.

Like the shop, they are served by waitress with the shop's settings from the environment. `/alone` is an empty
template; `/visitor` and `/guest` also make the call that the shop makes for its home page.
"""

from collections.abc import Sequence

import click
from flask import Flask, render_template
from jinja2 import DictLoader

from marketplace.app import connect, create_app
from marketplace.domain.recommendations import RecommendationList, RecommendationRequest
from marketplace.gateways.recommender import GrpcRecommender
from marketplace.serving import listen
from marketplace.settings import Settings

LISTENS = "listens on port "
TEMPLATE = "<!doctype html><title>{{ title }}</title>"

Call = tuple[int, Sequence[RecommendationRequest]]
"""A reader's id, and the requests for their shelves."""


class _RecordingRecommender:
    """Forwards calls and records them."""

    state = "closed"

    def __init__(self, recommender: GrpcRecommender) -> None:
        self._recommender = recommender
        self.calls: list[Call] = []

    def recommend(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList]:
        self.calls.append((reader_id, requests))
        return self._recommender.recommend(reader_id, requests)

    def similar(self, book_id: int, reader_id: int, limit: int) -> RecommendationList:
        return self._recommender.similar(book_id, reader_id, limit)


def call_of_home(settings: Settings, recommender: GrpcRecommender, cookie: str) -> Call:
    """The call that the shop makes for its home page with this cookie, "" for none."""
    recording = _RecordingRecommender(recommender)
    browser = create_app(settings, recording).test_client(use_cookies=False)
    response = browser.get("/", headers={"Cookie": cookie})
    if response.status_code != 200 or len(recording.calls) != 1:
        raise ValueError(f"the home page has status {response.status} and made {len(recording.calls)} calls")
    return recording.calls[0]


def create_pages(recommender: GrpcRecommender, visitor: Call, guest: Call) -> Flask:
    """An application with nothing but the three pages."""
    app = Flask(__name__)
    app.jinja_loader = DictLoader({"empty.html": TEMPLATE})

    @app.get("/alone")
    def alone() -> str:
        return render_template("empty.html", title="Empty")

    @app.get("/visitor")
    def visitors() -> str:
        recommender.recommend(*visitor)
        return alone()

    @app.get("/guest")
    def guests() -> str:
        recommender.recommend(*guest)
        return alone()

    return app


@click.command()
@click.argument("cookie")
def main(cookie: str) -> None:
    """Serve until SIGTERM."""
    settings = Settings()
    recommender = connect(settings)
    visitor, guest = (call_of_home(settings, recommender, value) for value in ("", cookie))
    server = listen(create_pages(recommender, visitor, guest), settings)
    click.echo(f"{LISTENS}{server.port}")
    server.run()


if __name__ == "__main__":
    main()
