"""What a data folder says of a capture: how deep it is, and what its cameras see of what stands still."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.images import resize_lanczos, to_uint8
from engines.core.data.views import View, Views
from engines.core.errors import UserError
from engines.core.formats.realestate10k import NAME as CLIPS

MEDIAN_MOMENTS = 25
"""About so many, evenly spread, say what stands still."""


def depth_limits(dataset: Dataset, instance: int) -> tuple[float, float]:
    """Depths of the nearest and the farthest plane, world units, as the authors place them.

    Raises:
        UserError: the folder does not say how deep the scene is.
    """
    if reason := lack_of_depths(dataset):
        raise UserError(f"{dataset.source}: {reason}")
    ranges = dataset.hints.get("ranges")
    near, far = ranges[instance] if ranges else (dataset.hints["near"], dataset.hints["far"])
    # Theirs begin at one depth for all clips; those that COLMAP measured are too tight for what it did not match.
    return (float(near), float(far)) if are_clips(dataset) else (0.9 * float(near), 2 * float(far))


def lack_of_depths(dataset: Dataset) -> str:
    """Why planes can't be placed, in plain words; "" where the folder says how deep its scenes are."""
    hints = dataset.hints
    if hints.get("ranges") or (hints.get("near") is not None and hints.get("far") is not None):
        return ""
    return f"this data ({dataset.format}) has no near/far bounds; Mask Volume needs them (poses_bounds.npy has them)"


def are_clips(dataset: Dataset) -> bool:
    """Whether views are the frames of videos through still scenes, in their order."""
    return dataset.format == CLIPS


def background_of(
    dataset: Dataset,
    instance: int,
    camera_index: int,
    size_px: tuple[int, int],
    check: Callable[[], None] = lambda: None,
    of_folder: bool = True,
) -> tuple[Array, bool]:
    """What one camera of a rig sees of what stands still.

    Args:
        size_px: (width, height) that its pictures are brought to.
        check: called before each photograph is read; may raise.
        of_folder: whether the folder's own may be taken.

    Returns:
        image: [H, W, 3] in [0, 1].
        measured: True where the folder has it, False where it is the median over time.

    Raises:
        UserError: the camera has no photographs, or one can't be read.
    """
    known = _of_camera(dataset.backgrounds, instance, camera_index)
    if known and of_folder:
        return picture_at(known[0], size_px), True
    views = _of_camera(dataset.views, instance, camera_index)
    if not views:
        raise UserError(f"{dataset.source}: camera {camera_index} has no photographs to take a background from")
    views = views.chosen(np.argsort(views.times, kind="stable"))
    count = min(len(views), MEDIAN_MOMENTS)
    time_steps, failure = list[Array](), None
    for place in range(count):
        check()
        try:
            # Bytes: float photographs of 25 time steps would fill the memory.
            time_steps.append(to_uint8(picture_at(views[place * len(views) // count], size_px)))
        except UserError as error:
            # What stands still is seen in the others, too.
            failure = failure or error
    if not time_steps:
        raise failure or UserError(f"{dataset.source}: camera {camera_index} has no photographs")
    return np.asarray(np.median(np.stack(time_steps), axis=0).astype(np.float32) / np.float32(255)), False


def picture_at(view: View, size_px: tuple[int, int]) -> Array:
    """[H, W, 3] the photograph at (width, height), as the authors resize; goes with `Camera.resized`."""
    return resize_lanczos(view.image(), size_px)


def _of_camera(views: Views, instance: int, camera_index: int) -> Views:
    return views.chosen((views.instances == instance) & (views.camera_indices == camera_index)).photographed
