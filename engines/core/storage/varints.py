"""Whole numbers of as many bytes as they need, and the fields that Google's protocol buffers make of them."""

from __future__ import annotations

from collections.abc import Iterator

MOST_BYTES = 10
"""Of a number of 64 bits."""
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""How a field is stored."""


def varint(value: int) -> bytes:
    """`value`, at least 0, seven bits a byte, the lowest first."""
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends.

    Raises:
        ValueError: it is cut short, or longer than 64 bits.
    """
    value = 0
    for count, byte in enumerate(data[at : at + MOST_BYTES]):
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            if value >> 64:
                break
            return value, at + count + 1
    raise ValueError("a number in it is cut short or too long")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: their numbers, and a number or bytes each.

    Raises:
        ValueError: it is none.
    """
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = read_varint(data, at)
            yield number, value
            continue
        if kind == LENGTH:
            length, at = read_varint(data, at)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"a field in it is of a kind that is not known ({kind})")
        if length > len(data) - at:
            raise ValueError("a field in it is cut short")
        content, at = data[at : at + length], at + length
        yield number, content if kind == LENGTH else int.from_bytes(content, "little")


def field(number: int, value: int | bytes, fixed32: bool = False) -> bytes:
    """A field as it is stored; nothing of a number that is 0, as their programs write it."""
    if isinstance(value, bytes):
        return varint(number << 3 | LENGTH) + varint(len(value)) + value
    if fixed32:
        return varint(number << 3 | FIXED32) + value.to_bytes(4, "little") if value else b""
    return varint(number << 3 | VARINT) + varint(value) if value else b""
