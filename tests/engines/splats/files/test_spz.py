"""`.spz` in all its versions: the written ones by other readers' rules, numbers by hand, bombs and damage."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import zstandard

from engines.core.errors import UserError
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import form_of, read_splats, write_splats
from engines.splats.files.spz import AXES
from engines.splats.splats import SOLID_LOGIT
from tests.engines.splats.making import apart, some_splats

HEAD, HEAD_4 = struct.Struct("<4sIIBBBB"), struct.Struct("<4sIIBBBBI12x")
PLACE = b"".join(value.to_bytes(3, "little", signed=True) for value in (4096, -8192, 2048))
BYTES = bytes([255]) + bytes([128, 0, 255]) + bytes([160, 144, 176])
"""Opacity 1; colours; standard deviations of 1, e^-1 and e."""


def gzipped(path: Path, version: int, place: bytes, turn: bytes, tail: bytes = b"", flags: int = 0) -> Path:
    content = HEAD.pack(b"NGSP", version, 1, 0, 12, flags, 0) + place + BYTES + turn + tail
    path.write_bytes(gzip.compress(content))
    return path


@pytest.mark.parametrize("degree", range(5))
def test_what_is_written_is_read(tmp_path: Path, degree: int) -> None:
    splats = some_splats(200, degree, antialiased=degree == 1)
    (lost,) = write_splats(tmp_path / "a.spz", SplatContent(splats), "spz")
    assert "can't keep places to 9.5e-07 units; scales to 3 %" in lost and "harmonics beyond" not in lost
    found = read_splats(tmp_path / "a.spz")
    assert found.axes_unsaid and (found.splats.degree, found.splats.antialiased) == (degree, degree == 1)
    # Half a step of each; scales in sixteenths of a logarithm.
    bounds = {"place": 1e-6, "colour": 0.0037, "harmonics": 0.5 / 128 + 1e-6, "opacity": 0.002, "shape": 0.07}
    differences = apart(found.splats, splats)
    assert {key: value for key, value in differences.items() if value > bounds[key]} == {}
    # Of degree 4 the newest version; before, what all players read.
    assert (tmp_path / "a.spz").read_bytes()[:2] == (b"NG" if degree == 4 else b"\x1f\x8b")


def test_what_has_no_room_is_said(tmp_path: Path) -> None:
    splats = some_splats(20, 1)
    splats.positions[0, 0], splats.log_scales[1, 0], splats.harmonics[2, 0, 0], splats.harmonics[3, 2, 0] = (
        5000,
        7,
        9,
        -2,
    )
    (lost,) = write_splats(tmp_path / "a.spz", SplatContent(splats), "spz")
    assert lost.count("(of 1 splats)") == 3 and "places to 0.00098 units" in lost
    assert abs(read_splats(tmp_path / "a.spz").splats.positions[0, 0] - 5000) < 0.0005


@pytest.mark.parametrize(
    ("version", "place", "turn"),
    [
        (1, np.array([1, -2, 0.5], "<f2").tobytes(), bytes([255, 128, 128])),
        (2, PLACE, bytes([255, 128, 128])),
        # x is the largest, and the others are 0.
        (3, PLACE, struct.pack("<I", 0)),
    ],
)
def test_numbers_by_hand(tmp_path: Path, version: int, place: bytes, turn: bytes) -> None:
    """One splat at (1, -2, 0.5), right, up, back: (1, 2, -0.5) here; turned by half a turn about x."""
    splats = read_splats(gzipped(tmp_path / "a.spz", version, place, turn)).splats
    assert splats.positions.tolist() == [[1, 2, -0.5]] and splats.log_scales.tolist() == [[0, -1, 1]]
    assert splats.opacity_logits.tolist() == [SOLID_LOGIT]
    np.testing.assert_allclose(splats.harmonics[0, 0], [0.0130719, -3.3333333, 3.3333333], atol=1e-6)
    np.testing.assert_allclose(splats.quaternions, [[0, 1, 0, 0]], atol=0.1 if version < 3 else 1e-7)


def test_the_axes_that_a_file_names(tmp_path: Path) -> None:
    """6 is right, down, forward, as this program has it; 1 is left, down, back."""
    for axes, expected in ((6, [1, -2, 0.5]), (1, [-1, -2, -0.5]), (4, [1, 2, -0.5])):
        tail = struct.pack("<II3s", 0x12340001, 3, b"abc") + struct.pack("<III", AXES, 4, axes)
        found = read_splats(gzipped(tmp_path / "a.spz", 3, PLACE, bytes(4), tail, flags=2))
        assert found.splats.positions.tolist() == [expected] and not found.axes_unsaid
    with pytest.raises(UserError, match=r"a\.spz: is in axes of which z or y are exchanged \(12\)"):
        read_splats(gzipped(tmp_path / "a.spz", 3, PLACE, bytes(4), struct.pack("<III", AXES, 4, 12), flags=2))


def zstd(path: Path, columns: list[bytes], sizes: list[int] | None = None, count: int = 1) -> Path:
    said = sizes or [len(zstandard.decompress(column)) for column in columns]
    table = b"".join(struct.pack("<QQ", len(column), size) for column, size in zip(columns, said, strict=True))
    path.write_bytes(HEAD_4.pack(b"NGSP", 4, count, 0, 12, 0, len(columns), 32) + table + b"".join(columns))
    return path


def five() -> list[bytes]:
    return [zstandard.compress(part) for part in (PLACE, BYTES[:1], BYTES[1:4], BYTES[4:], bytes(4))]


def test_version_4_by_hand(tmp_path: Path) -> None:
    path = zstd(tmp_path / "a.spz", five())
    assert read_splats(path).splats.positions.tolist() == [[1, 2, -0.5]]
    unsaid = zstandard.ZstdCompressor(write_content_size=False).compress(PLACE)
    assert len(read_splats(zstd(path, [unsaid, *five()[1:]], [9, 1, 3, 3, 4])).splats) == 1


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    """A gigabyte of zeros behind a header of one splat is never unpacked; a column that says it is one, neither."""
    path = tmp_path / "a.spz"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    content = HEAD.pack(b"NGSP", 3, 1, 0, 12, 0, 0) + PLACE + BYTES + bytes(4)
    path.write_bytes(packer.compress(content) + packer.compress(bytes(2**26)) + packer.flush())
    assert len(read_splats(path).splats) == 1
    bomb = zstandard.compress(bytes(2**26))
    with pytest.raises(UserError, match="unpacks to 67,108,864 bytes; 9 are needed"):
        read_splats(zstd(path, [bomb, *five()[1:]], [9, 1, 3, 3, 4]))
    unsaid = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(2**26))
    with pytest.raises(UserError, match=r"a\.spz: "):
        read_splats(zstd(path, [unsaid, *five()[1:]], [9, 1, 3, 3, 4]))
    with pytest.raises(UserError, match="says that it has 4000000000 splats"):
        read_splats(zstd(path, five(), count=4_000_000_000))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ((b"NGSP", 5, 1, 0, 12, 0, 0), "is SPZ of version 5; 1 to 4 are read"),
        ((b"NGSP", 0, 1, 0, 12, 0, 0), "is SPZ of version 0"),
        ((b"NGSP", 3, 1, 5, 12, 0, 0), "harmonics of degree 5"),
        ((b"NGSP", 3, 1, 0, 99, 0, 0), "99 bits of fractions"),
        ((b"NGSP", 3, 0, 0, 12, 0, 0), "holds no splat"),
        ((b"NGSP", 3, 9, 0, 12, 0, 0), "says that it has 9 splats"),
        ((b"NGSP", 3, 2**32 - 1, 4, 12, 0, 0), "says that it has 4294967295 splats"),
        ((b"NGXX", 3, 1, 0, 12, 0, 0), "is no file of Gaussian splats"),
    ],
)
def test_damaged_headers_are_one_line(
    tmp_path: Path, head: tuple[bytes, int, int, int, int, int, int], message: str
) -> None:
    (tmp_path / "a.spz").write_bytes(gzip.compress(HEAD.pack(*head) + PLACE + BYTES + bytes(4)))
    with pytest.raises(UserError, match=rf"a\.spz: .*{message}"):
        read_splats(tmp_path / "a.spz")


@pytest.mark.parametrize("cut", [1, 20, 40, 60])
@pytest.mark.parametrize("degree", [1, 4])
def test_what_is_cut_short_is_one_line(tmp_path: Path, cut: int, degree: int) -> None:
    path = tmp_path / "a.spz"
    write_splats(path, SplatContent(some_splats(30, degree)), "spz")
    path.write_bytes(path.read_bytes()[: -cut * len(path.read_bytes()) // 100])
    with pytest.raises(UserError, match=r"a\.spz: ") as raised:
        read_splats(path)
    assert "\n" not in str(raised.value)
    (tmp_path / "b.spz").write_bytes(b"\x1f\x8bno gzip at all")
    assert form_of(tmp_path / "b.spz") is None
