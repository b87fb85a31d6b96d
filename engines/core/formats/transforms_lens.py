"""The lens in a `transforms.json`: which model it is of, its focal length and middle, and its distortion as OpenCV's.

Only pinholes with OpenCV's distortion can be drawn; others are refused by the field that says so. Four radial terms in
one polynomial (`k4` of Metashape and RealityCapture, as nerfstudio writes it) are none of OpenCV's models, but within a
photograph its quotient of polynomials is the same to a hundredth of a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.core.camera import LARGEST, Array
from engines.core.data.undistortion import DISTORTION
from engines.core.errors import UserError
from engines.core.reading import quoted

OPENCV, FULL_OPENCV = "OPENCV", "FULL_OPENCV"
PINHOLES = (OPENCV, "PINHOLE", "SIMPLE_PINHOLE", "RADIAL", "SIMPLE_RADIAL", FULL_OPENCV, "PERSPECTIVE")
"""Camera models whose distortion is OpenCV's, or none."""
NERFSTUDIOS_ORDER = ("k1", "k2", "k3", "k4", "p1", "p2")
"""Of its `distortion_params`."""
PROJECTIONS = ("is_fisheye", "latlong", "equirectangular", "orthographic", "ftheta_p0")
"""Fields of instant-ngp that make the picture something else than a pinhole's."""
FOCAL = {axis: (f"{axis}_fov", f"fl_{axis}", f"camera_angle_{axis}", f"fov{axis}") for axis in "xy"}
"""What may say the focal length, the first that is there: degrees, pixels, radians, degrees (instant-ngp's order)."""
LENS_FIELDS = (
    *FOCAL["x"],
    *FOCAL["y"],
    *("cx", "cy", "w", "h", "camera_model", "distortion_params"),
    *DISTORTION,
    *PROJECTIONS,
)
"""Fields that are read of a lens."""
WAY_OUT = (
    "only pinholes with OpenCV's distortion can be drawn; make pinhole photographs of them first (colmap "
    "image_undistorter, or panoramas cut into views)"
)
CONTRADICTION = 0.01
"""By which two focal lengths of one file may differ: angles are often written with few digits."""
POLYNOMIAL_PX = 0.02
"""By which the quotient that stands for four radial terms may be off, anywhere in the photograph."""


class Fields:
    """What a file says of one frame: in the frame itself, else for all of them."""

    def __init__(self, where: str, frame: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        self.where, self._levels = where, (frame, data)

    def __getitem__(self, name: str) -> Any:
        return next((level[name] for level in self._levels if level.get(name) is not None), None)

    def number(self, name: str) -> float | None:
        """None where neither has it.

        Raises:
            UserError: it is no number.
        """
        value = self[name]
        return None if value is None else number(self.where, name, value)

    def first_number(self, names: Sequence[str]) -> tuple[str, float] | None:
        """The first of several names for one thing that the frame has, else the file for all, and its number."""
        for level in self._levels:
            for name in names:
                if level.get(name) is not None:
                    return name, number(self.where, name, level[name])
        return None

    def others(self, names: Sequence[str], chosen: str) -> list[tuple[str, float]]:
        """The other names, where they stand beside the chosen one."""
        level = next(level for level in self._levels if level.get(chosen) is not None)
        beside = (name for name in names if name != chosen and level.get(name) is not None)
        return [(name, number(self.where, name, level[name])) for name in beside]


def number(where: str, name: str, value: Any) -> float:
    """A value of JSON that has to be one.

    Raises:
        UserError: it isn't.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
        raise UserError(f"{where}: {name} is {quoted(value)}; must be a number")
    return float(value)


@dataclass(frozen=True)
class StatedLens:
    """A lens as a file states it, for photographs of its own size.

    Attributes:
        distortion: OpenCV's, as `View.distortion`.
        contradiction: what it says twice and not alike; "" where it doesn't.
    """

    size_px: tuple[int, int]
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    distortion: tuple[float, ...]
    contradiction: str


def stated_size(fields: Fields, photograph_px: tuple[int, int] | None) -> tuple[int, int] | None:
    """(width, height) that the numbers are of: as the file says, else the photograph's; None where neither is known.

    Raises:
        UserError: no size of a picture.
    """
    w, h = fields.number("w"), fields.number("h")
    for name, value in (("w", w), ("h", h)):
        if value is not None and round(value) < 1:
            raise UserError(f"{fields.where}: {name} is {value:g}; must be the photograph's size in pixels")
    if w is not None and h is not None:
        return round(w), round(h)
    if photograph_px is None:
        return None
    width, height = photograph_px
    if w is not None:
        return round(w), max(1, round(height * w / width))
    return photograph_px if h is None else (max(1, round(width * h / height)), round(h))


def read_lens(fields: Fields, size_px: tuple[int, int]) -> StatedLens:
    """The lens of one frame, of pictures of `size_px`.

    Raises:
        UserError: names the field that is wrong, or that says what can't be drawn.
    """
    model = pinhole_model(fields)
    (focal_x, twice_x), (focal_y, twice_y) = (_focal_px(fields, axis, size_px) for axis in "xy")
    focal_x, focal_y = focal_x or focal_y, focal_y or focal_x
    if focal_x is None or focal_y is None:
        raise UserError(
            f"{fields.where}: has neither fl_x nor camera_angle_x nor x_fov; the focal length can't be told"
        )
    cx, cy = fields.number("cx"), fields.number("cy")
    centre = (size_px[0] / 2 if cx is None else cx, size_px[1] / 2 if cy is None else cy)
    lens = StatedLens(size_px, (focal_x, focal_y), centre, (), twice_x or twice_y)
    return StatedLens(size_px, (focal_x, focal_y), centre, _distortion(fields, model, lens), lens.contradiction)


def pinhole_model(fields: Fields) -> str:
    """The camera model's name.

    Raises:
        UserError: it is none that can be drawn.
    """
    for name in PROJECTIONS:
        value = fields[name]
        # The first coefficient of a lens may be 0.
        if value or (value is not None and name.startswith("ftheta")):
            raise UserError(f"{fields.where}: {name} is {quoted(value)}; {WAY_OUT}")
    model = fields["camera_model"]
    if model is None:
        return OPENCV
    if not isinstance(model, str) or model.upper() not in PINHOLES:
        raise UserError(f"{fields.where}: its camera_model is {model!s:.40}; {WAY_OUT}")
    return model.upper()


def _focal_px(fields: Fields, axis: str, size_px: tuple[int, int]) -> tuple[float | None, str]:
    """Along one axis, None where nothing says it; and what contradicts it."""
    chosen = fields.first_number(FOCAL[axis])
    if chosen is None:
        return None, ""
    side = size_px["xy".index(axis)]
    focal = _as_focal_px(fields.where, *chosen, side)
    for name, value in fields.others(FOCAL[axis], chosen[0]):
        other = _as_focal_px(fields.where, name, value, side)
        if abs(other - focal) > CONTRADICTION * focal:
            return focal, (
                f"{chosen[0]} says a focal length of {focal:.5g} pixels and {name} one of {other:.5g}; the first is "
                "taken"
            )
    return focal, ""


def _as_focal_px(where: str, name: str, value: float, side_px: int) -> float:
    if name.startswith("fl_"):
        if value <= 0:
            raise UserError(f"{where}: {name} is {value:g}; a focal length must be > 0")
        return value
    angle, unit = (value, "radians") if name.startswith("camera_angle") else (math.radians(value), "degrees")
    if not 0 < angle < math.pi:
        most = "pi" if unit == "radians" else "180"
        raise UserError(f"{where}: {name} is {value:g}; an angle of view in {unit} must be > 0 and < {most}")
    return side_px / 2 / math.tan(angle / 2)


def _distortion(fields: Fields, model: str, lens: StatedLens) -> tuple[float, ...]:
    """As OpenCV takes it: none, four, five or eight numbers."""
    known = _named_distortion(fields)
    if not any(known.values()) or model in ("PINHOLE", "SIMPLE_PINHOLE"):
        return ()
    # k5 and k6 are in no other model than the one whose k4 is OpenCV's.
    if known["k4"] and model != FULL_OPENCV and not (known["k5"] or known["k6"]):
        return _as_quotient(fields.where, known, lens)
    found = [known[name] for name in DISTORTION]
    count = 4 if not any(found[4:]) else 5 if not any(found[5:]) else 8
    return tuple(found[:count])


def _named_distortion(fields: Fields) -> dict[str, float]:
    listed = fields["distortion_params"]
    if listed is None:
        return {name: fields.number(name) or 0.0 for name in DISTORTION}
    if not isinstance(listed, list) or len(listed) != len(NERFSTUDIOS_ORDER):
        count = len(listed) if isinstance(listed, list) else "no list of"
        raise UserError(
            f"{fields.where}: its distortion_params are {count} numbers; of a pinhole they are "
            f"{', '.join(NERFSTUDIOS_ORDER)}"
        )
    values = (number(fields.where, "distortion_params", value) for value in listed)
    return dict.fromkeys(DISTORTION, 0.0) | dict(zip(NERFSTUDIOS_ORDER, values, strict=True))


def _as_quotient(where: str, known: Mapping[str, float], lens: StatedLens) -> tuple[float, ...]:
    """OpenCV's eight coefficients for a lens of four radial terms in one polynomial.

    Raises:
        UserError: nothing comes near enough, or the polynomial turns back within the photograph.
    """
    radial = np.array([1.0, *(known[name] for name in ("k1", "k2", "k3", "k4"))])
    square = np.linspace(0.0, _farthest(lens, radial) ** 2, 400)
    factor = np.polynomial.polynomial.polyval(square, radial)
    # above = factor * (1 + below): linear in the unknown coefficients of both.
    powers = square[:, None] ** np.arange(1, 4)
    system = np.concatenate([powers, -factor[:, None] * powers], axis=1)
    # Weighed by the radius: what counts is how far a pixel moves.
    weight = np.sqrt(square)[:, None]
    found = np.linalg.lstsq(system * weight, (factor - 1) * weight[:, 0], rcond=None)[0]
    below = 1 + powers @ found[3:]
    off_px = np.abs((1 + powers @ found[:3]) / below - factor) * np.sqrt(square) * max(lens.focal_px)
    if not np.isfinite(off_px).all() or (below <= 0).any() or off_px.max() > POLYNOMIAL_PX:
        raise UserError(
            f"{where}: its k4 of {known['k4']:g} is a fourth radial term (r^8), which can't be undistorted here; "
            "undistort the photographs with the program that wrote it"
        )
    k1, k2, k3, k4, k5, k6 = found.tolist()
    return k1, k2, known["p1"], known["p2"], k3, k4, k5, k6


def _farthest(lens: StatedLens, radial: Array) -> float:
    """The tangent of the largest angle from the axis at which the lens is asked for: of the photograph's corners."""
    (fx, fy), (cx, cy), (width, height) = lens.focal_px, lens.centre_px, lens.size_px
    corner = math.hypot(max(cx, width - cx) / fx, max(cy, height - cy) / fy)
    radius = np.linspace(0.0, 2 * corner, 2000)
    distorted = radius * np.polynomial.polynomial.polyval(radius**2, radial)
    beyond = np.flatnonzero(distorted >= corner)
    # A corner that is seen from farther out than the pinhole's own, if the lens bends inwards.
    seen = float(radius[beyond[0]]) if len(beyond) else corner
    return 1.02 * max(corner, seen)
