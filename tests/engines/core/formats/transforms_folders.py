"""Folders with a `transforms.json`, made for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.formats import open_dataset
from tests.engines.core.examples import camera_ring

GL = np.diag([1.0, -1.0, -1.0, 1.0])
SIZE_PX = (24, 16)
LENS = {"fl_x": 60.0, "fl_y": 50.0, "cx": 25.0, "cy": 15.0, "w": 48, "h": 32}
"""Of photographs twice as large."""


def frames(names: Sequence[str]) -> list[dict[str, Any]]:
    """One for each name, around a ring."""
    cameras = camera_ring(len(names))
    return [
        {"file_path": name, "transform_matrix": (camera.camera_to_world @ GL).tolist()}
        for name, camera in zip(names, cameras, strict=True)
    ]


def photograph(path: Path, grey: int = 0, size_px: tuple[int, int] = SIZE_PX) -> None:
    """A plain one, whatever its suffix says; no reader goes by that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, np.full((size_px[1], size_px[0], 3), grey, dtype=np.uint8))


def write(folder: Path, data: dict[str, Any], name: str = "transforms.json") -> Path:
    """The file, and a grey photograph for each frame."""
    write_json(folder, data, name)
    for index, frame in enumerate(data["frames"]):
        path = folder / frame["file_path"]
        photograph(path if path.suffix else path.with_suffix(".png"), 10 * index)
    return folder


def write_json(folder: Path, data: dict[str, Any], name: str = "transforms.json") -> Path:
    """The file alone."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(data), encoding="utf-8")
    return folder


def opened(folder: Path, data: dict[str, Any]) -> Dataset:
    """The folder of the file and its photographs."""
    return open_dataset(write(folder, data))


def noted(dataset: Dataset, text: str) -> bool:
    """Whether one of its notes has it."""
    return any(text in note for note in dataset.notes)
