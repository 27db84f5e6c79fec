"""The empty pages make the same call as the shop's home page."""

from typing import cast

from flask import Flask

from bench.empty.pages import Call, create_pages
from marketplace.domain.recommendations import RecommendationRequest, Selection
from marketplace.gateways.recommender import GrpcRecommender
from tests.marketplace.fakes import FakeRecommender

VISITOR: Call = (0, [RecommendationRequest(None, 12), RecommendationRequest(None, 6, Selection.NEW)])
GUEST: Call = (7, [RecommendationRequest(None, 12)])


def pages(recommender: FakeRecommender) -> Flask:
    """The pages with a fake recommender."""
    return create_pages(cast("GrpcRecommender", recommender), VISITOR, GUEST)


def test_each_page_makes_its_call_and_shows_nothing() -> None:
    """The pages are equal, and the calls are none, the visitor's and the guest's."""
    recommender = FakeRecommender()
    browser = pages(recommender).test_client()
    responses = [browser.get(path).text for path in ("/alone", "/visitor", "/guest")]
    assert recommender.asked == [(reader_id, tuple(requests)) for reader_id, requests in (VISITOR, GUEST)]
    assert responses == ["<!doctype html><title>Empty</title>"] * 3
