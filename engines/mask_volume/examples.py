"""What each step trains on, read from the disk: pictures of three cameras at one time step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from engines.core import distributed
from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import resize_area, resize_lanczos, to_uint8
from engines.core.data.views import WHOLE, View, Views
from engines.core.device import to_device
from engines.core.distributed import ALONE, Rank
from engines.core.errors import UserError
from engines.core.learning.read_ahead import WORKERS
from engines.core.seeding import seeded
from engines.mask_volume.augmentation import random_window, recoloured
from engines.mask_volume.captures import are_clips, background_of, depth_limits, lack_of_depths, picture_at
from engines.mask_volume.config import SIDE_MULTIPLE, SMALLEST_PX, MaskVolumeConfig
from engines.mask_volume.losses import NEED_MASKS
from engines.mask_volume.triplets import Triplets

MEMORY_BYTES = 2**30
"""Photographs are kept until they take so much; what is beyond is read each time."""

MOVED = 0.15
"""Of a channel's range: noise and codecs change pixels by less."""


@dataclass(frozen=True, eq=False)
class Example:
    """Three cameras at one time step: two to make planes of, and the target.

    Attributes:
        views: their numbers.
        pictures: [3, 3, H, W] in [0, 1].
        depths: of the nearest and the farthest plane, world units.
        backgrounds: [2, 3, H, W] what the first two see of what stands still; in stage mask.
        moves: [H, W] bool, what moves in the target's picture; where the loss asks for it.
        valid: [H, W] bool, what counts of the target's picture; None: all.
    """

    views: tuple[int, int, int]
    pictures: Tensor
    cameras: tuple[Camera, Camera, Camera]
    depths: tuple[float, float]
    backgrounds: Tensor | None = None
    moves: Tensor | None = None
    valid: Tensor | None = None

    def to(self, device: torch.device) -> Example:
        """This example with all its tensors on `device`."""
        backgrounds, moves, valid = (
            None if part is None else to_device(part, device) for part in (self.backgrounds, self.moves, self.valid)
        )
        pictures = to_device(self.pictures, device)
        return replace(self, pictures=pictures, backgrounds=backgrounds, moves=moves, valid=valid)


def unsupported(dataset: Dataset, config: MaskVolumeConfig) -> str:
    """Why nothing can be trained on the training photographs, in plain words; "" where something can."""
    if not dataset.split("train").photographed:
        return "no training photographs"
    views = _of_stage(dataset, config)
    if not views:
        return (
            "no recording of several time steps by cameras that stand still, and stage=mask learns what moves; "
            "stage=mpi trains on still photographs"
        )
    if config.loss_type in NEED_MASKS and views[0].mask_path is None:
        return f"has no masks, and loss_type={config.loss_type} trains on them; no_mask, vgg, l1 and mse do without"
    # One after the other: where the first will do, the poses of thousands need not be read.
    captures = (views.of_instance(instance) for instance in np.unique(views.instances).tolist())
    if not any(len(Triplets(capture, are_clips(dataset), config, 0).instances) for capture in captures):
        return (
            "nowhere three photographs of one time step whose cameras look the same way; an example needs two to make "
            "planes of and one to compare with"
        )
    return lack_of_depths(dataset)


def _of_stage(dataset: Dataset, config: MaskVolumeConfig) -> Views:
    """The photographs that the stage can train on; there may be none."""
    views = dataset.split("train").photographed
    if config.stage == "mpi":
        return views
    time_steps = np.unique(np.stack([views.instances, views.times]), axis=1)
    instances, counts = np.unique(time_steps[0], return_counts=True)
    return views.chosen(np.isin(views.instances, instances[counts > 1]) & (views.camera_indices >= 0))


def training_views(dataset: Dataset, config: MaskVolumeConfig) -> Views:
    """The photographs that can be trained on.

    Raises:
        UserError: the data is `unsupported`.
    """
    if reason := unsupported(dataset, config):
        raise UserError(f"{dataset.source}: {reason}")
    return _of_stage(dataset, config)


def working_size(size_px: tuple[int, int], img_wh: tuple[int, int]) -> tuple[int, int]:
    """(width, height) that a photograph of `size_px` is brought to: within `img_wh`, and right for the networks."""
    factor = min(1.0, *(most / side for most, side in zip(img_wh, size_px, strict=True)))
    width, height = (max(SMALLEST_PX, round(side * factor / SIDE_MULTIPLE) * SIDE_MULTIPLE) for side in size_px)
    return width, height


class ExampleReader:
    """Reads the examples of any step."""

    def __init__(
        self,
        dataset: Dataset,
        views: Views,
        config: MaskVolumeConfig,
        seed: int,
        memory_bytes: int,
        rank: Rank = ALONE,
    ) -> None:
        """Reads the share of `rank` of the examples in `views`, the `training_views` of `dataset`.

        Args:
            memory_bytes: up to which pictures are kept.

        Raises:
            UserError: the batch can't be divided among the ranks.
        """
        self._dataset, self._views, self._config, self._seed = dataset, views, config, seed
        self.share = rank.share_of_batch(config.batch_size, "batch_size")
        self.triplets = Triplets(views, are_clips(dataset), config, seed)
        self.notes = self._notes()
        self._kept: dict[tuple[str | int, ...], Tensor] = {}
        self._free_bytes = memory_bytes

    def _notes(self) -> tuple[str, ...]:
        """In plain words, what is left out or assumed."""
        notes = []
        left_out = len(np.unique(self._views.instances)) - len(self.triplets.instances)
        if left_out:
            notes.append(
                f"{left_out} of the folder's captures are left out: nowhere three photographs of one time step that "
                "look the same way"
            )
        size = working_size(self._views[0].camera.size_px, self._config.img_wh)
        if self._config.side_px > min(size):
            notes.append(
                f"squares of {self._config.side_px} pixels do not fit into photographs of {size[0]}x{size[1]}, which "
                "are enlarged; a smaller crop_px learns as much in less time"
            )
        lacking = len(_cameras(self._views) - _cameras(self._dataset.backgrounds))
        if self._config.stage == "mask" and lacking:
            notes.append(
                f"the folder lacks the background of {lacking} cameras: the median over time takes its place; what "
                "seldom moves away stays in it"
            )
        return tuple(notes)

    def read(self, step: int) -> tuple[Example, ...]:
        """The examples of a step that are this rank's.

        Raises:
            UserError: a photograph can't be read.
        """
        return tuple(self._example(number) for number in self._numbers(step)[self.share.rows])

    def views(self, step: int) -> list[int]:
        """The photographs of all the step's examples, whosever they are."""
        triplets = [self.triplets.example(number) for number in self._numbers(step)]
        return [view for triplet in triplets for view in (triplet.first, triplet.second, triplet.target)]

    def _numbers(self, step: int) -> range:
        return range(step * self.share.total, (step + 1) * self.share.total)

    def _example(self, number: int) -> Example:
        triplet = self.triplets.example(number)
        numbers = (triplet.first, triplet.second, triplet.target)
        views = [self._views[index] for index in numbers]
        size = working_size(views[0].camera.size_px, self._config.img_wh)
        pictures = [self._picture("photograph", index, size) for index in numbers]
        if self._config.stage == "mask":
            pictures += [self._background(view, size) for view in views[:2]]
        if self._config.loss_type in NEED_MASKS:
            pictures.append(self._picture("mask", triplet.target, size))
        is_masked = views[2].valid_mask_path is not None or views[2].valid_mask() is not None
        if is_masked:
            pictures.append(self._picture("valid", triplet.target, size))
        stack = torch.stack(pictures).float() / 255
        cameras = [view.camera.resized(size) for view in views]
        random = seeded(self._seed, 2, number)
        if self._config.side_px:
            scales = (self._config.min_scale, self._config.max_scale)
            around = _motion(stack) if self._looks_at_motion(random) else None
            window = random_window(size, self._config.side_px, scales, random, around)
            stack, cameras = window.cut(stack), [window.camera(camera) for camera in cameras]
        moves = valid = None
        if is_masked:
            # Enlarged, it has shades at its edges; what is not all white counts as masked.
            stack, valid = stack[:-1], stack[-1, 0] >= WHOLE
        if self._config.loss_type in NEED_MASKS:
            stack, moves = stack[:-1], stack[-1, 0] > 0.5
        if self._config.recolours:
            stack = recoloured(stack, random)
        return Example(
            numbers,
            stack[:3],
            (cameras[0], cameras[1], cameras[2]),
            depth_limits(self._dataset, views[0].instance),
            stack[3:] if self._config.stage == "mask" else None,
            moves,
            valid,
        )

    def _looks_at_motion(self, random: torch.Generator) -> bool:
        share = self._config.crops_on_motion if self._config.stage == "mask" else 0.0
        return share > 0 and float(torch.rand((), generator=random)) < share

    def _picture(self, kind: str, number: int, size: tuple[int, int]) -> Tensor:
        """[3, H, W] uint8 photograph of a view, or its mask: what moves, or what counts ("valid")."""
        key = (kind, number, *size)
        if key in self._kept:
            return self._kept[key]
        view = self._views[number]
        made = {"photograph": _photograph_at, "mask": _mask_at, "valid": _valid_at}[kind](view, size)
        return self._keep(key, made)

    def _background(self, view: View, size: tuple[int, int]) -> Tensor:
        """[3, H, W] uint8"""
        camera = int(view.camera_index or 0)
        key = ("background", view.instance, camera, *size)
        if key in self._kept:
            return self._kept[key]
        # Of the training views only: what others saw is not to be trained on.
        learnt_from = replace(self._dataset, views=self._dataset.split("train"))
        background, measured = background_of(learnt_from, view.instance, camera, size)
        # A median is of many photographs, and there are few of them.
        return self._keep(key, background, always=not measured)

    def _keep(self, key: tuple[str | int, ...], picture: Array, always: bool = False) -> Tensor:
        colours = torch.from_numpy(to_uint8(picture)).permute(2, 0, 1).contiguous()
        if always or colours.nbytes <= self._free_bytes:
            self._kept[key] = colours
            self._free_bytes -= 0 if always else colours.nbytes
        return colours


def _motion(stack: Tensor) -> Tensor:
    """[H, W] bool, where the first picture is not its background; of pictures and then backgrounds [5, 3, H, W]."""
    return (stack[0] - stack[3]).abs().amax(dim=0) > MOVED


def _cameras(views: Views) -> set[tuple[int, int]]:
    """Instances, and cameras of their rigs."""
    return set(zip(views.instances.tolist(), views.camera_indices.tolist(), strict=True))


def _mask_at(view: View, size: tuple[int, int]) -> Array:
    """[H, W, 3], 1 where most of a pixel moves."""
    return np.repeat(resize_area(view.mask().astype(np.float32), size)[..., None] > 0.5, 3, axis=2).astype(np.float32)


def _photograph_at(view: View, size: tuple[int, int]) -> Array:
    """[H, W, 3]; what is not to be trained on is grey before it is resized, as Lanczos' kernel reaches over edges."""
    valid = view.valid_mask()
    if valid is None:
        return picture_at(view, size)
    return resize_lanczos(np.where(valid[..., None], view.image(), np.float32(0.5)), size)


def _valid_at(view: View, size: tuple[int, int]) -> Array:
    """[H, W, 3], 1 where all of a pixel counts."""
    valid = view.resized_valid(size)
    counts = np.ones(size[::-1], dtype=bool) if valid is None else valid
    return np.repeat(counts[..., None], 3, axis=2).astype(np.float32)


def reader_for(dataset: Dataset, views: Views, config: MaskVolumeConfig, seed: int) -> tuple[ExampleReader, int]:
    """Reads the examples, in so many processes: the option's, else none where all photographs fit in memory."""
    width, height = working_size(views[0].camera.size_px, config.img_wh)
    fits = len(views) * 3 * width * height <= MEMORY_BYTES
    workers = config.num_workers if config.num_workers is not None else (0 if fits else WORKERS)
    memory_bytes = MEMORY_BYTES // max(workers, 1)
    return ExampleReader(dataset, views, config, seed, memory_bytes, distributed.here()), workers
