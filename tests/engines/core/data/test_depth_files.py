"""Depth maps of each kind, and a view's own: in world units, at the photograph's pixels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
import pytest

from engines.core.camera import Camera
from engines.core.data.depth_files import read_depth, resized_depth
from engines.core.data.views import View
from engines.core.errors import UserError

STORED = np.array([[1.5, 0.0, 2.0], [np.inf, np.nan, -1.0]], dtype=np.float32)
KNOWN = [[1.5, np.inf, 2.0], [np.inf, np.inf, np.inf]]


@pytest.mark.parametrize("channel", ["Z", "Y", "RGB"])
def test_floats_of_numpy_and_exr_are_world_units(tmp_path: Path, channel: str) -> None:
    pixels = np.repeat(STORED[..., None], 3, axis=2) if channel == "RGB" else STORED
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, {channel: np.ascontiguousarray(pixels)}) as file:
        file.write(str(tmp_path / "a.exr"))
    np.save(tmp_path / "a.npy", STORED)
    for path in (tmp_path / "a.exr", tmp_path / "a.npy"):
        assert read_depth(path, None).tolist() == KNOWN
        assert read_depth(path, 2.0)[0].tolist() == [3.0, np.inf, 4.0]


def test_whole_numbers_need_to_be_told_their_unit(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.array([[1500, 0]], dtype=np.uint16))
    np.testing.assert_allclose(read_depth(tmp_path / "a.png", 1e-3), [[1.5, np.inf]])
    with pytest.raises(UserError, match=r"a\.png: holds whole numbers, and nobody says what a depth of 1 is"):
        read_depth(tmp_path / "a.png", None)


@pytest.mark.parametrize("name", ["a.exr", "a.npy", "a.png"])
def test_damaged_files_are_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x76\x2f\x31\x01 nothing of the kind")
    with pytest.raises(UserError, match=name):
        read_depth(tmp_path / name, 1.0)


def view(folder: Path, depth: np.ndarray, **changes: Any) -> View:
    np.save(folder / "d.npy", depth)
    return replace(View(Camera(np.eye(4), (9, 9), (4, 3), (8, 6)), "a", depth_path=folder / "d.npy"), **changes)


def test_a_smaller_map_is_taken_pixel_by_pixel(tmp_path: Path) -> None:
    small = np.arange(1.0, 13).reshape(3, 4).astype(np.float32)
    assert np.array_equal(view(tmp_path, small).depth(), small.repeat(2, axis=0).repeat(2, axis=1))


def test_a_map_of_another_shape_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"d\.npy: is 8x3, its photograph is 8x6"):
        view(tmp_path, np.ones((3, 8), dtype=np.float32)).depth()
    with pytest.raises(UserError, match="view a has no depth map of its visual hull"):
        view(tmp_path, np.ones((6, 8), dtype=np.float32)).depth(of_hull=True)


def test_of_a_lens_with_distortion_depths_are_where_the_pinhole_sees_them(tmp_path: Path) -> None:
    depth = np.full((60, 80), 2.0, dtype=np.float32)
    depth[20, 30] = 0
    camera = Camera(np.eye(4), (90, 90), (40, 30), (80, 60))
    straight = view(tmp_path, depth, camera=camera, distortion=(0.05, 0.0, 0.0, 0.0)).depth()
    known = np.isfinite(straight)
    # The hole, and what the lens did not see at the edges.
    assert not known[19:22, 29:32].all() and known[10:50, 10:70].mean() > 0.99
    # A pixel counts if all but a ten-thousandth of it is known.
    np.testing.assert_allclose(straight[known], 2.0, rtol=2e-4)


def test_depths_are_made_smaller_without_averages() -> None:
    depth = np.arange(24, dtype=np.float32).reshape(4, 6)
    assert resized_depth(depth, (6, 4)) is depth
    # The centred square of it, then every second; where another shape is asked for, all of it.
    assert resized_depth(depth, (2, 2)).tolist() == [[8, 10], [20, 22]]
    assert resized_depth(depth, (3, 2)).tolist() == [[7, 9, 11], [19, 21, 23]]
