"""Which way is up, of captures as people make them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engines.core.camera import Array, Camera, look_at
from engines.core.data.dataset import Dataset
from engines.core.data.images import exif_orientation
from engines.core.data.views import View, Views
from engines.core.errors import UserError
from engines.core.formats import with_up_found
from engines.core.upright import AS_STATED, find_up, parse_up, up_direction, upper_edge
from tests.engines.core.examples import camera_at, camera_ring

UP = np.array([0, 0, 1.0])
TURNS = {1: 0, 6: 1, 3: 2, 8: 3}
"""By EXIF's orientation: quarters that the camera was turned by, anticlockwise as it looks."""


def turned(camera: Camera, quarters: int, roll_deg: float = 0.0) -> Camera:
    """As somebody holds it who turns it; the stored picture then lies."""
    angle = np.radians(90 * quarters + roll_deg)
    roll = np.eye(4)
    roll[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return camera.at(camera.camera_to_world @ roll)


def ring(count: int, down_deg: float = 20.0, span_deg: float = 360.0, up: Array = UP) -> list[Camera]:
    """Around the origin, all level, looking down by so much."""
    aside = np.cross(up, [0.3, 1.0, 0.2])
    aside /= np.linalg.norm(aside)
    other, cameras = np.cross(up, aside), []
    for angle in np.radians(np.linspace(0, span_deg, count, endpoint=span_deg < 360)):
        level = np.cos(angle) * aside + np.sin(angle) * other
        eye = 4 * (np.cos(np.radians(down_deg)) * level + np.sin(np.radians(down_deg)) * up)
        cameras.append(camera_at(3, 0, 0).at(look_at(eye, np.zeros(3), up)))
    return cameras


def saved(folder: Path, cameras: list[Camera], orientations: list[int]) -> list[View]:
    views = []
    for index, (camera, orientation) in enumerate(zip(cameras, orientations, strict=True)):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = folder / f"{index}.jpg"
        Image.new("RGB", camera.size_px).save(path, exif=exif)
        views.append(View(camera, path.stem, image_path=path))
    return views


def off_deg(found: Array, true: Array) -> float:
    return float(np.degrees(np.arccos(np.clip(found @ true, -1, 1))))


def test_up_snaps_to_a_world_axis_only_when_near_one() -> None:
    assert up_direction(camera_ring(6)).tolist() == [0, 0, 1]
    slanted = np.array([1.0, 1, 1]) / np.sqrt(3)
    camera = camera_at(3, 0, 0)
    tilted = camera.at(look_at(np.array([1.0, -1, 0]), np.zeros(3), slanted))
    assert up_direction((tilted,)) == pytest.approx(slanted)


@pytest.mark.parametrize("down_deg", [0.0, 20.0, 60.0, 80.0])
@pytest.mark.parametrize("span_deg", [90.0, 360.0])
def test_up_of_an_orbit_is_its_axis_however_far_it_looks_down(down_deg: float, span_deg: float) -> None:
    assert up_direction(ring(24, down_deg, span_deg)).tolist() == [0, 0, 1]
    slanted = np.array([0.5, -0.6, 0.62])
    slanted /= np.linalg.norm(slanted)
    assert off_deg(up_direction(ring(24, down_deg, span_deg, slanted)), slanted) < 0.1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("span_deg", [15.0, 90.0, 360.0])
def test_upper_edge_is_where_exif_says(tmp_path: Path, orientation: int, span_deg: float) -> None:
    cameras = [turned(camera, TURNS[orientation]) for camera in ring(9, 20, span_deg)]
    views = saved(tmp_path, cameras, [orientation] * 9)
    found = find_up(views)
    assert found.direction.tolist() == [0, 0, 1]
    assert upper_edge(views[0]) == pytest.approx(-ring(9, 20, span_deg)[0].down)
    assert ("EXIF" in found.found) == ("EXIF" in found.note) == (orientation != 1)


@pytest.mark.parametrize(("mirrored", "plain"), [(2, 1), (4, 3), (5, 6), (7, 8)])
def test_mirrored_photographs_have_the_upper_edge_of_their_likes(tmp_path: Path, mirrored: int, plain: int) -> None:
    camera = ring(1)[0]
    first, second = saved(tmp_path, [camera, camera], [mirrored, plain])
    assert upper_edge(first) == pytest.approx(upper_edge(second))


def test_upper_edge_of_exif_is_that_of_pillow(tmp_path: Path) -> None:
    """A dot at the middle of the edge that we call upper is at the top once Pillow has turned the picture."""
    from PIL import ImageOps

    camera = Camera(np.eye(4), (30.0, 30.0), (16.0, 12.0), (32, 24))
    for view, orientation in zip(saved(tmp_path, [camera] * 8, list(range(1, 9))), range(1, 9), strict=True):
        across, downwards = upper_edge(view)[:2]
        pixels = np.zeros((24, 32, 3), dtype=np.uint8)
        pixels[round(11.5 + 11.5 * downwards), round(15.5 + 15.5 * across)] = 255
        picture = Image.fromarray(pixels)
        picture.getexif()[0x0112] = orientation
        upright = np.asarray(ImageOps.exif_transpose(picture))[:, :, 0]
        assert np.argwhere(upright == 255)[0, 0] == 0


def test_tag_that_was_left_on_turned_pixels_is_passed_over(tmp_path: Path) -> None:
    found = find_up(saved(tmp_path, ring(12), [6] * 12))
    assert found.direction.tolist() == [0, 0, 1] and "passed over" in found.note


@pytest.mark.parametrize("share", [0.2, 0.45])
def test_cameras_on_their_side_do_not_spoil_it(share: float) -> None:
    """Portrait among landscape, without EXIF; nobody holds a camera quite straight."""
    random = np.random.default_rng(5)
    for span_deg in (40.0, 360.0):
        cameras = [
            turned(camera, int(random.random() < share), random.normal(0, 3))
            for camera in ring(40, 25, span_deg)
        ]  # fmt: skip
        assert off_deg(up_direction(cameras), UP) < 6
        found = find_up([View(camera, "") for camera in cameras])
        assert "on their side" in found.note


def test_orbit_of_portraits_alone_is_turned_about_its_axis() -> None:
    cameras = [turned(camera, 1) for camera in ring(24)]
    found = find_up([View(camera, "") for camera in cameras])
    assert found.direction.tolist() == [0, 0, 1] and "--up" in found.note


def test_cameras_that_look_straight_down_are_above() -> None:
    """To and fro, as a drone flies, or turning about."""
    for headings in ([0.0, 180.0], [0.0, 90.0, 180.0, 270.0], [10.0, 75.0, 140.0, 205.0, 270.0, 335.0]):
        cameras = []
        for index in range(24):
            heading = np.radians(headings[index % len(headings)])
            eye = np.array([index % 6, index // 6, 30.0])
            pose = look_at(eye, eye - UP, np.array([np.cos(heading), np.sin(heading), 0]))
            cameras.append(camera_at(3, 0, 0).at(pose))
        assert find_up([View(camera, "") for camera in cameras]).direction.tolist() == [0, 0, 1]


def test_forward_facing_capture_has_the_mean_of_its_pictures() -> None:
    random = np.random.default_rng(2)
    cameras = []
    for _ in range(20):
        eye = np.array([*random.uniform(-0.5, 0.5, 2), 0.0])
        cameras.append(camera_at(3, 0, 0).at(look_at(eye, np.array([0, 1.0, 6]), np.array([0, -1.0, 0]))))
    assert up_direction(cameras).tolist() == [0, -1, 0]


def test_layout_that_states_it_is_believed(tmp_path: Path) -> None:
    views = Views.of(saved(tmp_path, [turned(camera, 1) for camera in ring(6)], [6] * 6))
    box = np.array([[-1.0, -1, -1], [1, 1, 1]])
    stated = Dataset(views, tmp_path, "example", box, np.array([0, 1.0, 0]), up_found=AS_STATED)
    assert with_up_found(stated) is stated
    looked = with_up_found(Dataset(views, tmp_path, "example", box, np.array([0, 1.0, 0])))
    assert looked.up.tolist() == [0, 0, 1] and "EXIF" in looked.up_found and "EXIF" in looked.notes[0]
    assert looked.with_up(np.array([1.0, 0, 0])).up_found == "as chosen"


def test_up_is_said_in_words_and_numbers() -> None:
    assert parse_up("z").tolist() == [0, 0, 1] and parse_up("-Y").tolist() == [0, -1, 0]
    assert parse_up("+x").tolist() == [1, 0, 0] and parse_up("0, -2,0").tolist() == [0, -1, 0]
    assert parse_up("-0.6 0 0.8") == pytest.approx([-0.6, 0, 0.8])
    for wrong in ("", "w", "--", "0,0,0", "1,2", "nan,0,1", "1,0,inf", "-", "zz"):
        with pytest.raises(UserError, match="up"):
            parse_up(wrong)


def test_damaged_exif_turns_nothing(tmp_path: Path) -> None:
    (tmp_path / "none.jpg").write_bytes(b"no picture")
    assert exif_orientation(tmp_path / "none.jpg") == 1
    assert exif_orientation(tmp_path / "missing.jpg") == 1
