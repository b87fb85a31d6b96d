"""Sorted tables of keys and values in one file, as LevelDB and TensorFlow write them.

A file is blocks of entries, an empty block (of statistics), a block that tells where each of the others ends and
stands, and a footer that tells where these two are. A block is entries, each with what its key has not in common with
the one before; offsets of entries with whole keys, from which LevelDB's readers search; then a byte for how it is
packed and a checksum. After google/leveldb, doc/table_format.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engines.core.storage.crc32c import masked_crc32c
from engines.core.storage.snappy import unpacked
from engines.core.storage.varints import read_varint, varint

MAGIC = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
FOOTER_BYTES = 48
TRAILER_BYTES = 5
PLAIN, SNAPPY = 0, 1
"""How a block is packed."""
BLOCK_BYTES = 262144
"""At which TensorFlow begins a new block."""
RESTART_INTERVAL = 16
"""Every so many entries one has a whole key."""
MOST_KEYS_BYTES = 64 * 2**20
"""Of all keys: what they have in common with those before is not in the file, which may claim any amount."""

Entry = tuple[bytes, bytes]


def read_table(content: bytes) -> list[Entry]:
    """Keys and values of a file, sorted.

    Raises:
        ValueError: it is none, or damaged; every block is compared with its checksum.
    """
    if len(content) < FOOTER_BYTES or content[-len(MAGIC) :] != MAGIC:
        raise ValueError("it has not the end of a sorted table: it is another file, or cut short")
    footer = content[-FOOTER_BYTES:]
    _, _, at = _place(footer, 0)
    start, size, _ = _place(footer, at)
    found, keys_bytes, blocks_bytes, last = list[Entry](), 0, 0, None
    for _, place in _entries(_block(content, start, size)):
        start, size, _ = _place(place, 0)
        blocks_bytes += size
        if blocks_bytes > len(content):
            raise ValueError("its blocks claim to be larger than the file")
        for key, value in _entries(_block(content, start, size)):
            keys_bytes += len(key)
            if keys_bytes > MOST_KEYS_BYTES:
                raise ValueError("its keys are longer than any that a program writes")
            if last is not None and key <= last:
                raise ValueError("its keys are out of order")
            found.append((key, value))
            last = key
    return found


def _place(data: bytes, at: int) -> tuple[int, int, int]:
    """Where a block begins and its size without the trailer; and where this ends in `data`."""
    start, at = read_varint(data, at)
    size, at = read_varint(data, at)
    return start, size, at


def _block(content: bytes, start: int, size: int) -> bytes:
    """A block, compared with its checksum and unpacked."""
    end = start + size
    if end + TRAILER_BYTES + FOOTER_BYTES > len(content):
        raise ValueError("a block lies beyond its end")
    if masked_crc32c(content[start : end + 1]) != int.from_bytes(content[end + 1 : end + TRAILER_BYTES], "little"):
        raise ValueError("a block has another checksum than was written with it")
    if content[end] == PLAIN:
        return content[start:end]
    if content[end] == SNAPPY:
        return unpacked(content[start:end])
    raise ValueError(f"a block is packed in a way that is not known ({content[end]})")


def _entries(block: bytes) -> Iterator[Entry]:
    """Keys and values of a block, in its order."""
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    if len(block) < 4 or end < 0:
        raise ValueError("a block is shorter than it claims")
    at, key = 0, b""
    while at < end:
        shared, at = read_varint(block, at)
        own, at = read_varint(block, at)
        length, at = read_varint(block, at)
        if shared > len(key) or own + length > end - at:
            raise ValueError("an entry of a block reaches beyond it")
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def table(entries: Iterable[Entry]) -> bytes:
    """The file of entries, which come sorted by their keys; the same bytes as TensorFlow's.

    Raises:
        ValueError: they are out of order.
    """
    content, block, index, full = bytearray(), _Block(), _Block(interval=1), b""
    for key, value in entries:
        if block.last is not None and key <= block.last:
            raise ValueError(f"keys of a table are out of order: {key!r} after {block.last!r}")
        if full:
            index.add(_between(block.last or b"", key), full)
            full = b""
        block.add(key, value)
        if block.size >= BLOCK_BYTES:
            full = _append(content, block.finished())
            block = _Block(last=block.last)
    if block.count:
        full = _append(content, block.finished())
    if full:
        index.add(_after(block.last or b""), full)
    footer = _append(content, _Block().finished()) + _append(content, index.finished())
    return bytes(content + footer.ljust(FOOTER_BYTES - len(MAGIC), b"\0") + MAGIC)


@dataclass
class _Block:
    """A block that is being written.

    Attributes:
        interval: every so many entries one has a whole key.
        last: the key of the entry before, also of one in the block before.
    """

    interval: int = RESTART_INTERVAL
    last: bytes | None = None
    count: int = 0
    content: bytearray = field(default_factory=bytearray)
    restarts: list[int] = field(default_factory=lambda: [0])

    @property
    def size(self) -> int:
        """What it takes in the file, without its trailer."""
        return len(self.content) + 4 * len(self.restarts) + 4

    def add(self, key: bytes, value: bytes) -> None:
        """Appends an entry."""
        shared = 0
        if self.count % self.interval:
            shared = _in_common(self.last or b"", key)
        elif self.count:
            self.restarts.append(len(self.content))
        own = key[shared:]
        self.content += varint(shared) + varint(len(own)) + varint(len(value)) + own + value
        self.last, self.count = key, self.count + 1

    def finished(self) -> bytes:
        """Its bytes."""
        numbers = (*self.restarts, len(self.restarts))
        return bytes(self.content) + b"".join(number.to_bytes(4, "little") for number in numbers)


def _append(content: bytearray, block: bytes) -> bytes:
    """Puts a block with its trailer into the file; where it stands."""
    place = varint(len(content)) + varint(len(block))
    packed = block + bytes([PLAIN])
    content += packed + masked_crc32c(packed).to_bytes(4, "little")
    return place


def _in_common(first: bytes, second: bytes) -> int:
    """How many bytes two keys begin with alike."""
    shorter = min(len(first), len(second))
    return next((at for at in range(shorter) if first[at] != second[at]), shorter)


def _between(low: bytes, high: bytes) -> bytes:
    """A short key that is not before `low` and before `high`, as LevelDB chooses it."""
    at = _in_common(low, high)
    if at < min(len(low), len(high)) and low[at] + 1 < high[at]:
        return low[:at] + bytes([low[at] + 1])
    return low


def _after(key: bytes) -> bytes:
    """A short key that is not before `key`, as LevelDB chooses it."""
    at = next((at for at, byte in enumerate(key) if byte != 0xFF), None)
    return key if at is None else key[:at] + bytes([key[at] + 1])
