"""A recording by a pair of cameras that OpenCV calibrated: `left01.jpg`..., `right01.jpg`... beside two texts.

`intrinsics.yml` (or `.yaml`, `.xml`, `.json`, which OpenCV writes as well) holds M1, D1, M2, D2 (the cameras' matrices
and distortions), `extrinsics.yml` R and T: what is at x for the left camera is at R x + T for the right one. The world
is the left camera's. Photographs are freed of distortion when they are read, not rectified.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import list_images, natural_order, photograph_size
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.instance_folders import Place
from engines.core.formats.projections import placed_camera
from engines.core.formats.several_scenes import Extent, find_scenes, scenes_among, scenes_dataset
from engines.core.reading import MOST_TEXT_BYTES, require_file

NAME = "stereo"
LAYOUT = (
    "a stereo pair: left01.jpg..., right01.jpg..., intrinsics.yml and extrinsics.yml (.yaml, .xml, .json) as OpenCV "
    "writes them"
)

INTRINSICS, EXTRINSICS = "intrinsics", "extrinsics"
SUFFIXES = (".yml", ".yaml", ".xml", ".json")
"""Of what OpenCV's FileStorage writes; of several the first."""
SIDES = ("left", "right")
BACKGROUND = "background"
DISTORTION_COUNTS = (4, 5, 8, 12, 14)
"""How many coefficients OpenCV's models have."""
NEAREST, FARTHEST = 5.0, 100.0
"""Depths in baselines: nearer, the pictures hardly overlap; farther, a disparity is of a pixel or so."""
NOTE = (
    f"the calibration does not say how far the scene is: taken as {NEAREST:g} to {FARTHEST:g} times the distance "
    "between the cameras"
)


def _is_pair(folder: Path) -> bool:
    return _text(folder, INTRINSICS) is not None and _text(folder, EXTRINSICS) is not None


def _text(folder: Path, stem: str) -> Path | None:
    return next((path for suffix in SUFFIXES if (path := folder / f"{stem}{suffix}").is_file()), None)


_scenes_in = partial(scenes_among, is_scene=_is_pair)


def detect(folder: Path) -> bool:
    """Whether both texts are there, or in some of its folders."""
    return bool(find_scenes(folder, _scenes_in))


def read(folder: Path) -> Dataset:
    """Opens one recording, or several.

    Raises:
        UserError: names the file and the matrix that is wrong, or the photograph that lacks its other.
    """
    return scenes_dataset(NAME, folder, find_scenes(folder, _scenes_in), Pairs, notes=(NOTE,))


class Pairs:
    """One recording's views, by step and side, then its backgrounds."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Lists it, and reads the calibration.

        Raises:
            UserError: names what is missing or doesn't fit.
        """
        folder, self._split, self._number = place
        self._prefix, self._backgrounds = prefix, _backgrounds(folder)
        self._steps, notes = _matched(folder)
        places = [_text(folder, stem) or folder / f"{stem}{SUFFIXES[0]}" for stem in (INTRINSICS, EXTRINSICS)]
        intrinsics, extrinsics = (_Matrices(place) for place in places)
        to_right = np.eye(4)
        to_right[:3, :3] = extrinsics.read("R", 9).reshape(3, 3)
        to_right[:3, 3] = extrinsics.read("T", 3)
        self._cameras, self._distortions = list[Camera](), list[tuple[float, ...]]()
        for side, world_to_camera in enumerate((np.eye(4), to_right)):
            matrix = intrinsics.read(f"M{side + 1}", 9).reshape(3, 3)
            size_px = photograph_size(self._steps[0][side])
            self._cameras.append(_camera(f"{folder}: the {SIDES[side]} camera", matrix, world_to_camera, size_px))
            coefficients = intrinsics.read(f"D{side + 1}", *DISTORTION_COUNTS)
            self._distortions.append(tuple(coefficients.tolist()) if coefficients.any() else ())
        baseline = float(np.linalg.norm(to_right[:3, 3]))
        if baseline == 0:
            raise UserError(f"{places[1]}: T is 0; the cameras must stand in different places")
        depths = (NEAREST * baseline, FARTHEST * baseline)
        self.extent = Extent(depths, 2 * len(self._steps), 2, len(self._backgrounds), notes=notes)

    @property
    def names(self) -> list[str]:
        """The file names of the photographs, pair by pair, the backgrounds last."""
        return [path.name for pair in (*self._steps, self._backgrounds) for path in pair]

    def __len__(self) -> int:
        return self.extent.views + self.extent.backgrounds

    def __getitem__(self, index: int) -> View:
        step, side = divmod(index, 2)
        # The backgrounds come after the last step.
        is_background = step == len(self._steps)
        return View(
            self._cameras[side],
            f"{self._prefix}{'background' if is_background else f'{step:05d}'}/{SIDES[side]}",
            self._split,
            (self._backgrounds if is_background else self._steps[step])[side],
            time=0 if is_background else step,
            camera_index=side,
            instance=self._number,
            distortion=self._distortions[side],
        )


def _matched(folder: Path) -> tuple[list[tuple[Path, Path]], tuple[str, ...]]:
    """The photographs of both sides by what follows `left` and `right` in their names, and what is left out.

    Raises:
        UserError: no photograph has its other.
    """
    images = [path for path in list_images(folder) if path.stem.lower().startswith(SIDES)]
    left, right = (
        {path.stem[len(side) :].lower(): path for path in images if path.stem.lower().startswith(side)}
        for side in SIDES
    )
    both = sorted(left.keys() & right.keys(), key=lambda key: natural_order(left[key]))
    alone = sorted([*left.values(), *right.values()], key=natural_order)
    paired = {side[key] for key in both for side in (left, right)}
    alone = [path for path in alone if path not in paired]
    if not both and alone:
        sides = SIDES if alone[0].stem.lower().startswith(SIDES[0]) else SIDES[::-1]
        other = sides[1] + alone[0].stem[len(sides[0]) :]
        raise UserError(f"{alone[0]}: has no {other} beside it; each time step needs both")
    if not both:
        raise UserError(f"{folder}: holds no photographs named left01, right01, ... beside the calibration")
    notes = (
        (f"{len(alone)} of {len(images)} photographs lack that of the other side and are left out: {alone[0].name}",)
        if alone
        else ()
    )
    return [(left[key], right[key]) for key in both], notes


def _backgrounds(folder: Path) -> list[Path]:
    images = list_images(folder / BACKGROUND) if (folder / BACKGROUND).is_dir() else []
    if len(images) not in (0, 2):
        raise UserError(f"{folder / BACKGROUND}: {len(images)} backgrounds but 2 cameras; needs left.png and right.png")
    return images


class _Matrices:
    """The matrices of a text that OpenCV wrote."""

    def __init__(self, path: Path) -> None:
        """Opens it.

        Raises:
            UserError: it can't be read.
        """
        # Else OpenCV writes lines of its own about a damaged file.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        self._path = path
        require_file(path, MOST_TEXT_BYTES)
        try:
            self._storage: Any = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
            opened = bool(self._storage.isOpened())
        except (cv2.error, SystemError):
            opened = False
        if not opened:
            raise UserError(f"{path}: can't be read as OpenCV writes calibrations (FileStorage)")

    def read(self, name: str, *counts: int) -> Array:
        """[N] float64, all finite; N is one of `counts`.

        Raises:
            UserError: missing, or of another size.
        """
        try:
            found = self._storage.getNode(name).mat()
        except (cv2.error, SystemError):
            found = None
        values = np.empty(0) if found is None else np.asarray(found, dtype=np.float64).ravel()
        if values.size not in counts or not np.isfinite(values).all():
            has = "is missing" if found is None else f"has {values.size} numbers"
            needed = " or ".join(str(count) for count in counts)
            raise UserError(f"{self._path}: {name} {has}; needs a matrix of {needed} finite numbers")
        return values


def _camera(where: str, matrix: Array, world_to_camera: Array, size_px: tuple[int, int]) -> Camera:
    # OpenCV's origin is the middle of the first pixel, not its corner.
    centre = (float(matrix[0, 2]) + 0.5, float(matrix[1, 2]) + 0.5)
    return placed_camera(where, world_to_camera, (float(matrix[0, 0]), float(matrix[1, 1])), centre, size_px)
