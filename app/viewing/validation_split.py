"""The validation split: photographs that a training is judged by and does not train on, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor

from app.camera.fitting import SAME_CAMERA
from app.viewing.instances import find_choice
from engines.core.camera import Array, Camera
from engines.core.contract import scene_of
from engines.core.data.dataset import Dataset
from engines.core.data.images import shrunk, to_uint8, write_png
from engines.core.data.views import Views
from engines.core.engine import Training
from engines.core.storage.checkpoint import HELD_OUT, Checkpoint
from engines.core.storage.run_folder import HELD_OUT_NAME, PHOTOGRAPH_NAME

VALIDATION_VIEWS = 8
"""At most so many are drawn in a validation, spread evenly."""
HELD_OUT_PX = 512
"""Longer side of the pictures of a held-out view that are kept."""
MOST_READ = 5000
"""Views that are looked through for photographs of two splits."""
MOST_NAMED = 2000
"""Held-out views whose names are remembered; of a class with more the rule is, as their files would all be read."""


def validation_views(training: Training, dataset: Dataset) -> Views:
    """At most `VALIDATION_VIEWS` photographs of what is learnt, evenly spread."""
    views = dataset.split("validation").photographed
    if dataset.instances and views:
        scene = scene_of(training)
        learnt = [number for number in np.unique(views.instances) if find_choice(scene, dataset, number) is not None]
        views = views.chosen(np.isin(views.instances, learnt))
    count = min(len(views), VALIDATION_VIEWS)
    return views.chosen(np.arange(count) * len(views) // max(count, 1))


def without_judged(dataset: Dataset) -> Dataset:
    """The data without training views of photographs that also stand among those it is judged by.

    Where that would leave nothing they stay, and a note says what the scores are worth.
    """
    views = dataset.views
    judges = np.flatnonzero((views.splits != 0) & views.facts.has_image)
    # A class with more has a folder for each split, and its views' files are not all to be read.
    if not len(judges) or len(views) > MOST_READ:
        return dataset
    judged = {_photograph(views, index) for index in judges.tolist()}
    train = np.flatnonzero((views.splits == 0) & views.facts.has_image)
    twice = [index for index in train.tolist() if _photograph(views, index) in judged]
    if not twice:
        return dataset
    if len(twice) == len(train):
        note = "all photographs to train on are judged by, too: scores say nothing of views that were not learnt"
        return replace(dataset, notes=(*dataset.notes, note))
    kept = np.ones(len(views), dtype=bool)
    kept[twice] = False
    note = f"{len(twice)} of {len(train)} training photographs are validation or test photographs, too, and not learnt"
    return replace(dataset, views=views.chosen(kept), notes=(*dataset.notes, note))


def _photograph(views: Views, index: int) -> tuple[object, ...]:
    view = views[index]
    return (view.image_path, *view.image_at)


def held_out_names(dataset: Dataset, every: int) -> list[str]:
    """Which training views of the folder `with_held_out` takes, by object and name; none where that says nothing more.

    Args:
        dataset: as the folder has it.
    """
    if dataset.split("validation"):
        return []
    views = dataset.with_held_out(every).split("validation")
    return [] if len(views) > MOST_NAMED else [_full_name(dataset, views, index) for index in range(len(views))]


def remembering(checkpoint: Checkpoint, names: list[str]) -> Checkpoint:
    """The checkpoint with the names of the views that were held out in it, wherever its file is taken."""
    if checkpoint.scene is None or not names:
        return checkpoint
    return replace(checkpoint, scene=replace(checkpoint.scene, hints={**checkpoint.scene.hints, HELD_OUT: list(names)}))


def remembered(checkpoint: Checkpoint) -> list[str]:
    """Names of the views that its run held out, as far as the file knows."""
    names = checkpoint.scene.hints.get(HELD_OUT) if checkpoint.scene is not None else None
    return [str(name) for name in names] if isinstance(names, list) else []


def with_held_out_of(checkpoint: Checkpoint, dataset: Dataset) -> Dataset:
    """The folder's views as the run that made the checkpoint had them: what it held out are validation views.

    By the names that the file remembers; else, of a run that remembers none, by its option `held_out_every`. A folder
    with validation views of its own, and one of which nothing was held out, stay as they are.
    """
    scene = checkpoint.scene
    if scene is None or checkpoint.step == 0 or dataset.split("validation"):
        return dataset
    if known := set(remembered(checkpoint)):
        views = dataset.views
        train = np.flatnonzero(views.splits == 0).tolist()
        found = np.array([index for index in train if _full_name(dataset, views, index) in known], dtype=int)
        return replace(dataset, views=views.with_split(found, "validation"))
    every = checkpoint.config.get("held_out_every")
    return dataset.with_held_out(every) if isinstance(every, int) and every >= 0 else dataset


def as_trained(checkpoint: Checkpoint, dataset: Dataset) -> Dataset:
    """The folder's views as the run trained on them, for scenes that are drawn from photographs: none that is judged.

    Of more than `MOST_READ` views it is the folder's own splits that say which are judged.
    """
    if len(dataset.views) > MOST_READ:
        return dataset
    # Among the objects of a class a photograph is found in one split only.
    dataset = dataset if len(dataset.instances) > 1 else without_judged(dataset)
    held = with_held_out_of(checkpoint, dataset)
    return held if held is dataset or _was_learnt(checkpoint, held) else dataset


def _was_learnt(checkpoint: Checkpoint, held: Dataset) -> bool:
    """Whether the cameras that the file carries, which it trained on, are training views here, and none is held out.

    Of another capture nothing was held out, and a file may have been learnt with all of this one.
    """
    train = held.split("train")
    if checkpoint.scene is None or not checkpoint.scene.cameras or not train:
        return False
    views = held.views.of_instance(int(train.instances[0])).at_time(int(train.times[0]))
    poses = np.stack([camera.camera_to_world for camera in checkpoint.scene.cameras])
    learnt = {view.split for view in views if _stands_among(view.camera, poses)}
    return "train" in learnt and "validation" not in learnt


def _stands_among(camera: Camera, poses: Array) -> bool:
    """Whether a camera is one of `poses` [N, 4, 4], to rounding."""
    apart = np.abs(poses - camera.camera_to_world).max(axis=(1, 2))
    return bool((apart <= SAME_CAMERA * (1 + np.abs(camera.position).max())).any())


def instance_views(checkpoint: Checkpoint, dataset: Dataset, number: int) -> Views:
    """Those of object `number`, as `with_held_out_of` has them; files of other objects' views are not read."""
    views = dataset.views.of_instance(number)
    # Its own validation views, be they of other objects, say that the run held nothing out.
    if dataset.split("validation"):
        return views
    return with_held_out_of(checkpoint, replace(dataset, views=views)).views


def _full_name(dataset: Dataset, views: Views, index: int) -> str:
    name = views[index].name
    return f"{dataset.instances[views.instances[index]]}: {name}" if dataset.instances else name


def keep_pair(out: Path, step: int, image: Tensor, photograph: Tensor) -> None:
    """Writes what was drawn at `step` of a held-out view, and its photograph, both [H, W, 3], into a run folder.

    Raises:
        OSError: it can't be written; UserError likewise.
    """
    folder = out / HELD_OUT_NAME
    folder.mkdir(exist_ok=True)
    for name, picture in ((PHOTOGRAPH_NAME, photograph), (f"{step:08d}.png", image)):
        pixels = to_uint8(picture.detach().cpu().numpy())
        write_png(folder / name, shrunk(pixels, HELD_OUT_PX))
