"""A generated catalogue of pronounceable words, which can have typos like real ones."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from marketplace.domain.categories import Category

ZIPF = 1.0
"""The exponent of language: the n-th word of a vocabulary is used in proportion to n^−ZIPF."""

_ONSETS = ("b", "br", "d", "dr", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v")
_VOWELS = ("a", "e", "i", "o", "u", "é", "ö")
_OFTEN_ACCENTED = (0.22, 0.22, 0.18, 0.18, 0.16, 0.02, 0.02)
_CODAS = ("", "n", "r", "s", "l")
_STOP_WORDS = ("the", "of", "and", "in", "a")
_VOCABULARY, _NAMES = 40_000, 15_000
_PURCHASES_A_BOOK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedBook:
    """One book of the catalogue."""

    title: str
    author: str
    subjects: tuple[str, ...]
    isbn: str


def make_books(count: int, seed: int = 7) -> list[GeneratedBook]:
    """Generate books: a third of the titles has a stop word, and a third of the subjects share a word."""
    rng = np.random.default_rng(seed)
    words, names = _words(rng, _VOCABULARY), [name.title() for name in _words(rng, _NAMES)]
    authors = [f"{names[first]} {names[last]}" for first, last in rng.integers(_NAMES, size=(max(count // 5, 1), 2))]
    # A subject is one of few phrases; the first word of the vocabulary stands for "history".
    phrases = [
        f"{words[0]} of {words[int(word)]}" if number % 3 == 0 else f"{words[int(word)]} {words[int(other)]}"
        for number, (word, other) in enumerate(_drawn(rng, _VOCABULARY, (1000, 2)))
    ]
    lengths = rng.integers(1, 6, size=count)
    titles = _drawn(rng, _VOCABULARY, (count, 5))
    written = _drawn(rng, len(authors), (count,))
    subjects = _drawn(rng, len(phrases), (count, 2))
    stop_word = rng.integers(3 * len(_STOP_WORDS), size=count)
    books = []
    for book in range(count):
        title = [words[int(word)].title() for word in titles[book, : lengths[book]]]
        if stop_word[book] < len(_STOP_WORDS):
            title.insert(0, _STOP_WORDS[int(stop_word[book])].title())
        body = f"978{book:09}"
        check = -sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(body)) % 10
        books.append(
            GeneratedBook(
                title=" ".join(title),
                author=authors[int(written[book])],
                subjects=tuple(dict.fromkeys(phrases[int(subject)] for subject in subjects[book])),
                isbn=f"{body}{check}",
            )
        )
    return books


def write_books(path: Path, books: list[GeneratedBook], seed: int = 8) -> None:
    """Write a catalogue file with ids from 1."""
    rng = np.random.default_rng(seed)
    categories = _drawn(rng, len(Category), (len(books),))
    years, prices = rng.integers(1900, 2026, size=len(books)), rng.integers(199, 4999, size=len(books))
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["book_id", "title", "authors", "year", "isbn", "categories", "subjects", "price", "currency"])
        for i, book in enumerate(books):
            category = Category(int(categories[i])).slug
            price = f"{prices[i] / 100:.2f}"
            row = [book.title, book.author, years[i], book.isbn, category, ";".join(book.subjects), price, "EUR"]
            rows.writerow([i + 1, *row])


def write_interactions(path: Path, books: int, seed: int = 9) -> None:
    """Write a file of purchases with a few very popular books."""
    rng = np.random.default_rng(seed)
    count = books * _PURCHASES_A_BOOK
    bought = rng.permutation(books)[_drawn(rng, books, (count,))] + 1
    readers = rng.integers(1, max(count // 20, 2), size=count)
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("user_id,book_id,kind\n")
        file.writelines(f"{reader},{book},purchase\n" for reader, book in zip(readers, bought, strict=True))


def _words(rng: np.random.Generator, count: int) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < count:
        syllables = [
            str(rng.choice(_ONSETS)) + str(rng.choice(_VOWELS, p=_OFTEN_ACCENTED)) + str(rng.choice(_CODAS))
            for _ in range(int(rng.integers(2, 5)))
        ]
        words["".join(syllables)] = None
    return list(words)


def _drawn(
    rng: np.random.Generator, below: int, shape: tuple[int, ...]
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Random numbers below a limit by Zipf's law; 0 is the most likely."""
    weights = 1.0 / np.arange(1, below + 1) ** ZIPF
    return rng.choice(below, size=shape, p=weights / weights.sum()).astype(np.int64)
