"""The checksum is that of RFC 3720, and of pieces the same as byte by byte."""

from __future__ import annotations

import numpy as np
import pytest

from engines.core.storage.crc32c import crc32c, masked_crc32c


def plain(data: bytes) -> int:
    """Bit by bit, as the definition has it."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ 0x82F63B78 * (register & 1)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        # RFC 3720, B.4, whose bytes are in the order of the wire.
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"123456789", 0xE3069283),
        (b"", 0),
    ],
)
def test_published_checksums(data: bytes, checksum: int) -> None:
    assert crc32c(data) == checksum == plain(data)


@pytest.mark.parametrize("length", [1, 7, 63, 127, 128, 129, 191, 1000, 4096, 65_537, 100_003])
def test_pieces_side_by_side_are_the_same_as_one_after_the_other(length: int) -> None:
    data = np.random.default_rng(length).integers(0, 256, length, dtype=np.uint8)
    assert crc32c(data) == plain(data.tobytes()) == crc32c(data.tobytes())


def test_the_stored_form_is_leveldbs() -> None:
    # Turned by 15 bits, and a number added: TensorFlow stores it so under an empty tensor.
    assert masked_crc32c(b"") == 0xA282EAD8
    crc = crc32c(b"foo")
    assert masked_crc32c(b"foo") == ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32
