"""Validation and formatting of postal addresses."""

from dataclasses import replace

import pytest

from marketplace.domain.addresses import MAX_LENGTH, address_lines, countries, validated_address
from marketplace.domain.errors import AddressProblem, InvalidAddress
from marketplace.domain.orders import Address

OXFORD = Address(name="Ann Reader", street="1 High Street", city="Oxford", postal_code="ox1 1aa", country="GB")
AUSTIN = Address(name="Bob", street="2 Main St", city="Austin", region="texas", postal_code="78701", country="US")
REQUIRED, MALFORMED, LONG = AddressProblem.REQUIRED, AddressProblem.MALFORMED, AddressProblem.LONG


def test_an_address_is_normalized_for_its_country() -> None:
    """Spaces, postal codes and states; fields that the country does not use are left out."""
    assert validated_address(OXFORD).postal_code == "OX1 1AA"
    assert validated_address(replace(OXFORD, name="  Ann \t Reader\n", region="Oxfordshire")).name == "Ann Reader"
    assert validated_address(AUSTIN).region == "TX"
    assert validated_address(replace(OXFORD, country="DE", postal_code="10115", region="Berlin")).region == ""


@pytest.mark.parametrize(
    ("address", "problems"),
    [
        (replace(OXFORD, name=" "), {"name": REQUIRED}),
        (replace(OXFORD, street=""), {"street": REQUIRED}),
        (replace(OXFORD, city=""), {"city": REQUIRED}),
        (replace(OXFORD, postal_code=""), {"postal_code": REQUIRED}),
        (replace(OXFORD, postal_code="12345"), {"postal_code": MALFORMED}),
        (replace(OXFORD, country=""), {"country": REQUIRED}),
        (replace(OXFORD, country="XX"), {"country": MALFORMED}),
        (replace(OXFORD, country="../zz"), {"country": MALFORMED}),
        (replace(OXFORD, country="ZZ"), {"country": MALFORMED}),
        (replace(AUSTIN, region=""), {"region": REQUIRED}),
        (replace(AUSTIN, region="Bavaria"), {"region": MALFORMED}),
        (replace(OXFORD, street="x" * (MAX_LENGTH + 1)), {"street": LONG}),
        (replace(OXFORD, city="Ox\0ford"), {"city": MALFORMED}),
        (
            replace(OXFORD, name="", city="", postal_code="1"),
            {"name": REQUIRED, "city": REQUIRED, "postal_code": MALFORMED},
        ),
    ],
)
def test_an_invalid_address_is_reported_field_by_field(address: Address, problems: dict[str, AddressProblem]) -> None:
    """All problems at once."""
    with pytest.raises(InvalidAddress) as raised:
        validated_address(address)
    assert raised.value.problems == problems


def test_an_address_is_formatted_for_its_country() -> None:
    """Line by line, the country last and in English."""
    assert address_lines(validated_address(AUSTIN)) == ["Bob", "2 Main St", "AUSTIN, TX 78701", "United States"]
    berlin = replace(OXFORD, city="Berlin", country="DE", postal_code="10115")
    assert address_lines(berlin)[-2:] == ["10115 BERLIN", "Germany"]


def test_an_address_in_an_unknown_country_is_formatted() -> None:
    """The page of an old order does not fail."""
    assert address_lines(replace(OXFORD, country="YU")) == ["Ann Reader", "1 High Street", "Oxford", "ox1 1aa", "YU"]


def test_every_country_is_listed_once() -> None:
    """Sorted by name."""
    names = [name for _, name in countries()]
    assert names == sorted(names)
    assert len(dict(countries())) == len(countries()) > 240
    assert dict(countries())["DE"] == "Germany"
