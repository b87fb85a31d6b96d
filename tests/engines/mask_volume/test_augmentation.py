"""What chance does to an example."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
import torch

from engines.core.camera import look_at, project
from engines.core.seeding import seeded
from engines.mask_volume.augmentation import (
    brightened,
    contrasted,
    hue_turned,
    random_window,
    recoloured,
    saturated,
)
from tests.engines.mask_volume.captured import UP, camera

SIZE_PX = (48, 32)


@pytest.mark.parametrize("seed", range(20))
def test_a_point_stays_on_its_pixel(seed: int) -> None:
    """A picture of its own pixel positions tells where each came from."""
    window = random_window(SIZE_PX, 24, (1.0, 2.0), seeded(seed))
    whole = camera(0.1).resized(SIZE_PX).at(look_at(np.array([0.2, -0.1, 0]), np.array([0.0, 0.1, 4.0]), UP))
    columns, rows = np.meshgrid(np.arange(48) + 0.5, np.arange(32) + 0.5)
    positions = torch.from_numpy(np.stack([columns, rows])).float()
    cut = window.cut(positions[None])[0].numpy()
    part = window.camera(whole)
    assert part.size_px == (24, 24) and cut.shape == (2, 24, 24)
    points = np.random.default_rng(seed).uniform(-1.5, 1.5, (400, 3)) + np.array([0, 0, 4.0])
    in_whole, in_part = project(whole, points)[0], project(part, points)[0]
    inside = (in_part >= 0).all(axis=1) & (in_part < 24).all(axis=1)
    # Bilinear enlargement stays within half a pixel of the border of the picture.
    inside &= (in_whole > 0.5).all(axis=1) & (in_whole < np.array(SIZE_PX) - 0.5).all(axis=1)
    assert inside.sum() > 3
    column, row = np.floor(in_part[inside]).astype(int).T
    assert np.abs(cut[:, row, column].T - in_whole[inside]).max() < 0.51


def test_squares_lie_around_what_moves() -> None:
    moved = torch.zeros(32, 48, dtype=torch.bool)
    moved[3, 40] = moved[30, 2] = True
    ends = set()
    for seed in range(200):
        window = random_window(SIZE_PX, 16, (1.0, 2.0), seeded(seed), moved)
        seen = window.cut(moved[None, None].float())[0, 0]
        assert seen.max() > 0.05, "one of the two pixels is in it"
        ends.add(bool(window.x > window.whole_px[0] / 2))
        assert 0 <= window.x <= window.whole_px[0] - 16 and 0 <= window.y <= window.whole_px[1] - 16
    assert ends == {False, True}, "either of them"
    still = torch.zeros(32, 48, dtype=torch.bool)
    assert random_window(SIZE_PX, 16, (1.0, 2.0), seeded(1), still) == random_window(SIZE_PX, 16, (1.0, 2.0), seeded(1))


def test_squares_are_anywhere_and_of_all_scales() -> None:
    windows = [random_window(SIZE_PX, 24, (1.0, 2.0), seeded(seed)) for seed in range(300)]
    widths = np.array([window.whole_px[0] for window in windows])
    assert widths.min() <= 50 and widths.max() >= 94 and (widths >= 48).all() and (widths <= 96).all()
    assert all(0 <= w.x <= w.whole_px[0] - 24 and 0 <= w.y <= w.whole_px[1] - 24 for w in windows)
    assert min(w.x for w in windows) == 0 and max(w.x + 24 - w.whole_px[0] for w in windows) == 0


def test_a_square_that_does_not_fit_makes_the_picture_larger() -> None:
    window = random_window((20, 10), 24, (1.0, 2.0), seeded(0))
    assert window.whole_px == (48, 24) and window.y == 0


def test_colours_by_hand() -> None:
    picture = torch.tensor([0.8, 0.4, 0.2]).view(1, 3, 1, 1)
    grey = 0.2989 * 0.8 + 0.587 * 0.4 + 0.114 * 0.2
    assert brightened(picture, 0.3).flatten().tolist() == pytest.approx([1.0, 0.52, 0.26])
    expected = [grey + 1.5 * (value - grey) for value in (0.8, 0.4, 0.2)]
    assert saturated(picture, 0.5).flatten().tolist() == pytest.approx([min(value, 1) for value in expected])
    pair = torch.cat([picture, picture * 0.5])
    mean = 0.75 * grey
    assert contrasted(pair, -0.2)[1].flatten().tolist() == pytest.approx(
        [mean + 0.8 * (value - mean) for value in (0.4, 0.2, 0.1)]
    )


@pytest.mark.parametrize("turns", [-0.2, -0.07, 0.0, 0.13, 0.2])
def test_hue_turns_as_the_colour_cone_does(turns: float) -> None:
    colours = np.random.default_rng(0).random((64, 3))
    colours[:4] = np.array([[0.5, 0.5, 0.5], [1, 1, 0], [0, 0, 0], [0.2, 0.7, 0.7]])
    expected = []
    for colour in colours:
        hue, saturation, value = colorsys.rgb_to_hsv(*colour)
        expected.append(colorsys.hsv_to_rgb((hue + turns) % 1, saturation, value))
    turned = hue_turned(torch.from_numpy(colours.T).float().view(1, 3, 8, 8), turns)
    assert np.abs(turned[0].view(3, 64).T.numpy() - np.array(expected)).max() < 1e-5


def test_five_changes_are_as_likely() -> None:
    picture = torch.rand(3, 3, 4, 4, generator=seeded(0)) * 0.5 + 0.25
    same, brightness = 0, []
    for seed in range(400):
        found = recoloured(picture, seeded(seed))
        assert found.shape == picture.shape and float(found.min()) >= 0 and float(found.max()) <= 1
        same += torch.equal(found, picture)
        ratio = found / picture
        if not torch.equal(found, picture) and float(ratio.std()) < 1e-5:
            brightness.append(float(ratio.mean()))
    # 400 draws of one in five: 80 expected, four standard deviations are 32.
    assert 48 <= same <= 112 and 48 <= len(brightness) <= 112
    assert 0.8 <= min(brightness) < 0.82 and 1.28 < max(brightness) <= 1.3
