"""The photographs that a training is judged by and does not learn from, and what is kept to look at beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor

from app.objects import find_choice
from engines.core.dataset import Dataset
from engines.core.engine import Training
from engines.core.images import resize_area, smaller_size, to_uint8, write_png
from engines.core.run_folder import HELD_OUT_NAME, PHOTOGRAPH_NAME
from engines.core.views import Views

VALIDATION_VIEWS = 8
"""At most so many are drawn in a validation, spread evenly."""
HELD_OUT_PX = 512
"""Longer side of the pictures of a held-out view that are kept."""


def validation_views(training: Training, dataset: Dataset) -> Views:
    """At most `VALIDATION_VIEWS` photographs of what is learnt, evenly spread."""
    views = dataset.split("validation").photographed
    if dataset.instances and views:
        scene = training.scene()
        learnt = [number for number in np.unique(views.instances) if find_choice(scene, dataset, number) is not None]
        views = views.chosen(np.isin(views.instances, learnt))
    count = min(len(views), VALIDATION_VIEWS)
    return views.chosen(np.arange(count) * len(views) // max(count, 1))


def keep_pair(out: Path, step: int, image: Tensor, photograph: Tensor) -> None:
    """Writes what was drawn at `step` of a held-out view, and its photograph, both [H, W, 3], into a run folder.

    Raises:
        OSError: it can't be written; UserError likewise.
    """
    folder = out / HELD_OUT_NAME
    folder.mkdir(exist_ok=True)
    for name, picture in ((PHOTOGRAPH_NAME, photograph), (f"{step:08d}.png", image)):
        pixels = to_uint8(picture.detach().cpu().numpy())
        write_png(folder / name, resize_area(pixels, smaller_size((pixels.shape[1], pixels.shape[0]), HELD_OUT_PX)))
