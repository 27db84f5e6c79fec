"""Random and mutated messages, the same for the same seed."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from protobufs import recommendations_pb2 as pb

METHODS = pb.DESCRIPTOR.services_by_name["Recommendations"].methods
MOST_LEVELS = 3
MOST_MUTATIONS = 3

_NUMBERS = (0, 1, 2, 3, 7, 10, 20, 100, 400, 1_000, 101, -1, -(2**31), 2**31 - 1, 2**30)
_LONG_NUMBERS = (*_NUMBERS, -(2**63), 2**63 - 1, 1_800_000_000, 253_402_300_800)
_REALS = (0.0, 0.5, 3.5, 5.0, -0.0, -1.0, 5.1, 1e308, 5e-324, float("inf"), float("-inf"), float("nan"))
_TEXTS = (
    "",
    "a",
    " ",
    "\x00",
    "é" * 50,
    "x" * 101,
    "y" * 10_001,
    "\u202e\ufeff",
    "2026-02-30",
    "2026-11-22",
    "9" * 4_400,
)

Mutation = Callable[[random.Random, bytes], bytes]


def fuzzed_calls(seed: int) -> Iterator[tuple[str, bytes]]:
    """Endless pairs of a method's name and the bytes of a request."""
    chance = random.Random(seed)
    while True:
        method = chance.choice(METHODS)
        content = _filled(chance, method.input_type, MOST_LEVELS).SerializeToString()
        for _ in range(chance.randrange(MOST_MUTATIONS + 1)):
            content = chance.choice(MUTATIONS)(chance, content)
        yield method.name, content


def _filled(chance: random.Random, kind: Descriptor, levels: int) -> Message:
    """A message with odd values in some of its fields; readers, books and texts are the same few."""
    message: Message = GetMessageClass(kind)()
    for field in kind.fields:
        if chance.random() < 0.3:
            continue
        if field.message_type is not None:
            if levels:
                parts = [
                    _filled(chance, field.message_type, levels - 1) for _ in range(chance.choice((0, 1, 1, 2, 25)))
                ]
                _set(message, field, parts)
            continue
        most = 30 if field.type == field.TYPE_STRING else 1_001
        _set(message, field, [_value(chance, field) for _ in range(chance.choice((1, 1, 2, most)))])
    return message


def _set(message: Message, field: FieldDescriptor, values: Sequence[Any]) -> None:
    if field.is_repeated:
        getattr(message, field.name).extend(values)
    elif field.message_type is not None:
        for value in values[:1]:
            getattr(message, field.name).CopyFrom(value)
    else:
        setattr(message, field.name, values[0])


def _value(chance: random.Random, field: FieldDescriptor) -> Any:
    if field.type == field.TYPE_STRING:
        return chance.choice(_TEXTS)
    if field.type == field.TYPE_BOOL:
        return chance.random() < 0.5
    if field.type in {field.TYPE_DOUBLE, field.TYPE_FLOAT}:
        return chance.choice(_REALS)
    return chance.choice(_LONG_NUMBERS if field.type == field.TYPE_INT64 else _NUMBERS)


def _random_bytes(chance: random.Random, _content: bytes) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 2, 10, 100, 2_000)))


def _flipped(chance: random.Random, content: bytes) -> bytes:
    flipped = bytearray(content)
    for _ in range(chance.randint(1, 8) if flipped else 0):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _cut_off(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _repeated(chance: random.Random, content: bytes) -> bytes:
    """A field that is there twice counts last; a repeated one gets longer."""
    return (content * chance.randint(2, 5))[:200_000]


def _other_method(chance: random.Random, content: bytes) -> bytes:
    """Followed by another method's request: the same numbers, other types."""
    return content + _filled(chance, chance.choice(METHODS).input_type, 1).SerializeToString()


def _large_varint(chance: random.Random, content: bytes) -> bytes:
    value = chance.choice(
        (b"\xff" * 9 + b"\x01", b"\xff" * 9 + b"\x7f", b"\x80" * 9 + b"\x00", b"\xff" * 11, b"\x80")
    )
    return _inserted(chance, content, _tag(chance, 0) + value)


def _deep(chance: random.Random, content: bytes) -> bytes:
    """Messages in messages, deeper than a parser goes."""
    number = chance.randint(1, 8)
    for _ in range(chance.choice((5, 99, 101, 300))):
        content = bytes([number << 3 | 2]) + _varint(len(content)) + content
    return content


def _groups(chance: random.Random, content: bytes) -> bytes:
    return _inserted(chance, content, b"\x0b" * chance.choice((1, 50, 5_000)) + b"\x0c" * chance.choice((0, 1, 50)))


def _unknown_fields(chance: random.Random, content: bytes) -> bytes:
    large = _varint(chance.choice((100, 1_023, 536_870_911)) << 3 | 2)
    return _inserted(chance, content, large + _varint(size := chance.choice((0, 3, 50_000))) + bytes(size))


def _wrong_type(chance: random.Random, content: bytes) -> bytes:
    """A field's number with another wire type, 6 and 7 among them, which none has."""
    return _inserted(chance, content, _tag(chance, chance.randrange(8)) + chance.randbytes(8))


def _wrong_length(chance: random.Random, content: bytes) -> bytes:
    return _inserted(chance, content, _tag(chance, 2) + _varint(chance.choice((2**31, 2**63, 10_000, 5))) + b"abc")


def _not_utf8(chance: random.Random, content: bytes) -> bytes:
    text = chance.choice((b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"caf\xe9", b"\xf4\x90\x80\x80"))
    return content + _tag(chance, 2) + bytes([len(text)]) + text


def _inserted(chance: random.Random, content: bytes, part: bytes) -> bytes:
    position = chance.choice((0, len(content), chance.randrange(len(content) + 1)))
    return content[:position] + part + content[position:]


def _tag(chance: random.Random, wire_type: int) -> bytes:
    return bytes([chance.randint(0, 9) << 3 | wire_type])


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes((*encoded, value))


MUTATIONS: tuple[Mutation, ...] = (
    _random_bytes,
    _flipped,
    _flipped,
    _cut_off,
    _repeated,
    _other_method,
    _large_varint,
    _deep,
    _groups,
    _unknown_fields,
    _wrong_type,
    _wrong_length,
    _not_utf8,
)
