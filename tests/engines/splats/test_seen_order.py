"""Which splats are seen and in which order, against the footprints of the exact drawing."""

from __future__ import annotations

import numpy as np
import pytest

from engines.core.camera import Array, Camera
from engines.core.engine import never_stop
from engines.splats import seen_order
from engines.splats.drawing import Drawing
from engines.splats.footprints import CENTRE_X, CENTRE_Y, DEPTH
from engines.splats.seen_order import KEY_BITS, SeenOrder, keys_of
from engines.splats.splats import Splats
from engines.splats.values import values_of
from tests.engines.splats.making import covariances
from tests.engines.splats.scenes import NEAR, camera_from, random_splats, straight

EYES = {"before": (0.0, 0.0, -5.0), "beside": (2.0, 1.0, -2.0), "within": (0.2, 0.1, 0.3)}


def depths_of(splats: Splats, camera: Camera, numbers: Array) -> Array:
    return np.asarray((splats.positions[numbers] - camera.position) @ camera.camera_to_world[:3, 2])


def footprints_numbers(splats: Splats, camera: Camera) -> list[int]:
    """The numbers of the splats of which the exact drawing sees something, the nearest first, by their centres."""
    found = Drawing(splats, NEAR, lambda: 1).seen(camera, never_stop)
    turn, (fx, fy), (cx, cy) = camera.camera_to_world[:3, :3], camera.focal_px, camera.centre_px
    x, y, z = ((splats.positions - camera.position) @ turn).T
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.stack([fx * x / z + cx, fy * y / z + cy, z], axis=1)
    return [int(np.nanargmin(np.abs(known - row[[CENTRE_X, CENTRE_Y, DEPTH]]).sum(axis=1))) for row in found]


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("sides", [3, 2])
def test_all_that_is_drawn_is_among_them_in_the_same_order(eye: str, sides: int) -> None:
    splats, camera = random_splats(400, 1, sides=sides), camera_from(EYES[eye])
    numbers = SeenOrder(splats, NEAR, lambda: 1).near_to_far(camera, True)
    assert numbers.dtype == np.uint32 and len(set(numbers.tolist())) == len(numbers)
    drawn = footprints_numbers(splats, camera)
    assert len(drawn) > 60
    kept = set(drawn)
    assert [number for number in numbers.tolist() if number in kept] == drawn


def test_what_is_beside_the_picture_behind_or_too_faint_is_not_among_them() -> None:
    positions = [[0, 0, 2], [0, 0, -2], [9, 0, 2], [0, -9, 2], [0, 0, 0.1], [0, 0, 3]]
    splats = random_splats(6, 0)
    splats.positions[:], splats.log_scales[:], splats.opacity_logits[:] = positions, -4, 3
    splats.opacity_logits[5] = -9
    assert SeenOrder(splats, NEAR, lambda: 1).near_to_far(straight(101), True).tolist() == [0]


def test_rounded_depths_are_in_order_but_for_what_a_key_does_not_tell_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_order, "FEW", 0)
    monkeypatch.setattr(seen_order, "CHUNK", 1000)
    splats, camera = random_splats(30_000, 0, spread=4.0), camera_from((0, 0, -5))
    order = SeenOrder(splats, NEAR, lambda: 2)
    soon, exactly = order.near_to_far(camera, False), order.near_to_far(camera, True)
    assert sorted(soon.tolist()) == sorted(exactly.tolist()) and len(soon) > 10_000
    depths = depths_of(splats, camera, soon)
    assert (np.diff(depths) < 0).any(), "no two have the same key"
    # A key is a share of the depth, of the octaves that there are.
    octaves = np.ceil(np.log2(depths.max() / depths.min()))
    assert (np.diff(depths) > -depths[1:] * octaves * 2.0 ** (1 - KEY_BITS)).all()


def test_of_equal_depths_comes_first_which_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_order, "FEW", 0)
    splats = random_splats(50, 0)
    splats.positions[:], splats.opacity_logits[:] = (0, 0, 2), 3
    order = SeenOrder(splats, NEAR, lambda: 1)
    for exactly in (False, True):
        assert order.near_to_far(straight(), exactly).tolist() == list(range(50))


def test_keys_grow_with_depths() -> None:
    depths = np.sort(np.random.default_rng(0).lognormal(0, 3, 5000))
    keys = keys_of(np.append(depths, 1e300))
    assert (np.diff(keys.astype(np.int64)) >= 0).all() and keys[0] == 0 and keys[-1] < 1 << KEY_BITS
    assert keys_of(np.array([2.0])).tolist() == [0]


def test_of_no_splats_there_are_none() -> None:
    assert len(SeenOrder(random_splats(0, 0), NEAR, lambda: 1).near_to_far(straight(), False)) == 0


@pytest.mark.parametrize("sides", [3, 2])
def test_axes_are_the_roots_of_covariances(sides: int) -> None:
    splats = random_splats(60, 2, sides=sides)
    values = values_of(splats, 10, 50)
    if sides == 3:
        expected = covariances(splats)[10:50]
        np.testing.assert_allclose(values.axes.transpose(0, 2, 1) @ values.axes, expected, rtol=1e-4, atol=1e-9)
    else:
        assert not values.axes[:, 2].any() and values.axes[:, :2].any(axis=2).all()
    np.testing.assert_allclose(values.opacities, 1 / (1 + np.exp(-splats.opacity_logits[10:50])), rtol=1e-6)
    assert np.array_equal(values.harmonics, splats.harmonics[10:50])
