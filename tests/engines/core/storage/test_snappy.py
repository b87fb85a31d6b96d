"""Snappy's blocks are unpacked as others packed them, and damaged ones are refused."""

from __future__ import annotations

import contextlib
import random
from base64 import b64decode

import pytest

from engines.core.storage.snappy import unpacked
from engines.core.storage.varints import varint

# By cramjam 2 (Rust's snap): literals, near and far copies, one that repeats itself.
PACKED = b64decode(
    "zgkYdmlld3MsIAUHICBhbmQgbW9yZQkPADoJB/4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4dAP4d"
    "AJYdAPBFAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERQ=="
)
PLAIN = b"views, views and more views: " * 40 + bytes(range(70))


def test_what_another_program_packed_is_unpacked() -> None:
    assert unpacked(PACKED) == PLAIN


def test_every_kind_of_piece() -> None:
    # A literal of 60 bytes and more has its length in bytes of its own; copies have 1, 2 or 4 bytes of distance.
    text = bytes(range(100))
    literal = bytes([60 << 2, 99]) + text
    assert unpacked(varint(100) + literal) == text
    for copy in (bytes([5 << 2 | 1, 100]), bytes([8 << 2 | 2, 100, 0]), bytes([8 << 2 | 3, 100, 0, 0, 0])):
        assert unpacked(varint(109) + literal + copy) == text + text[:9]


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (varint(2**40) + bytes(3), "claims to hold more than it can"),
        (varint(5) + bytes([4 << 2]) + b"abc", "cut short"),
        (varint(5) + bytes([0]) + b"a" + bytes([2]), "cut short"),
        (varint(5) + bytes([0]) + b"a" + bytes([1, 2]), "before its beginning"),
        (varint(5) + bytes([0]) + b"a" + bytes([1, 0]), "before its beginning"),
        (varint(9) + bytes([0]) + b"a", "does not hold what it claims"),
        (b"", "cut short"),
    ],
)
def test_damaged_blocks_are_refused(packed: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        unpacked(packed)


def test_bytes_by_chance_end_in_a_value_error_or_in_what_they_claim() -> None:
    chance = random.Random(3)
    for _ in range(2000):
        content = bytearray(PACKED)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        with contextlib.suppress(ValueError):
            assert len(unpacked(bytes(content))) <= 22 * len(content)
