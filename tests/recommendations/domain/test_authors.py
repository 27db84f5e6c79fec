"""Spellings of one author's name."""

import pytest

from recommendations.domain.authors import author_key, author_keys


@pytest.mark.parametrize(
    "names",
    [
        ["J.K. Rowling", "J. K. Rowling", "J K Rowling", "JK Rowling", "Rowling, J.K.", "ROWLING, J. K."],
        ["J.R.R. Tolkien", "JRR Tolkien", "Tolkien, J. R. R.", "Tolkien, J.R.R., 1892-1973"],
        ["Brian K. Vaughan", "Brian Vaughan", "Vaughan, Brian K.", "brian k vaughan"],
        ["Martin Luther King", "Martin Luther King Jr.", "King, Martin Luther, Jr."],
        ["Gabriel García Márquez", "Gabriel Garcia Marquez", "García Márquez, Gabriel"],
        ["Tim O'Brien", "O’Brien, Tim", "TIM O'BRIEN"],
        ["Jean-Paul Sartre", "Sartre, Jean Paul"],
        ["Лев Толстой", "Толстой, Лев"],
    ],
    ids=lambda names: names[0],
)  # fmt: skip
def test_spellings_of_one_name(names: list[str]) -> None:
    """Case, accents, the position of the last name and the writing of initials make no difference."""
    assert {name: author_key(name) for name in names} == dict.fromkeys(names, author_key(names[0]))


def test_different_names() -> None:
    """Initials instead of a first name, and a first name instead of another, are different authors."""
    names = [
        "Dylan Thomas",
        "R. S. Thomas",
        "Edward Thomas",
        "Thomas Edward",
        "Malcolm X",
        "Malcolm",
        "Lee Child",
        "Lincoln Child",
    ]
    assert len(set(map(author_key, names))) == len(names)


@pytest.mark.parametrize("name", ["Various", "Anonymous", "Unknown Author", "N/A", "", "…", "(Editor)"])
def test_placeholders(name: str) -> None:
    """Nobody in particular wrote nothing in particular."""
    assert author_key(name) == ""


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["J.K. Rowling", "Mary GrandPré"], ("j k rowling", "mary grandpre")),
        (["Constance Garnett (Translator)", "Leo Tolstoy"], ("leo tolstoy",)),
        (["Jay Rubin [Transl.]", "Haruki Murakami (Author)"], ("haruki murakami",)),
        (["Ted Hughes (Editor)"], ("ted hughes",)),
        (["Anonymous", "Seamus Heaney"], ("seamus heaney",)),
        (["Leo Tolstoy", "Tolstoy, Leo"], ("leo tolstoy",)),
        ([], ()),
    ],
)
def test_who_wrote_a_book(names: list[str], expected: tuple[str, ...]) -> None:
    """Translators, illustrators and editors count only if nobody else does."""
    assert author_keys(names) == expected
