"""Photographs of an object whose masks say what belongs to it: the rest can be laid over with one colour.

A turntable needs it: the camera and the room stand still while the object turns, so that what is behind it contradicts
the poses, which are relative to the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from engines.core.camera import Array
from engines.core.config import Outside
from engines.core.data.dataset import Dataset
from engines.core.data.images import has_alpha, resize_area, smaller_size
from engines.core.data.views import View, Views, ViewSource
from engines.core.errors import UserError

COLOURS: Mapping[str, float] = {"white": 1.0, "black": 0.0}
LOOKED_AT, LOOKED_AT_PX = 6, 128
"""Photographs, evenly spread, and the longer side at which they are compared."""
ALIKE = 0.05
"""Of the range of brightness: what noise, codecs and lamps change in a picture of what stands still."""
TURNED_DEG = 20.0
"""Cameras that look alike see the same room, whatever turns."""
LEAST_OUTSIDE = 0.05
"""Of the picture that no mask covers, to say what is behind."""


def settled(dataset: Dataset, outside: Outside, learns_silhouettes: bool = False) -> Outside:
    """What becomes of pixels outside the object's masks, where that is left to the data.

    Args:
        learns_silhouettes: the method never learns what is outside.

    Raises:
        UserError: a colour is asked for, and there are no masks of an object; or a photograph can't be read.
    """
    if outside == "kept":
        return outside
    views = dataset.split("train").photographed
    masked = dataset.time_steps == 1 and len(views) > 0 and views[0].mask_path is not None
    if outside != "auto":
        first = views[0] if len(views) else None
        transparent = first is not None and first.image_path is not None and has_alpha(first.image_path)
        if not masked and (dataset.time_steps > 1 or not transparent):
            lacking = "its photographs have neither masks of an object nor transparency"
            what = "its masks say what moves" if dataset.time_steps > 1 else lacking
            raise UserError(f"{dataset.source}: outside_masks={outside}, but {what}; leave it out")
        return outside
    if masked and learns_silhouettes:
        return "white"
    return "white" if masked and is_turntable(views.of_instance(int(views.instances[0]))) else "kept"


def laid_over(dataset: Dataset, outside: str) -> Dataset:
    """The dataset with one colour outside the object's masks; unchanged where `outside` names none, or things move."""
    if outside not in COLOURS or dataset.time_steps > 1:
        return dataset
    views = dataset.views.of_source(_LaidOver(dataset.views.source, COLOURS[outside]))
    note = f"what is outside the object's masks is laid over with {outside} (outside_masks={outside})"
    return replace(dataset, views=views, notes=(*dataset.notes, note))


def as_learnt(dataset: Dataset, config: Mapping[str, Any]) -> Dataset:
    """The photographs as the run with these options saw them."""
    return laid_over(dataset, str(config.get("outside_masks", "kept")))


class _LaidOver:
    """A source's views, laid over outside their masks."""

    def __init__(self, source: ViewSource, colour: float) -> None:
        self._source, self._colour = source, colour

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, number: int) -> View:
        view = self._source[number]
        return replace(view, outside=self._colour)

    def fingerprint(self, numbers: Array) -> str:
        """As `ViewSource` has it."""
        return self._source.fingerprint(numbers)


def is_turntable(views: Views) -> bool:
    """Whether what is outside the masks stays as it is while the cameras look from elsewhere, and is no plain colour.

    Raises:
        UserError: a photograph or a mask can't be read.
    """
    count = min(len(views), LOOKED_AT)
    chosen = [views[index * len(views) // count] for index in range(count)]
    forward = np.stack([view.camera.forward for view in chosen])
    apart = np.degrees(np.arccos(np.clip((forward @ forward.T).min(), -1, 1)))
    sizes = {view.camera.size_px for view in chosen}
    if count < 3 or apart < TURNED_DEG or len(sizes) > 1 or any(view.mask_path is None for view in chosen):
        return False
    size_px = smaller_size(chosen[0].camera.size_px, LOOKED_AT_PX)
    pictures = np.stack([cv2.cvtColor(resize_area(view.image(), size_px), cv2.COLOR_RGB2GRAY) for view in chosen])
    masks = [resize_area(view.mask().astype(np.float32), size_px) for view in chosen]
    outside = np.max(masks, axis=0) == 0
    if outside.mean() < LEAST_OUTSIDE:
        return False
    behind = pictures[:, outside]
    # Most pixels, as shadows go with the object.
    stands_still = np.quantile(np.ptp(behind, axis=0), 0.75) < ALIKE
    return bool(stands_still and np.std(behind.mean(axis=0)) > ALIKE)


def has_silhouette(view: View) -> bool:
    """Whether a photograph says what belongs to the object: by a mask beside it, or by transparency of its own."""
    return view.mask_path is not None or (view.image_path is not None and has_alpha(view.image_path))


def silhouette(view: View) -> Array:
    """[H, W] bool what belongs to the object, read now: by the mask, else what of the photograph is opaque.

    Raises:
        UserError: it can't be read, or is of another size than the photograph.
    """
    if view.mask_path is not None:
        return view.mask()
    # What is laid behind shows as far as it is transparent.
    white, black = (replace(view, outside=behind).image() for behind in (1.0, 0.0))
    return np.asarray((white - black).mean(axis=-1) < 0.5)
