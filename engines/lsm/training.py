"""Learning what photographs tell of objects whose voxels, or depths, are known (paper, section 3.4).

A step looks at some objects, each in some of its photographs in an order by chance. What is known after each of these
is compared: occupancies by cross-entropy, depths by their difference; where nothing is hit the depth is 10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.chance import seeded
from engines.core.dataset import Dataset
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.images import resize_nearest
from engines.core.objective import Setup
from engines.core.views import View
from engines.lsm.config import LsmConfig, LsmOptions
from engines.lsm.depth_scene import DepthScene
from engines.lsm.network import Lsm
from engines.lsm.photographs import Cube, read_photographs
from engines.lsm.sources import Sources
from engines.lsm.voxel_scene import VoxelScene

NOTHING = 10.0
"""The depth where nothing is hit, the cube's units."""
OBJECTS, VIEWS = 0, 1
"""Purposes of chance."""


def unsupported(dataset: Dataset, config: LsmConfig) -> str:
    """Why nothing can be learnt from the training photographs, in plain words; "" where something can."""
    views = dataset.split("train").photographed
    if not views:
        return "no training photographs"
    if dataset.moments > 1:
        return f"a recording of {dataset.moments} moments, but LSM learns objects that stand still"
    first = int(views.instances[0])
    fewest = min(np.unique(views.instances, return_counts=True)[1])
    if fewest < config.im_batch:
        return f"an object with {fewest} photographs, but a step looks at im_batch={config.im_batch} of each"
    if config.kind == "dlsm":
        if views.of_instance(first)[0].depth_path is None:
            return "its photographs have no depth maps, which kind=dlsm learns"
        return ""
    if dataset.volumes is None or not dataset.volumes.has(first, config.nvox):
        return f"it has no voxels of {config.nvox}x{config.nvox}x{config.nvox}, which kind=vlsm learns"
    return ""


@dataclass(frozen=True)
class Batch:
    """What a step needs of the disk: B objects, V photographs of each.

    Attributes:
        images: [B, V, 3, H, W]; K: [B, V, 3, 3]; R: [B, V, 3, 4].
        known: [B, n, n, n] filled or not, or depths [B, V, H, W].
    """

    images: Tensor
    K: Tensor
    R: Tensor
    known: Tensor


class LsmObjective:
    """What is learnt: all networks together."""

    def __init__(self, setup: Setup[LsmConfig]) -> None:
        """Begins at random weights.

        Raises:
            UserError: nothing can be learnt from these photographs.
        """
        self.config, self._dataset, self._device, self._seed = setup.config, setup.dataset, setup.device, setup.seed
        if reason := unsupported(setup.dataset, setup.config):
            raise UserError(f"{setup.dataset.source}: {reason}")
        self.photographs = setup.dataset.split("train").photographed
        self._cube = Cube.of(setup.dataset)
        instances = self.photographs.instances
        self._objects = [np.flatnonzero(instances == number).tolist() for number in np.unique(instances)]
        self._numbers = np.unique(instances).tolist()
        self.network = Lsm(setup.config)

    def _chosen(self, step: int) -> list[tuple[int, list[int]]]:
        """Objects, each once before any comes again, and photographs of each."""
        found = []
        for place in range(step * self.config.batch_size, (step + 1) * self.config.batch_size):
            turn, at = divmod(place, len(self._objects))
            order = torch.randperm(len(self._objects), generator=seeded(self._seed, OBJECTS, turn))
            which = int(order[at])
            own = self._objects[which]
            chosen = torch.randperm(len(own), generator=seeded(self._seed, VIEWS, place))[: self.config.im_batch]
            found.append((which, [own[number] for number in chosen.tolist()]))
        return found

    def views(self, step: int) -> Sequence[int]:
        """Of all objects."""
        return [view for _, views in self._chosen(step) for view in views]

    def read(self, step: int) -> Batch:
        """Photographs, and what is known of them."""
        parts, cpu = [], torch.device("cpu")
        for which, numbers in self._chosen(step):
            seen = read_photographs(self.photographs, numbers, self._cube, self.config, cpu)
            known = self._depths(numbers) if self.config.kind == "dlsm" else self._volume(self._numbers[which])
            parts.append((seen.images, seen.K, seen.R, known))
        return Batch(*(torch.stack(each) for each in zip(*parts, strict=True)))

    def _volume(self, number: int) -> Tensor:
        if self._dataset.volumes is None:
            raise UserError(f"{self._dataset.source}: has no voxels any more")
        return torch.tensor(self._dataset.volumes.read(number, self.config.nvox))

    def _depths(self, numbers: Sequence[int]) -> Tensor:
        return torch.stack([torch.tensor(self._depth(self.photographs[number])) for number in numbers])

    def _depth(self, view: View) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """[H, W] as the network gives it."""
        depth, size_px = view.depth() / np.float32(self._cube.side), (self.config.im_w, self.config.im_h)
        if view.camera.size_px != size_px:
            height, width = depth.shape
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            depth = resize_nearest(depth[top : top + side, left : left + side], size_px)
        return np.where(np.isfinite(depth), depth, np.float32(NOTHING)).astype(np.float32)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Over what is known after each photograph."""
        images, K, R, known = (each.to(self._device) for each in (batch.images, batch.K, batch.R, batch.known))
        found = self.network(images, K, R)
        wanted = known[:, None].expand_as(found)
        if self.config.kind == "dlsm":
            return {"total": F.l1_loss(found, wanted)}
        return {"total": F.binary_cross_entropy_with_logits(found, wanted.float())}

    def scene(self, weights: Mapping[str, Tensor]) -> Scene:
        """Of the folder's objects."""
        return scene_of(Sources(self.config, weights, self._dataset, self._device, LsmOptions()))


def scene_of(sources: Sources) -> Scene:
    """The form that the network is of."""
    return DepthScene(sources) if sources.config.kind == "dlsm" else VoxelScene(sources)
