"""Voxels of binvox's files: in the order that they have there, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.formats.binvox import read_binvox
from tests.engines.core.formats.test_r2n2 import write_object


def content(runs: bytes, dim: str = "2 2 2", more: str = "") -> bytes:
    return f"#binvox 1\ndim {dim}\n{more}data\n".encode() + runs


def test_voxels_stand_along_x_then_z_then_y(tmp_path: Path) -> None:
    path = tmp_path / "model.binvox"
    # Of 8 in a row, numbers 1 (y), 2 (z), 4 (x).
    path.write_bytes(content(b"\0\1\7\2\0\1\1\1\0\3", more="translate -1 2 3.5\nscale 4\n# trimesh's\n"))
    read = read_binvox(path)
    assert np.argwhere(read.filled).tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert read.side == 4 and read.corner.tolist() == [-1, 2, 3.5]
    path.write_bytes(content(b"\0\x08"))
    assert not read_binvox(path).filled.any() and read_binvox(path).side == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"solid cube\n", "is no binvox file: it must begin with #binvox"),
        (b"#binvox 1\ndim 2 2 2\n", "its header has no line data"),
        (b"#binvox 1\n" + b"x" * 9000 + b"\ndata\n", "its header has no line data"),
        (content(b"\1\x08", "2 2"), r"must say dim and three whole numbers, but says 2 2"),
        (content(b"\1\x08", "2 2 -2"), r"must say dim and three whole numbers, but says 2 2 -2"),
        (content(b"\1\x08", "2 4 1"), "its grid is 2x4x1; it must be a cube of at most 1024 a side"),
        (content(b"\1\x08", "99999 99999 99999"), "it must be a cube of at most 1024 a side"),
        (content(b"\1\x08\1"), "is damaged: its last run has no length"),
        (content(b"\1\x07\1\0\1\1"), "is damaged: run 2 has a length of 0"),
        (content(b"\1\x07"), "is damaged: its runs have 7 voxels, 2x2x2 are 8"),
        (content(b"\1\x08\0\xff"), "is damaged: its runs have 263 voxels"),
        (content(b"\1\x08", more="scale nan\n"), "scale must be 1 number, but is nan"),
        (content(b"\1\x08", more="scale 0\n"), "its scale is 0; it must be more than 0"),
        (content(b"\1\x08", more="translate 1 2\n"), "translate must be 3 numbers, but is 1 2"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, written: bytes, said: str) -> None:
    path = tmp_path / "model.binvox"
    path.write_bytes(written)
    with pytest.raises(UserError, match=f"^{path}: .*{said}"):
        read_binvox(path)


def test_voxels_of_the_published_layout_lie_beside_the_renderings(tmp_path: Path) -> None:
    root = tmp_path / "ShapeNetRendering"
    for name in ("02958343/a", "02958343/b"):
        write_object(root / name / "rendering")
    assert open_dataset(root).volumes is None
    apart = tmp_path / "ShapeNetVox32" / "02958343" / "b"
    apart.mkdir(parents=True)
    (apart / "model.binvox").write_bytes(content(b"\0\x04\1\x04"))
    for opened, number in ((root, 1), (root / "02958343", 1), (root / "02958343" / "b", 0)):
        volumes = open_dataset(opened).volumes
        assert volumes is not None and volumes.has(number, 2)
        # The half with the greater x.
        assert volumes.read(number, 2).tolist() == [[[False] * 2] * 2, [[True] * 2] * 2]
    volumes = open_dataset(root).volumes
    assert volumes is not None and not volumes.has(0, 2)
    with pytest.raises(UserError, match=r"02958343/a/rendering: has no voxels \(model\.binvox\)"):
        volumes.read(0, 2)
    assert not volumes.has(1, 4)
    with pytest.raises(UserError, match=r"has 2 voxels a side, fewer than the 32 .* \(nvox=2\)"):
        volumes.read(1, 32)
    # Half as large as the cube: its voxels are four times as fine, and whatever is filled counts.
    (apart / "model.binvox").write_bytes(content(b"\0\x07\1\1", more="scale 0.5\n"))
    assert np.argwhere(volumes.read(1, 2)).tolist() == [[1, 1, 1]] and not volumes.read(1, 1).all() ^ True


def test_voxels_are_where_photographs_show_the_object(shared: Path) -> None:
    """At 32 a side, as the net of the car, whose grid is 0.877 of the cube."""
    from engines.core.camera import project

    dataset = open_dataset(shared / "data" / "r2n2_shapenet7")
    assert dataset.volumes is not None
    number = dataset.instances.index("car")
    filled = dataset.volumes.read(number, 32)
    for view in list(dataset.views.of_instance(number))[:3]:
        pixels, _ = project(view.camera, (np.argwhere(filled) + 0.5) / 32 - 0.5)
        column, row = np.floor(pixels).astype(int).T
        opaque = np.asarray((view.image() < 0.999).any(axis=-1))
        assert opaque[row, column].mean() > 0.97
        # And what they show is filled.
        assert len(np.unique(row * 137 + column)) > 0.3 * opaque.sum()
