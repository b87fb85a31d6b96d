"""Named paths against LLFF's own numbers, and about a scene."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engines.core.camera import Array, Camera, look_at, project
from engines.core.errors import UserError
from engines.core.paths.generators import DEFAULT_FRAMES, PATH_NAMES, camera_path, faces_forward, usual_path

BOX = np.array([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])
UP = np.array([0.0, 0.0, 1.0])

# `generate_render_path` of LLFF for `forward_cameras()` with near depths from 2 and far depths to 11, their columns
# turned into right, down, forward, position: frames 0 and 7 of each path, [3, 4] row by row.
# fmt: off
LLFF = {
    "x": (
        [0.990451451991, 0.00378564851, 0.137809978282, -0.354919129385, -0.002036164337, 0.999915571986,
         -0.012833664103, 0.076811124043, -0.137846927, 0.012430517482, 0.990375538345, 0.003997523723],
        [0.99528080796, 0.00376668139, 0.096963526228, -0.084290202338, -0.002542973468, 0.999915599365,
         -0.012740778308, 0.075965932823, -0.097003332897, 0.012434076454, 0.995206384199, -0.009534654015]),
    "y": (
        [0.998747345759, 0.000350662534, 0.050036150679, 0.223330448799, -0.003119150997, 0.998466992817,
         0.055262420795, -0.370812779706, -0.04994006644, -0.055349266398, 0.997217352673, -0.030544695361],
        [0.998747345759, 0.001933681362, 0.050000002154, 0.224109572693, -0.003119150997, 0.999715617127,
         0.02364224544, -0.162766815843, -0.04994006644, -0.023768587438, 0.998469350564, -0.027957170859]),
    "z": (
        [0.998747345759, 0.003744644523, 0.049897063805, 0.239370354376, -0.003119150997, 0.999915655425,
         -0.012607653743, 0.071368995722, -0.04994006644, 0.012436224236, 0.998674786951, 0.262618338642],
        [0.998747345759, 0.003744644523, 0.049897063805, 0.232664189001, -0.003119150997, 0.999915655425,
         -0.012607653743, 0.073063464385, -0.04994006644, 0.012436224236, 0.998674786951, 0.128396447276]),
    "circle": (
        [0.99817347033, 0.003693102633, -0.060299951268, 0.949898911731, -0.004435823615, 0.999915885807,
         -0.012187894781, 0.072736094947, 0.06024986804, 0.012433113177, 0.998105891726, -0.061246904653],
        [0.999475919754, 0.005520292654, -0.031896899536, 0.762308440487, -0.004103877172, 0.999009750567,
         0.044302104506, -0.299566128835, 0.032109874231, -0.04414798569, 0.998508843895, -0.056574356343]),
    "spiral": (
        [0.99817347033, 0.003693102633, -0.060299951268, 0.949898911731, -0.004435823615, 0.999915885807,
         -0.012187894781, 0.072736094947, 0.06024986804, 0.012433113177, 0.998105891726, -0.061246904653],
        [0.999421840867, 0.005650058631, -0.033527016504, 0.768745783527, -0.004123291571, 0.998958830541,
         0.04543405496, -0.301192673283, 0.033748814273, -0.045269545181, 0.998404570209, 0.072267136495]),
}
# fmt: on


def turned(yaw: float, pitch: float, position: tuple[float, float, float]) -> Camera:
    across = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    along = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = across @ along, position
    return Camera(pose, (50.0, 50.0), (32.0, 24.0), (64, 48))


def forward_cameras() -> list[Camera]:
    return [
        turned(0.1, 0.0, (0, 0, 0)),
        turned(-0.1, 0.05, (1, 0.2, 0)),
        turned(0, -0.1, (0.3, -0.5, 0.1)),
        turned(0.2, 0.1, (-0.4, 0.6, -0.2)),
    ]


def ring_cameras(count: int = 12, distance: float = 4.0, height: float = 1.5) -> list[Camera]:
    lens = Camera(np.eye(4), (60.0, 60.0), (32.0, 32.0), (64, 64))
    angles = np.arange(count) * 2 * np.pi / count
    eyes = [np.array([distance * np.cos(a), distance * np.sin(a), height]) for a in angles]
    return [lens.at(look_at(eye, np.zeros(3), UP)) for eye in eyes]


def positions(cameras: tuple[Camera, ...]) -> Array:
    return np.array([camera.position for camera in cameras])


@pytest.mark.parametrize("name", LLFF)
def test_forward_facing_paths_are_those_of_llff(name: str) -> None:
    cameras = forward_cameras()
    path = camera_path(name, cameras[0], cameras, BOX, UP, depths=(2.0, 11.0))
    assert len(path) == {"x": 30, "y": 30, "z": 30, "circle": 60, "spiral": 120}[name]
    for frame, expected in zip((0, 7), LLFF[name], strict=True):
        # The numbers above have 12 digits.
        np.testing.assert_allclose(path[frame].camera_to_world[:3].ravel(), expected, atol=1e-9)


def test_depths_come_from_the_box_where_none_are_given() -> None:
    cameras = [turned(0, 0, (x, 0, 0)) for x in (-0.5, 0.0, 0.5)]
    box = np.array([[-1.0, -1.0, 2.0], [1.0, 1.0, 6.0]])
    given = camera_path("spiral", cameras[0], cameras, BOX, UP, 10, depths=(2.0, 6.0))
    found = camera_path("spiral", cameras[0], cameras, box, UP, 10)
    np.testing.assert_allclose(positions(found), positions(given), atol=1e-12)


def test_box_behind_forward_facing_cameras_is_an_error() -> None:
    cameras = forward_cameras()
    with pytest.raises(UserError, match="behind"):
        camera_path("spiral", cameras[0], cameras, BOX - [0, 0, 50], UP)


def test_faces_forward_tells_captures_apart() -> None:
    assert faces_forward(forward_cameras())
    assert not faces_forward(ring_cameras())
    # From high above, all look down, and still go around it; a tabletop's grid straight above doesn't.
    assert not faces_forward(ring_cameras(height=4.5))
    assert not faces_forward(ring_cameras(count=3, height=4.0))
    assert faces_forward(ring_cameras(distance=1.0, height=4.0))
    assert not faces_forward(forward_cameras()[:1])
    assert not faces_forward([forward_cameras()[0]] * 3)
    assert not faces_forward([])


@pytest.mark.parametrize("name", ["spiral", "circle", "x", "y", "z"])
def test_around_an_object_every_frame_looks_at_its_middle_from_near_the_start(name: str) -> None:
    cameras = ring_cameras()
    path = camera_path(name, cameras[3], cameras, BOX, UP)
    assert len(path) == DEFAULT_FRAMES[name]
    distance = float(np.linalg.norm(cameras[3].position))
    for camera in path:
        pixel, depth = project(camera, np.zeros((1, 3)))
        np.testing.assert_allclose(pixel[0], camera.centre_px, atol=1e-9)
        assert depth[0] > 0.5 * distance
        assert np.linalg.norm(camera.position - cameras[3].position) < 0.5 * distance
        assert camera.down @ UP < 0  # never upside down
    assert np.ptp(positions(path), axis=0).max() > 0.1  # it moves


def test_axis_paths_move_along_the_start_cameras_axes() -> None:
    cameras = ring_cameras()
    for name, axis in (("x", cameras[0].right), ("y", cameras[0].down), ("z", cameras[0].forward)):
        moved = positions(camera_path(name, cameras[0], cameras, BOX, UP)) - cameras[0].position
        np.testing.assert_allclose(moved, np.outer(moved @ axis, axis), atol=1e-9)


def test_orbit_keeps_distance_and_height_and_closes() -> None:
    start = ring_cameras()[2]
    middle = np.array([0.3, -0.2, 0.1])
    path = camera_path("orbit", start, [], BOX + middle, UP, 36)
    eyes = positions(path)
    np.testing.assert_allclose(eyes[0], start.position, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(eyes - middle, axis=1), np.linalg.norm(start.position - middle))
    np.testing.assert_allclose(eyes[:, 2], start.position[2], atol=1e-12)
    steps = np.linalg.norm(np.roll(eyes, -1, axis=0) - eyes, axis=1)
    np.testing.assert_allclose(steps, steps[0])  # also from the last frame to the first
    for camera in path:
        np.testing.assert_allclose(project(camera, middle[None])[0][0], camera.centre_px, atol=1e-9)


def test_orbit_from_straight_above_turns_the_picture_evenly() -> None:
    lens = ring_cameras()[0]
    path = camera_path("orbit", lens.at(look_at(np.array([0, 0, 5.0]), np.zeros(3), UP)), [], BOX, UP, 8)
    turns = [a.right @ b.right for a, b in itertools.pairwise(path)]
    np.testing.assert_allclose(turns, np.cos(2 * np.pi / 8))


@pytest.mark.parametrize("name", PATH_NAMES)
def test_a_camera_in_the_middle_of_the_scene_makes_a_path(name: str) -> None:
    start = ring_cameras()[0].at(np.eye(4))
    assert len(camera_path(name, start, [], BOX, UP, 5)) == 5


def test_lens_is_the_starts() -> None:
    start = ring_cameras()[0].zoomed(2)
    for camera in camera_path("spiral", start, forward_cameras(), BOX, UP, 3, depths=(2, 9)):
        assert (camera.focal_px, camera.centre_px, camera.size_px) == (start.focal_px, start.centre_px, start.size_px)


def test_wrong_requests_say_what_there_is() -> None:
    start = ring_cameras()[0]
    with pytest.raises(UserError, match="spiral, circle, x, y, z, orbit"):
        camera_path("helix", start, [], BOX, UP)
    with pytest.raises(UserError, match="at least 1"):
        camera_path("orbit", start, [], BOX, UP, 0)


def test_the_usual_path_fits_the_capture() -> None:
    assert usual_path(forward_cameras()) == "spiral" and usual_path(()) == "orbit"
