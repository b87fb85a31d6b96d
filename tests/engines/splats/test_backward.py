"""Gradients of splats, against torch's own of the plain drawing in double precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engines.core.camera import Array, Camera
from engines.core.engine import never_stop
from engines.splats.backward import Rasteriser
from engines.splats.drawing import Drawing
from engines.splats.splats import ARRAYS, Splats
from tests.engines.splats.plain_drawing import plain_of
from tests.engines.splats.scenes import NEAR, camera_from, random_splats

NEARLY = 1e-4
"""Of an array's largest gradient: sums are of float32."""


def gradients(splats: Splats, camera: Camera, slopes: Array, background: Array, threads: int = 1) -> dict[str, Array]:
    rasteriser = Rasteriser(threads)
    drawn = rasteriser.draw(splats, camera, NEAR, splats.harmonics.shape[1])
    found = {name: np.full_like(getattr(splats, name), np.nan) for name in ARRAYS}
    total = rasteriser.differentiate(drawn, slopes, background, found)
    rasteriser.close()
    assert np.isfinite(total)
    return found


def plain_gradients(splats: Splats, camera: Camera, slopes: Array, background: Array) -> dict[str, Array]:
    arrays = {name: tensor.double().requires_grad_() for name, tensor in splats.tensors.items()}
    drawn = plain_of(arrays, camera, NEAR, splats.antialiased)
    shown = drawn.image + (1 - drawn.opacity[..., None]) * torch.tensor(background).double()
    (shown * torch.tensor(slopes).double()).sum().backward()
    return {name: np.asarray(arrays[name].grad) for name in ARRAYS}


def some_slopes(camera: Camera) -> tuple[Array, Array]:
    chance, (width, height) = np.random.default_rng(3), camera.size_px
    slopes = chance.normal(size=(height, width, 3)).astype(np.float32)
    return slopes, chance.random((height, width, 3)).astype(np.float32)


@pytest.mark.parametrize(("degree", "antialiased"), [(0, False), (1, False), (3, False), (3, True)])
def test_gradients_are_those_of_the_plain_drawing(degree: int, antialiased: bool) -> None:
    splats, camera = random_splats(150, degree, antialiased=antialiased), camera_from((0.5, -1, -4))
    slopes, background = some_slopes(camera)
    found = gradients(splats, camera, slopes, background)
    for name, expected in plain_gradients(splats, camera, slopes, background).items():
        assert np.abs(found[name] - expected).max() <= NEARLY * np.abs(expected).max(), name


def test_splats_beside_the_picture_and_close_by() -> None:
    """Where the perspective is held at the picture's margin, and splats are larger than the picture."""
    splats, camera = random_splats(80, 1, seed=5, spread=2.0), camera_from((0.2, -0.3, -1.2))
    slopes, background = some_slopes(camera)
    found = gradients(splats, camera, slopes, background)
    for name, expected in plain_gradients(splats, camera, slopes, background).items():
        assert np.abs(found[name] - expected).max() <= 3 * NEARLY * np.abs(expected).max(), name


def test_the_picture_is_the_one_that_is_drawn_later() -> None:
    splats, camera = random_splats(2000, 2), camera_from((0.5, -1, -4), size_px=(150, 70))
    learnt = Rasteriser(1).draw(splats, camera, NEAR, 9).colours
    drawn = Drawing(splats, NEAR, lambda: 1).draw(camera, never_stop)
    np.testing.assert_allclose(learnt[..., :3], drawn[..., :3], atol=1e-3)
    np.testing.assert_allclose(1 - learnt[..., 3], drawn[..., 3], atol=1e-3)


def test_threads_change_nothing() -> None:
    splats, camera = random_splats(5000, 1), camera_from((0.5, -1, -4))
    slopes, background = some_slopes(camera)
    one, three = (gradients(splats, camera, slopes, background, threads) for threads in (1, 3))
    for name in ARRAYS:
        np.testing.assert_array_equal(one[name], three[name])


def test_no_splat_and_none_in_sight() -> None:
    camera = camera_from((0.5, -1, -4))
    slopes, background = some_slopes(camera)
    behind = random_splats(20, 1).chosen(np.arange(20))
    behind.positions[:] = [0.5, -1, -9]
    for splats in (random_splats(0, 1), behind):
        assert all((found == 0).all() for found in gradients(splats, camera, slopes, background).values())
