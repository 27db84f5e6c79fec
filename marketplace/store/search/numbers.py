"""Numbers in words, in digits and as Roman numerals, so that `1984` finds `Nineteen Eighty-Four` and the reverse."""

import re
from collections.abc import Iterator, Sequence

_SMALL = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: n for n, word in enumerate(_SMALL)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SCALES = {"million": 1_000_000, "thousand": 1000}
_ORDINALS = {
    **{word: f"{word}th" for word in (*_SMALL[4:], "hundred", *_SCALES)},
    **{word: f"{word[:-1]}ieth" for word in _TENS},
    **dict(zip(_SMALL[1:4], ("first", "second", "third"), strict=True)),
    **dict(zip(("five", "eight", "nine", "twelve"), ("fifth", "eighth", "ninth", "twelfth"), strict=True)),
}
_CARDINALS = {ordinal: cardinal for cardinal, ordinal in _ORDINALS.items()}
# Single letters are left out: `I`, `V` and `X` are mostly no numbers.
_ROMANS = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
_ROMANS |= {f"x{roman}": 10 + n for roman, n in {"i": 1, "v": 5, "x": 10, **_ROMANS}.items()}
_ROMAN_OF = {n: roman for roman, n in _ROMANS.items()}


def _any(words: Sequence[str]) -> str:
    return rf"(?:{'|'.join(words)})\b"


_TWO_DIGITS = rf"(?:{_any(_TENS)}(?: {_any(_SMALL[1:10])})?|{_any(_SMALL[10:])})"
_BELOW_100 = rf"(?:{_TWO_DIGITS}|{_any(_SMALL[:10])})"
_BELOW_1000 = rf"(?:(?:{_BELOW_100} )?hundred\b(?: (?:and )?{_BELOW_100})?|{_BELOW_100})"
_BELOW_MILLION = rf"(?:(?:{_BELOW_1000} )?thousand\b(?: (?:and )?{_BELOW_1000})?|{_BELOW_1000})"
_NUMBER = re.compile(
    # The first form is that of years and the like: nineteen eighty-four, four fifty-one.
    rf"\b(?:(?P<high>{_BELOW_100}) (?P<low>{_TWO_DIGITS})"
    rf"|(?:{_BELOW_1000} )?million\b(?: (?:and )?{_BELOW_MILLION})?|{_BELOW_MILLION})"
)
_NUMBER_WORDS = frozenset([*_VALUES, *_SCALES, "hundred", *_CARDINALS, *_ROMANS])
_YEARS_SINCE_2010 = range(201, 210)
_YEARS = {*range(110, 200), *_YEARS_SINCE_2010}
"""Without the last digit: years that are read in two halves."""
_DIGITS = re.compile(r"([1-9]\d{0,8}|0)(st|nd|rd|th)?")


def in_digits(words: Sequence[str]) -> list[str]:
    """Folded words with every number in digits: `catch twenty two` is `catch 22`, `twentieth` is `20th`."""
    if _NUMBER_WORDS.isdisjoint(words):
        return list(words)
    # The point keeps an ordinal from being continued: `second twenty` is not 220.
    text = " ".join(f"{_CARDINALS[word]}." if word in _CARDINALS else word for word in words)
    written: list[str] = []
    taken = 0
    for match in _NUMBER.finditer(text):
        first = text.count(" ", 0, match.start())
        last = first + match[0].count(" ")
        written += words[taken:first]
        written.append(_digits(match, is_ordinal=words[last] in _CARDINALS))
        taken = last + 1
    return [str(_ROMANS.get(word, word)) for word in (*written, *words[taken:])]


def other_notations(words: Sequence[str]) -> Iterator[str]:
    """The words of the numbers among folded words, in the notations in which they are not written."""
    for word in in_digits(words):
        if word[0].isdigit() and (match := _DIGITS.fullmatch(word)):
            number = int(match[1])
            yield word
            yield from _in_words(number, is_ordinal=match[2] is not None)
            if number in _ROMAN_OF:
                yield _ROMAN_OF[number]


def _digits(match: re.Match[str], *, is_ordinal: bool) -> str:
    number = 100 * _value(match["high"]) + _value(match["low"]) if match["high"] else _value(match[0])
    if not is_ordinal:
        return str(number)
    is_teen = number // 10 % 10 == 1
    return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _value(text: str) -> int:
    total = part = 0
    for word in text.split():
        if word in _SCALES:
            total, part = total + max(part, 1) * _SCALES[word], 0
        elif word == "hundred":
            part = max(part, 1) * 100
        else:
            part += _VALUES.get(word, 0)
    return total + part


def _in_words(number: int, *, is_ordinal: bool) -> list[str]:
    words = list(_cardinal(number))
    return [*words[:-1], _ORDINALS.get(words[-1], words[-1])] if is_ordinal else words


def _cardinal(number: int) -> Iterator[str]:
    """The words of a number, of one that may be a year as years are read."""
    if number // 10 in _YEARS_SINCE_2010:
        # These years are read in two ways.
        yield from ("two", "thousand")
    for scale, value in _SCALES.items():
        if number >= value and number // 10 not in _YEARS:
            yield from _cardinal(number // value)
            yield scale
            number %= value
            if not number:
                return
    if number >= 100:  # noqa: PLR2004
        yield from _cardinal(number // 100)
        if number < 1000 or number % 100 < 10:  # noqa: PLR2004
            yield "hundred"
        number %= 100
        if not number:
            return
    if number >= len(_SMALL):
        yield _TENS[number // 10 - 2]
        number %= 10
        if not number:
            return
    yield _SMALL[number]
