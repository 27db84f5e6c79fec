"""What is said about books, as if each trait were a reader of the books that have it.

So books with little history borrow from others of the same author, subject, series or publisher, and what readers
did outweighs it where there is enough of that (Jeunen et al. 2020, "Closed-form models for collaborative filtering
with side-information").
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from scipy.sparse import csr_array

from recommendations.domain.books import Book
from recommendations.model.vocabulary import ABSENT, Vocabulary

LONGEST_WORD_LIST = 300
"""A word in more titles than this says nothing of a book."""

SHORTEST_WORD = 3

ISBN_PREFIXES = (5, 6, 7, 8)
"""Digits of an ISBN, after any 978, that books of one publisher, imprint or series have in common."""

Trait = tuple[str, str | int]


def traits_of(books: Iterable[Book], vocabulary: Vocabulary) -> csr_array:
    """Traits × books: 1 where the book has the trait; only traits that several books share."""
    having: defaultdict[Trait, list[int]] = defaultdict(list)
    for book in books:
        row = vocabulary.row(book.id)
        if row != ABSENT:
            for trait in set(_traits(book)):
                having[trait].append(row)
    shared = [sorted(rows) for trait, rows in having.items() if _tells_something(trait, rows)]
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in shared])]).astype(np.int64)
    indices = np.fromiter((row for rows in shared for row in rows), dtype=np.int32, count=int(indptr[-1]))
    return csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(shared), len(vocabulary)))


def _tells_something(trait: Trait, rows: list[int]) -> bool:
    return len(rows) > 1 and not (trait[0] == "word" and len(rows) > LONGEST_WORD_LIST)


def _traits(book: Book) -> Iterator[Trait]:
    for author in book.authors:
        yield "author", author.casefold()
    for subject in book.subjects:
        yield "subject", subject.casefold()
    for bracket in re.findall(r"\(([^(),#]+)", book.title):
        yield "series", bracket.strip().casefold()
    for word in re.findall(r"\w+", book.title.casefold()):
        if len(word) >= SHORTEST_WORD:
            yield "word", word
    digits = isbn_digits(book.isbn)
    for length in ISBN_PREFIXES if digits else ():
        yield "isbn", digits[:length]


def isbn_digits(isbn: str) -> str:
    """The nine digits of an ISBN-10 or ISBN-13 that name the book, empty where it is neither (ISO 2108)."""
    plain = re.sub(r"[\s-]", "", isbn)
    match = re.fullmatch(r"(?:978)?([0-9]{9})[0-9Xx]", plain)
    return match.group(1) if match else ""
