"""The words by which texts are found, and the terms of queries."""

# ruff: noqa: RUF001  (texts in other scripts)

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.text import MAX_WORD_LENGTH, MAX_WORDS
from marketplace.store.search.numbers import in_digits, other_notations
from marketplace.store.search.words import index_words, is_characters, query_terms, spelled_words

ANYTHING = st.text(st.characters(), max_size=100)
"""Any text, also with lone surrogates and NUL."""
PARTS = [*"acxq1&-./'`+#%, (é界", "x1", "x01234", "and", "plus", "ii", "two", "twenty", "2,000", ".net", "C++", "C#"]
"""Parts of texts with other spellings."""


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("nineteen eighty four", "1984"),
        ("catch twenty two", "catch 22"),
        ("one hundred years of solitude", "100 years of solitude"),
        ("a thousand and one nights", "a 1001 nights"),
        ("twenty thousand leagues", "20000 leagues"),
        ("four fifty one", "451"),
        ("two thousand nineteen", "2019"),
        ("twenty twenty", "2020"),
        ("nineteen hundred and five", "1905"),
        ("three million two hundred thousand and six", "3200006"),
        ("seven habits of the twenty first century", "7 habits of the 21st century"),
        ("second eleventh twelfth thirtieth hundredth", "2nd 11th 12th 30th 100th"),
        ("second twenty", "2nd 20"),
        ("world war ii", "world war 2"),
        ("louis xiv", "louis 14"),
        ("malcolm x and i", "malcolm x and i"),
        ("someone stoned a tent", "someone stoned a tent"),
    ],
)
def test_numbers_in_words_are_written_in_digits(words: str, digits: str) -> None:
    """Cardinals, ordinals, years and Roman numerals of two letters or more; other words stay."""
    assert " ".join(in_digits(words.split())) == digits


@pytest.mark.parametrize(
    ("word", "others"),
    [
        ("1984", {"nineteen", "eighty", "four"}),
        ("2019", {"twenty", "nineteen", "two", "thousand"}),
        ("2001", {"two", "thousand", "one"}),
        ("1905", {"nineteen", "hundred", "five"}),
        ("451", {"four", "hundred", "fifty", "one"}),
        ("1000000", {"one", "million"}),
        ("100", {"one", "hundred"}),
        ("20th", {"twentieth", "xx"}),
        ("0", {"zero"}),
        ("vii", {"seven", "7"}),
        ("007", set()),
        ("9780441013593", set()),
    ],
)
def test_numbers_have_other_notations(word: str, others: set[str]) -> None:
    """Digits are read in words, a year in halves; long numbers and those with a leading zero are not read."""
    assert set(other_notations([word])) - {word} == others


@given(st.integers(0, 999_999_999) | st.integers(1990, 2110))
def test_a_number_in_words_is_that_number(number: int) -> None:
    """Digits read in words are those digits; a year of this century is read twice, as `two thousand` too."""
    words = [word for word in other_notations([str(number)]) if word.isalpha() and not re.fullmatch("[ivx]+", word)]
    # From 2010 on, both readings in a row would be another number.
    last_reading = words[2:] if 2010 <= number < 2100 else words
    assert " ".join(in_digits(last_reading)) in (str(number), f"2000 {number}")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("C++", "Effective Modern C++"),
        ("cpp", "Effective Modern C++"),
        ("c plus plus", "C++20"),
        ("cpp", "C plus plus"),
        ("Ｃ＃", "C# in Depth"),
        ("C#", "Visual C#.NET"),
        ("F♯", "F# for Fun"),
        (".NET", "Pro ASP.NET Core"),
        (".net 8", ".NET 8"),
        ("net", "C# and .NET"),
        ("node.js", "Node.js in Action"),
        ("nodejs", "Node.js in Action"),
        ("node js", "Node.js in Action"),
        (".js", "Vue.js"),
        ("R&D", "R & D"),
        ("r and d", "Managing R&D"),
        ("at&t", "The AT & T Story"),
        ("at and t", "AT&T"),
        ("q&a", "Q and A"),
        ("A+", "CompTIA A+"),
        ("3D", "3-D Printing"),
        ("3-d", "3D Printing"),
        ("sci fi", "Sci-Fi"),
        ("scifi", "Sci-Fi"),
        ("sci-fi", "SciFi"),
        ("sci-fi", "Sci Fi"),
        ("Spider-Man", "Spiderman"),
        ("spiderman", "The Amazing Spider–Man"),
        ("x-men", "Xmen"),
        ("catch22", "Catch-22"),
        ("catch-22", "Catch Twenty-Two"),
        ("Catch twenty-two", "Catch 22"),
        ("1984", "Nineteen Eighty-Four"),
        ("nineteen eighty four", "1984"),
        ("20000 leagues", "20,000 Leagues"),
        ("twenty thousand leagues", "20.000 Leagues"),
        ("10 percent", "10% Happier"),
        ("9-11", "9/11"),
        ("acdc", "AC/DC"),
        ("J R R Tolkien", "J.R.R. Tolkien"),
        ("世界大戦２", "世界大戦Ⅱ"),
        ("森林", "三体Ⅱ：黑暗森林"),
        ("森", "三体Ⅱ：黑暗森林"),
        ("林", "三体Ⅱ：黑暗森林"),
        ("村上", "村上春樹"),
        ("村上 春樹", "村上春樹"),
        ("村上春樹", "村上 春樹"),
        ("ノルウェイ", "ノルウェイの森"),
        ("ﾉﾙｳｪｲ", "ノルウェイの森"),
        ("のるうぇい", "ノルウェイの森"),
        ("ハリーポッター", "ハリー・ポッターと賢者の石"),
        ("ハリー・ポッター", "ハリーポッターと賢者の石"),
        ("채식주의자", "한강의 채식주의자"),
        ("김지영", "82년생 김지영"),
        ("82년생김지영", "82년생 김지영"),
        ("刘慈欣", "刘慈欣"),
        ("慈欣", "刘慈欣"),
        ("ความรัก", "ในความรัก"),
    ],
)
def test_a_query_has_a_spelling_in_the_text(query: str, text: str) -> None:
    """Symbols, hyphens, numbers and scripts without spaces, however they are written."""
    words = index_words(text)

    def is_in(word: str) -> bool:
        return word in words or (is_characters(word) and any(other.startswith(word) for other in words))

    assert query_terms(query)
    for term in query_terms(query):
        assert any(all(map(is_in, spelling)) for spelling in term), (term, words)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("C++", "The C Programming Language"),
        ("c", "Effective Modern C++"),
        ("c", "C# in Depth"),
        (".NET", "The Net"),
        ("net", "Nets"),
        ("R&D", "Red"),
        ("2.0", "20"),
        ("2", "2,000"),
        ("10", "1984"),
        ("森林", "林森"),
        ("历史", "理事"),
    ],
)
def test_what_carries_meaning_is_not_dropped(query: str, text: str) -> None:
    """Texts that differ by a symbol, a digit or a character are different."""
    words = index_words(text)
    assert not all(any(words.count(word) for word in spelling) for term in query_terms(query) for spelling in term)


@given(ANYTHING)
def test_words_have_no_syntax(text: str) -> None:
    """Only lower-case letters and digits remain, which no database reads as syntax, and a query is bounded."""
    terms = query_terms(text)
    assert len(terms) <= MAX_WORDS
    for word in [*index_words(text), *(word for term in terms for spelling in term for word in spelling)]:
        assert word.isascii()
        assert word.isalnum()
        assert word == word.lower()
        assert len(word) <= MAX_WORD_LENGTH


@given(ANYTHING | st.lists(st.sampled_from(PARTS), max_size=8).map("".join))
def test_what_has_one_spelling_is_recognised(text: str) -> None:
    """A text that is not searched for other spellings has none."""
    assert index_words(text) == spelled_words(text)


@given(ANYTHING)
def test_a_text_is_found_by_itself(text: str) -> None:
    """Every word of a text's terms is among those of the index."""
    words = set(index_words(text))
    for term in query_terms(text):
        assert any(words.issuperset(spelling) for spelling in term) or is_characters(term[0][0])
