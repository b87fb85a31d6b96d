"""Points of PLY files in every form, and what is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from engines.core.errors import UserError
from engines.core.formats.ply_points import read_points, write_points

POINTS = np.random.default_rng(0).normal(size=(20, 3))
HEAD = "ply\nformat {} 1.0\ncomment by hand\nelement vertex 20\nproperty uchar red\n"
PLACES = "property {0} x\nproperty {0} y\nproperty {0} z\nelement face 1\n"
PLACES += "property list uchar int vertex_indices\nend_header\n"


def test_points_with_colours_are_written_as_others_read_them(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 256, (20, 3), dtype=np.uint8)
    write_points(tmp_path / "a.ply", POINTS, colours)
    there = trimesh.load(tmp_path / "a.ply")
    assert isinstance(there, trimesh.PointCloud)
    np.testing.assert_allclose(there.vertices, POINTS, rtol=1e-6)
    assert np.array_equal(np.asarray(there.colors)[:, :3], colours)
    np.testing.assert_allclose(read_points(tmp_path / "a.ply"), POINTS, rtol=1e-6)


@pytest.mark.parametrize("encoding", ["ascii", "binary"])
def test_points_that_trimesh_writes(tmp_path: Path, encoding: str) -> None:
    cloud = trimesh.PointCloud(POINTS, colors=np.full((20, 4), 99, dtype=np.uint8))
    (tmp_path / "a.ply").write_bytes(trimesh.exchange.ply.export_ply(cloud, encoding=encoding))
    np.testing.assert_allclose(read_points(tmp_path / "a.ply"), POINTS, atol=1e-6)


@pytest.mark.parametrize(("kind", "dtype"), [("double", "f8"), ("float32", "f4")])
@pytest.mark.parametrize(("form", "order"), [("binary_little_endian", "<"), ("binary_big_endian", ">")])
def test_other_properties_and_faces_are_passed_over(
    tmp_path: Path, kind: str, dtype: str, form: str, order: str
) -> None:
    table = np.zeros(20, dtype=[("red", "u1"), *((axis, order + dtype) for axis in "xyz")])
    for axis, name in enumerate("xyz"):
        table[name] = POINTS[:, axis]
    table["x"][3] = np.nan
    content = (HEAD.format(form) + PLACES.format(kind)).encode() + table.tobytes() + b"\x03\0\0\0\0\1\0\0\0\2\0\0\0"
    (tmp_path / "a.ply").write_bytes(content)
    np.testing.assert_allclose(read_points(tmp_path / "a.ply"), np.delete(POINTS, 3, axis=0), atol=1e-6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no PLY file"),
        (b"ply\nformat ascii 1.0\n", "is no PLY file"),
        (b"ply\nformat ascii 1.0\nelement face 2\nend_header\n", "begins with face; points stand first"),
        (b"ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nend_header\n", "has no vertices with x, y and z"),
        (
            b"ply\nformat ascii 1.0\nelement vertex 2\nproperty list uchar int x\nend_header\n",
            "a property that is no num",
        ),
        ((HEAD.format("ascii") + PLACES.format("float")).encode() + b"1 2 3 4\n", "is damaged"),
        ((HEAD.format("binary_little_endian") + PLACES.format("float")).encode() + b"1234", "is damaged"),
        (HEAD.format("ascii").replace("20", "-5").encode() + PLACES.format("float").encode(), "has no vertices"),
        (HEAD.format("ascii").replace("20", "x").encode() + PLACES.format("float").encode(), "is damaged"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.ply").write_bytes(content)
    with pytest.raises(UserError, match=rf"a\.ply: .*{message}"):
        read_points(tmp_path / "a.ply")
    with pytest.raises(UserError, match="no such file"):
        read_points(tmp_path / "b.ply")
