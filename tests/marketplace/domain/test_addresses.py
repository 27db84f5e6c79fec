# ruff: noqa: RUF001  (addresses in other scripts)
"""Tidying, checking and formatting of postal addresses."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.addresses import (
    CONFIRMABLE,
    MAX_LENGTH,
    address_lines,
    address_problems,
    countries,
    place_fields,
    tidied_address,
)
from marketplace.domain.errors import AddressProblem
from marketplace.domain.orders import Address

OXFORD = Address(name="Ann Reader", street="1 High Street", city="Oxford", postal_code="ox1 1aa", country="GB")
AUSTIN = Address(name="Bob", street="2 Main St", city="Austin", region="texas", postal_code="78701", country="US")
REQUIRED, MALFORMED, LONG = AddressProblem.REQUIRED, AddressProblem.MALFORMED, AddressProblem.LONG
EXPECTED, UNUSUAL = AddressProblem.EXPECTED, AddressProblem.UNUSUAL
ALL_COUNTRIES = [code for code, _ in countries()]


def place(country: str, city: str = "", region: str = "", postal_code: str = "") -> Address:
    """A tidied address."""
    return tidied_address(
        Address(name="Ann", street="1 Road", city=city, region=region, postal_code=postal_code, country=country)
    )


def test_superfluous_characters_are_removed() -> None:
    """Blanks, line ends and invisible characters of copied text; the region gets its capitals."""
    assert tidied_address(replace(OXFORD, name="  Ann \t Reader\n", city="\u200eOx\u00adford\ufeff")) == replace(
        OXFORD, postal_code="OX1 1AA"
    )
    assert tidied_address(AUSTIN).region == "Texas"
    assert tidied_address(replace(AUSTIN, region="tx")).region == "TX"


@pytest.mark.parametrize(
    ("country", "typed", "tidied"),
    [
        ("IN", "400 001", "400001"),
        ("NL", "1012ab", "1012 AB"),
        ("NL", "NL-1012 AB", "1012 AB"),
        ("DE", "D-10115", "10115"),
        ("DE", "DE 10115", "10115"),
        ("GB", "SW1A1AA", "SW1A 1AA"),
        ("GB", "ox11aa", "OX1 1AA"),
        ("GB", "m25bq", "M2 5BQ"),
        ("GB", "SW1A-1AA", "SW1A 1AA"),
        ("JP", "100-0001", "100-0001"),
        ("JP", "1000001", "100-0001"),
        ("JP", "〒１００－０００１", "100-0001"),
        ("JP", "100ー0001", "100-0001"),
        ("CA", "K1A0B1", "K1A 0B1"),
        ("CA", "k1a-0b1", "K1A 0B1"),
        ("US", "787011234", "78701-1234"),
        ("US", "78701–1234", "78701-1234"),
        ("US", "TX 78701", "78701"),
        ("IE", "d02x285", "D02 X285"),
        ("PL", "00950", "00-950"),
        ("PT", "1250096", "1250-096"),
        ("BR", "40301110", "40301-110"),
        ("CZ", "10000", "100 00"),
        ("SE", "SE-114 55", "11455"),
        ("SE", "114 55", "114 55"),
        ("CH", "CH-3000", "3000"),
        ("LV", "1010", "LV-1010"),
        ("GB", "12345", "12345"),
        ("GB", "nowhere", "NOWHERE"),
        ("AE", "p.o. box 7", "p.o. box 7"),
        ("??", " 1  2 ", "1 2"),
    ],
)
def test_postal_codes_are_written_as_in_their_country(country: str, typed: str, tidied: str) -> None:
    """Capitals, separators and country prefixes; what no table explains stays."""
    assert place(country, postal_code=typed).postal_code == tidied


@pytest.mark.parametrize(
    ("address", "problems"),
    [
        (replace(OXFORD, name=" "), {"name": REQUIRED}),
        (replace(OXFORD, street=""), {"street": REQUIRED}),
        (replace(OXFORD, city=""), {"city": REQUIRED}),
        (replace(OXFORD, city="", region="Oxfordshire"), {"city": EXPECTED}),
        (replace(OXFORD, postal_code=""), {"postal_code": REQUIRED}),
        (replace(OXFORD, postal_code="12345"), {"postal_code": UNUSUAL}),
        (replace(OXFORD, postal_code="OX1 1AAX"), {"postal_code": UNUSUAL}),
        (replace(OXFORD, country=""), {"country": REQUIRED}),
        (replace(OXFORD, country="XX"), {"country": MALFORMED}),
        (replace(OXFORD, country="../zz"), {"country": MALFORMED}),
        (replace(OXFORD, country="ZZ"), {"country": MALFORMED}),
        (replace(AUSTIN, region=""), {"region": EXPECTED}),
        (replace(AUSTIN, region="", city="Kansas City"), {"region": EXPECTED}),
        (replace(AUSTIN, region="", city=""), {"region": REQUIRED, "city": REQUIRED}),
        (replace(AUSTIN, region="Bavaria"), {"region": UNUSUAL}),
        (replace(AUSTIN, postal_code="10001"), {"postal_code": UNUSUAL}),
        (replace(OXFORD, street="x" * (MAX_LENGTH + 1)), {"street": LONG}),
        (replace(OXFORD, city="Ox\0ford"), {"city": MALFORMED}),
        (replace(OXFORD, city="Ox\u200cford"), {}),
        (
            replace(OXFORD, name="", city="", postal_code="1"),
            {"name": REQUIRED, "city": REQUIRED, "postal_code": UNUSUAL},
        ),
        (
            Address(name="", street="", city="", country=""),
            {"name": REQUIRED, "street": REQUIRED, "country": REQUIRED, "city": REQUIRED},
        ),
        (
            Address(name="", street="", city="", country="US", postal_code="1"),
            {"name": REQUIRED, "street": REQUIRED, "city": REQUIRED, "region": REQUIRED, "postal_code": UNUSUAL},
        ),
    ],
)
def test_problems_are_reported_field_by_field(address: Address, problems: dict[str, AddressProblem]) -> None:
    """All at once."""
    assert address_problems(tidied_address(address)) == problems


@pytest.mark.parametrize(
    "address",
    [
        place("JP", "Chiyoda-ku", "Tokyo", "100-0001"),
        place("JP", "Tokyo", "", "1000001"),
        place("JP", "千代田区", "東京都", "100-0001"),
        place("CN", "Beijing", "Beijing", "100006"),
        place("CN", "Beijing", "", "100006"),
        place("CN", "Shenzhen", "Guangdong Province", "518000"),
        place("KR", "Jongno-gu", "Seoul", "03154"),
        place("KR", "Seoul", "", "03154"),
        place("TW", "Taipei", "", "110"),
        place("IE", "Dublin", "Dublin", "D02 X285"),
        place("IE", "Dublin", "County Dublin"),
        place("IE", "Dublin"),
        place("AE", "Dubai"),
        place("AE", "Dubai", "Dubai", "00000"),
        place("AE", "Al Ain", "Abu Dhabi"),
        place("SG", "Singapore", "Singapore", "238823"),
        place("SG", "", "", "238823"),
        place("HK", "Central"),
        place("HK", "Hong Kong", "Hong Kong", "999077"),
        place("HK", "Mong Kok", "Kowloon"),
        place("DE", "Berlin", "Berlin", "D-10115"),
        place("GB", "Oxford", "Oxfordshire", "OX11AA"),
        place("IN", "Mumbai", "Maharashtra", "400 001"),
        place("US", "Austin", "TX", "78701"),
    ],
    ids=lambda address: f"{address.country}-{address.city}-{address.region}",
)
def test_usual_addresses_have_no_problem(address: Address) -> None:
    """Whatever fields a country's table has, and however it spells its regions."""
    assert address_problems(address) == {}


@pytest.mark.parametrize("country", ALL_COUNTRIES)
def test_nothing_that_was_typed_is_dropped_or_refused(country: str) -> None:
    """In every country every field is printed, and an unknown value can be confirmed."""
    address = replace(place(country, "Qqcity", "Qqregion", "Qqcode 7"), name="Qqname", street="Qqstreet")
    assert CONFIRMABLE.issuperset(address_problems(address).values())
    printed = "\n".join(address_lines(address))
    for name, text in asdict(address).items():
        assert name == "country" or text in printed
    for field in ("city", "region", "postal_code"):
        shorter = "\n".join(address_lines(replace(address, **{field: ""})))
        assert getattr(address, field) not in shorter
        assert not any(line.strip(" ,-/〒") != line for line in shorter.splitlines())
    assert sorted(place_fields(country)) == ["city", "postal_code", "region"]


@given(st.builds(Address, **dict.fromkeys(asdict(OXFORD), st.text()) | {"country": st.sampled_from(ALL_COUNTRIES)}))
def test_any_text_is_an_address(typed: Address) -> None:
    """Tidying twice is tidying once, and no text is an error."""
    address = tidied_address(typed)
    assert tidied_address(address) == address
    assert address_problems(address).keys() <= asdict(address).keys()
    assert address_lines(address)[-1] == dict(countries())[address.country]


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (tidied_address(AUSTIN), ["2 Main St", "Austin, Texas 78701", "United States"]),
        (place("DE", "Berlin", "", "10115"), ["1 Road", "10115 Berlin", "Germany"]),
        (place("GB", "Oxford", "Oxfordshire", "OX1 1AA"), ["1 Road", "Oxford", "Oxfordshire", "OX1 1AA", None]),
        (place("JP", "Chiyoda-ku", "Tokyo", "100-0001"), ["1 Road, Chiyoda-ku, Tokyo", "100-0001", "Japan"]),
        (place("SG", "Singapore", "", "238823"), ["1 Road", "SINGAPORE 238823", "Singapore"]),
        (place("AE", "Al Ain", "Abu Dhabi"), ["1 Road", "Al Ain", "Abu Dhabi", "United Arab Emirates"]),
        (place("SE", "Stockholm", "", "11455"), ["1 Road", "SE-11455 Stockholm", "Sweden"]),
        (place("SE", "Stockholm"), ["1 Road", "Stockholm", "Sweden"]),
    ],
)
def test_an_address_is_printed_as_in_its_country(address: Address, lines: list[str | None]) -> None:
    """Line by line, with fields that the country's table lacks, the country last and in English."""
    printed = address_lines(address)
    assert printed[1:] == [line or "United Kingdom" for line in lines]


def test_an_address_in_the_letters_of_its_country_begins_with_the_largest_part() -> None:
    """Japanese addresses have the ward between prefecture and street."""
    tokyo = Address(
        name="山田太郎", street="千代田1-1", city="千代田区", region="東京都", postal_code="100-0001", country="JP"
    )
    assert address_lines(tokyo) == ["〒100-0001", "東京都", "千代田区", "千代田1-1", "山田太郎", "Japan"]


def test_an_address_in_an_unknown_country_is_formatted() -> None:
    """The page of an old order does not fail."""
    assert address_lines(replace(OXFORD, country="YU")) == ["Ann Reader", "1 High Street", "Oxford", "ox1 1aa", "YU"]


def test_the_places_of_an_address_are_in_the_order_of_its_country() -> None:
    """Those that a country does not write come last."""
    assert place_fields("US") == ("city", "region", "postal_code")
    assert place_fields("DE") == ("postal_code", "city", "region")
    assert place_fields("") == ("postal_code", "city", "region")


def test_every_country_is_listed_once() -> None:
    """Sorted by name, without the table of unknown countries."""
    names = [name for _, name in countries()]
    assert names == sorted(names)
    assert len(dict(countries())) == len(countries()) > 240
    assert dict(countries())["DE"] == "Germany"
    assert "ZZ" not in dict(countries())
