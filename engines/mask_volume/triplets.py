"""Which three photographs an example is made of: two to make planes of, and one to draw from them.

They follow from the seed and the example's number alone, so that any process can read them ahead, and a run that goes
on later needs no memory of what it has seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array
from engines.core.data.views import Views
from engines.core.seeding import seeded
from engines.mask_volume.config import MaskVolumeConfig

ANGLE_DEG = 30.0
"""Cameras that look further apart see too little in common."""
ALIKE = math.cos(math.radians(ANGLE_DEG))
FEWEST = 3
"""Photographs of an example."""


@dataclass(frozen=True)
class Triplet:
    """Numbers of the views of an example.

    Attributes:
        first: whose camera the planes stand before.
        second: the other photograph that they are made of.
        target: the one that is drawn.
    """

    first: int
    second: int
    target: int


class Triplets:
    """The photographs of any example."""

    def __init__(self, views: Views, are_clips: bool, config: MaskVolumeConfig, seed: int) -> None:
        """Out of the training photographs `views`.

        Args:
            are_clips: whether each instance's views are the frames of a video, in their order.
        """
        self._views, self._are_clips, self._config, self._seed = views, are_clips, config, seed
        # By instance and camera of a rig, else by view.
        self._poses: dict[tuple[int, int], Array] = {}
        instances, by_instance = np.unique(views.instances), np.argsort(views.instances, kind="stable")
        ends = np.searchsorted(views.instances[by_instance], instances, side="right")
        groups = np.split(by_instance, ends[:-1])
        # Instance -> its time steps, each [N] view numbers.
        self._time_steps = {
            int(instance): [group] * (len(group) >= FEWEST) if are_clips else self._moments_of(group)
            for instance, group in zip(instances, groups, strict=True)
        }
        self.instances = np.array(
            [number for number, time_steps in self._time_steps.items() if time_steps], dtype=np.int64
        )
        """That examples can be made of."""

    def _moments_of(self, group: Array) -> list[Array]:
        """Of an instance's views `group`, those of each time step; none where its cameras look apart."""
        times = self._views.times[group]
        order = np.argsort(times, kind="stable")
        time_steps = np.split(group[order], np.flatnonzero(np.diff(times[order])) + 1)
        time_steps = [time_step for time_step in time_steps if len(time_step) >= FEWEST]
        # A rig's cameras are the same at every time step: one look is enough.
        if time_steps and any(
            len(self._near(time_steps[0], place)) >= FEWEST - 1 for place in range(len(time_steps[0]))
        ):
            return time_steps
        return []

    def example(self, number: int) -> Triplet:
        """The `number`-th example: each instance once before any comes again, the rest by chance."""
        round_, place = divmod(number, len(self.instances))
        instance = int(self.instances[_shuffled(len(self.instances), self._seed, round_)[place]])
        random = seeded(self._seed, 1, number)
        time_steps = self._time_steps[instance]
        time_step = time_steps[_below(len(time_steps), random)]
        if self._are_clips:
            return Triplet(*_frames(time_step, self._config, random))
        for place in torch.randperm(len(time_step), generator=random).tolist():
            near = self._near(time_step, place)
            if len(near) >= FEWEST - 1:
                second, target = near[torch.randperm(len(near), generator=random)[:2].numpy()].tolist()
                return Triplet(int(time_step[place]), second, target)
        # Where photographs of this time step are missing, the three that are left may look apart.
        return Triplet(*time_step[torch.randperm(len(time_step), generator=random)[:3].numpy()].tolist())

    def _near(self, time_step: Array, place: int) -> Array:
        """[N] of the views `time_step`, those that look as the one at `place` does, the nearest ones."""
        poses = np.stack([self._pose(int(number)) for number in time_step])
        alike = poses[:, :3, 2] @ poses[place, :3, 2] >= ALIKE
        alike[place] = False
        distance = np.linalg.norm(poses[:, :3, 3] - poses[place, :3, 3], axis=1)
        order = np.argsort(distance, kind="stable")
        return np.asarray(time_step[order[alike[order]]][: self._config.neighbours])

    def _pose(self, number: int) -> Array:
        """[4, 4] camera to world, read once for each camera that stands still."""
        camera = int(self._views.camera_indices[number])
        key = (-1, number) if camera < 0 else (int(self._views.instances[number]), camera)
        if key not in self._poses:
            self._poses[key] = self._views[number].camera.camera_to_world
        return self._poses[key]


def _frames(clip: Array, config: MaskVolumeConfig, random: torch.Generator) -> Sequence[int]:
    """Three of a random subsequence of a video's frames; a short video gives what it has."""
    last = len(clip) - 1
    most = min(config.max_stride, last // (config.num_frames - 1))
    least = min(config.min_stride, last // (FEWEST - 1))
    stride = least + _below(max(most - least, 0) + 1, random)
    count = min(config.num_frames, last // stride + 1)
    start = _below(last - (count - 1) * stride + 1, random)
    chosen = torch.randperm(count, generator=random)[:FEWEST].numpy()
    return [int(clip[start + stride * place]) for place in chosen]


def _below(count: int, random: torch.Generator) -> int:
    return int(torch.randint(count, (), generator=random))


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: int, round_: int) -> Tensor:
    return torch.randperm(count, generator=seeded(seed, 0, round_))
