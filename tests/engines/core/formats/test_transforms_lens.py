"""Lenses of transforms.json: every way to say a focal length, distortion, and what is no pinhole."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.core.errors import UserError
from engines.core.formats.transforms_lens import Fields, StatedLens, read_lens, stated_size
from tests.engines.core.formats.transforms_folders import LENS, frames, noted, opened

SIZE_PX = (96, 72)


def lens_of(data: dict[str, Any], frame: dict[str, Any] | None = None) -> StatedLens:
    return read_lens(Fields("a.json: frame 0", frame or {}, data), SIZE_PX)


def angle(focal: float, side: int) -> float:
    return 2 * math.atan(side / (2 * focal))


@pytest.mark.parametrize(
    ("data", "focal"),
    [
        ({"fl_x": 90, "fl_y": 60}, (90, 60)),
        ({"fl_x": 90}, (90, 90)),
        ({"fl_y": 60}, (60, 60)),
        ({"camera_angle_x": angle(90, 96)}, (90, 90)),
        ({"camera_angle_x": angle(90, 96), "camera_angle_y": angle(60, 72)}, (90, 60)),
        ({"camera_angle_y": angle(60, 72)}, (60, 60)),
        ({"x_fov": math.degrees(angle(90, 96))}, (90, 90)),
        ({"x_fov": math.degrees(angle(90, 96)), "y_fov": math.degrees(angle(60, 72))}, (90, 60)),
        ({"y_fov": math.degrees(angle(60, 72))}, (60, 60)),
        ({"fovx": math.degrees(angle(90, 96)), "fovy": math.degrees(angle(60, 72))}, (90, 60)),
        ({"fl_x": 90, "camera_angle_y": angle(60, 72)}, (90, 60)),
        # null is nothing.
        ({"fl_x": 90, "fl_y": None, "camera_angle_x": None}, (90, 90)),
    ],
)
def test_the_focal_length_may_be_said_in_pixels_radians_and_degrees_along_each_axis(
    data: dict[str, Any], focal: tuple[float, float]
) -> None:
    found = lens_of(data)
    assert found.focal_px == pytest.approx(focal) and found.contradiction == ""
    assert lens_of({"fl_x": 12.0, "fl_y": 12.0}, data).focal_px[0] == pytest.approx(
        focal[0] if "x" in str(data) else 12
    )


def test_a_frame_goes_before_the_file_however_it_says_it() -> None:
    found = lens_of({"fl_x": 30.0, "fl_y": 30.0}, {"camera_angle_x": angle(90, 96), "camera_angle_y": angle(60, 72)})
    assert found.focal_px == pytest.approx((90, 60))


def test_two_focal_lengths_are_said_to_differ(tmp_path: Path) -> None:
    data = LENS | {"camera_angle_x": angle(60, 48), "camera_angle_y": angle(50, 32)}
    assert opened(tmp_path / "alike", data | {"frames": frames(["a.png"])}).notes == ()
    dataset = opened(tmp_path / "other", data | {"camera_angle_x": 0.6, "frames": frames(["a.png", "b.png"])})
    assert dataset.views[0].camera.focal_px == (30.0, 25.0)
    assert noted(dataset, "of 2 photographs fl_x says a focal length of 60 pixels and camera_angle_x one of 77.585")


@pytest.mark.parametrize(
    ("data", "size_px"),
    [
        ({}, (96, 72)),
        ({"w": 48, "h": 36.0}, (48, 36)),
        ({"w": 48}, (48, 36)),
        ({"h": 144}, (192, 144)),
    ],
)
def test_a_side_that_is_not_said_follows_the_photograph(data: dict[str, Any], size_px: tuple[int, int]) -> None:
    assert stated_size(Fields("a.json", {}, data), SIZE_PX) == size_px


@pytest.mark.parametrize(
    ("names", "model", "count"),
    [
        (["k1", "k2"], "OPENCV", 4),
        (["p1"], "OPENCV", 4),
        (["k1", "k3"], "OPENCV", 5),
        (["k1", "k4"], "FULL_OPENCV", 8),
        (["k6"], "FULL_OPENCV", 8),
        # No other model has them, whatever the file is called by its writer.
        (["k4", "k5"], "OPENCV", 8),
        (["k1"], "pinhole", 0),
        ([], "OPENCV", 0),
    ],
)
def test_opencv_takes_four_five_or_eight(names: list[str], model: str, count: int) -> None:
    found = lens_of({"fl_x": 90, "camera_model": model} | dict.fromkeys(names, 0.01)).distortion
    assert len(found) == count and sum(found) == pytest.approx(0.01 * len(names) * (count > 0))


@pytest.mark.parametrize(
    "radial",
    [(-0.12, 0.05, -0.02, 0.3), (0.1, -0.2, 0.15, -0.04), (-0.3, 0.12, -0.03, 0.004), (0.0, 0.0, 0.0, 0.1)],
)
@pytest.mark.parametrize("model", [{"camera_model": "OPENCV"}, {}])
def test_four_radial_terms_are_undistorted_as_one_polynomial(radial: tuple[float, ...], model: dict[str, str]) -> None:
    """Metashape's and RealityCapture's k4 is the factor of r^8, not OpenCV's, which divides."""
    k1, k2, k3, k4 = radial
    p1, p2 = 0.002, -0.003
    data = {"fl_x": 60.0, "fl_y": 62.0, "cx": 47.0, "cy": 37.0, **model}
    data |= {"k1": k1, "k2": k2, "k3": k3, "k4": k4, "p1": p1, "p2": p2}
    found = lens_of(data)
    # All over the pinhole's picture.
    u, v = (grid.ravel() for grid in np.meshgrid(np.linspace(0, 96, 33), np.linspace(0, 72, 25)))
    x, y = (u - 47) / 60, (v - 37) / 62
    square = x**2 + y**2
    factor = 1 + k1 * square + k2 * square**2 + k3 * square**3 + k4 * square**4
    across = x * factor + 2 * p1 * x * y + p2 * (square + 2 * x**2)
    down = y * factor + p1 * (square + 2 * y**2) + 2 * p2 * x * y
    expected = np.stack([60 * across + 47, 62 * down + 37], axis=1)
    points = np.stack([x, y, np.ones_like(x)], axis=-1)
    matrix = np.array([[60.0, 0, 47], [0, 62, 37], [0, 0, 1]])
    at, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, np.array(found.distortion))
    assert np.abs(np.asarray(at).reshape(-1, 2) - expected).max() < 0.03
    listed = {
        "fl_x": 60.0,
        "fl_y": 62.0,
        "cx": 47.0,
        "cy": 37.0,
        "distortion_params": [k1, k2, k3, k4, p1, p2],
        **model,
    }
    assert lens_of(listed).distortion == pytest.approx(found.distortion)


def test_four_radial_terms_that_nothing_comes_near_are_refused() -> None:
    with pytest.raises(UserError, match=r"frame 0: its k4 of -9 is a fourth radial term \(r\^8\), which can't be und"):
        lens_of({"fl_x": 40.0, "k1": 3.0, "k4": -9.0})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("is_fisheye", True),
        ("latlong", True),
        ("equirectangular", True),
        ("orthographic", 1),
        ("ftheta_p0", 0.0),
        *(
            ("camera_model", name)
            for name in (
                "OPENCV_FISHEYE",
                "EQUIRECTANGULAR",
                "THIN_PRISM_FISHEYE",
                "SIMPLE_RADIAL_FISHEYE",
                "RADIAL_FISHEYE",
                "FOV",
                "FISHEYE624",
                "ORTHOPHOTO",
                "VR180_L",
                "OMNIDIRECTIONALSTEREO_R",
                5,
            )
        ),
    ],
)
@pytest.mark.parametrize("of_frame", [False, True])
def test_what_is_no_pinhole_is_refused_by_the_field_that_says_so(field: str, value: Any, of_frame: bool) -> None:
    said = {field: value}
    with pytest.raises(UserError, match=rf"frame 0: (its )?{field} is {value}; only pinholes with .*undistorter"):
        lens_of({"fl_x": 90} | ({} if of_frame else said), said if of_frame else {})


@pytest.mark.parametrize("field", ["is_fisheye", "latlong", "equirectangular", "orthographic"])
def test_a_projection_that_is_denied_is_a_pinhole(field: str) -> None:
    assert lens_of({"fl_x": 90, field: False}).focal_px == (90.0, 90.0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "has neither fl_x nor camera_angle_x nor x_fov"),
        ({"fl_x": 0}, "fl_x is 0; a focal length must be > 0"),
        ({"camera_angle_x": 56.1}, "camera_angle_x is 56.1; an angle of view in radians must be > 0 and < pi"),
        ({"x_fov": 180}, "x_fov is 180; an angle of view in degrees must be > 0 and < 180"),
        ({"x_fov": "50"}, "x_fov is '50'; must be a number"),
        ({"fl_x": 9, "k1": []}, r"k1 is \[\]; must be a number"),
        (
            {"fl_x": 9, "distortion_params": [0.1] * 12},
            "its distortion_params are 12 numbers; of a pinhole they are k1",
        ),
        ({"fl_x": 9, "distortion_params": 1}, "its distortion_params are no list of numbers"),
        ({"fl_x": 9, "distortion_params": [0, 0, 0, 0, 0, "a"]}, "distortion_params is 'a'; must be a number"),
    ],
)
def test_what_is_wrong_is_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=rf"a\.json: frame 0: {message}"):
        lens_of(data)


def test_no_size_of_a_picture() -> None:
    with pytest.raises(UserError, match=r"a\.json: w is 0; must be the photograph's size in pixels"):
        stated_size(Fields("a.json", {}, {"w": 0, "h": 5}), None)
