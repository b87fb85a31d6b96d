"""A dataset: the posed photographs of a data folder as every engine sees them, whatever layout they came from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from engines.core.camera import Array
from engines.core.data.views import Split, Views
from engines.core.upright import CHOSEN


class Volumes(Protocol):
    """Voxels of objects, read when they are asked for."""

    def has(self, number: int, side: int) -> bool:
        """Whether there are so many voxels along each side of an object."""
        ...

    def read(self, number: int, side: int) -> Array:
        """[side, side, side] bool along x, y, z, whether each is filled.

        Raises:
            UserError: they can't be read.
        """
        ...


@dataclass(frozen=True, eq=False)
class Dataset:
    """All views of one scene.

    Attributes:
        views: in file order, training views first.
        source: the folder that was opened.
        format: the layout's name, e.g. "deepvoxels".
        bounds: [2, 3] lowest and highest corner of the box that holds the scene, world.
        up: [3] unit vector, world.
        origin: [3] the place in the folder's own world where the coordinates of all of this begin; mostly 0.
        up_found: how that was found, in plain words; empty: by the cameras alone, without a look at the photographs.
        hints: what only some formats know, by its name there (`near_plane`, `scale`, `grid_barycenter`).
        notes: in plain words, what had to be assumed.
        instances: names of the objects of a class, or of several recordings; empty for a single scene.
        points: [N, 3] on the scene's surfaces, world, where they are known; some are wrong.
        volumes: which voxels of each object are filled, in the cube of `bounds`; None where nobody knows.
        backgrounds: of a recording, what each camera sees without anything that moves; empty where that is not known.
    """

    views: Views
    source: Path
    format: str
    bounds: Array
    up: Array
    hints: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    backgrounds: Views = field(default_factory=lambda: Views.of(()))
    points: Array = field(default_factory=lambda: np.empty((0, 3)))
    up_found: str = ""
    volumes: Volumes | None = None
    origin: Array = field(default_factory=lambda: np.zeros(3))

    @property
    def time_steps(self) -> int:
        """How many time steps its recordings have, the longest of them; 1 of a still scene."""
        return int(self.views.times.max(initial=0)) + 1

    @property
    def moments(self) -> int:
        """Deprecated: `time_steps`, by its old name."""
        warnings.warn("Dataset.moments is called time_steps now", DeprecationWarning, stacklevel=2)
        return self.time_steps

    def split(self, name: Split) -> Views:
        """The views of one split, in order."""
        return self.views.split(name)

    def with_up(self, up: Array) -> Dataset:
        """This dataset with `up` [3], a unit vector in the world, as somebody chose it."""
        return replace(self, up=up, up_found=CHOSEN)

    def with_held_out(self, every: int) -> Dataset:
        """Every `every`-th training view (0: none) becomes a validation view, unless some are held out already.

        Of a class, every such view of each object; of a rig every such camera, with all that it saw. An object of fewer
        than twice as many views or cameras keeps them all.
        """
        views, train = self.views, np.flatnonzero(self.views.splits == 0)
        if every == 0 or self.split("validation"):
            return self
        indices = views.camera_indices[train]
        # A camera that was moved about counts as a new one for each view.
        cameras = np.where(indices < 0, -1 - np.arange(len(train)), indices)
        held_out: list[Array] = []
        for instance in np.unique(views.instances[train]):
            of_object = views.instances[train] == instance
            _, firsts = np.unique(cameras[of_object], return_index=True)
            known = cameras[of_object][np.sort(firsts)]
            if len(known) >= 2 * every:
                held_out.append(train[of_object & np.isin(cameras, known[every - 1 :: every])])
        return replace(self, views=views.with_split(np.concatenate([np.empty(0, int), *held_out]), "validation"))
