"""Sorted tables hold what was put into them, in LevelDB's bytes, and damage is noticed before it is believed."""

from __future__ import annotations

import contextlib
import random

import pytest

from engines.core.storage.crc32c import masked_crc32c
from engines.core.storage.sorted_table import BLOCK_BYTES, MAGIC, read_table, table
from engines.core.storage.varints import varint
from tests.engines.core.tensorflow_checkpoint import INDEX

ENTRIES = [(f"scope_{number % 7}/layer_{number}".encode(), bytes([number % 251]) * 50) for number in range(12_000)]
ENTRIES.sort()


def made(blocks: list[bytes], kind: int = 0, order: list[int] | None = None) -> bytes:
    """A table of these blocks without a look at what is in them."""
    content, places = b"", []
    for block in blocks:
        places.append(varint(len(content)) + varint(len(block)))
        packed = block + bytes([kind])
        content += packed + masked_crc32c(packed).to_bytes(4, "little")
    chosen = [places[number] for number in order or range(len(places))]
    index = b"".join(bytes([0, 1, len(place), 200]) + place for place in chosen) + bytes(4) + b"\1\0\0\0"
    empty = bytes(4) + b"\1\0\0\0"
    footer = b""
    for block in (empty, index):
        footer += varint(len(content)) + varint(len(block))
        content += block + b"\0" + masked_crc32c(block + b"\0").to_bytes(4, "little")
    return content + footer.ljust(40, b"\0") + MAGIC


def block(*entries: tuple[int, bytes, bytes], restarts: bytes = bytes(4) + b"\1\0\0\0") -> bytes:
    return b"".join(varint(n) + varint(len(k)) + varint(len(v)) + k + v for n, k, v in entries) + restarts


def test_what_is_written_is_read() -> None:
    content = table(ENTRIES)
    assert len(content) > 2 * BLOCK_BYTES, "several blocks, with keys between them that are none of the table's"
    assert read_table(content) == ENTRIES
    assert read_table(table([])) == []


def test_the_bytes_are_tensorflows() -> None:
    assert table(read_table(INDEX)) == INDEX


def test_keys_out_of_order_are_not_written() -> None:
    with pytest.raises(ValueError, match="out of order"):
        table([(b"b", b""), (b"a", b"")])


def test_packed_blocks_are_unpacked() -> None:
    plain = block((0, b"a", b"xyz"))
    literal = varint(len(plain)) + bytes([len(plain) - 1 << 2]) + plain
    whole = made([plain])
    assert read_table(whole) == [(b"a", b"xyz")]
    # Only the first block is packed.
    packed = literal + b"\1"
    shorter = packed + masked_crc32c(packed).to_bytes(4, "little") + bytes(4) + b"\1\0\0\0"
    shorter += b"\0" + masked_crc32c(bytes(4) + b"\1\0\0\0\0").to_bytes(4, "little")
    place = varint(0) + varint(len(literal))
    index = bytes([0, 1, len(place), 200]) + place + bytes(4) + b"\1\0\0\0"
    start = len(shorter)
    shorter += index + b"\0" + masked_crc32c(index + b"\0").to_bytes(4, "little")
    footer = varint(len(packed) + 4) + varint(8) + varint(start) + varint(len(index))
    assert read_table(shorter + footer.ljust(40, b"\0") + MAGIC) == [(b"a", b"xyz")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut short"),
        (INDEX[:-1], "cut short"),
        (INDEX[:-48] + b"\xff" * 40 + MAGIC, "cut short or too long"),
        (INDEX[:-48] + bytes([0, 0, 255, 255, 3, 8]).ljust(40, b"\0") + MAGIC, "beyond its end"),
        (INDEX[:20] + b"?" + INDEX[21:], "another checksum"),
        (made([block((0, b"b", b""), (0, b"a", b""))]), "out of order"),
        (made([block((0, b"b", b"")), block((0, b"b", b""))]), "out of order"),
        (made([block((0, b"b", b""))], kind=2), r"not known \(2\)"),
        (made([block((3, b"b", b""))]), "reaches beyond it"),
        (made([block((0, b"b", b""))[:-8] + b"\0\1\xff\1" + bytes(4) + b"\1\0\0\0"]), "reaches beyond it"),
        (made([block((0, b"b", b""), restarts=b"\xff\xff\xff\xff")]), "shorter than it claims"),
        (made([block((0, b"b", bytes(500)))], order=[0] * 3), "claim to be larger than the file"),
    ],
)
def test_damage_is_told(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_table(content)


def test_keys_that_a_small_file_can_not_have_are_not_made() -> None:
    # Each entry takes five bytes and has a key of a megabyte in common with the one before.
    long = (0, b"k" * 2**20, b"")
    grown = [(2**20 + number, b"k", b"") for number in range(100)]
    with pytest.raises(ValueError, match="longer than any"):
        read_table(made([block(long, *grown)]))


def test_changed_bytes_are_noticed() -> None:
    chance = random.Random(1)
    for _ in range(500):
        content = bytearray(INDEX)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(ValueError):
            # The block of statistics and the footer's padding tell nothing.
            assert read_table(bytes(content)) == read_table(INDEX)
