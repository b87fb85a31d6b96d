"""Blocks that are packed by Snappy, unpacked. Its format: google/snappy, format_description.txt."""

from __future__ import annotations

from engines.core.storage.varints import read_varint

MOST_GAIN = 22
"""A copy of 64 bytes takes 3; nothing is packed tighter."""


def unpacked(data: bytes) -> bytes:
    """What a packed block holds.

    Raises:
        ValueError: it is damaged, or claims to hold more than it can.
    """
    length, at = read_varint(data, 0)
    if length > MOST_GAIN * len(data):
        raise ValueError("a packed block claims to hold more than it can")
    found = bytearray()
    while at < len(data):
        kind, first = data[at] & 3, data[at] >> 2
        at += 1
        if kind == 0:
            at = _literal(data, at, first, found)
            continue
        if kind == 1:
            extra, count, high = 1, (first & 7) + 4, first >> 3 << 8
        else:
            extra, count, high = 2 * kind - 2, first + 1, 0
        if len(data) - at < extra:
            raise ValueError("a packed block is cut short")
        back = high | int.from_bytes(data[at : at + extra], "little")
        at += extra
        _copy(found, back, count)
        if len(found) > length:
            break
    if len(found) != length:
        raise ValueError("a packed block does not hold what it claims")
    return bytes(found)


def _literal(data: bytes, at: int, first: int, found: bytearray) -> int:
    """Appends bytes that stand in the block as they are; where they end."""
    if first >= 60:
        extra = first - 59
        first, at = int.from_bytes(data[at : at + extra], "little"), at + extra
    end = at + first + 1
    if end > len(data):
        raise ValueError("a packed block is cut short")
    found += data[at:end]
    return end


def _copy(found: bytearray, back: int, count: int) -> None:
    """Appends `count` bytes that were `back` bytes ago; more than that many repeat themselves."""
    if not 1 <= back <= len(found):
        raise ValueError("a packed block points to before its beginning")
    piece = found[-back:]
    found += (piece * (count // back + 1))[:count]
