"""The pages that the home page is measured against make the shop's own call."""

from typing import cast

from flask import Flask

from bench.empty_pages import Call, create_pages
from marketplace.domain.recommendations import RecommendationRequest, Selection
from marketplace.gateways.recommender import GrpcRecommender
from tests.marketplace.fakes import FakeRecommender

VISITOR: Call = (0, [RecommendationRequest(None, 12), RecommendationRequest(None, 6, Selection.NEW)])
GUEST: Call = (7, [RecommendationRequest(None, 12)])


def pages(recommender: FakeRecommender) -> Flask:
    """The pages over a recommender that is not there."""
    return create_pages(cast("GrpcRecommender", recommender), VISITOR, GUEST)


def test_each_page_makes_its_call_and_shows_nothing() -> None:
    """None, a visitor's and a guest's; the pages are the same."""
    recommender = FakeRecommender()
    browser = pages(recommender).test_client()
    answers = [browser.get(path).text for path in ("/alone", "/visitor", "/guest")]
    assert recommender.asked == [(reader_id, tuple(requests)) for reader_id, requests in (VISITOR, GUEST)]
    assert answers == ["<!doctype html><title>Empty</title>"] * 3
