"""NeRF's data folder as Blender scripts, instant-ngp and nerfstudio write it: `transforms.json` and the photographs.

Camera to world in OpenGL's axes (x right, y up, z backwards); the lens in pixels (`fl_x`, `fl_y`, `cx`, `cy`, `w`, `h`)
or as an angle of view (`camera_angle_x`), for all frames or for each, with OpenCV's distortion (`k1`, `k2`, `p1`, `p2`,
`k3`...). `near` and `far`, where there are such, are the depths that all cameras see. Splits are files of their own
(`transforms_train.json`, `_val`, `_test`), or lists of names in the one file (`train_filenames`...), as nerfstudio has
them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.bounds import bounds_between, bounds_seen
from engines.core.camera import LARGEST, Array, Camera
from engines.core.dataset import Dataset
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.images import IMAGE_SUFFIXES, fitted_camera, photograph_size
from engines.core.reading import read_json
from engines.core.upright import up_direction
from engines.core.views import Split, View, Views

NAME = "transforms"
LAYOUT = "NeRF's transforms.json, or transforms_train.json, ..._val.json, ..._test.json, beside the photographs"

FILE = "transforms.json"
SPLIT_FILES: Mapping[str, Split] = {
    "transforms_train.json": "train",
    "transforms_val.json": "validation",
    "transforms_test.json": "test",
}
SPLIT_LISTS: Mapping[str, Split] = {
    "train_filenames": "train",
    "val_filenames": "validation",
    "test_filenames": "test",
}
PINHOLES = ("OPENCV", "PINHOLE", "SIMPLE_PINHOLE", "RADIAL", "SIMPLE_RADIAL", "FULL_OPENCV")
"""Camera models whose distortion is OpenCV's, or none."""
DISTORTION = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
"""In OpenCV's order."""
OPENGL_TO_OPENCV = (1.0, -1.0, -1.0, 1.0)
"""By which the columns of camera to world are multiplied."""
LENS = ("fl_x", "fl_y", "cx", "cy", "w", "h", *DISTORTION)
"""What describes one."""


def detect(folder: Path) -> bool:
    """Whether one of the files is there."""
    return any((folder / name).is_file() for name in (FILE, *SPLIT_FILES))


def read(folder: Path) -> Dataset:
    """Opens it; frames whose photographs are missing are left out, and counted in the notes.

    Raises:
        UserError: names the file, and the frame that is wrong.
    """
    files = [name for name in SPLIT_FILES if (folder / name).is_file()] or [FILE]
    views: list[View] = []
    missing: list[Path] = []
    for name in files:
        scene = _Frames(folder / name)
        for index in range(len(scene)):
            path = scene.photograph(index)
            if path.is_file():
                views.append(scene.view(index, path, SPLIT_FILES.get(name, scene.split(index))))
            else:
                missing.append(path)
    if not views:
        raise UserError(f"{folder / files[0]}: none of its photographs is there, such as {missing[0]}")
    notes: tuple[str, ...] = ()
    if missing:
        total = len(views) + len(missing)
        notes = (f"{len(missing)} of {total} photographs are not there and are left out, such as {missing[0].name}",)
    views.sort(key=lambda view: view.split != "train")
    cameras = tuple(view.camera for view in views if view.split == views[0].split)
    depths = _Frames(folder / files[0]).depths()
    hints = {"near": depths[0], "far": depths[1], "ranges": [list(depths)]} if depths is not None else {}
    bounds = bounds_between(cameras, *depths) if depths is not None else bounds_seen(cameras)
    return Dataset(Views.of(views), folder, NAME, bounds, up_direction(cameras), hints, notes)


class _Frames:
    """One of the files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        data: Any = read_json(path)
        frames = data.get("frames") if isinstance(data, Mapping) else None
        if not isinstance(frames, list) or not frames or not all(isinstance(frame, Mapping) for frame in frames):
            raise UserError(f"{path}: has no frames; needs a list of file_path and transform_matrix")
        self._data, self._frames = data, frames
        self._splits = self._listed()

    def __len__(self) -> int:
        return len(self._frames)

    def _listed(self) -> dict[str, Split]:
        return {
            str(name): split
            for key, split in SPLIT_LISTS.items()
            if isinstance(self._data.get(key), list)
            for name in self._data[key]
        }

    def depths(self) -> tuple[float, float] | None:
        """The nearest and farthest that the cameras see, where the file says so."""
        near, far = (self._number(str(self._path), {}, name) for name in ("near", "far"))
        if near is None or far is None:
            return None
        if not 1 / LARGEST < near < far:
            raise UserError(f"{self._path}: has depths from {near:g} to {far:g}; must be 0 < near < far")
        return near, far

    def split(self, index: int) -> Split:
        """Where the file says so, else train."""
        return self._splits.get(str(self._frames[index]["file_path"]), "train")

    def photograph(self, index: int) -> Path:
        """Its file, whether it is there or not."""
        name = self._frames[index].get("file_path")
        if not isinstance(name, str) or not name or "\0" in name:
            raise UserError(f"{self._path}: frame {index} has no file_path")
        written = Path(name.replace("\\", "/"))
        # Blender's scripts leave the suffix out; a folder that was moved still has its photographs in it.
        places = (self._path.parent / written, self._path.parent / "images" / written.name)
        names = [place.with_name(place.name + suffix) for place in places for suffix in ("", *IMAGE_SUFFIXES)]
        return next((path for path in names if path.is_file()), places[0])

    def view(self, index: int, path: Path, split: Split) -> View:
        """The photograph `path` and its camera."""
        where, frame = f"{self._path}: frame {index} ({path.name})", self._frames[index]
        size_px = photograph_size(path)
        camera = self._camera(where, frame, size_px)
        relative = path.relative_to(self._path.parent) if path.is_relative_to(self._path.parent) else Path(path.name)
        name = relative.with_suffix("").as_posix().removeprefix("images/")
        return View(camera, name, split, path, distortion=self._distortion(where, frame))

    def _number(self, where: str, frame: Mapping[str, Any], name: str) -> float | None:
        """Of the frame, else of the file; None where neither has it."""
        value = frame.get(name, self._data.get(name))
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
            raise UserError(f"{where}: {name} is {value!r:.40}; must be a number")
        return float(value)

    def _camera(self, where: str, frame: Mapping[str, Any], size_px: tuple[int, int]) -> Camera:
        model = str(frame.get("camera_model", self._data.get("camera_model", PINHOLES[0])))
        if model not in PINHOLES or self._data.get("is_fisheye") is True:
            raise UserError(
                f"{where}: its camera_model is {model}; only pinholes with OpenCV's distortion can be drawn"
            )
        fl_x, fl_y, angle_x, angle_y, cx, cy, w, h = (
            self._number(where, frame, name)
            for name in ("fl_x", "fl_y", "camera_angle_x", "camera_angle_y", "cx", "cy", "w", "h")
        )
        width, height = (round(w), round(h)) if w and h else size_px
        if fl_x is None and angle_x is not None and 0 < angle_x < math.pi:
            fl_x = width / 2 / math.tan(angle_x / 2)
        if fl_y is None and angle_y is not None and 0 < angle_y < math.pi and angle_x is None:
            fl_y = height / 2 / math.tan(angle_y / 2)
        fl_x, fl_y = fl_x or fl_y, fl_y or fl_x
        if fl_x is None or fl_y is None:
            raise UserError(f"{where}: has neither fl_x nor camera_angle_x; the focal length can't be told")
        centre = (width / 2 if cx is None else cx, height / 2 if cy is None else cy)
        try:
            camera = Camera(self._pose(frame), (fl_x, fl_y), centre, (width, height))
        except ValueError as error:
            raise UserError(f"{where}: {error}") from error
        return fitted_camera(where, camera, size_px)

    def _pose(self, frame: Mapping[str, Any]) -> Array:
        """[4, 4] OpenCV's axes.

        Raises:
            ValueError: not such a matrix.
        """
        try:
            matrix = np.array(frame.get("transform_matrix"), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError("its transform_matrix is no matrix of numbers") from error
        if matrix.shape == (3, 4):
            matrix = np.concatenate([matrix, [[0.0, 0, 0, 1]]])
        if matrix.shape != (4, 4):
            raise ValueError(f"its transform_matrix is {matrix.shape}; needs 4 rows of 4 numbers")
        if not (np.abs(matrix) < LARGEST).all():
            raise ValueError("its transform_matrix has a number that is no measurement")
        # Some writers leave a scale in it; its axes have one length then.
        scale = float(np.linalg.norm(matrix[:3, 0]))
        if scale > 0:
            matrix[:3, :3] /= scale
        return np.asarray(matrix * OPENGL_TO_OPENCV)

    def _distortion(self, where: str, frame: Mapping[str, Any]) -> tuple[float, ...]:
        found = [self._number(where, frame, name) or 0.0 for name in DISTORTION]
        if not any(found):
            return ()
        # OpenCV takes four, five or eight.
        count = 4 if not any(found[4:]) else 5 if not any(found[5:]) else 8
        return tuple(found[:count])


def write_transforms(path: Path, views: Sequence[View], depths: tuple[float, float] | None = None) -> None:
    """Writes the file beside the views' photographs, or above them; whole or not at all.

    Args:
        depths: nearest and farthest that they see, for methods that need to know; other programs pass over it.

    Raises:
        UserError: the place can't be written.
    """
    frames = []
    for view in views:
        if view.image_path is None:
            raise ValueError(f"view {view.name} has no photograph")
        camera = view.camera
        (fl_x, fl_y), (cx, cy), (w, h) = camera.focal_px, camera.centre_px, camera.size_px
        lens = {"fl_x": fl_x, "fl_y": fl_y, "cx": cx, "cy": cy, "w": w, "h": h}
        distortion = dict(zip(DISTORTION, view.distortion, strict=False))
        name = view.image_path.relative_to(path.parent).as_posix()
        pose = (camera.camera_to_world * OPENGL_TO_OPENCV).tolist()
        frames.append({"file_path": name, **lens, **distortion, "transform_matrix": pose})
    lenses = [{key: value for key, value in frame.items() if key in LENS} for frame in frames]
    data: dict[str, Any] = {"camera_model": PINHOLES[0]}
    if depths is not None:
        data |= {"near": depths[0], "far": depths[1]}
    if lenses and all(lens == lenses[0] for lens in lenses):
        # One lens for all, where programs that know no other look for it.
        width, fl_x = float(lenses[0]["w"]), float(lenses[0]["fl_x"])
        data |= lenses[0] | {"camera_angle_x": 2 * math.atan(width / (2 * fl_x))}
        frames = [{key: value for key, value in frame.items() if key not in LENS} for frame in frames]
    with replacing(path) as temporary:
        temporary.write_text(json.dumps({**data, "frames": frames}, indent=1), encoding="utf-8")
