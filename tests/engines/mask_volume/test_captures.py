"""Depths and backgrounds of a capture, and the sizes that it is learnt at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.errors import UserError
from engines.mask_volume.captures import background_of, depth_limits
from engines.mask_volume.examples import working_size
from tests.engines.mask_volume.captured import CARD, WALL, begun, photograph, recording


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The card is at five places, nowhere for longer."""
    return recording(tmp_path_factory.mktemp("rig"), time_steps=5, cameras=3)


def test_depths_are_as_the_authors_take_them(rig: Dataset) -> None:
    assert depth_limits(rig, 0) == (0.9 * CARD, 2 * WALL)
    several = replace(rig, hints={"near": 1.0, "far": 9.0, "ranges": [[1.0, 4.0], [2.0, 9.0]]})
    assert depth_limits(several, 1) == (1.8, 18.0)
    assert depth_limits(replace(several, format="realestate10k"), 1) == (2.0, 9.0)
    assert depth_limits(replace(rig, hints={"near": 1.0, "far": 9.0}), 0) == (0.9, 18.0)
    with pytest.raises(UserError, match="has no near/far bounds"):
        depth_limits(replace(rig, hints={"near_plane": 0.5}), 0)


def test_a_background_that_is_there_is_taken(rig: Dataset) -> None:
    found, measured = background_of(rig, 0, 2, (32, 32))
    assert measured and np.array_equal(found, rig.backgrounds[2].image())
    assert background_of(rig, 0, 2, (16, 24))[0].shape == (24, 16, 3)


def test_else_the_median_over_time_stands_in(rig: Dataset) -> None:
    bare = replace(rig, backgrounds=Views.of(()))
    found, measured = background_of(bare, 0, 1, (32, 32))
    still, _ = photograph(rig.backgrounds[1].camera, None)
    time_steps = np.stack([view.image() for view in rig.views if view.camera_index == 1])
    assert not measured and np.allclose(found, np.median(time_steps, axis=0), atol=1e-6)
    # Where the card was twice of five times and more, it stays.
    assert np.abs(found - still).max(axis=-1).mean() < 0.02 < np.abs(time_steps[2] - still).max(axis=-1).mean()
    with pytest.raises(UserError, match="camera 7 has no photographs to take a background from"):
        background_of(bare, 0, 7, (32, 32))


def test_photographs_keep_their_shape() -> None:
    assert working_size((1920, 1080), (640, 360)) == (640, 360)
    assert working_size((1008, 756), (640, 360)) == (480, 360)
    assert working_size((756, 1008), (640, 360)) == (272, 360)
    assert working_size((321, 177), (640, 360)) == (320, 176)
    assert working_size((12, 12), (640, 360)) == (16, 16)


def test_an_example_is_of_the_photographs_as_the_authors_resize_them(rig: Dataset) -> None:
    training = begun(rig, img_wh=(24, 24))
    example = training.objective.reader.read(0)[0]
    view = training.objective.photographs[example.views[2]]
    assert view.image_path is not None
    with Image.open(view.image_path) as whole:
        resized = whole.resize((24, 24), Image.Resampling.LANCZOS)
    picture = example.pictures[2].permute(1, 2, 0).numpy()
    assert np.abs(picture * 255 - np.asarray(resized)).max() < 1e-3
    assert example.cameras[2].focal_px == pytest.approx((24 * 1.1, 24 * 1.1))
