"""Which photographs of which object a scene is made of; what both of its forms have in common."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.config import make_options
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.engine import INSTANCE, Control
from engines.lsm.config import LsmConfig, LsmOptions
from engines.lsm.photographs import ReconstructionCube, chosen_numbers, instance_number, views_of
from engines.lsm.reconstruction import Reconstructor

OPTION, LEAST = "views", 1
"""Of `LsmOptions`: which photographs are used; so many at least."""


class Sources:
    """A data folder seen by the network."""

    def __init__(
        self,
        config: LsmConfig,
        weights: Mapping[str, Tensor],
        dataset: Dataset,
        device: torch.device,
        options: LsmOptions,
    ) -> None:
        """Makes nothing yet.

        Args:
            weights: in the shapes that `Lsm` has.

        Raises:
            UserError: there are no such photographs.
        """
        self.config, self.dataset, self.device, self.options = config, dataset, device, options
        self.cube = ReconstructionCube.of(dataset)
        self.maker = Reconstructor(config, weights, self.cube, device)
        self.names = dataset.instances
        self.cameras: tuple[Camera, ...] = tuple(view.camera for view in self.views(0))
        self.start = self.cameras[self.chosen(0)[0]]

    def of(self, numbers: Sequence[int] | None) -> Sources:
        """Sources of the same folder and network, what it made of photographs included, with `numbers` chosen.

        Raises:
            UserError: there are no such photographs.
        """
        other = copy.copy(self)
        other.options = make_options(LsmOptions, {**self.options.model_dump(), OPTION: numbers}, "option")
        other.start = self.cameras[other.chosen(0)[0]]
        return other

    @property
    def bounds(self) -> Array:
        """[2, 3] world."""
        return self.maker.bounds

    def number(self, controls: Mapping[str, float]) -> int:
        """Which object `controls` choose."""
        return instance_number(self.dataset, controls)

    def views(self, number: int) -> Views:
        """An object's photographs."""
        return views_of(self.dataset, number)

    def chosen(self, number: int) -> tuple[int, ...]:
        """Those that it is made of.

        Raises:
            UserError: there are fewer.
        """
        where = f"{self.dataset.source}{f': {self.names[number]}' if self.names else ''}"
        return chosen_numbers(self.options.views, self.config.im_batch, self.views(number), where)

    def controls(self) -> tuple[Control, ...]:
        """The choice of an object, where there are several."""
        if len(self.names) < 2:
            return ()
        return (Control(INSTANCE, "Object", "choice", 0, len(self.names) - 1, 0, self.names),)

    def source_cameras(self, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        """The cameras of the photographs that are used."""
        number = self.number(controls)
        views = self.views(number)
        return tuple(views[view].camera for view in self.chosen(number))

    def assumptions(self) -> tuple[str, ...]:
        """Notes in plain words on what was taken for granted."""
        notes, views = list[str](), self.views(0)
        if self.options.views is None:
            used = ", ".join(map(str, self.chosen(0)))
            others = "(--set views=[...] chooses others)"
            notes.append(f"made of photographs {used} of {len(views)}, counted from 0 {others}")
        size_px = (self.config.im_w, self.config.im_h)
        if views[0].camera.size_px != size_px:
            notes.append("photographs are brought to {}x{}, which the network was trained on".format(*size_px))
        if self.dataset.format != "lsm":
            notes.append("the object is taken to fill the cube about the data's box, whose up is the network's +z")
        return tuple(notes)
