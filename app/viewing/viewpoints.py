"""Cameras to go to: the views of the data folder, split by split, else those that the scene itself knows."""

from __future__ import annotations

from dataclasses import dataclass

from app.camera.fitting import fit_native
from app.viewing.instances import find_number
from app.viewing.opening import Opened
from app.viewing.validation_split import instance_views
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.views import SPLITS, Split, View


@dataclass(frozen=True, eq=False)
class ViewPoint:
    """A camera of the scene to go to, with its photograph where the data folder has one."""

    camera: Camera
    name: str
    view: View | None = None
    split: Split = "train"
    """What the view was there for; the scene's own cameras are those that it was trained with."""


@dataclass(frozen=True, eq=False)
class InstanceViews:
    """The viewpoints of an instance of a class, read after it was chosen.

    Attributes:
        scene_number: as in a render request.
        stays: whether one goes on looking from where one does.
    """

    scene_number: int
    instance: int
    viewpoints: tuple[ViewPoint, ...]
    stays: bool = False


class Visited:
    """The viewpoints of a scene, and the split that is gone through."""

    def __init__(self) -> None:
        self.all: tuple[ViewPoint, ...] = ()
        self.points: tuple[ViewPoint, ...] = ()
        """Those of the split: kept, as they are asked for whenever the mouse moves."""
        self.split: Split = "train"

    def enter(self, points: tuple[ViewPoint, ...]) -> None:
        """Other viewpoints; the split stays where it has some, else it is the first that does."""
        self.all = points
        there = self.splits
        self.choose(self.split if self.split in there else next(iter(there), "train"))

    def choose(self, split: Split) -> None:
        """Goes through another split."""
        self.split = split
        self.points = tuple(point for point in self.all if point.split == split)

    @property
    def splits(self) -> dict[Split, int]:
        """How many viewpoints each split has that has some."""
        counts = {name: sum(point.split == name for point in self.all) for name in SPLITS}
        return {name: count for name, count in counts.items() if count}


def read_viewpoints(opened: Opened, choice: int = 0) -> tuple[ViewPoint, ...]:
    """The viewpoints of an open scene: of a class, the chosen object's; of a recording, those of its first time step.

    What the run held out are validation views.

    Raises:
        UserError: a view's files can't be read.
    """
    native = opened.scene.native_px
    number = find_number(opened.scene, opened.dataset, choice) if opened.dataset is not None else None
    if opened.dataset is None or number is None:
        return tuple(ViewPoint(camera, str(index)) for index, camera in enumerate(opened.scene.cameras))
    views = instance_views(opened.checkpoint, opened.dataset, number)
    views = views.at_time(int(views.times.min(initial=0)) if len(views) else 0)
    return tuple(
        ViewPoint(
            fit_native(view.camera, native, opened.scene.cropped_px) if native else view.camera,
            view.name,
            view if view.image_path is not None else None,
            view.split,
        )
        for view in views
    )


def view_at(dataset: Dataset, view: View, time: int) -> View:
    """What the same camera of a rig saw at another time step; `view` itself where that is not known."""
    views = dataset.views.of_instance(view.instance)
    # Of several recordings each is as long as it is.
    time = min(time, int(views.times.max(initial=0)))
    if view.camera_index is None or view.time == time:
        return view
    views = views.at_time(time)
    found = views.chosen(views.camera_indices == view.camera_index).photographed
    return found[0] if len(found) else view
