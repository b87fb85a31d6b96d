"""The box of a ball that silhouettes show, by masks or by transparency."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Array, Camera, project
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.data.object_masks import has_silhouette, silhouette
from engines.core.data.subject_box import subject_box
from engines.core.data.views import View, Views
from tests.engines.core.cameras_around import around

CENTRE, RADIUS = np.array([0.2, -0.1, 0.3]), 0.4


def disc(camera: Camera) -> Array:
    """[H, W] bool where the ball is, as a disc."""
    pixels, depth = project(camera, CENTRE[None])
    width, height = camera.size_px
    rows, columns = np.mgrid[:height, :width] + 0.5
    return np.asarray(np.hypot(columns - pixels[0, 0], rows - pixels[0, 1]) < RADIUS / depth[0] * camera.focal_px[0])


def ball(folder: Path, transparent: bool) -> Dataset:
    views = []
    for number, camera in enumerate(around()):
        inside, image = disc(camera), folder / f"{number}.png"
        grey = np.full((*inside.shape, 3), 90, dtype=np.uint8)
        alpha = np.where(inside, 255, 0).astype(np.uint8)
        write_png(image, np.concatenate([grey, alpha[..., None]], axis=2) if transparent else grey)
        view = View(camera, str(number), image_path=image)
        if not transparent:
            write_png(folder / f"{number}.mask.png", alpha)
            view = replace(view, mask_path=folder / f"{number}.mask.png")
        views.append(view)
    bounds = np.array([[-1.5] * 3, [1.5] * 3])
    return Dataset(Views.of(views), folder, "example", bounds, np.array([0, 0, 1.0]))


@pytest.mark.parametrize("transparent", [False, True])
def test_a_ball_is_found_by_its_silhouettes(tmp_path: Path, transparent: bool) -> None:
    dataset = ball(tmp_path, transparent)
    view = dataset.views[3]
    assert has_silhouette(view) and np.array_equal(silhouette(view), disc(view.camera))
    box, found = subject_box(dataset, tuple(dataset.views))
    assert found == "the silhouettes of the masks"
    # By a cell of the carved cube, 3.75 / 39 of a side, on each side.
    np.testing.assert_allclose(box, [CENTRE - RADIUS, CENTRE + RADIUS], atol=0.2)
    assert (box[0] < CENTRE - 0.9 * RADIUS).all() and (box[1] > CENTRE + 0.9 * RADIUS).all()


def test_a_photograph_without_either_shows_no_silhouette(tmp_path: Path) -> None:
    dataset = ball(tmp_path, transparent=False)
    plain = replace(dataset.views[0], mask_path=None)
    assert not has_silhouette(plain)
    bare = replace(dataset, views=Views.of([replace(view, mask_path=None) for view in dataset.views]))
    box, found = subject_box(bare, tuple(bare.views))
    assert np.array_equal(box, dataset.bounds) and found == "where the cameras look"
