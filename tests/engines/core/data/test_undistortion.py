"""What a pinhole would have taken in place of a lens that distorts, and what of it the lens saw."""

from __future__ import annotations

import numpy as np
import pytest

from engines.core.camera import Array
from engines.core.data.undistortion import (
    LensModel,
    Rectangle,
    seen_pixels,
    seen_rectangle,
    shared_rectangle,
    undistorted,
)
from engines.core.errors import UserError

SIZE_PX = (96, 72)
OFF_CENTRE = (50.5, 34.0)


def lens(*distortion: float, centre_px: tuple[float, float] = (48.0, 36.0), focal_px: float = 90.0) -> LensModel:
    return LensModel((focal_px, focal_px), centre_px, SIZE_PX, distortion)


def brown(lens: LensModel, u: Array, v: Array) -> tuple[Array, Array]:
    """Where in the photograph Brown's model, written out, puts what the pinhole has at (u, v); ours from the corner."""
    (fx, fy), (cx, cy) = lens.focal_px, lens.centre_px
    k1, k2, p1, p2, k3 = (*lens.distortion, 0.0)[:5]
    x, y = (u - cx) / fx, (v - cy) / fy
    square = x * x + y * y
    radial = 1 + k1 * square + k2 * square**2 + k3 * square**3
    return (
        fx * (x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x)) + cx,
        fy * (y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y) + cy,
    )


def pixel_middles(part: Rectangle) -> tuple[Array, Array]:
    x, y, width, height = part
    u, v = np.meshgrid(x + np.arange(width) + 0.5, y + np.arange(height) + 0.5)
    return u, v


def in_photograph(lens: LensModel) -> Array:
    """[H, W] bool: places whose four neighbours the photograph has, by the formula."""
    u, v = brown(lens, *pixel_middles(lens.whole))
    return np.asarray((u >= 0.5) & (v >= 0.5) & (u <= SIZE_PX[0] - 0.5) & (v <= SIZE_PX[1] - 0.5))


LENSES = [
    lens(0.15, 0, 0, 0),
    lens(0.2, -0.05, 0.01, -0.02, 0.01),
    lens(-0.1, 0.3, 0, 0, centre_px=OFF_CENTRE),
    lens(0.5, 0.2, 0, 0, centre_px=OFF_CENTRE),
]


@pytest.mark.parametrize("lens", LENSES)
def test_a_spot_is_found_where_the_pinhole_has_it(lens: LensModel) -> None:
    part = seen_rectangle(lens)
    assert part is not None
    columns, rows = pixel_middles(lens.whole)
    for spot_u, spot_v in ((30.0, 25.0), (70.2, 50.7)):
        u, v = brown(lens, np.array(spot_u), np.array(spot_v))
        spot = np.exp(-((columns - u) ** 2 + (rows - v) ** 2) / 8).astype(np.float32)
        straight = undistorted(np.repeat(spot[:, :, None], 3, axis=2), lens, part)[:, :, 1]
        left, top = pixel_middles(part)
        found = np.array([(straight * left).sum(), (straight * top).sum()]) / straight.sum()
        # A spot is stretched unevenly, so that its middle moves by a little.
        assert found == pytest.approx([spot_u, spot_v], abs=0.15)


@pytest.mark.parametrize("lens", LENSES)
def test_pixels_are_those_of_plain_bilinear_sampling(lens: LensModel) -> None:
    part, image = seen_rectangle(lens), np.random.default_rng(0).random((*SIZE_PX[::-1], 3), dtype=np.float32)
    assert part is not None
    u, v = brown(lens, *pixel_middles(part))
    x, y = np.clip(u - 0.5, 0, SIZE_PX[0] - 1), np.clip(v - 0.5, 0, SIZE_PX[1] - 1)
    left, top = np.minimum(x.astype(int), SIZE_PX[0] - 2), np.minimum(y.astype(int), SIZE_PX[1] - 2)
    right, below = (x - left)[..., None], (y - top)[..., None]
    above = image[top, left] * (1 - right) + image[top, left + 1] * right
    under = image[top + 1, left] * (1 - right) + image[top + 1, left + 1] * right
    # Not cv2.undistort's 1/32 pixel, which is 0.01 off: only single precision of the positions.
    assert undistorted(image, lens, part) == pytest.approx(above * (1 - below) + under * below, abs=2e-5)


def largest_by_trying(seen: Array) -> int:
    """Area of the largest rectangle of True that holds the middle, by trying all."""
    height, width = seen.shape
    sums = np.zeros((height + 1, width + 1), dtype=int)
    sums[1:, 1:] = seen.cumsum(0).cumsum(1)
    best = 0
    for top in range(height // 2 + 1):
        for bottom in range(height // 2 + 1, height + 1):
            lefts, rights = np.arange(width // 2 + 1), np.arange(width // 2 + 1, width + 1)
            inside = sums[bottom] - sums[top]
            count = inside[rights][None, :] - inside[lefts][:, None]
            area = (bottom - top) * (rights[None, :] - lefts[:, None])
            best = max(best, int(area[count == area].max(initial=0)))
    return best


@pytest.mark.parametrize("lens", [LENSES[0], LENSES[1], lens(0.6, 0, 0, 0)])
def test_the_rectangle_is_the_largest_that_was_seen_whole(lens: LensModel) -> None:
    part, seen = seen_rectangle(lens), in_photograph(lens)
    assert part is not None and not seen.all()
    x, y, width, height = part
    assert seen[y : y + height, x : x + width].all()
    assert width * height == largest_by_trying(seen)


def test_of_a_large_photograph_it_is_found_as_exactly() -> None:
    small, factor = lens(0.15, 0, 0, 0), 20
    size_px = (SIZE_PX[0] * factor, SIZE_PX[1] * factor)
    large = LensModel((90.0 * factor,) * 2, (48.0 * factor, 36.0 * factor), size_px, small.distortion)
    found = seen_rectangle(large)
    assert found is not None
    x, y, width, height = found
    assert seen_pixels(large, found) is None
    for wider in ((x - 1, y, width + 1, height), (x, y, width + 1, height), (x, y - 1, width, height + 1)):
        missing = seen_pixels(large, wider)
        assert missing is not None and not missing.all()


@pytest.mark.parametrize("lens", [*LENSES, lens(0.6, 0, 0, 0)])
def test_what_was_seen_is_told_pixel_by_pixel(lens: LensModel) -> None:
    seen, expected = seen_pixels(lens, lens.whole), in_photograph(lens)
    assert np.array_equal(expected, np.ones_like(expected) if seen is None else seen)
    photograph = np.ones((*SIZE_PX[::-1], 3), dtype=np.float32)
    assert np.array_equal(undistorted(photograph, lens, lens.whole)[:, :, 0] == 1, expected)


def test_without_distortion_all_is_seen() -> None:
    assert seen_rectangle(lens()) == (0, 0, *SIZE_PX) and seen_pixels(lens(), lens().whole) is None
    image = np.random.default_rng(0).random((*SIZE_PX[::-1], 3), dtype=np.float32)
    assert np.array_equal(undistorted(image, lens(), (3, 5, 20, 30)), image[5:35, 3:23])


@pytest.mark.parametrize("strong", [lens(-2.0, 0, 0, 0), lens(3.0, 0, 0, 0)])
def test_a_lens_without_a_sensible_rectangle_has_none_and_folds_nothing_in(strong: LensModel) -> None:
    assert seen_rectangle(strong) is None
    seen = seen_pixels(strong, strong.whole)
    assert seen is not None and 0.3 < seen.mean() < 0.9 and seen[36, 48] and not seen[0, 0]
    u, v = pixel_middles(strong.whole)
    radius = np.hypot(u - 48, v - 36) / 90
    # d(r + k1 r^3)/dr = 0: farther out the picture would be shown a second time, mirrored.
    turning = np.sqrt(1 / 6) if strong.distortion[0] < 0 else np.inf
    assert not seen[radius > turning].any()


@pytest.mark.parametrize("k1", [1e5, -1e3])
def test_a_lens_that_sees_nothing_is_refused(k1: float) -> None:
    with pytest.raises(UserError, match=f"distortion \\(k1 {k1:g}\\) leaves 0% of the picture"):
        seen_rectangle(lens(k1, 0, 0, 0))


def test_like_lenses_share_a_rectangle_and_unlike_ones_do_not() -> None:
    like, whole = [lens(0.15, 0, 0, 0), lens(0.14, 0, 0, 0, centre_px=(48.5, 36.5))], lens()
    shared = shared_rectangle(like)
    assert shared is not None
    for each in (*like, whole):
        assert seen_pixels(each, shared) is None
    assert shared_rectangle([*like, whole]) == shared_rectangle(like)
    assert shared_rectangle([whole, lens(1.0, 0, 0, 0)]) is None
    assert shared_rectangle([whole, lens(3.0, 0, 0, 0)]) is None
