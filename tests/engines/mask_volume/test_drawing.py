"""Tiles, clear planes left out, and single planes, against the plain warp and composite."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engines.core.camera import Camera, look_at
from engines.core.engine import never_stop
from engines.core.errors import Cancelled
from engines.mask_volume import planes
from engines.mask_volume.drawing import CLEAR, Stack

SIZE = (400, 200)
DEPTHS = planes.plane_depths(1, 20, 6)
# Bilinear weights of OpenCV and torch in another order, and planes too clear to be drawn.
CLOSE = 0.1 / 255 + 6 * CLEAR


def camera(x: float = 0.0, z: float = 0.0, turned: float = 0.0, size_px: tuple[int, int] = SIZE) -> Camera:
    pose = look_at(np.array([x, z, 0.1 * x]), np.array([x + turned, z + 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    return Camera(pose, (300.0, 300.0), (size_px[0] / 2, size_px[1] / 2), size_px)


def layers(clear_from: int = 0) -> torch.Tensor:
    """[P, H, W, 4]; on the nearest planes only a patch is opaque."""
    made = torch.rand(6, SIZE[1], SIZE[0], 4, generator=torch.Generator().manual_seed(0))
    made[:, :, :clear_from, 3] = 0
    made[4:, :, :, 3] = 0
    made[4:, 60:90, 100:140, 3] = 1
    return made


@pytest.mark.parametrize(
    "seen_from", [camera(0), camera(0.1, 0.05), camera(-0.2, 0, 0.3), camera(0.05, -0.4, 0, (133, 77)), camera(0, 0.9)]
)
@pytest.mark.parametrize("clear_from", [0, 250])
def test_tiles_equal_the_plain_picture(seen_from: Camera, clear_from: int) -> None:
    made, reference = layers(clear_from), camera()
    drawn = Stack(made.clone(), reference, DEPTHS).draw(seen_from, never_stop)
    seen = planes.warp(made.permute(0, 3, 1, 2), reference, seen_from, DEPTHS)
    for found, expected in zip(
        (drawn.image, drawn.opacity, drawn.disparity), planes.composite(seen, DEPTHS), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=CLOSE, rtol=0)


def test_a_single_plane() -> None:
    made, reference = layers(), camera()
    drawn = Stack(made.clone(), reference, DEPTHS).draw(reference, never_stop, only=5)
    expected = made[5, ..., :3] * made[5, ..., 3:]
    torch.testing.assert_close(drawn.image, expected, atol=CLOSE, rtol=0)
    np.testing.assert_allclose(drawn.disparity[70, 120], 1 / DEPTHS[5], rtol=1e-5)


def test_what_an_opaque_plane_hides_is_not_drawn() -> None:
    made = layers()
    made[5, ..., 3] = 1
    made[:5, ..., :3] = float("nan")
    drawn = Stack(made, camera(), DEPTHS).draw(camera(), never_stop)
    assert bool(torch.isfinite(drawn.image[2:-2, 2:-2]).all())


def test_what_lies_behind_the_eye_is_not_seen() -> None:
    made = torch.zeros(6, SIZE[1], SIZE[0], 4)
    made[5, 60:90, 100:140] = 1
    # The nearest plane is one unit ahead of the reference.
    for z in (1.2, 1.5, 3.0):
        for turned in (0.0, 0.6):
            behind = camera(0, z, turned)
            drawn = Stack(made.clone(), camera(), DEPTHS).draw(behind, never_stop)
            seen = planes.warp(made.permute(0, 3, 1, 2), camera(), behind, DEPTHS)
            assert planes.composite(seen, DEPTHS)[1].max() == 0
            assert drawn.opacity.max() < CLEAR


def test_bands_are_the_whole_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a GPU.
    monkeypatch.setattr("engines.mask_volume.drawing.BAND_PIXELS", 30 * SIZE[0])
    stack, seen_from = Stack(layers(), camera(), DEPTHS), camera(0.1, 0.05)
    whole = stack.draw(seen_from, never_stop)
    banded = stack._draw_bands(seen_from, slice(0, 6), never_stop)
    torch.testing.assert_close(banded.image, whole.image, atol=CLOSE, rtol=0)


def test_it_can_be_given_up() -> None:
    with pytest.raises(Cancelled):
        Stack(layers(), camera(), DEPTHS).draw(camera(), lambda: True)
