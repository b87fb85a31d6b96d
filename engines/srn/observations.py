"""Which photographs each step looks at, and how they come from the disk.

A step's photographs follow from the seed and the step's number alone, so that any process can read them ahead, and a
run that goes on later needs no memory of what it has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import to_uint8
from engines.core.data.views import Views
from engines.core.distributed import ALONE, Rank, Share
from engines.core.errors import UserError
from engines.core.learning.read_ahead import WORKERS
from engines.core.seeding import seeded
from engines.srn.codes import given_codes
from engines.srn.config import SrnConfig

MEMORY_BYTES = 2**29
"""Photographs that take no more are kept at the stage's size; of more than that each is read when its turn comes."""


def unsupported(dataset: Dataset, config: SrnConfig) -> str:
    """Why nothing can be trained on the training photographs, in plain words; "" where something can."""
    train = dataset.split("train")
    views = train.photographed
    if not views:
        return "no training photographs"
    if dataset.time_steps > 1:
        return (
            f"a recording of {dataset.time_steps} time steps, but SRNs learn what stands still; give it one "
            "time step, in a folder of its own"
        )
    objects = _objects(train, config)
    if config.fit_single_srn and len(objects) > 1:
        return f"{len(objects)} objects, but fit_single_srn learns one; name its folder"
    lacking = np.setdiff1d(objects, views.instances)
    if len(lacking):
        return f"object {dataset.instances[lacking[0]]} has no photographs to train on"
    return ""


def _objects(train: Views, config: SrnConfig) -> Array:
    """[I] numbers of the objects that are learnt."""
    objects = np.unique(train.instances)
    return objects if config.max_num_instances_train < 0 else objects[: config.max_num_instances_train]


def observations(dataset: Dataset, config: SrnConfig) -> Views:
    """The training photographs that the options keep, object by object.

    Raises:
        UserError: the data is `unsupported`, or `specific_observation_idcs` goes beyond an object's photographs.
    """
    if reason := unsupported(dataset, config):
        raise UserError(f"{dataset.source}: {reason}")
    train = dataset.split("train")
    views, objects = train.photographed, _objects(train, config)
    by_object = np.argsort(views.instances, kind="stable")
    begins = np.searchsorted(views.instances[by_object], [*objects, int(objects[-1]) + 1])
    chosen = [
        by_object[begin:end][_chosen(int(end - begin), int(number), dataset, config)]
        for number, begin, end in zip(objects, begins, begins[1:], strict=False)
    ]
    return views.chosen(np.concatenate(chosen))


def _chosen(count: int, number: int, dataset: Dataset, config: SrnConfig) -> list[int]:
    """Of an object's `count` photographs."""
    if config.specific_observation_idcs is not None:
        beyond = [index for index in config.specific_observation_idcs if not 0 <= index < count]
        if beyond:
            name = dataset.instances[number] if dataset.instances else dataset.source.name
            raise UserError(f"{dataset.source}: {name} has {count} photographs, no number {beyond[0]}")
        return list(config.specific_observation_idcs)
    most = config.max_num_observations_train
    return list(range(count)) if most < 0 or most >= count else [index * count // most for index in range(most)]


def left_out(views: Views, kept: Views, config: SrnConfig) -> tuple[str, ...]:
    """A note in plain words that of `views` only `kept` are trained on; none where they were chosen one by one."""
    if config.specific_observation_idcs is not None:
        return ()
    photographed = views.photographed
    there = int(np.isin(photographed.instances, np.unique(kept.instances)).sum())
    if len(kept) == there:
        return ()
    return (
        f"{len(kept)} of {there} photographs are trained on, evenly spread, as max_num_observations_train="
        f"{config.max_num_observations_train} has it for each object; -1 takes all",
    )


class ResolutionSchedule:
    """Side of the pictures, and which, at any step."""

    def __init__(self, instances: np.ndarray[tuple[int], np.dtype[np.int32]], config: SrnConfig, seed: int) -> None:
        """Photographs of objects `instances` [V], sorted."""
        self._instances, self._config, self._seed = instances, config, seed

    def stage(self, step: int) -> tuple[int, int]:
        """Side of the pictures, and how many of them."""
        config = self._config
        number = self._config.stage_number(step)
        return config.img_sidelengths[number], config.batch_size_per_img_sidelength[number]

    def views(self, step: int) -> list[int]:
        """Indices: each photograph once before any comes again, with others of its object by chance."""
        count, together = self.stage(step)[1], self._config.samples_per_instance
        random, found = seeded(self._seed, 1, step), list[int]()
        first = self._drawn_before(step)
        while len(found) < count:
            round_, place = divmod(first, len(self._instances))
            first += 1
            found.append(int(_shuffled(len(self._instances), self._seed, round_)[place]))
            more = min(together - 1, count - len(found))
            if more > 0:
                number = self._instances[found[-1]]
                begin, end = np.searchsorted(self._instances, [number, number + 1])
                found += torch.randint(int(begin), int(end), (more,), generator=random).tolist()
        return found

    def _drawn_before(self, step: int) -> int:
        """Photographs that earlier steps took from the shuffled order."""
        config = self._config
        last = self._config.stage_number(step)
        steps = [*config.max_steps_per_img_sidelength[:last]]
        steps.append(step - sum(steps))
        sizes = config.batch_size_per_img_sidelength
        return sum(done * -(-size // config.samples_per_instance) for done, size in zip(steps, sizes, strict=False))


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: int, round_: int) -> Tensor:
    return torch.randperm(count, generator=seeded(seed, 0, round_))


@dataclass(frozen=True, eq=False)
class ObservedImages:
    """The photographs of one step that are this rank's, squared.

    Attributes:
        step: counted from 0.
        share: which of the step's they are.
        views: [B] indices.
        colours: [B, S * S, 3] uint8.
        valid: [B, S * S] bool, which of them count; None: all.
        codes: [B, L] where they are given with the data.
    """

    step: int
    share: Share
    views: tuple[int, ...]
    colours: Tensor
    cameras: tuple[Camera, ...]
    codes: Tensor | None
    valid: Tensor | None = None


class PictureReader:
    """Reads the pictures of any step."""

    def __init__(
        self, views: Views, plan: ResolutionSchedule, code_length: int | None, keep: bool, rank: Rank = ALONE
    ) -> None:
        """Reads the share of `rank` of `views`, and with each its code of `code_length` where that is not None."""
        self._views, self._plan, self._code_length, self._rank = views, plan, code_length, rank
        self._kept: dict[tuple[int, int], tuple[Tensor, Camera, Tensor | None]] | None = {} if keep else None

    def read(self, step: int) -> ObservedImages:
        """The pictures of a step.

        Raises:
            UserError: a photograph, pose or code can't be read.
        """
        side, count = self._plan.stage(step)
        share = self._rank.share(count)
        views = tuple(self._plan.views(step)[share.rows])
        colours, cameras, masks = zip(*(self._one(index, side) for index in views), strict=True)
        valid = None
        if any(mask is not None for mask in masks):
            everything = torch.ones(side * side, dtype=torch.bool)
            valid = torch.stack([everything if mask is None else mask for mask in masks])
        codes = None
        if self._code_length is not None:
            codes = given_codes([self._views[index] for index in views], self._code_length)
        return ObservedImages(step, share, views, torch.stack(colours), cameras, codes, valid)

    def _one(self, index: int, side: int) -> tuple[Tensor, Camera, Tensor | None]:
        """[S * S, 3] bytes, the camera, and [S * S] bool what counts; None: all."""
        if self._kept is not None and (index, side) in self._kept:
            return self._kept[index, side]
        view = self._views[index]
        colours = torch.from_numpy(np.ascontiguousarray(to_uint8(view.square_image(side)))).view(-1, 3)
        mask = view.square_valid(side)
        valid = None if mask is None else torch.from_numpy(np.ascontiguousarray(mask)).view(-1)
        picture = (colours, view.square_camera(side), valid)
        if self._kept is not None:
            self._kept[index, side] = picture
        return picture


def workers_for(count: int, config: SrnConfig) -> int:
    """Processes for `count` photographs: the option, else none where all fit in memory."""
    if config.num_workers is not None:
        return config.num_workers
    return WORKERS if not fit_in_memory(count, config) else 0


def fit_in_memory(count: int, config: SrnConfig) -> bool:
    """Whether `count` photographs may be kept."""
    return count * sum(3 * side * side for side in set(config.img_sidelengths)) <= MEMORY_BYTES
