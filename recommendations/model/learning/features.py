"""Content features of books. Training treats each feature as one more reader of the books that have it.

Books with little history thus get content-based neighbours: of the same author, subject, series or publisher. Where
there is enough history, it outweighs the features (Jeunen et al. 2020, "Closed-form models for collaborative
filtering with side-information").
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from scipy.sparse import csr_array

from recommendations.domain.books import Book
from recommendations.model.vocabulary import ABSENT, Vocabulary

MOST_TITLES_OF_WORD = 300
"""Words in more titles than this are ignored."""

SHORTEST_WORD = 3

ISBN_PREFIXES = (5, 6, 7, 8)
"""Prefix lengths, after any 978, at which ISBNs of the same publisher, imprint or series agree."""

Feature = tuple[str, str | int]


def features_of(books: Iterable[Book], vocabulary: Vocabulary) -> csr_array:
    """A features × books matrix, 1 where the book has the feature; only features that several books share."""
    rows_of: defaultdict[Feature, list[int]] = defaultdict(list)
    for book in books:
        row = vocabulary.row(book.id)
        if row != ABSENT:
            # Not a set: its order, and so the rounding of sums, would differ from process to process.
            for feature in dict.fromkeys(_features(book)):
                rows_of[feature].append(row)
    shared = [sorted(rows) for feature, rows in rows_of.items() if _is_informative(feature, rows)]
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in shared])]).astype(np.int64)
    indices = np.fromiter((row for rows in shared for row in rows), dtype=np.int32, count=int(indptr[-1]))
    return csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(shared), len(vocabulary)))


def _is_informative(feature: Feature, rows: list[int]) -> bool:
    return len(rows) > 1 and not (feature[0] == "word" and len(rows) > MOST_TITLES_OF_WORD)


def _features(book: Book) -> Iterator[Feature]:
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
    """The nine digits that a book's ISBN-10 and ISBN-13 share; empty if `isbn` is neither (ISO 2108)."""
    plain = re.sub(r"[\s-]", "", isbn)
    match = re.fullmatch(r"(?:978)?([0-9]{9})[0-9Xx]", plain)
    return match.group(1) if match else ""
