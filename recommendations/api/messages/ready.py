"""Shelves as serialized messages, put together from parts that are kept: a protobuf message is what its parts are."""

from collections.abc import Iterable
from struct import Struct

from protobufs import recommendations_pb2 as pb
from recommendations.domain import Book, ReasonKind, Shelf

MOST_BOOKS = 100_000
"""Of so many books the parts are kept, then all is begun anew; a book's are some 300 bytes."""

# A field's number and wire type, as https://protobuf.dev/programming-guides/encoding has them.
_FIRST, _SECOND, _THIRD = b"\x0a", b"\x12", b"\x1a"
"""The first fields of a message, where they are strings or messages."""
_SCORE = Struct("<cf")
_SCORE_TAG, _NO_SCORE = b"\x2d", b"\x2d\0\0\0\0"
_REASON = b"\x32"
_KIND = b"\x08"
_KINDS = [_KIND + bytes((number,)) for number in range(max(ReasonKind) + 1)]
"""By number."""


class ShelfBytes:
    """Serializes shelves as `messages.shelves` and protobuf would, in a tenth of the time.

    The constant fields of a book are serialized once for each Book, which is never changed. Any thread may use it.
    """

    def __init__(self, most_books: int = MOST_BOOKS) -> None:
        self._most_books = most_books
        # By the identity of a book, which is kept, so that no other one gets it: to hash all its fields takes longer.
        self._kept: dict[int, tuple[Book, bytes, bytes]] = {}

    def response(self, shelf: Shelf) -> bytes:
        """A RecommendationResponse, or a SimilarBooksResponse: they are the same."""
        kept = self._kept
        parts: list[bytes] = []
        for book, score, kind, because in zip(shelf.books, shelf.scores, shelf.kinds, shelf.because, strict=True):
            _, facts, _ = kept.get(id(book)) or self._keep(book)
            scored = _SCORE.pack(_SCORE_TAG, score)
            if scored == _NO_SCORE:
                # As any field, it is left out where it is 0.
                scored = b""
            reason = _KINDS[kind]
            for other in because:
                reason += (kept.get(id(other)) or self._keep(other))[2]
            reason_size = _size(len(reason))
            size = len(facts) + len(scored) + len(_REASON) + len(reason_size) + len(reason)
            parts += (_FIRST, _size(size), facts, scored, _REASON, reason_size, reason)
        for tag, text in ((_SECOND, shelf.recommendation_id), (_THIRD, shelf.model_version)):
            if text:
                parts.append(tag + _sized(text.encode()))
        return b"".join(parts)

    def responses(self, shelves: Iterable[Shelf]) -> bytes:
        """A RecommendBatchResponse."""
        return b"".join([_FIRST + _sized(self.response(shelf)) for shelf in shelves])

    def _keep(self, book: Book) -> tuple[Book, bytes, bytes]:
        """The book, its own fields of a BookRecommendation, and the book as one of those of a Reason."""
        facts = pb.BookRecommendation(
            id=book.id,
            title=book.title,
            authors=book.authors,
            categories=[pb.BookCategory.ValueType(category) for category in book.categories],
        )
        reference = pb.BookReference(id=book.id, title=book.title)
        parts = book, facts.SerializeToString(), _SECOND + _sized(reference.SerializeToString())
        if len(self._kept) >= self._most_books:
            self._kept.clear()
        self._kept[id(book)] = parts
        return parts


def _sized(message: bytes) -> bytes:
    """The bytes after their number."""
    return _size(len(message)) + message


def _size(size: int) -> bytes:
    return _SIZES[size] if size < len(_SIZES) else _varint(size)


def _varint(number: int) -> bytes:
    """Seven bits in a byte, the lowest first; all but the last byte have the eighth bit set."""
    written = bytearray()
    while number > _SEVEN_BITS:
        written.append(number & _SEVEN_BITS | _SEVEN_BITS + 1)
        number >>= 7
    written.append(number)
    return bytes(written)


_SEVEN_BITS = 0x7F
_SIZES = [_varint(size) for size in range(2_048)]
"""Of most parts."""
