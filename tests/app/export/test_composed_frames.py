"""Supersampled frames, stereo pairs and spheres, beside what each of their pixels must be."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import imageio_ffmpeg
import numpy as np
import OpenEXR
import pytest
import torch

from app.conformance.pretended_gpu import DEVICE, pretended_gpu
from app.export.composed_frames import level_camera, ranged, reduced, stereo_pair, whole_sphere
from app.export.export_request import Export
from app.export.exporter import run_export
from engines.core.camera import Array, Camera, look_at, pixel_rays
from engines.core.engine import Stop, never_stop
from engines.core.errors import UserError
from engines.core.frame import Frame
from engines.core.paths.generators import read_path
from tests.app.ball_scene import UP, BallScene, draw_ball, ring
from tests.app.export.test_export import ignore
from tests.app.read_video import read_video


def draw_room(camera: Camera) -> Frame:
    """Walls of a cube of side 4 around the origin; colours change smoothly with the place that is seen."""
    origin, directions = pixel_rays(camera)
    directions = np.where(directions == 0, 1e-9, directions)
    distance = ((np.sign(directions) * 2 - origin) / directions).min(axis=-1)
    seen = origin + directions * distance[..., None]
    depth = distance * (directions @ camera.forward)
    return Frame(
        torch.from_numpy((seen / 5 + 0.5).astype(np.float32)),
        torch.from_numpy(depth.astype(np.float32)),
        {"normals": torch.from_numpy(directions.astype(np.float32))},
    )


class Room(BallScene):
    """The room about the cameras."""

    channels = ("rgb", "depth")

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        self.rendered.append(camera)
        return draw_room(camera)


def sphere_rays(camera: Camera) -> Array:
    """[H, W, 3] where each pixel looks, in the world, one by one: 0 degrees in the middle, east to the right."""
    width, height = camera.size_px
    rays = np.empty((height, width, 3))
    for row in range(height):
        for column in range(width):
            east = (column + 0.5) / width * 2 * np.pi - np.pi
            north = np.pi / 2 - (row + 0.5) / height * np.pi
            along = [np.sin(east) * np.cos(north), -np.sin(north), np.cos(east) * np.cos(north)]
            rays[row, column] = camera.camera_to_world[:3, :3] @ along
    return rays


def test_a_sphere_shows_what_lies_in_each_direction() -> None:
    start = ring(1)[0].at(look_at(np.array([0.3, -0.2, 0.1]), np.array([1.0, 0.5, -0.4]), UP))
    camera = level_camera(start, UP, (128, 64))
    frame = whole_sphere(draw_room, camera)
    rays = sphere_rays(camera)
    distance = ((np.sign(rays) * 2 - camera.position) / rays).min(axis=-1)
    seen = camera.position + rays * distance[..., None]
    # Between pixels of the faces colours are interpolated, of which a step is 4 % of the range at the corners.
    assert np.abs(frame.image.numpy() - (seen / 5 + 0.5)).max() < 0.012
    assert frame.depth is not None
    np.testing.assert_allclose(frame.depth.numpy(), distance, rtol=0.06)
    assert np.abs(frame.depth.numpy() / distance - 1).mean() < 0.01
    np.testing.assert_allclose(frame.extra["normals"].numpy(), rays, atol=0.06)


def test_a_sphere_has_a_level_horizon() -> None:
    for target in ((1.0, 0.5, -0.4), (0.2, -1.0, 3.0)):
        start = ring(1)[0].at(look_at(np.zeros(3), np.array(target), UP))
        camera = level_camera(start, UP, (64, 32))
        assert camera.forward @ UP == pytest.approx(0) and camera.down @ UP == pytest.approx(-1)
        flat = np.array([target[0], target[1], 0.0])
        np.testing.assert_allclose(camera.forward, flat / np.linalg.norm(flat), atol=1e-9)
    for towards in (1.0, -1.0):
        pose = look_at(np.zeros(3), np.array([0, 0, towards]), UP)
        camera = level_camera(ring(1)[0].at(pose), UP, (64, 32))
        np.testing.assert_allclose(camera.forward, towards * pose[:3, 1], atol=1e-6)


def test_supersampling_is_the_mean_of_the_area() -> None:
    camera = ring(1, (24, 16))[0]
    large = draw_ball(camera.resized((72, 48)))
    frame = reduced(large, (24, 16))
    np.testing.assert_allclose(frame.image, large.image.numpy().reshape(16, 3, 24, 3, 3).mean(axis=(1, 3)), atol=1e-6)
    alpha = large.extra["alpha"].numpy().reshape(16, 3, 24, 3)
    np.testing.assert_allclose(frame.extra["alpha"], alpha.mean(axis=(1, 3)), atol=1e-6)
    # No depth is made up between the ball and nothing: those of the pixels' middles.
    np.testing.assert_array_equal(frame.depth, draw_ball(camera).depth)


def test_transparent_pixels_lend_no_colour() -> None:
    large = draw_ball(ring(1, (24, 16))[0].resized((96, 64)))
    large.image[large.extra["alpha"] == 0] = 1e3
    frame = reduced(large, (24, 16), by_alpha=True)
    assert float(frame.image.max()) <= 1
    partly = (frame.extra["alpha"] > 0) & (frame.extra["alpha"] < 1)
    weights = large.extra["alpha"].numpy()[..., None]
    wanted = (large.image.numpy() * weights).reshape(16, 4, 24, 4, 3).sum(axis=(1, 3))
    wanted /= np.maximum(weights.reshape(16, 4, 24, 4, 1).sum(axis=(1, 3)), 1e-9)
    assert partly.any()
    np.testing.assert_allclose(frame.image[partly], wanted[partly.numpy()], atol=1e-5)


def test_eyes_stand_apart_and_look_ahead() -> None:
    camera = ring(1)[0]
    seen: list[Camera] = []
    # To append gives None: the frame is drawn.
    frame = stereo_pair(lambda each: seen.append(each) or draw_ball(each), camera, 0.2)  # type: ignore[func-returns-value]
    left, right = seen
    np.testing.assert_allclose(right.position - left.position, 0.2 * camera.right)
    np.testing.assert_allclose(left.forward, right.forward)
    np.testing.assert_array_equal(frame.image, np.concatenate([draw_ball(each).image for each in seen], axis=1))
    # What is near stands farther to the right in the left eye's picture.
    columns = [np.flatnonzero(half.any(axis=0)).mean() for half in np.split(frame.extra["alpha"].numpy(), 2, axis=1)]
    assert columns[0] > columns[1]


def whole(out: Path, scene: BallScene | None = None, **changes: Any) -> Path:
    export = Export(**{"cameras": ring(3, (32, 24)), "out": out, **changes})
    return run_export(scene or BallScene(), export, ignore, never_stop)


def test_exports_of_each_kind(tmp_path: Path) -> None:
    out = whole(tmp_path / "sphere", Room(), projection="equirectangular", size_px=(64, 32), channels=("rgb", "depth"))
    picture = cv2.imread(str(out / "rgb_00000.png"))
    assert picture is not None and picture.shape == (32, 64, 3)
    assert np.load(out / "range_00000.npy").shape == (32, 64)
    assert len(read_path(out, ring(1)[0])) == 3
    out = whole(tmp_path / "pair", eye_distance=0.1, channels=("rgb", "depth"), format="exr", supersample=2)
    with OpenEXR.File(str(out / "rgb_00000.exr")) as file:
        assert set(file.channels()) == {"RGB", "Z"} and file.channels()["Z"].pixels.shape == (24, 64)
    scene = BallScene()
    out = whole(tmp_path / "a.mp4", scene, supersample=3, quality=10)
    assert {camera.size_px for camera in scene.rendered} == {(96, 72)}
    wanted = reduced(draw_ball(ring(3, (96, 72))[0]), (32, 24)).image.numpy() * 255
    assert np.abs(read_video(out, 32, 24)[0] - wanted).mean() < 6  # colours at half the resolution


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_players_are_told(tmp_path: Path, suffix: str, codec: str) -> None:
    cases: dict[str, tuple[dict[str, Any], list[str]]] = {
        "sphere": ({"projection": "equirectangular", "size_px": (64, 32)}, ["Spherical Mapping: equirectangular"]),
        "pair": ({"eye_distance": 0.1}, ["Stereo 3D: side by side"]),
    }
    for name, (changes, told) in cases.items():
        path = whole(tmp_path / f"{name}{suffix}", Room(), codec=codec, **changes)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "verbose", "-i", str(path), "-f", "null", "-"]
        said = subprocess.run(command, capture_output=True, text=True)
        assert all(text in said.stderr for text in told) and "(tv, bt709" in said.stderr
        assert said.returncode == 0 and read_video(path, 64, 32 if name == "sphere" else 24).shape[0] == 3
        content = path.read_bytes()
        assert content.index(b"moov") < content.index(b"mdat")
        assert (b"GSpherical" in content) == (name == "sphere") and b"st3d" in content
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"pair{suffix}", f"sphere{suffix}"]


def test_what_can_not_be_is_one_line(tmp_path: Path) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"supersample": 5}, "supersample 5: must be 1 to 4"),
        ({"eye_distance": 0.0}, "stereo 0: must be a distance above 0"),
        ({"eye_distance": float("nan")}, "stereo nan: must be a distance above 0"),
        ({"projection": "fisheye"}, "projection fisheye: must be pinhole or equirectangular"),
        ({"projection": "equirectangular", "size_px": (64, 48)}, "size 64x48: a sphere is twice as wide as high"),
        ({"projection": "equirectangular", "eye_distance": 0.1}, "choose one"),
        ({"projection": "equirectangular", "out": tmp_path / "a.webm"}, r"a\.webm: a \.webm can't tell players"),
    ]
    for changes, message in wrong:
        with pytest.raises(UserError, match=message):
            whole(**({"out": tmp_path / "a.mp4"} | changes))
    fixed = BallScene(native_px=(32, 32))
    for changes, message in (
        ({"supersample": 2}, "supersample 2: this scene can only draw 32x32; leave it out"),
        ({"projection": "equirectangular"}, "projection equirectangular: this scene can only draw 32x32"),
    ):
        with pytest.raises(UserError, match=message):
            whole(tmp_path / "a.mp4", fixed, **changes)
    assert not list(tmp_path.iterdir())


def test_frames_of_a_device_are_composed_there() -> None:
    camera = level_camera(ring(1)[0], UP, (64, 32))

    def moved(frame: Frame) -> Frame:
        extra = {name: values.to(DEVICE) for name, values in frame.extra.items()}
        depth = None if frame.depth is None else frame.depth.to(DEVICE)
        return Frame(frame.image.to(DEVICE), depth, extra)

    def composed(draw: Callable[[Camera], Frame]) -> list[Frame]:
        large = ring(1)[0].resized((64, 64))
        sphere = whole_sphere(draw, camera, by_alpha=True)
        return [sphere, reduced(draw(large), (32, 32), True), stereo_pair(draw, large, 0.1), ranged(draw(large), large)]

    wanted = composed(draw_ball)
    with pretended_gpu():
        found = [frame_on_host(frame) for frame in composed(lambda each: moved(draw_ball(each)))]
    for one, other in zip(found, wanted, strict=True):
        for name, values in one.items():
            np.testing.assert_allclose(values, frame_on_host(other)[name], atol=1e-6)


def frame_on_host(frame: Frame) -> dict[str, Array]:
    channels = {"rgb": frame.image, **({} if frame.depth is None else {"depth": frame.depth}), **frame.extra}
    return {name: np.array(values.cpu().numpy()) for name, values in channels.items()}
