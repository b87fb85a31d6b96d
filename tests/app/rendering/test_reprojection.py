"""Previews against the truth: a scene that can be ray-traced from both cameras."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from app.camera import navigation
from app.rendering.reprojection import Reprojector
from engines.core.camera import Array, Camera
from engines.core.data.images import to_uint8
from tests.app.ball_scene import draw_ball
from tests.app.ball_scene import ring as ball_ring
from tests.app.fake_scene import UP, ray_trace, start_camera

PIVOT = np.array([0.0, 0.0, 0.3])


def exact(camera: Camera) -> tuple[Array, Array]:
    image, depth = ray_trace(camera)
    return to_uint8(image), depth


def reprojector(camera: Camera) -> Reprojector:
    return Reprojector(*exact(camera), camera)


def psnr(a: Array, b: Array) -> float:
    return float(10 * np.log10(255**2 / max(((a.astype(float) - b) ** 2).mean(), 1e-9)))


def test_at_its_own_camera_it_is_the_source() -> None:
    camera = start_camera(256)
    pixels, depth = exact(camera)
    drawn = Reprojector(pixels, depth, camera).draw(camera)
    worst = np.abs(drawn.pixels.astype(int) - pixels).max(axis=-1)
    assert (worst <= 1).mean() > 0.999
    assert drawn.hole_fraction < 0.001


@pytest.mark.parametrize(
    ("degrees", "at_least_db", "better_by_db"), [(2, 28, 3.5), (5, 25, 5), (15, 19, 5), (30, 15.5, 3.5)]
)
def test_orbiting_comes_close_to_the_truth(degrees: float, at_least_db: float, better_by_db: float) -> None:
    camera = start_camera(256)
    pixels, _ = exact(camera)
    turned = navigation.orbit(camera, PIVOT, UP, np.radians(degrees), np.radians(degrees) / 3)
    truth, _ = exact(turned)
    reached = psnr(reprojector(camera).draw(turned).pixels, truth)
    assert reached > at_least_db
    assert reached > psnr(pixels, truth) + better_by_db, "than the old picture left standing"


@pytest.mark.parametrize(
    "move",
    [
        lambda camera: navigation.pan(camera, PIVOT, 20, -12),
        lambda camera: navigation.dolly(camera, PIVOT, 0.7),
        lambda camera: navigation.dolly(camera, PIVOT, 1.5),
        lambda camera: navigation.look(camera, UP, 0.1, 0.05),
        lambda camera: navigation.roll(camera, 0.3),
        lambda camera: camera.zoomed(1.3),
    ],
)
def test_every_kind_of_move(move: Callable[[Camera], Camera]) -> None:
    camera = start_camera(256)
    moved = move(camera)
    assert psnr(reprojector(camera).draw(moved).pixels, exact(moved)[0]) > 24


def test_a_turned_head_alone_is_nearly_exact_and_leaves_holes_only_at_the_border() -> None:
    camera = start_camera(256)
    turned = navigation.look(camera, UP, 0.1, 0.0)
    drawn, (truth, depth) = reprojector(camera).draw(turned), exact(turned)
    # What the source saw, away from the aliased edges of this ray tracer.
    flat = (
        cv2.dilate(np.where(np.isfinite(depth), depth, 99), np.ones((5, 5))) - np.where(np.isfinite(depth), depth, 99)
        < 0.2
    )
    inner = flat & (np.arange(256) < 220)[None]
    error = np.abs(drawn.pixels.astype(int) - truth).max(axis=-1)[inner]
    assert np.percentile(error, 99) <= 6
    assert 0.05 < drawn.hole_fraction < 0.2


def test_a_surface_lands_on_the_very_pixel() -> None:
    """A fronto-parallel plane moves by focal * shift / depth; the pattern must follow to a tenth of a pixel."""
    camera = Camera(np.eye(4), (200.0, 200.0), (64.0, 64.0), (128, 128))
    x, y = np.meshgrid(np.arange(128) + 0.5, np.arange(128) + 0.5)

    def pattern(u: Array, v: Array) -> Array:
        return np.repeat((127 + 100 * np.sin(u / 5) * np.cos(v / 7)).astype(np.uint8)[..., None], 3, axis=-1)

    source = Reprojector(pattern(x, y), np.full((128, 128), 4.0, np.float32), camera)
    pose = np.eye(4)
    pose[:3, 3] = (0.13, -0.07, 0.0)
    drawn = source.draw(camera.at(pose)).pixels[20:-20, 20:-20].astype(int)
    expected = pattern(x + 200 * 0.13 / 4, y - 200 * 0.07 / 4)[20:-20, 20:-20].astype(int)
    # 20 grey levels a pixel at the steepest, and cv2 samples on a grid of 1/32 pixel.
    assert np.abs(drawn - expected).max() <= 3


def test_what_was_hidden_is_a_hole_filled_from_behind() -> None:
    """A near square on a far wall: what it hid is filled with the wall's colour, not its own."""
    camera = Camera(np.eye(4), (200.0, 200.0), (64.0, 64.0), (128, 128))
    pixels = np.full((128, 128, 3), (40, 90, 200), np.uint8)
    depth = np.full((128, 128), 8.0, np.float32)
    pixels[40:88, 40:88], depth[40:88, 40:88] = (230, 40, 30), 2.0
    pose = np.eye(4)
    pose[0, 3] = 0.2
    drawn = Reprojector(pixels, depth, camera).draw(camera.at(pose))
    # The square moves 20 to the left, the wall 5: 15 columns of wall appear at the right edge, 68 .. 83.
    hole = drawn.pixels[44:84, 71:81].reshape(-1, 3).astype(int)
    assert np.abs(hole - (40, 90, 200)).max() < 25
    assert (np.abs(drawn.pixels[44:84, 23:65].astype(int) - (230, 40, 30)).max(axis=-1) <= 2).mean() > 0.99
    expected = (48 * 15 + 128 * 5) / 128**2
    assert drawn.hole_fraction == pytest.approx(expected, rel=0.35)


def ball_on_white(camera: Camera, wall: float) -> tuple[Array, Array, Array]:
    """A ball whose white has the depth that a learnt scene invents for it: picture, depth, where it is white."""
    frame = draw_ball(camera)
    assert frame.depth is not None
    white = ~np.isfinite(frame.depth.numpy())
    depth = np.where(white, wall, frame.depth.numpy()).astype(np.float32)
    return np.where(white[..., None], 255, to_uint8(frame.image.numpy())).astype(np.uint8), depth, white


@pytest.mark.parametrize("degrees", [2, 5, 10, 15])
def test_a_plain_background_stays_plain_however_one_turns(degrees: float) -> None:
    camera = ball_ring(1, (160, 160))[0]
    turned = navigation.orbit(camera, np.zeros(3), UP, np.radians(degrees), np.radians(degrees) / 3)
    pixels, depth, white = ball_on_white(camera, 4.5)
    truth, _, still_white = ball_on_white(turned, 4.5)
    plain = Reprojector(pixels, depth, camera, white).draw(turned)
    foggy = Reprojector(pixels, depth, camera).draw(turned)
    away = ~cv2.dilate((~still_white).astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    assert (plain.pixels[away] == 255).all() and 0 < plain.hole_fraction < degrees / 60
    # What the ball shows anew is invented either way; here the fog is nearer to its colour than white.
    assert psnr(plain.pixels, truth) > max(psnr(foggy.pixels, truth) - 0.8, 21)
    assert degrees < 10 or not (foggy.pixels[away] == 255).all(), "there was nothing to mend"


def test_what_an_object_hid_of_a_plain_background_is_background() -> None:
    camera = Camera(np.eye(4), (200.0, 200.0), (64.0, 64.0), (128, 128))
    pixels, depth = np.full((128, 128, 3), (10, 20, 30), np.uint8), np.full((128, 128), 3.0, np.float32)
    pixels[40:88, 40:88], depth[40:88, 40:88] = (230, 40, 30), 2.0
    background = np.ones((128, 128), bool)
    background[40:88, 40:88] = False
    pose = np.eye(4)
    pose[0, 3] = 0.2  # the square moves 20 to the left
    drawn = Reprojector(pixels, depth, camera, background).draw(camera.at(pose))
    assert (drawn.pixels[44:84, 22:66] == (230, 40, 30)).mean() > 0.99
    outside = np.ones((128, 128), bool)
    outside[37:91, 17:71] = False
    assert (drawn.pixels[outside] == (10, 20, 30)).all() and drawn.hole_fraction < 0.35


def test_a_near_thing_covers_a_far_one() -> None:
    camera = Camera(np.eye(4), (200.0, 200.0), (64.0, 64.0), (128, 128))
    pixels, depth = np.zeros((128, 128, 3), np.uint8), np.full((128, 128), np.inf, np.float32)
    pixels[:, 70:90], depth[:, 70:90] = 255, 2.0
    pixels[:, 50:60], depth[:, 50:60] = 100, 8.0
    pose = np.eye(4)
    pose[0, 3] = 0.25  # the near stripe moves 25 to the left, the far one 6.25: it disappears behind the other
    row = Reprojector(pixels, depth, camera).draw(camera.at(pose)).pixels[64, :, 0]
    assert (row[47:63] > 240).all() and not ((row > 80) & (row < 120)).any()


def test_background_turns_with_the_camera_but_does_not_shift() -> None:
    camera = Camera(np.eye(4), (200.0, 200.0), (64.0, 64.0), (128, 128))
    pixels = np.random.default_rng(0).integers(0, 255, (128, 128, 3)).astype(np.uint8)
    source = Reprojector(pixels, np.full((128, 128), np.inf, np.float32), camera)
    pose = np.eye(4)
    pose[:3, 3] = (3.0, 2.0, -1.0)
    np.testing.assert_array_equal(source.draw(camera.at(pose)).pixels, pixels)


def test_other_sizes_and_a_coarser_depth() -> None:
    camera = start_camera(192)
    pixels, depth = exact(camera)
    source = Reprojector(pixels, depth[::2, ::2], camera)
    wide = Camera(camera.camera_to_world, camera.focal_px, (150.0, 60.0), (300, 120))
    assert source.draw(wide).pixels.shape == (120, 300, 3)
    double = source.draw(camera.scaled(2)).pixels
    assert double.shape == (384, 384, 3)
    assert psnr(cv2.resize(double, (192, 192), interpolation=cv2.INTER_AREA), pixels) > 27
    assert source.draw(camera.scaled(0.01)).pixels.shape == (2, 2, 3)


@pytest.mark.filterwarnings("error")
def test_no_camera_breaks_it() -> None:
    camera = start_camera(96)
    source, generator = reprojector(camera), np.random.default_rng(0)
    for _ in range(60):
        other = navigation.trackball(camera, PIVOT, *generator.normal(0, 2, 2))
        other = navigation.fly(navigation.look(other, UP, *generator.normal(0, 2, 2)), *generator.normal(0, 2, 3))
        drawn = source.draw(other)
        assert 0 <= drawn.hole_fraction <= 1
    behind = navigation.look(camera, UP, np.pi, 0)
    assert source.draw(behind).hole_fraction == 1


@pytest.mark.parametrize("depth", [np.inf, np.nan, 0.0, -1.0])
def test_depth_without_any_value(depth: float) -> None:
    camera = start_camera(64)
    drawn = Reprojector(np.full((64, 64, 3), 7, np.uint8), np.full((64, 64), depth, np.float32), camera).draw(camera)
    assert (drawn.pixels == 7).all() and drawn.hole_fraction == 0
