"""`.splat`, `.ksplat`, SOG, `.compressed.ply` and glTF: by hand or by our own writers, and damaged."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.core.errors import UserError
from engines.core.paths.exchange.gltf_file import GltfFile, gltf_bytes
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import form_of, read_splats, write_splats
from engines.splats.splats import SOLID_LOGIT, Splats
from tests.engines.splats.making import apart, covariances, matched, some_splats

TURNED = np.sqrt(0.5)


def one_line(path: Path, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        read_splats(path)
    assert str(raised.value).startswith(str(path)) and "\n" not in str(raised.value)


def test_splat_by_hand(tmp_path: Path) -> None:
    row = struct.pack("<6f4B4B", 1, 2, 3, 1, np.e, 0, 255, 0, 128, 51, 128, 128, 255, 0)
    (tmp_path / "a.splat").write_bytes(row * 2)
    found = read_splats(tmp_path / "a.splat").splats
    assert found.positions.tolist() == [[1, 2, 3]] * 2 and found.quaternions[0].tolist() == [0, 0, 127 / 128, -1]
    np.testing.assert_allclose(found.log_scales[0], [0, 1, -30], atol=1e-6)
    np.testing.assert_allclose(found.opacity_logits[0], np.log(0.2 / 0.8), rtol=1e-6)
    np.testing.assert_allclose(found.harmonics[0, 0] * 0.28209479 + 0.5, [1, 0, 128 / 255], atol=1e-6)
    for content, message in (
        (row[:-1], "is no file of Gaussian splats"),
        (b"", "is no file"),
        (b"\xff" * 64, "is no file"),
    ):
        (tmp_path / "b.splat").write_bytes(content)
        one_line(tmp_path / "b.splat", message)


def test_splat_that_is_written(tmp_path: Path) -> None:
    splats = some_splats(200, 2)
    (lost,) = write_splats(tmp_path / "a.splat", SplatContent(splats), "splat")
    assert "can't keep harmonics of degree 2 (colours by direction); rotations to half a degree" in lost
    found = read_splats(tmp_path / "a.splat").splats
    # The largest and most opaque first.
    shown = np.exp(found.log_scales.sum(axis=1)) / (1 + np.exp(-found.opacity_logits))
    assert shown[:20].min() > shown[-20:].max()
    differences = apart(matched(found, splats), splats)
    bounds = {"place": 0, "colour": 0.0021, "harmonics": 0, "opacity": 0.002, "shape": 0.03}
    assert {key: value for key, value in differences.items() if value > bounds[key]} == {}


def ksplat(count: int = 3, said: int = 3, level: int = 1, version: int = 1) -> bytes:
    """A full bucket of two around (10, 0, 0), one of one around (-10, 0, 0); blocks of 5, degree 1."""
    head = bytearray(4096)
    struct.pack_into("<BB2xIII", head, 0, 0, version, 1, 1, said)
    struct.pack_into("<IH", head, 16, said, level)
    section = bytearray(1024)
    struct.pack_into("<4If", section, 0, count, count, 2, 2, 5.0)
    struct.pack_into("<HxxIIIIH", section, 20, 12, 32767, 0, 1, 1, 1)
    places = [(32767 + 32767, 32767, 32767), (32767, 0, 32767), (32767, 32767, 32767)]
    rows = b""
    for index in range(count):
        rest = [(channel + 1) / 8 + each / 64 for channel in range(3) for each in range(3)]
        rows += struct.pack("<3H3e4e4B", *places[index % 3], 1, 2, 0.5, 1, 0, 0, 0, 255, 0, 0, 51)
        rows += struct.pack("<9e", *rest)
    buckets = struct.pack("<I6f", 1, 10, 0, 0, -10, 0, 0)
    return bytes(head + section) + buckets + rows


def test_ksplat_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "a.ksplat"
    path.write_bytes(ksplat())
    found = read_splats(path).splats
    np.testing.assert_allclose(found.positions, np.array([[12.5, 0, 0], [10, -2.5, 0], [-10, 0, 0]]), atol=1e-6)
    np.testing.assert_allclose(found.log_scales[0], np.log([1, 2, 0.5]), atol=1e-6)
    # By channel, then by coefficient.
    np.testing.assert_allclose(found.harmonics[0, 1:, 2], 3 / 8 + np.arange(3) / 64)
    assert found.degree == 1 and found.quaternions[0].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ksplat()[:-1], "says that it has 3 splats"),
        (ksplat()[:4000], "says that it has 0 splats"),
        (ksplat(said=4), "its sections have others"),
        (ksplat(level=7), "is no file of Gaussian splats"),
        (ksplat(version=0), "is no file of Gaussian splats"),
        (ksplat()[:4096] + b"\xff" * 1100, "damaged"),
        (ksplat()[:4] + b"\xff" * 4 + ksplat()[8:], "says that it has 3 splats"),
        (ksplat()[:5120] + struct.pack("<I", 0) + ksplat()[5124:], "fewer splats than its section"),
    ],
)
def test_ksplat_that_is_damaged(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.ksplat").write_bytes(content)
    one_line(tmp_path / "a.ksplat", message)


def picture(pixels: Any, size: tuple[int, int] = (2, 1)) -> bytes:
    content = io.BytesIO()
    array = np.array(pixels, np.uint8).reshape(size[1], size[0], 4)
    Image.fromarray(array, "RGBA").save(content, "WEBP", lossless=True, exact=True)
    return content.getvalue()


def sog(**changed: Any) -> dict[str, bytes]:
    """Two splats, of which the first lies at (e - 1, 0, 1 - e), turned by a quarter about z."""
    table = (np.arange(256) / 255).tolist()
    high, low = divmod(32768, 256)
    parts = {
        "l.webp": picture([[255, low, 0, 255], [0, 0, 0, 255]]),
        "u.webp": picture([[255, high, 0, 255], [0, 0, 0, 255]]),
        "s.webp": picture([[0, 51, 255, 255], [0, 0, 0, 255]]),
        "q.webp": picture([[128, 128, 255, 252], [0, 0, 0, 9]]),
        "c.webp": picture([[255, 0, 51, 51], [0, 0, 0, 255]]),
        "p.webp": picture(np.tile([[0, 51, 255, 255], [1, 1, 1, 255], [2, 2, 2, 255]], (64, 1)), (192, 1)),
        "n.webp": picture([[0, 0, 0, 255], [1, 0, 0, 255]]),
    }
    meta: dict[str, Any] = {
        "version": 2,
        "count": 2,
        "means": {"mins": [-1, -1, -1], "maxs": [1, 1, 1], "files": ["l.webp", "u.webp"]},
        "scales": {"codebook": table, "files": ["s.webp"]},
        "quats": {"files": ["q.webp"]},
        "sh0": {"codebook": table, "files": ["c.webp"]},
        "shN": {"codebook": table, "count": 64, "bands": 1, "files": ["p.webp", "n.webp"]},
    }
    return parts | {"meta.json": json.dumps(meta | changed).encode()}


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_sog_by_hand_in_a_zip_and_in_a_folder(tmp_path: Path) -> None:
    for name, content in sog().items():
        (tmp_path / name).write_bytes(content)
    for path in (zipped(tmp_path / "a.sog", sog()), tmp_path / "meta.json"):
        splats = read_splats(path).splats
        np.testing.assert_allclose(splats.positions[0], [np.e - 1, 0, 1 - np.e], atol=2e-5)
        np.testing.assert_allclose(splats.log_scales[0], [0, 0.2, 1], atol=1e-6)
        np.testing.assert_allclose(splats.quaternions[0], [TURNED, 0, 0, TURNED], atol=0.005)
        assert splats.quaternions[1].tolist() == [1, 0, 0, 0]
        np.testing.assert_allclose(splats.harmonics[0, 0], [1, 0, 0.2], atol=1e-6)
        np.testing.assert_allclose(splats.harmonics[0, 1], [0, 0.2, 1], atol=1e-6)
        np.testing.assert_allclose(splats.opacity_logits, [np.log(0.2 / 0.8), SOLID_LOGIT], rtol=1e-6)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"version": 3}, "is SOG of version 3; 2 is read"),
        ({"count": 3}, "means has 2 pixels for 3 splats"),
        ({"count": -1}, "says that it has -1 splats"),
        ({"count": 10**12}, "means has 2 pixels"),
        ({"quats": {"files": ["../q.webp"]}}, "only pictures beside meta.json are read"),
        ({"quats": {"files": ["x.webp"]}}, "has no 'x.webp' in it"),
        ({"quats": {"files": ["meta.json"]}}, "is damaged"),
        ({"scales": {"codebook": [1], "files": ["s.webp"]}}, "the table of scales has 1 numbers"),
        ({"means": {"mins": [0], "maxs": [1], "files": ["l.webp", "u.webp"]}}, "no three numbers each"),
        ({"shN": {"codebook": [], "count": 64, "bands": 9, "files": []}}, "harmonics of degree 9"),
        ({"shN": {"codebook": [], "count": 65, "bands": 1, "files": ["p.webp", "n.webp"]}}, "65 sets of 3 harmonics"),
        ({"means": 5}, "is damaged"),
    ],
)
def test_sog_that_is_damaged(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    one_line(zipped(tmp_path / "a.sog", sog(**changed)), message)


def test_sog_of_a_picture_that_is_a_bomb(tmp_path: Path) -> None:
    large = io.BytesIO()
    Image.new("RGBA", (4000, 2000)).save(large, "WEBP", lossless=True)
    one_line(
        zipped(tmp_path / "a.sog", sog() | {"l.webp": large.getvalue()}), r"l\.webp is of \(4000, 2000\) for 2 splats"
    )
    (tmp_path / "b.sog").write_bytes((tmp_path / "a.sog").read_bytes()[:100])
    one_line(tmp_path / "b.sog", "is damaged")
    (tmp_path / "c.sog").write_bytes(b"no zip")
    one_line(tmp_path / "c.sog", "is no file of Gaussian splats")


COMPRESSED = "ply\nformat binary_little_endian 1.0\nelement chunk {chunks}\n"
BOUNDS = [f"{which}_{what}{axis}" for what in ("", "scale_") for which in ("min", "max") for axis in "xyz"]
COMPRESSED += "".join(f"property float {name}\n" for name in BOUNDS) + "element vertex {count}\n"
COMPRESSED += "".join(f"property uint packed_{name}\n" for name in ("position", "rotation", "scale", "color"))
COMPRESSED += (
    "element sh {count}\n" + "".join(f"property uchar f_rest_{index}\n" for index in range(9)) + "end_header\n"
)


def compressed(path: Path, count: int = 1, chunks: int = 1) -> Path:
    """One splat at the chunk's lowest x, middle y and highest z, turned by a quarter about z."""
    chunk = struct.pack("<12f", -1, -2, -3, 1, 2, 3, -6, -6, -6, 0, 0, 0)
    half = round((np.sqrt(0.5) / np.sqrt(2) + 0.5) * 1023)
    place, scale = 0 << 21 | 512 << 11 | 2047, 2047 << 21 | 0 << 11 | 0
    turn = 0 << 30 | 512 << 20 | 512 << 10 | half
    row = struct.pack("<4I9B", place, turn, scale, 255 << 24 | 0 << 16 | 51 << 8 | 255, *[0, 255, 127], *range(6))
    path.write_bytes(COMPRESSED.format(count=count, chunks=chunks).encode() + chunk + row)
    return path


def test_compressed_ply_by_hand(tmp_path: Path) -> None:
    splats = read_splats(compressed(tmp_path / "a.ply")).splats
    np.testing.assert_allclose(splats.positions, [[-1, 2 * (512 / 1023 * 2 - 1), 3]], atol=1e-6)
    np.testing.assert_allclose(splats.log_scales, [[0, -6, -6]])
    np.testing.assert_allclose(splats.quaternions, [[TURNED, 0, 0, TURNED]], atol=0.002)
    assert splats.opacity_logits.tolist() == [SOLID_LOGIT]
    np.testing.assert_allclose(splats.harmonics[0, 0] * 0.28209479 + 0.5, [1, 0, 0.2], atol=1e-6)
    np.testing.assert_allclose(splats.harmonics[0, 1:, 0], [-4, 4, (127.5 / 256 - 0.5) * 8], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-1], "says that it has 1 splats"),
        (lambda text: text.replace(b"vertex 1\n", b"vertex 999\n"), "has 1 chunks for 999 splats"),
        (lambda text: text.replace(b"sh 1\n", b"sh 2\n"), "9 harmonics of 2 splats"),
        (lambda text: text.replace(b"uchar f_rest_0", b"float f_rest_0"), "its harmonics are no bytes"),
        (lambda text: text.replace(b"uint packed_scale", b"float packed_scale"), "no whole ones of 32 bits"),
        (lambda text: text.replace(b"max_scale_z", b"max_scale_w"), "its chunks have no max_scale_z"),
        (lambda text: text.replace(b"binary_little_endian", b"ascii"), "neither in text"),
    ],
)
def test_compressed_ply_that_is_damaged(tmp_path: Path, change: Callable[[bytes], bytes], message: str) -> None:
    path = compressed(tmp_path / "a.ply")
    path.write_bytes(change(path.read_bytes()))
    one_line(path, message)


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
@pytest.mark.parametrize("degree", [0, 3])
def test_gltf_that_is_written(tmp_path: Path, suffix: str, degree: int) -> None:
    splats, path = some_splats(50, degree), tmp_path / f"a{suffix}"
    assert write_splats(path, SplatContent(splats), "glb") == ()
    found = read_splats(path)
    assert found.notes == () and max(apart(found.splats, splats).values()) < 2e-6
    # +y is up in it, and the letter stands as it did: half a turn about z.
    file = GltfFile(path)
    assert np.array_equal(file.accessor(0), splats.positions.astype(np.float64) * [-1, -1, 1])


def changed_glb(path: Path, change: Callable[[Any], object], splats: Splats) -> Path:
    write_splats(path, SplatContent(splats), "glb")
    file = GltfFile(path)
    change(file.document)
    size = file.document["buffers"][0]["byteLength"]
    binary = path.read_bytes()[-size - (-size % 4) :][:size]
    path.write_bytes(
        gltf_bytes({key: value for key, value in file.document.items() if key != "buffers"}, binary, one_file=True)
    )
    return path


def test_gltf_that_a_node_moves(tmp_path: Path) -> None:
    """Twice as large, a quarter about glTF's y (which is down here), and one along its x."""
    splats = some_splats(20, 2)
    turn = {"rotation": [0, TURNED, 0, TURNED], "scale": [2, 2, 2], "translation": [1, 0, 0]}
    found = read_splats(
        changed_glb(tmp_path / "a.glb", lambda document: document["nodes"][0].update(turn), splats)
    ).splats
    quarter = np.array([[0, 0, -1.0], [0, 1, 0], [1, 0, 0]])
    np.testing.assert_allclose(found.positions, 2 * splats.positions @ quarter.T + [-1, 0, 0], atol=1e-5)
    np.testing.assert_allclose(covariances(found), 4 * quarter @ covariances(splats) @ quarter.T, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document["nodes"][0].update(scale=[1, 2, 1]), "stretches or mirrors its splats"),
        (lambda document: document["nodes"][0].update(scale=[-1, 1, 1]), "stretches or mirrors its splats"),
        (lambda document: document["nodes"][0].update(scale=[0, 0, 0]), "makes nothing of its splats"),
        (lambda document: document["nodes"][0].update(children=[0]), "nested in a circle"),
        (lambda document: document["meshes"][0]["primitives"][0].pop("extensions"), "without Gaussian splats"),
        (lambda document: document["meshes"][0]["primitives"][0]["attributes"].pop("POSITION"), "have no POSITION"),
        (
            lambda document: document["meshes"][0]["primitives"][0]["attributes"].pop(
                "KHR_gaussian_splatting:SH_DEGREE_1_COEF_2"
            ),
            "have no KHR_gaussian_splatting:SH_DEGREE_1_COEF_2",
        ),
        (lambda document: document["accessors"][3].update(count=19), "SCALE is .19, 3., of 20 splats"),
        (lambda document: document["accessors"][0].update(count=10**9), "reaches beyond its buffer"),
        (lambda document: document.update(extensionsUsed=[], meshes=[], nodes=[]), "is no file of Gaussian splats"),
    ],
)
def test_gltf_that_is_damaged(tmp_path: Path, change: Callable[[Any], object], message: str) -> None:
    one_line(changed_glb(tmp_path / "a.glb", change, some_splats(20, 1)), message)


def test_what_is_only_read_is_said(tmp_path: Path) -> None:
    content = SplatContent(some_splats(5, 0))
    with pytest.raises(UserError, match=r"a\.sog: PlayCanvas's SOG is only read; written are ply, spz, splat, glb"):
        write_splats(tmp_path / "a.sog", content, "sog")
    with pytest.raises(UserError, match=r"a\.txt: Niantic's \.spz is written as \.spz"):
        write_splats(tmp_path / "a.txt", content, "spz")
    (tmp_path / "a.txt").write_text("x")
    assert form_of(tmp_path / "a.txt") is None and not (tmp_path / "a.sog").exists()
