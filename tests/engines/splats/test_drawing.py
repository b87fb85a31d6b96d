"""Single splats, by numbers worked out by hand: footprints, alphas, order, what is cut off, what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engines.core.camera import Array, Camera
from engines.splats.compositing import FIRST_NORMAL, MEAN_DEPTH, MEDIAN_DEPTH, OPAQUE
from engines.splats.ordering import near_to_far
from engines.splats.splats import Splats
from tests.engines.splats.scenes import drawn, splats_of, straight

RED, GREEN, BLUE, GREY = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.5]
SIDE, MIDDLE = 17, 8
TWO_PX = np.sqrt(4 - 0.3) * 2 / 100
"""The standard deviation at depth 2 of what is 2 pixels in the picture, after 0.3 square pixels were added."""
ROUNDING = 1e-5


def ball(depth: float, opacity: float, colour: list[float], side: float = TWO_PX) -> Splats:
    return splats_of([[0, 0, depth]], [[side] * 3], [opacity], [colour])


def together(*each: Splats) -> Splats:
    names = ("positions", "log_scales", "quaternions", "opacity_logits", "harmonics")
    arrays = {name: np.concatenate([getattr(one, name) for one in each]) for name in names}
    return Splats(**arrays, antialiased=False)


def alphas(splats: Splats, camera: Camera | None = None) -> Array:
    return drawn(splats, camera or straight(SIDE))[..., OPAQUE]


def test_alpha_in_the_middle_and_a_standard_deviation_away() -> None:
    picture = drawn(ball(2, 0.5, RED), straight(SIDE))
    np.testing.assert_allclose(picture[MIDDLE, MIDDLE, :4], [0.5, 0, 0, 0.5], atol=ROUNDING)
    one_away = 0.5 * np.exp(-0.5)
    for row, column in ((MIDDLE, MIDDLE + 2), (MIDDLE, MIDDLE - 2), (MIDDLE + 2, MIDDLE), (MIDDLE - 2, MIDDLE)):
        np.testing.assert_allclose(picture[row, column, OPAQUE], one_away, atol=ROUNDING)
    assert picture[MIDDLE, MIDDLE, MEAN_DEPTH] == 2
    # No pixel is covered by more than a half; by 0.6 it is in the middle.
    assert np.isposinf(picture[MIDDLE, MIDDLE + 2, MEDIAN_DEPTH])
    assert drawn(ball(2, 0.6, RED), straight(SIDE))[MIDDLE, MIDDLE, MEDIAN_DEPTH] == 2


def test_less_than_a_255th_is_not_drawn() -> None:
    row = alphas(ball(2, 0.5, RED))[MIDDLE]
    # 6 pixels are 3 standard deviations: 0.5 exp(-4.5) is 1.4 255ths; 7 pixels: 0.5 exp(-6.125), a quarter of one.
    np.testing.assert_allclose(row[MIDDLE + 6], 0.5 * np.exp(-4.5), atol=ROUNDING)
    assert row[MIDDLE + 7] == row[MIDDLE - 7] == 0


def test_no_splat_covers_more_than_99_percent() -> None:
    solid = replace(ball(2, 0.5, RED), opacity_logits=np.array([np.inf], np.float32))
    np.testing.assert_allclose(alphas(solid)[MIDDLE, MIDDLE], 0.99, atol=ROUNDING)


def test_the_nearest_come_first_whatever_their_order() -> None:
    for splats in (
        together(ball(2, 0.5, RED), ball(3, 0.5, GREEN)),
        together(ball(3, 0.5, GREEN), ball(2, 0.5, RED)),
    ):
        picture = drawn(splats, straight(SIDE))
        np.testing.assert_allclose(picture[MIDDLE, MIDDLE, :4], [0.5, 0.25, 0, 0.75], atol=ROUNDING)
        np.testing.assert_allclose(picture[MIDDLE, MIDDLE, MEAN_DEPTH], (0.5 * 2 + 0.25 * 3) / 0.75, atol=ROUNDING)


def test_of_equal_depths_the_first_of_the_file_comes_first() -> None:
    picture = drawn(together(ball(2, 0.5, BLUE), ball(2, 0.5, RED)), straight(SIDE))
    np.testing.assert_allclose(picture[MIDDLE, MIDDLE, :3], [0.25, 0, 0.5], atol=ROUNDING)


def test_depths_that_float32_does_not_tell_apart_are_told_apart() -> None:
    # A hundred units farther away 1 and the next number of float32 are the same one; the nearer is the second here.
    pose = np.eye(4)
    pose[2, 3] = -100
    camera = Camera(pose, (5000, 5000), (SIDE / 2, SIDE / 2), (SIDE, SIDE))
    next_one = float(np.nextafter(np.float32(1), np.float32(2)))
    picture = drawn(together(ball(next_one, 0.5, GREEN), ball(1, 0.5, RED)), camera)
    np.testing.assert_allclose(picture[MIDDLE, MIDDLE, :3], [0.5, 0.25, 0], atol=ROUNDING)


@pytest.mark.parametrize("count", [20, 100])
def test_many_of_one_depth_in_float32_come_in_the_order_of_theirs(count: int) -> None:
    depths = 1e9 + np.random.default_rng(count).permutation(count).astype(np.float64)
    assert (near_to_far(depths) == np.argsort(depths)).all()
    assert near_to_far(np.array([3.0, 1.0, 2.0, 1.0])).tolist() == [1, 3, 2, 0]


def test_nothing_is_drawn_behind_what_leaves_less_than_a_ten_thousandth() -> None:
    # 0.05, 0.0025, 0.000125 pass; the fourth would leave 0.00000625, and is not drawn, nor is what is behind it.
    stack = together(*(ball(2 + number, 0.95, RED if number < 3 else GREEN, 1.0) for number in range(5)))
    picture = drawn(stack, straight(SIDE))[MIDDLE, MIDDLE]
    np.testing.assert_allclose(1 - picture[OPAQUE], 0.000125, atol=1e-6)
    assert picture[1] == 0 and picture[MEDIAN_DEPTH] == 2


def test_what_is_behind_or_nearer_than_the_near_plane_is_left_out() -> None:
    for depth, seen in ((-2.0, False), (0.0, False), (0.199, False), (0.201, True)):
        assert bool(alphas(ball(depth, 0.9, RED, 0.001)).any()) == seen, depth


def test_a_splat_of_no_size_is_a_third_of_a_square_pixel() -> None:
    row = alphas(ball(2, 0.5, RED, 1e-9))[MIDDLE]
    np.testing.assert_allclose(row[MIDDLE : MIDDLE + 2], [0.5, 0.5 * np.exp(-0.5 / 0.3)], atol=ROUNDING)


def test_an_antialiased_splat_of_no_size_is_fainter() -> None:
    # Of 0.3 square pixels, to which 0.3 are added, half of the area was there before.
    side = np.sqrt(0.3) * 2 / 100
    plain = splats_of([[0, 0, 2]], [[side] * 3], [0.8], [RED])
    faint = splats_of([[0, 0, 2]], [[side] * 3], [0.8], [RED], antialiased=True)
    np.testing.assert_allclose(alphas(plain)[MIDDLE, MIDDLE], 0.8, atol=ROUNDING)
    np.testing.assert_allclose(alphas(faint)[MIDDLE, MIDDLE], 0.4, atol=ROUNDING)


def test_a_huge_splat_covers_the_picture_evenly() -> None:
    picture = drawn(ball(2, 0.5, GREY, 1e4), straight(40))
    np.testing.assert_allclose(picture[..., OPAQUE], 0.5, atol=1e-4)
    np.testing.assert_allclose(picture[..., :3], 0.25, atol=1e-4)


def test_what_is_fainter_than_a_255th_is_left_out() -> None:
    assert not alphas(ball(2, 0.0, RED)).any()
    assert not alphas(ball(2, 1 / 256, RED)).any()
    assert alphas(ball(2, 1 / 254, RED)).any()


@pytest.mark.parametrize("threads", [1, 2])
def test_of_nothing_there_is_a_black_picture(threads: int) -> None:
    picture = drawn(splats_of([], [], [], []), straight(20), threads=threads)
    assert not picture[..., :4].any() and np.isposinf(picture[..., MEAN_DEPTH : MEDIAN_DEPTH + 1]).all()
    assert not picture[..., FIRST_NORMAL:].any()


def test_a_turned_disc_looks_where_its_shortest_axis_points() -> None:
    # A quarter turn about y brings z to x; seen from the left that is -x, towards the camera.
    half = np.sqrt(0.5)
    disc = splats_of([[3, 0, 2]], [[0.5, 0.5, 0.01]], [0.9], [RED], [[half, 0, half, 0]])
    picture = drawn(disc, straight(SIDE).cropped(150, 0, SIDE, SIDE))
    np.testing.assert_allclose(picture[MIDDLE, MIDDLE, FIRST_NORMAL:], [-1, 0, 0], atol=1e-6)


def test_two_splats_of_the_reference_by_hand() -> None:
    # Of the notes beside the stored pictures: two overlapping splats, turned, with a harmonic of degree 1.
    harmonics = np.zeros((2, 4, 3), np.float32)
    harmonics[0, 0] = 1, 0, -1
    harmonics[1, 1], harmonics[1, 3], harmonics[1, 2] = 7, 7, (0.4, 0, -1.5)
    splats = Splats(
        np.array([[0.1, -0.05, 2], [0, 0, 4]], np.float32),
        np.log(np.array([[0.1, 0.05, 0.02], [0.3, 0.1, 0.1]], np.float32)),
        np.array([[1, 0, 0, 0], [3, 0, 0, 3]], np.float32),
        np.array([0, 2], np.float32),
        harmonics,
    )
    camera = Camera(np.eye(4), (100, 100), (80, 60), (160, 120))
    pixel = drawn(splats, camera)[57, 86]
    expected = [0.386061699, 0.247770124, 0.104214466, 0.495540249, 2.069759339]
    np.testing.assert_allclose(pixel[: MEAN_DEPTH + 1], expected, atol=3e-6)
