"""Shelves put together from serialized parts, against protobuf's own serialization."""

from hypothesis import given
from hypothesis import strategies as st

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import shelves
from recommendations.api.messages.assembly import assemble, compile_ahead
from recommendations.api.messages.ready import ShelfBytes
from recommendations.domain.books import Book, Category
from recommendations.domain.recommending import Reason, ReasonKind, Recommendation, RecommendationList

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.integers(100, 5_000).map(lambda n: "é" * n)
books = st.builds(
    Book,
    id=st.integers(0, 2**31 - 1),
    title=texts,
    authors=st.lists(texts, max_size=3).map(tuple),
    categories=st.lists(st.sampled_from(Category), max_size=3).map(tuple),
)
scores = st.just(0.0) | st.floats(width=32, allow_nan=False)
reasons = st.builds(Reason, kind=st.sampled_from(ReasonKind), books=st.lists(books, max_size=3).map(tuple))
shelf = st.builds(
    RecommendationList.of,
    st.lists(st.builds(Recommendation, book=books, score=scores, reason=reasons), max_size=4),
    recommendation_id=texts,
    model_version=texts,
)


@given(st.lists(shelf, max_size=3))
def test_the_bytes_are_those_of_protobuf(some: list[RecommendationList]) -> None:
    """Of one shelf, of several and of similar books, also when the parts are kept from before."""
    ready = ShelfBytes()
    for _ in range(2):
        for one in some:
            assert ready.response(one) == shelves.shelf_response(one).SerializeToString()
            assert ready.response(one) == shelves.similar_response(one).SerializeToString()
        assert ready.responses(some) == shelves.shelves_response(some).SerializeToString()


def test_a_book_that_changed_is_serialized_anew() -> None:
    """Parts belong to one state of a book, not to its id."""
    ready = ShelfBytes()
    for title in ("Dune", "Dune Messiah"):
        one = Recommendation(Book(id=1, title=title), 1.0, Reason(ReasonKind.NEW))
        answer = ready.response(RecommendationList.of((one,)))
        assert pb.RecommendationResponse.FromString(answer).recommendations[0].title == title


def test_whatever_is_written_was_compiled_ahead() -> None:
    """A shelf that is empty, one from memory and one that needs more room: nothing is compiled for them."""
    compile_ahead()
    before = list(assemble.signatures)
    ready = ShelfBytes()
    for title in ("Dune", "é" * 50_000):
        ready.response(RecommendationList.of([Recommendation(Book(id=1, title=title), 1.0, Reason(ReasonKind.NEW))]))
    ready.response(RecommendationList.of(()))
    assert assemble.signatures == before
    assert len(before) == 1
