"""Records get their numbers."""

from bookfiles.ids import UnsharedIds
from bookfiles.numbering import numbered_books, numbered_interactions
from tests.bookfiles.files import books_of, csv_of, interactions_of


def test_plain_numbers_are_themselves() -> None:
    """Other ids get a number, the same for a book in both files, and a book keeps what it was given."""
    ids = UnsharedIds()
    books = numbered_books(books_of(csv_of("book_id,title", "5.0,A", "0441013597,B", "SKU-1,C")).records, ids)
    assert [(book.id < 1_500_000_000, book.external_id) for book in books] == [
        (True, ""),
        (False, "9780441013593"),
        (False, "SKU-1"),
    ]
    rows = ["1,9780441013593", "ann@example.com,5", "ann@example.com,SKU-1"]
    interactions = numbered_interactions(interactions_of(csv_of("user_id,book_id", *rows)).records, ids)
    assert [interaction.book_id for interaction in interactions] == [books[1].id, 5, books[2].id]
    assert interactions[0].reader_id == 1
    assert interactions[1].reader_id == interactions[2].reader_id >= 1_500_000_000
    assert interactions[0].kind == "purchase"
