"""The compiled drawing against a plain one in float64, and against stored pictures of another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Array, Camera
from engines.splats.compositing import FIRST_NORMAL, MEAN_DEPTH, MEDIAN_DEPTH, OPAQUE, OUTPUTS
from engines.splats.splats import Splats
from tests.engines.splats.plain_drawing import Plain, plain
from tests.engines.splats.scenes import camera_from, drawn, random_splats, read_plainly, splats_of

LEVEL = 1 / 255
EXACT = 1e-4
"""What float32 and the approximated exponential function may make of a picture."""


def require_equal(found: Array, expected: Plain, atol: float = EXACT) -> None:
    np.testing.assert_allclose(found[..., :3], expected.image, atol=atol)
    np.testing.assert_allclose(found[..., OPAQUE], expected.opacity, atol=atol)
    seen = expected.opacity.numpy() > 0
    assert (np.isposinf(found[..., MEAN_DEPTH]) == ~seen).all()
    np.testing.assert_allclose(found[seen, MEAN_DEPTH], expected.depth[seen], rtol=1e-3)
    # Where a pixel is covered by half to the last digit, the next splat may be the one.
    median = found[..., MEDIAN_DEPTH] == expected.median.float().numpy()
    assert (median | (np.abs(found[..., OPAQUE] - 0.5) < EXACT)).mean() > 0.999
    directions = (found[..., FIRST_NORMAL:] * expected.normals.numpy()).sum(axis=2)
    assert np.quantile(directions[seen], 0.01) > 0.999


@pytest.mark.parametrize("degree", range(5))
def test_a_cloud_from_outside_is_the_plain_one(degree: int) -> None:
    splats, camera = random_splats(300, degree, degree), camera_from((1.0, -2.0, -6.0))
    require_equal(drawn(splats, camera), plain(splats, camera))


@pytest.mark.parametrize("antialiased", [False, True])
def test_from_within_where_much_is_behind_and_at_the_rim(antialiased: bool) -> None:
    splats = random_splats(400, 1, 7, antialiased=antialiased)
    for eye in ((0.3, 0.1, -0.4), (0.0, -0.2, -1.0)):
        require_equal(drawn(splats, camera_from(eye)), plain(splats, camera_from(eye)))


def test_flat_splats_have_no_thickness() -> None:
    splats, camera = random_splats(200, 0, 3, sides=2), camera_from((2.0, -1.0, -5.0))
    require_equal(drawn(splats, camera), plain(splats, camera))


def test_needles_a_thousand_times_as_long_as_wide() -> None:
    chance = np.random.default_rng(5)
    splats = splats_of(
        chance.normal(0, 0.5, (40, 3)).tolist(),
        [[1.0, 1e-3, 5e-4]] * 40,
        [0.8] * 40,
        chance.random((40, 3)).tolist(),
        chance.normal(size=(40, 4)).tolist(),
    )
    camera = camera_from((0.0, 0.0, -2.5), (160, 120), (500, 500))
    # Of a needle of hundreds of pixels a rounded centre is what matters.
    require_equal(drawn(splats, camera), plain(splats, camera), atol=LEVEL / 4)


def test_sizes_that_are_no_whole_tiles_and_any_number_of_threads() -> None:
    splats = random_splats(200, 2, 11)
    for size in ((1, 1), (17, 33), (50, 15)):
        camera = camera_from((0.0, -1.0, -5.0), size)
        found = drawn(splats, camera)
        assert found.shape == (size[1], size[0], OUTPUTS)
        require_equal(found, plain(splats, camera))
        np.testing.assert_array_equal(found, drawn(splats, camera, threads=3))


class Stored:
    """Pictures of six cameras by an independent float64 renderer, rounded to 2^-12, and the splats that they are of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "golden" / "splats"
        if not self.folder.is_dir():
            pytest.skip(f"the stored pictures of splats are not at {self.folder}")
        with np.load(self.folder / "outputs_a.npz") as kept:
            self.arrays = {name: kept[name] for name in ("rgb_sh0", "rgb_sh3", "alpha", "depth")}
            self.cameras = [
                Camera(pose, (K[0, 0], K[1, 1]), (K[0, 2], K[1, 2]), (160, 120))
                for pose, K in zip(kept["camera_to_world"], kept["K"], strict=True)
            ]

    def splats(self, form: str) -> Splats:
        return read_plainly(self.folder / f"a_{form}.ply")


@pytest.fixture(scope="module")
def stored(shared: Path) -> Stored:
    return Stored(shared)


@pytest.mark.parametrize("form", ["sh0", "sh3"])
def test_the_stored_pictures_come_out(stored: Stored, form: str) -> None:
    splats, rounded = stored.splats(form), 2**-12
    for number, camera in enumerate(stored.cameras):
        found = drawn(splats, camera)
        np.testing.assert_allclose(found[..., :3], stored.arrays[f"rgb_{form}"][number], atol=rounded)
        np.testing.assert_allclose(found[..., OPAQUE], stored.arrays["alpha"][number], atol=rounded)
        depth = np.where(found[..., OPAQUE] > 0, found[..., MEAN_DEPTH], 0)
        np.testing.assert_allclose(depth, stored.arrays["depth"][number], atol=4 * rounded)


def test_the_plain_one_gives_a_stored_picture_too(stored: Stored) -> None:
    # The one from within: what is clamped and what is left out shows most there.
    found = plain(stored.splats("sh3"), stored.cameras[5])
    np.testing.assert_allclose(found.image, stored.arrays["rgb_sh3"][5], atol=2**-12)
