"""What each step looks at, and how it comes from the disk.

A step's objects and photographs follow from the seed and the step's number alone, so that any process can read them
ahead, and a run that goes on later needs no memory of what it has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array
from engines.core.data.dataset import Volumes
from engines.core.data.depth_files import resized_depth
from engines.core.data.views import View, Views
from engines.core.data.volumes import turned
from engines.core.distributed import Rank, Share
from engines.core.errors import UserError
from engines.core.learning.read_ahead import WORKERS
from engines.core.seeding import seeded
from engines.lsm.config import LsmConfig
from engines.lsm.photographs import NetworkPhotographs, ReconstructionCube, read_photographs

NOTHING = 10.0
"""The depth where nothing is hit, the cube's units."""
MEMORY_BYTES = 2**30
"""Photographs that take no more are kept; of more than that each is read when its turn comes."""
LOOKED_AT = 24
"""Objects whose files are looked at before the first step."""
OBJECTS, VIEWS = 0, 1
"""Purposes of chance."""


def photograph_bytes(config: LsmConfig) -> int:
    """Bytes of a photograph that is kept: three colours and, where they are learnt, depths."""
    return 4 * (3 + config.learns_depths) * config.im_h * config.im_w


def workers_for(count: int, config: LsmConfig) -> int:
    """Processes for `count` photographs: the option, else none where all are kept."""
    if config.num_workers is not None:
        return config.num_workers
    return WORKERS if count * photograph_bytes(config) > MEMORY_BYTES else 0


@dataclass(frozen=True)
class Chosen:
    """An object of a step, and numbers of its photographs, in the order in which they are looked at."""

    instance: int
    views: tuple[int, ...]


class ObjectSchedule:
    """Which objects a step looks at, in which photographs."""

    def __init__(self, instances: Array, config: LsmConfig, seed: int) -> None:
        """Chooses among photographs whose objects are `instances` [V]."""
        self._numbers = np.unique(instances).tolist()
        self._own = [np.flatnonzero(instances == number) for number in self._numbers]
        self._config, self._seed = config, seed

    def chosen(self, step: int) -> list[Chosen]:
        """Objects, each once before any comes again; of each as many photographs as are asked for, by chance."""
        size, count, found = self._config.batch_size, len(self._own), list[Chosen]()
        for place in range(step * size, (step + 1) * size):
            which = int(_shuffled(count, self._seed, place // count)[place % count])
            own = self._own[which]
            order = torch.randperm(len(own), generator=seeded(self._seed, VIEWS, place))[: self._config.im_batch]
            found.append(Chosen(self._numbers[which], tuple(own[order.numpy()].tolist())))
        return found

    def first_of(self, most: int) -> list[Chosen]:
        """Objects, at most so many and evenly spread, each in its first photograph."""
        places = range(0, len(self._own), -(-len(self._own) // most))
        return [Chosen(self._numbers[place], (int(self._own[place][0]),)) for place in places]


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: int, turn: int) -> Tensor:
    return torch.randperm(count, generator=seeded(seed, OBJECTS, turn))


@dataclass(frozen=True, eq=False)
class PhotographBatch:
    """What is this rank's of a step: B objects, V photographs of each.

    Attributes:
        share: which of the step's objects they are.
        images: [B, V, 3, H, W] in [0, 1]; K: [B, V, 3, 3]; R: [B, V, 3, 4].
        known: [B, n, n, n] filled or not, or depths [B, V, H, W], the cube's units.
    """

    share: Share
    images: Tensor
    K: Tensor
    R: Tensor
    known: Tensor


class PhotographBatchReader:
    """Reads what any step needs."""

    def __init__(
        self,
        views: Views,
        volumes: Volumes | None,
        cube: ReconstructionCube,
        plan: ObjectSchedule,
        config: LsmConfig,
        rank: Rank,
    ) -> None:
        """Reads the share of `rank` of `views`, and voxels of their objects, which stand in `cube`."""
        self._views, self._volumes, self._cube, self._plan = views, volumes, cube, plan
        self._config, self._rank = config, rank
        self._kept, self._depths, self._grids = (
            dict[int, NetworkPhotographs](),
            dict[int, Tensor](),
            dict[int, Tensor](),
        )

    def __getstate__(self) -> dict[str, object]:
        # Workers keep photographs of their own.
        return vars(self) | {"_kept": {}, "_depths": {}, "_grids": {}}

    def read(self, step: int) -> PhotographBatch:
        """Photographs, and what is known of them.

        Raises:
            UserError: a photograph, camera, depth map or volume can't be read.
        """
        share, parts = self._rank.share(self._config.batch_size), list[tuple[Tensor, ...]]()
        for chosen in self._plan.chosen(step)[share.rows]:
            seen = [self._photograph(number) for number in chosen.views]
            together = (torch.cat([getattr(one, name) for one in seen]) for name in ("images", "K", "R"))
            parts.append((*together, self._known(chosen)))
        return PhotographBatch(share, *(torch.stack(each) for each in zip(*parts, strict=True)))

    def look(self) -> None:
        """Looks at some objects, evenly spread: what is wrong with their files is said before the first step.

        Raises:
            UserError: as `read`.
        """
        for chosen in self._plan.first_of(LOOKED_AT):
            self._photograph(chosen.views[0])
            self._known(chosen)

    def _known(self, chosen: Chosen) -> Tensor:
        if self._config.learns_depths:
            return torch.stack([self._depth(number) for number in chosen.views])
        return self._volume(chosen.instance)

    def _fits(self) -> bool:
        return (len(self._kept) + 1) * photograph_bytes(self._config) <= MEMORY_BYTES

    def _photograph(self, number: int) -> NetworkPhotographs:
        if (kept := self._kept.get(number)) is not None:
            return kept
        read = read_photographs(self._views, [number], self._cube, self._config, torch.device("cpu"))
        if self._fits():
            self._kept[number] = read
        return read

    def _depth(self, number: int) -> Tensor:
        if (kept := self._depths.get(number)) is not None:
            return kept
        depth = torch.from_numpy(known_depth(self._views[number], self._cube, self._config))
        if number in self._kept:
            self._depths[number] = depth
        return depth

    def _volume(self, instance: int) -> Tensor:
        if (kept := self._grids.get(instance)) is not None:
            return kept
        volume = torch.from_numpy(known_volume(self._volumes, instance, self._cube, self._config))
        if self._kept:
            self._grids[instance] = volume
        return volume


def known_volume(volumes: Volumes | None, instance: int, cube: ReconstructionCube, config: LsmConfig) -> Array:
    """[n, n, n] bool along the cube's x, y, z: which voxels of an object are filled.

    Raises:
        UserError: they aren't known, or can't be read.
    """
    if volumes is None:
        raise UserError("its objects have no voxels")
    return turned(volumes.read(instance, config.nvox), cube.turn)


def known_depth(view: View, cube: ReconstructionCube, config: LsmConfig) -> Array:
    """[H, W] float32 as the network gives it, the cube's units, of the size that it is given photographs in.

    Raises:
        UserError: it can't be read.
    """
    depth = resized_depth(view.depth(), (config.im_w, config.im_h)) / np.float32(cube.side)
    return np.where(np.isfinite(depth), depth, np.float32(NOTHING)).astype(np.float32)


def too_few(views: Views, config: LsmConfig, names: Sequence[str]) -> str:
    """Which object has fewer photographs than a step looks at, in plain words; "" where none has."""
    numbers, counts = np.unique(views.instances, return_counts=True)
    fewest, whose = int(counts.min()), int(numbers[counts.argmin()])
    if fewest >= config.im_batch:
        return ""
    return (
        f"{f'object {names[whose]}' if names else 'it'} has {fewest} photograph{'s' * (fewest > 1)} to train on, but "
        f"a step looks at im_batch={config.im_batch} of each; set im_batch={fewest}"
    )
