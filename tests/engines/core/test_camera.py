"""Cameras: what is refused, and that crops and sizes keep the picture."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from engines.core.camera import Camera, look_at, pixel_rays, project
from tests.engines.core.examples import camera_at

POINTS = np.random.default_rng(0).uniform(-1, 1, (20, 3))
STRETCHED, MIRRORED, BROKEN = np.diag([2.0, 1, 1, 1]), np.diag([-1.0, 1, 1, 1]), np.full((4, 4), np.nan)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("camera_to_world", np.eye(3), "not 4x4"),
        ("camera_to_world", STRETCHED, "not a rotation"),
        ("camera_to_world", MIRRORED, "not a rotation"),
        ("camera_to_world", BROKEN, "not finite"),
        ("focal_px", (0.0, 1.0), "focal_px"),
        ("focal_px", (1.0, float("nan")), "focal_px"),
        ("centre_px", (float("inf"), 1.0), "centre_px"),
        ("size_px", (0, 4), "size_px"),
    ],
)
def test_refuses_what_is_no_camera(field: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(camera_at(3, 1, 1), **{field: value})


def test_its_pose_cannot_be_changed_from_outside() -> None:
    pose = np.eye(4)
    camera = Camera(pose, (1, 1), (1, 1), (2, 2))
    pose[0, 3] = 9
    assert camera.position[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        camera.camera_to_world[0, 3] = 9


def test_its_lens_is_of_plain_numbers_whatever_they_came_as() -> None:
    # Numbers out of arrays, which are neither `float` nor `int` to mypy.
    focal: Any = (np.float64(30), np.float32(31))
    size: Any = (np.int64(32), 24)
    camera = Camera(np.eye(4), focal, tuple(np.array([16.5, 11.5])), size)
    assert {type(number) for number in (*camera.focal_px, *camera.centre_px)} == {float}
    assert {type(number) for number in camera.size_px} == {int}


def test_the_fourth_row_of_its_pose_is_0_0_0_1() -> None:
    pose = camera_at(3, 1, 2).camera_to_world.copy()
    pose[3] = [-0.02, 0.01, -0.05, 0.99]
    camera = camera_at(3, 1, 2).at(pose)
    assert camera.camera_to_world[3].tolist() == [0, 0, 0, 1]
    # What is drawn by rays lies where points are projected to.
    _, directions = pixel_rays(camera)
    pixels, _ = project(camera, camera.position + directions[5, 7][None])
    assert pixels[0] == pytest.approx((7.5, 5.5))


def test_world_to_camera_undoes_camera_to_world() -> None:
    camera = camera_at(3, 1, 2)
    assert camera.world_to_camera @ camera.camera_to_world == pytest.approx(np.eye(4), abs=1e-12)


def test_fov() -> None:
    assert Camera(np.eye(4), (9, 5), (5, 5), (10, 10)).fov_y_deg == pytest.approx(90)


@pytest.mark.parametrize("size_px", [(64, 48), (16, 24), (1, 1)])
def test_resized_camera_sees_points_at_the_same_share_of_the_picture(size_px: tuple[int, int]) -> None:
    camera = camera_at(3, 1, 1)
    before, after = project(camera, POINTS)[0], project(camera.resized(size_px), POINTS)[0]
    assert after / np.array(size_px) == pytest.approx(before / np.array(camera.size_px))


def test_scaled_never_vanishes() -> None:
    assert camera_at(3, 1, 1).scaled(0.5).size_px == (16, 12)
    assert camera_at(3, 1, 1).scaled(1e-3).size_px == (1, 1)


def test_cropped_camera_draws_that_part_of_the_picture() -> None:
    camera = camera_at(3, 1, 1)
    part = pixel_rays(camera.cropped(5, 7, 11, 13))[1]
    assert part == pytest.approx(pixel_rays(camera)[1][7:20, 5:16])


def test_square_is_centred() -> None:
    assert camera_at(3, 1, 1).square().size_px == (24, 24)
    assert camera_at(3, 1, 1).square().centre_px == (12.5, 11.5)


def test_zoomed_doubles_distances_from_the_centre() -> None:
    camera = camera_at(3, 1, 1)
    near, far = project(camera, POINTS)[0], project(camera.zoomed(2), POINTS)[0]
    assert far - camera.centre_px == pytest.approx(2 * (near - camera.centre_px))


def test_json_keeps_every_bit() -> None:
    camera = camera_at(3.1, 1 / 3, 1)
    again = Camera.from_json(json.loads(json.dumps(camera.to_json())))
    assert (again.camera_to_world == camera.camera_to_world).all()
    assert (again.focal_px, again.centre_px, again.size_px) == (camera.focal_px, camera.centre_px, camera.size_px)


@pytest.mark.parametrize(
    "change",
    [
        {"focal_px": [1]}, {"focal_px": None}, {"size_px": ["a", 2]}, {"size_px": [float("inf"), 2]},
        {"camera_to_world": [[1]]}, {"camera_to_world": "x"},
    ],
)  # fmt: skip
def test_json_that_is_no_camera(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Camera.from_json(camera_at(3, 1, 1).to_json() | change)
    with pytest.raises(ValueError, match="centre_px"):
        Camera.from_json({key: value for key, value in camera_at(3, 1, 1).to_json().items() if key != "centre_px"})


@pytest.mark.parametrize("eye", [(3, 1, 1), (0, 0, 5), (0, 0, -5), (-2, 0, 0)])
def test_look_at_centres_the_target_with_up_upwards(eye: tuple[float, float, float]) -> None:
    camera = camera_at(*eye)
    (target, above), depth = project(camera, np.array([[0, 0, 0], [0, 0, 0.5]]))
    assert target == pytest.approx(camera.centre_px)
    assert depth[0] == pytest.approx(np.linalg.norm(eye))
    straight = eye[0] == eye[1] == 0  # then up has no direction in the picture
    assert straight or (above[1] < target[1] and above[0] == pytest.approx(target[0]))


def test_look_at_needs_a_direction() -> None:
    with pytest.raises(ValueError, match="same point"):
        look_at(np.ones(3), np.ones(3), np.array([0, 0, 1.0]))


def test_rays_project_back_to_their_pixels() -> None:
    camera = camera_at(3, 1, 1)
    origin, directions = pixel_rays(camera)
    pixels, depth = project(camera, (origin + 2.5 * directions).reshape(-1, 3))
    columns, rows = np.meshgrid(np.arange(32) + 0.5, np.arange(24) + 0.5)
    assert pixels == pytest.approx(np.stack([columns.ravel(), rows.ravel()], axis=1))
    assert depth == pytest.approx(2.5 * (directions @ camera.forward).ravel())
