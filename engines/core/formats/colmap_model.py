"""What COLMAP found: lenses, photographs with their poses and the points that they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera, quaternion_rotation
from engines.core.data.undistortion import DISTORTION, LensModel
from engines.core.errors import UserError
from engines.core.formats.projections import placed_camera
from engines.core.formats.transforms_names import parts_of

LENSES: Mapping[str, tuple[int, str]] = {
    "SIMPLE_PINHOLE": (0, "f cx cy"),
    "PINHOLE": (1, "fx fy cx cy"),
    "SIMPLE_RADIAL": (2, "f cx cy k1"),
    "RADIAL": (3, "f cx cy k1 k2"),
    "OPENCV": (4, "fx fy cx cy k1 k2 p1 p2"),
    "FULL_OPENCV": (6, "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6"),
}
"""COLMAP's models that are pinholes with OpenCV's distortion: number and parameters."""
OTHER_LENSES: Mapping[str, tuple[int, int]] = {
    "OPENCV_FISHEYE": (5, 8),
    "FOV": (7, 5),
    "SIMPLE_RADIAL_FISHEYE": (8, 4),
    "RADIAL_FISHEYE": (9, 5),
    "THIN_PRISM_FISHEYE": (10, 12),
    "RAD_TAN_THIN_PRISM_FISHEYE": (11, 16),
    "SIMPLE_DIVISION": (12, 4),
    "DIVISION": (13, 5),
    "SIMPLE_FISHEYE": (14, 3),
    "FISHEYE": (15, 4),
    "EUCM": (16, 6),
    "EQUIRECTANGULAR": (17, 2),
}
"""Those that can't be drawn: number, and how many parameters there are (COLMAP 4.2)."""
NEAREST_PERCENT, FARTHEST_PERCENT = 0.1, 99.9
"""LLFF's; what lies beyond is mismatched."""


@dataclass(frozen=True, eq=False)
class ColmapCamera:
    """A lens that COLMAP found, of one or more photographs.

    Attributes:
        refused: the name of a model that can't be drawn; "" of a pinhole with OpenCV's distortion.
    """

    size_px: tuple[int, int]
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    distortion: tuple[float, ...]
    refused: str = ""


@dataclass(frozen=True, eq=False)
class ColmapImage:
    """A photograph whose camera was found.

    Attributes:
        world_to_camera: [4, 4].
        points: [N] the numbers of the points that it shows.
        number: COLMAP's.
    """

    name: str
    lens: int
    world_to_camera: Array
    points: Array
    number: int = 0


@dataclass(frozen=True, eq=False)
class Model:
    """What COLMAP found.

    Attributes:
        lenses: by COLMAP's number.
        pictures: sorted by name.
        points: [N, 3] world.
        colours: [N, 3] bytes.
        numbers: [N] of the points, rising.
        notes: what has to be known of the files.
    """

    lenses: Mapping[int, ColmapCamera]
    pictures: tuple[ColmapImage, ...]
    points: Array
    colours: Array
    numbers: Array
    notes: tuple[str, ...] = ()

    def depths(self, picture: ColmapImage) -> Array:
        """[N] of the points that it shows, before it."""
        at = np.searchsorted(self.numbers, picture.points)
        known = at < len(self.numbers)
        known[known] = self.numbers[at[known]] == picture.points[known]
        points = self.points[at[known]]
        depths: Array = points @ picture.world_to_camera[2, :3] + picture.world_to_camera[2, 3]
        return depths[depths > 0]

    def depth_range(self, picture: ColmapImage) -> tuple[float, float] | None:
        """The nearest and farthest that it shows, without mismatches; None where it shows no points."""
        return _without_mismatches(self.depths(picture))

    def depth_ranges(self) -> list[tuple[float, float]]:
        """(nearest, farthest) of each photograph's points: those it shows; where no file says which, all in it."""
        ranges = [self.depth_range(picture) for picture in self.pictures]
        if not any(ranges) and len(self.points):
            ranges = [_without_mismatches(self._depths_inside(picture)) for picture in self.pictures]
        return [depths for depths in ranges if depths is not None]

    def _depths_inside(self, picture: ColmapImage) -> Array:
        """[N] of all points that fall into the picture."""
        lens = self.lenses[picture.lens]
        if lens.refused:
            return np.empty(0)
        places = self.points @ picture.world_to_camera[:3, :3].T + picture.world_to_camera[:3, 3]
        ahead = places[places[:, 2] > 0]
        taken_with = LensModel(lens.focal_px, lens.centre_px, lens.size_px, lens.distortion)
        return np.asarray(ahead[taken_with.shows(ahead[:, :2] / ahead[:, 2:]), 2])


def _without_mismatches(depths: Array) -> tuple[float, float] | None:
    if not len(depths):
        return None
    near, far = np.percentile(depths, (NEAREST_PERCENT, FARTHEST_PERCENT)).tolist()
    return near, far


def picture_camera(where: str, picture: ColmapImage, lens: ColmapCamera) -> Camera:
    """A photograph's camera, of the size that COLMAP saw.

    Raises:
        UserError: begins with `where`.
    """
    if lens.refused:
        raise UserError(f"{where}: {refusal(lens.refused)}")
    return placed_camera(where, picture.world_to_camera, lens.focal_px, lens.centre_px, lens.size_px)


def refusal(model: str) -> str:
    """Why a lens can't be drawn, and the way out."""
    return (
        f"its camera is of the model {model}, which can't be drawn; main.py undistort FOLDER --out NEW makes "
        "photographs of pinholes of them, as COLMAP's image_undistorter does, and a model that opens here"
    )


def model_name(number: int) -> str:
    """The name of a lens model, by COLMAP's number.

    Raises:
        ValueError: there is none.
    """
    known = {number: name for name, (number, _) in (*LENSES.items(), *OTHER_LENSES.items())}
    if number not in known:
        raise ValueError(f"a camera of model {number}; known are 0 to {max(known)}")
    return known[number]


def parameter_count(model: str) -> int:
    """How many numbers a lens of a known model has."""
    return len(LENSES[model][1].split()) if model in LENSES else OTHER_LENSES[model][1]


def make_lens(model: str, size_px: tuple[int, int], values: Sequence[float]) -> ColmapCamera:
    """A lens of a known model.

    Raises:
        ValueError: numbers that make none.
    """
    if len(values) != parameter_count(model):
        raise ValueError(f"a {model} has {parameter_count(model)} parameters, not {len(values)}")
    if not np.isfinite(values).all() or min(size_px) < 1:
        raise ValueError("a lens has a number that is not finite, or no size")
    if model in OTHER_LENSES:
        return ColmapCamera(size_px, (1.0, 1.0), (0.0, 0.0), (), refused=model)
    known = dict(zip(LENSES[model][1].split(), values, strict=True))
    focal = (known["f"], known["f"]) if "f" in known else (known["fx"], known["fy"])
    found = [known.get(name, 0.0) for name in DISTORTION]
    # OpenCV takes four, or eight.
    distortion = tuple(found[: 8 if any(found[4:]) else 4]) if any(found) else ()
    return ColmapCamera(size_px, focal, (known["cx"], known["cy"]), distortion)


def make_picture(number: int, name: str, lens: int, pose: Array, points: Array) -> ColmapImage:
    """A photograph.

    Args:
        pose: [7] as `pose_matrix` takes it.
        points: [N]; those below 0 are of no point.

    Raises:
        ValueError: the name is of no file below a folder, or the pose is none.
    """
    # A name is a file below images/, wherever the model came from: without what is a place on another machine.
    stated, name = name, "/".join(parts_of(name))
    if not name or ".." in Path(name).parts or "\0" in name:
        raise ValueError(f"{stated[:80]!r} is no name of a photograph")
    try:
        matrix = pose_matrix(pose)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return ColmapImage(name, lens, matrix, points[points >= 0], number)


def pose_matrix(pose: Array) -> Array:
    """[4, 4] of [7]: a quaternion w x y z of any length, and a shift.

    Raises:
        ValueError: not finite, or a quaternion of no length.
    """
    length = np.linalg.norm(pose[:4])
    if not np.isfinite(pose).all() or length == 0 or not np.isfinite(length):
        raise ValueError("its pose is not finite")
    matrix = np.eye(4)
    matrix[:3, :3] = quaternion_rotation(*(pose[:4] / length))
    matrix[:3, 3] = pose[4:]
    return matrix
