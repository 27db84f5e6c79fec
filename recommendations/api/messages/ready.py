"""Shelves as serialized messages, put together from parts of books that are kept."""

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages.assembly import START, Parts, assemble, compile_ahead
from recommendations.domain.books import Book
from recommendations.domain.recommending import Listing, RecommendationList

_FIRST, _SECOND, _THIRD = b"\x0a", b"\x12", b"\x1a"
"""The tags of the first fields of a message, where they are strings or messages."""
ROOM = 16 * 1024
"""Bytes for a message at first; ten books have about one and a half thousand."""


class ShelfBytes:
    """Serializes shelves as `messages.shelves` and protobuf would, in a tenth of the time.

    What is constant of a book is serialized once, as long as the books are the same ones. Any thread may use it.
    """

    def __init__(self) -> None:
        compile_ahead()
        self._kept = _KeptParts(())

    def response(self, shelf: RecommendationList) -> bytes:
        """A RecommendationResponse, or a SimilarBooksResponse: they are the same."""
        message = self._recommendations(shelf.listing)
        if shelf.recommendation_id:
            message += _SECOND + _sized(shelf.recommendation_id.encode())
        if shelf.model_version:
            message += _THIRD + _sized(shelf.model_version.encode())
        return message

    def responses(self, shelves: Iterable[RecommendationList]) -> bytes:
        """A RecommendBatchResponse."""
        return b"".join([_FIRST + _sized(self.response(shelf)) for shelf in shelves])

    def _recommendations(self, listing: Listing) -> bytes:
        lines, scores = np.frombuffer(listing.lines, np.int32), np.frombuffer(listing.scores)
        kept = self._kept
        if kept.books is not listing.books:
            # Two threads with different books may do so in turn while a model is exchanged; that is soon over.
            kept = self._kept = _KeptParts(listing.books)
        message = np.empty(ROOM, dtype=np.uint8)
        while True:
            size, absent = assemble(*kept.parts, lines, scores, message)
            if absent >= 0:
                kept.add(absent)
            elif size > len(message):
                message = np.empty(size, dtype=np.uint8)
            else:
                return message[:size].tobytes()


class _KeptParts:
    """The parts of some books, each made when it is needed first."""

    def __init__(self, books: Sequence[Book]) -> None:
        self.books = books
        self.parts = Parts(np.empty(ROOM, dtype=np.uint8), np.full((len(books), 3), -1, dtype=np.int64))
        self._end = 0
        self._adding = threading.Lock()

    def add(self, row: int) -> None:
        """Make the parts of one book, unless somebody did so meanwhile."""
        book = self.books[row]
        facts = pb.BookRecommendation(
            id=book.id,
            title=book.title,
            authors=book.authors,
            categories=[pb.BookCategory.ValueType(category) for category in book.categories],
        ).SerializeToString()
        reference = _SECOND + _sized(pb.BookReference(id=book.id, title=book.title).SerializeToString())
        both = np.frombuffer(facts + reference, np.uint8)
        with self._adding:
            store, places = self.parts
            if places[row, START] >= 0:
                return
            start, self._end = self._end, self._end + len(both)
            if self._end > len(store):
                # The old store stays as it is for whoever reads it now.
                store = np.concatenate([store[:start], np.empty(self._end, dtype=np.uint8)])
                self.parts = self.parts._replace(store=store)
            store[start : self._end] = both
            # All at once: from now on it is read.
            places[row] = start, len(facts), len(reference)


def _sized(message: bytes) -> bytes:
    """The bytes after their number, as a varint: seven bits in a byte, the lowest first, all but the last marked."""
    size = bytearray()
    number = len(message)
    while number > _SEVEN_BITS:
        size.append(number & _SEVEN_BITS | _SEVEN_BITS + 1)
        number >>= 7
    size.append(number)
    return bytes(size) + message


_SEVEN_BITS = 0x7F
