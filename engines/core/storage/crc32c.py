"""CRC-32C (Castagnoli), the checksum of TensorFlow's and LevelDB's files, over megabytes in a fraction of a second.

A checksum is linear: pieces that lie one behind the other are gone through side by side, and put together at the end.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]

POLYNOMIAL = 0x82F63B78
"""Castagnoli's, lowest bit first."""
FULL = 0xFFFFFFFF
MASK_DELTA = 0xA282EAD8
"""As LevelDB has it."""
MOST_LANES = 1024
"""What a step goes through stays near the processor."""
LEAST_LANE_BYTES = 256
"""In shorter pieces putting them together costs more than going through them."""


def crc32c(data: bytes | bytearray | memoryview | Bytes) -> int:
    """The checksum of `data`."""
    content = np.frombuffer(data, dtype=np.uint8) if not isinstance(data, np.ndarray) else data
    return _extended(FULL, content) ^ FULL


def masked_crc32c(data: bytes | bytearray | memoryview | Bytes) -> int:
    """The checksum as it is stored: turned and moved, so that one over data with checksums in it is no coincidence."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17 & FULL) + MASK_DELTA) & FULL


@cache
def _tables() -> Words:
    """[4, 65536]: what two bytes become when 6, 4, 2 and no bytes of zeros follow."""
    single: Words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        single = single >> np.uint32(1) ^ (single & np.uint32(1)) * np.uint32(POLYNOMIAL)
    pair = np.arange(65536, dtype=np.uint32)
    first = single[pair & 255]
    last = first >> 8 ^ single[(first ^ pair >> 8) & 255]
    tables = [last]
    for _ in range(3):
        tables.append(last[tables[-1] & 0xFFFF] ^ tables[-1] >> 16)
    return np.stack(tables[::-1])


@cache
def _single() -> list[int]:
    """[256]: what one byte becomes. In front of it a byte of zeros changes nothing."""
    return list(map(int, _tables()[3][np.arange(256) << 8]))


def _extended(state: int, content: Bytes) -> int:
    """The register after `content`, in `state` before it."""
    lanes = min(MOST_LANES, len(content) // LEAST_LANE_BYTES)
    if lanes < 2:
        return _one_by_one(state, content)
    length = len(content) // lanes // 8 * 8
    pairs = content[: lanes * length].view("<u2").reshape(lanes, length // 2)
    far, third, second, near = _tables()
    register = np.zeros(lanes, dtype=np.uint32)
    register[0] = state
    for at in range(0, length // 2, 4):
        low = pairs[:, at] ^ (register & 0xFFFF)
        high = pairs[:, at + 1] ^ (register >> 16)
        register = far[low] ^ third[high] ^ second[pairs[:, at + 2]] ^ near[pairs[:, at + 3]]
    return _extended(_joined(register, length), content[lanes * length :])


def _one_by_one(state: int, content: Bytes) -> int:
    single = _single()
    for byte in content.tolist():
        state = state >> 8 ^ single[(state ^ byte) & 255]
    return state


def _joined(registers: Words, length: int) -> int:
    """The register of pieces of `length` bytes that follow each other, from that of each alone."""
    while len(registers) > 1:
        if len(registers) % 2:
            # A piece of zeros in front changes nothing.
            registers = np.concatenate([np.zeros(1, dtype=np.uint32), registers])
        registers = _shifted(registers[0::2], length) ^ registers[1::2]
        length *= 2
    return int(registers[0])


def _shifted(registers: Words, length: int) -> Words:
    """[N] what `length` bytes of zeros make of registers [N]."""
    first, second, third, fourth = _shift(length)
    found: Words = first[registers & 255] ^ second[registers >> 8 & 255]
    found ^= third[registers >> 16 & 255] ^ fourth[registers >> 24]
    return found


@lru_cache(4096)
def _shift(length: int) -> Words:
    """[4, 256]: what `length` bytes of zeros, at least one, make of each byte of a register."""
    bits: Words = np.uint32(1) << np.arange(32, dtype=np.uint32)
    if length == 1:
        zero = np.zeros(1, dtype=np.uint8)
        columns = np.array([_one_by_one(int(bit), zero) for bit in bits], dtype=np.uint32)
    else:
        columns = _shifted(_shifted(bits, length // 2), length // 2)
        columns = _shifted(columns, 1) if length % 2 else columns
    tables = np.zeros((4, 256), dtype=np.uint32)
    # Each bit doubles what is there: a register is the sum of its bits.
    for bit in range(8):
        tables[:, 1 << bit : 2 << bit] = tables[:, : 1 << bit] ^ columns.reshape(4, 8)[:, bit, None]
    return tables
