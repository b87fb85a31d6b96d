"""A small capture for tests: a ring of cameras around bright spots, as a transforms.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera, look_at, project
from engines.core.data.images import to_uint8, write_png
from tests.engines.core.formats.test_dvr import matrices

SPOTS = np.array([[0.0, 0, 0], [0.5, 0.3, 0.4], [-0.5, 0.2, -0.3], [0.3, -0.6, 0.1]])
COLOURS = np.array([[1.0, 0.2, 0.2], [0.2, 1.0, 0.2], [0.2, 0.2, 1.0], [1.0, 1.0, 0.2]])


def ring(count: int, size_px: tuple[int, int]) -> list[Camera]:
    """Cameras that look at the origin from all around."""
    width, height = size_px
    cameras = []
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        pose = look_at(np.array([3 * np.cos(angle), 3 * np.sin(angle), 1.0]), np.zeros(3), np.array([0, 0, 1.0]))
        cameras.append(Camera(pose, (0.9 * width,) * 2, (width / 2, height / 2), size_px))
    return cameras


def photograph(camera: Camera) -> Array:
    """[H, W, 3] uint8 the spots, before grey."""
    width, height = camera.size_px
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    image = np.full((height, width, 3), 0.5)
    for (u, v), colour in zip(project(camera, SPOTS)[0], COLOURS, strict=True):
        share = np.exp(-((columns - u) ** 2 + (rows - v) ** 2) / (0.005 * width**2))[..., None]
        image = image * (1 - share) + colour * share
    return to_uint8(image)


def write_capture(folder: Path, count: int = 12, size_px: tuple[int, int] = (40, 32), **more: Any) -> Path:
    """Writes it; `more` are further fields of the file, such as `test_filenames`."""
    (folder / "images").mkdir(parents=True)
    frames = []
    for index, camera in enumerate(ring(count, size_px)):
        name = f"images/{index:04d}.png"
        write_png(folder / name, photograph(camera))
        frames.append({"file_path": name, "transform_matrix": (camera.camera_to_world * [1, -1, -1, 1]).tolist()})
    lens = {"fl_x": 0.9 * size_px[0], "fl_y": 0.9 * size_px[0], "w": size_px[0], "h": size_px[1]}
    (folder / "transforms.json").write_text(json.dumps({**lens, "frames": frames, **more}))
    return folder


def write_masked(folder: Path, halves: Sequence[int], turned: bool = False) -> Path:
    """Writes DVR's folder of an object that a square mask of each photograph shows, so many pixels to each side.

    Args:
        turned: a turntable: all photographs show the same; else each another.
    """
    for index, half in enumerate(halves):
        picture = np.random.default_rng(0 if turned else index).integers(0, 255, (8, 8, 3)).astype(np.uint8)
        write_png(folder / "image" / f"{index:06d}.png", np.kron(picture, np.ones((4, 4, 1), dtype=np.uint8)))
        mask = np.zeros((32, 32), dtype=np.uint8)
        mask[16 - half : 16 + half, 16 - half : 16 + half] = 255
        write_png(folder / "mask" / f"{index:03d}.png", mask)
    np.savez(folder / "cameras.npz", **matrices(tuple(ring(len(halves), (32, 32))), np.eye(4)))
    return folder
