"""Looks at messages that are not decoded yet.

Source: the encoding of protobuf, https://protobuf.dev/programming-guides/encoding/.
"""

_VARINT, _64_BIT, _BYTES, _32_BIT = 0, 1, 2, 5
_SHIFTS = range(0, 70, 7)


def has_more_fields(message: bytes, most: int) -> bool:
    """Whether a message has more than `most` fields and entries, those of nested messages not counted.

    It reads no further than that. False for a message that is malformed before: decoding will refuse it.
    """
    position = count = 0
    try:
        while position < len(message) and count <= most:
            tag, position = _varint(message, position)
            wire_type = tag & 7
            if wire_type == _VARINT:
                _, position = _varint(message, position)
            elif wire_type == _BYTES:
                length, position = _varint(message, position)
                position += length
            elif wire_type in {_64_BIT, _32_BIT}:
                position += 8 if wire_type == _64_BIT else 4
            # Groups, which no message has, begin and end with a tag alone; their fields count.
            count += 1
    except IndexError:
        return False
    return count > most


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """The number at a position, and the position after it. Raises IndexError, also for more than ten bytes."""
    value = 0
    for shift in _SHIFTS:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  (the highest bit says that more follows)
            return value, position
    raise IndexError
