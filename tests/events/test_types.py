"""The types of events."""

from events.types import NOTICES_TYPES, PUBLIC_TYPES, TYPES, NoticeRequested, OrderPlaced


def test_every_type_has_its_data() -> None:
    """Types are named marketplace.THING.WHAT and each has a description."""
    assert TYPES["marketplace.order.placed"] is OrderPlaced
    assert all(name.count(".") == 2 and name.startswith("marketplace.") for name in TYPES)
    assert all(kind.__doc__ for kind in TYPES.values())


def test_what_names_an_address_is_private() -> None:
    """No public type has a field for a person's address or for a link to open."""
    assert set(TYPES) - set(PUBLIC_TYPES) == {NoticeRequested.type}
    for name in PUBLIC_TYPES:
        assert not {"to", "email", "path", "address"} & set(TYPES[name].model_fields)


def test_notices_receives_types_of_the_contract() -> None:
    """And the private one."""
    assert set(NOTICES_TYPES) <= set(TYPES)
    assert NoticeRequested.type in NOTICES_TYPES
