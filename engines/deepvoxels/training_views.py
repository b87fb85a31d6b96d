"""The photographs that a DeepVoxels training trains on, and the order in which it sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import to_uint8
from engines.core.data.views import WHOLE, View, Views
from engines.core.device import to_device
from engines.core.errors import Unreadable, UserError
from engines.deepvoxels.config import FEATURE_PX
from engines.deepvoxels.geometry import FrustumSamples, GridPlacement, LiftedVoxels, frustum_samples, lifted_voxels

CACHE_BYTES = 2 * 2**30
"""Kept of each kind (photographs, samples, voxels); what is beyond is read or computed each time."""
NEIGHBOURS = 4
"""The photograph that is lifted is one of so many nearest to the first target."""

MEDIAN_VIEWS = 30
"""About so many, evenly spread, say what the median colour is."""

T = TypeVar("T")


def kept_photographs(dataset: Dataset, sampling_pattern: str) -> Views:
    """The training views with a photograph that `sampling_pattern` (`all`, `skip_N`) keeps."""
    skipped = 0 if sampling_pattern == "all" else int(sampling_pattern.removeprefix("skip_"))
    return dataset.split("train").photographed[:: skipped + 1]


def unsupported(dataset: Dataset, sampling_pattern: str) -> str:
    """Why no scene can be trained on the training photographs, in plain words; "" where one can.

    At least two must be left: one is lifted, another compared.
    """
    train = dataset.split("train").photographed
    if len(objects := np.unique(train.instances)) > 1:
        return f"{len(objects)} objects, but DeepVoxels learns one; name its folder"
    if dataset.time_steps > 1:
        return (
            f"a recording of {dataset.time_steps} time steps, but DeepVoxels learns what stands still; give it one "
            "time step, in a folder of its own"
        )
    kept = kept_photographs(dataset, sampling_pattern)
    if len(kept) < 2:
        after = "" if sampling_pattern == "all" else f", {len(kept)} after sampling_pattern={sampling_pattern}"
        return f"{len(train)} training photographs{after}; DeepVoxels needs at least 2, and dozens to learn a scene"
    return ""


def training_photographs(dataset: Dataset, sampling_pattern: str) -> Views:
    """The training views with a photograph that `sampling_pattern` (`all`, `skip_N`) keeps.

    Raises:
        UserError: the data is `unsupported`.
    """
    if reason := unsupported(dataset, sampling_pattern):
        raise UserError(f"{dataset.source}: {reason}")
    return kept_photographs(dataset, sampling_pattern)


@dataclass(frozen=True)
class StepViews:
    """Indices of the views of one step."""

    lifted: int
    targets: tuple[int, ...]


def nearest_views(cameras: Sequence[Camera]) -> Array:
    """[V, min(4, V - 1)] the views that look most alike, nearest first, itself left out.

    Nearness is the angle between the optical axes, as in the authors' `get_nn_ranking`: positions play no part.
    """
    forward = np.stack([camera.forward for camera in cameras])
    forward = forward / np.linalg.norm(forward, axis=1, keepdims=True)
    alike = forward @ forward.T
    np.fill_diagonal(alike, -np.inf)
    return np.argsort(-alike, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(cameras) - 1)]


class ViewOrder:
    """Draws the views of each step: every view once an epoch as first target, the rest at random."""

    def __init__(self, neighbours: Array, targets: int, seed: int) -> None:
        """`neighbours`: [V, K] the views that look most alike to each, nearest first; `targets` in a step."""
        self._neighbours = neighbours
        self._targets = targets
        self._generator = torch.Generator().manual_seed(seed)
        self._order: list[int] = []
        self._position = 0

    def next(self) -> StepViews:
        """The next step's views."""
        count = len(self._neighbours)
        if self._position == len(self._order):
            self._order = torch.randperm(count, generator=self._generator).tolist()
            self._position = 0
        first = self._order[self._position]
        self._position += 1
        rank = self._below(self._neighbours.shape[1])
        others = [self._below(count) for _ in range(self._targets - 1)]
        return StepViews(int(self._neighbours[first, rank]), (first, *others))

    def _below(self, end: int) -> int:
        return int(torch.randint(end, (), generator=self._generator))

    def state(self) -> dict[str, Tensor | list[int] | int]:
        """Plain data that `restore` reads."""
        return {"generator": self._generator.get_state(), "order": list(self._order), "position": self._position}

    def restore(self, generator: Tensor, order: list[int], position: int) -> None:
        """Goes on where `state` was taken; `generator` is the state [N] uint8 of torch's random generator."""
        self._generator.set_state(generator.clone())
        self._order, self._position = list(order), position


class TrainingViews:
    """Photographs at training size, and where their cameras meet the grid; made at first use, then kept."""

    def __init__(
        self, views: Sequence[View], side_px: int, placement: GridPlacement, grid_dim: int, device: torch.device
    ) -> None:
        self.views = tuple(views)
        self.cameras = tuple(view.square_camera(side_px) for view in views)
        self._side_px, self._placement, self._grid_dim, self._device = side_px, placement, grid_dim, device
        self._photographs = _Kept(self._read, lambda read: _bytes(*(part for part in read if part is not None)))
        self._samples = _Kept(self._sample, lambda samples: _bytes(samples.index, samples.voxels))
        self._lifted = _Kept(self._lift, lambda voxels: _bytes(voxels.index, voxels.pixels))

    def __len__(self) -> int:
        return len(self.views)

    def require_grid_in_sight(self, source: Path) -> None:
        """Whether one camera at least sees the grid.

        Raises:
            UserError: none does, of the photographs of `source`.
        """
        if any(self.samples(index).index.numel() > 0 for index in range(len(self))):
            return
        placement = self._placement
        raise UserError(
            f"{source}: no camera sees the voxel grid (side {placement.scale:g} about {placement.centre}, near plane "
            f"{placement.near_plane:g}); set scale and near_plane to where the scene is (--set scale=... --set "
            "near_plane=...)"
        )

    def photograph(self, index: int) -> Tensor:
        """[1, 3, S, S] in [-0.5, 0.5], on the device; 0 where nothing is to be trained on it."""
        colours, valid = self._photographs(index)
        photograph = to_device(colours, self._device).float()[None] / 255 - 0.5
        return photograph if valid is None else photograph * to_device(valid, self._device)

    def valid(self, index: int) -> Tensor | None:
        """[1, 1, S, S] bool, on the device, what is to be trained on that photograph; None: all of it."""
        valid = self._photographs(index)[1]
        return None if valid is None else to_device(valid, self._device)

    def median_colour(self) -> Tensor:
        """[3] in [-1, 1], of some photographs' pixels."""
        step = -(-len(self) // MEDIAN_VIEWS)
        pixels = torch.cat([self._valid_pixels(index) for index in range(0, len(self), step)], dim=1)
        if not pixels.numel():
            return pixels.new_zeros(3)
        return 2 * pixels.median(dim=1).values

    def _valid_pixels(self, index: int) -> Tensor:
        """[3, N]"""
        pixels, valid = self.photograph(index).flatten(2)[0], self.valid(index)
        return pixels if valid is None else pixels[:, valid.flatten()]

    def samples(self, index: int) -> FrustumSamples:
        """The samples of that camera's view volume that lie inside the grid."""
        return self._samples(index)

    def lifted(self, index: int) -> LiftedVoxels:
        """The voxels that the photograph shows."""
        return self._lifted(index)

    def miss_grid(self, triplet: StepViews, lifting: bool) -> bool:
        """Whether one of the views has nothing of the grid in it; the lifted one counts only where it is lifted."""
        if lifting and self.lifted(triplet.lifted).index.numel() == 0:
            return True
        return any(self.samples(target).index.numel() == 0 for target in triplet.targets)

    def _read(self, index: int) -> tuple[Tensor, Tensor | None]:
        """[3, S, S] bytes, as in the authors' code, which resizes the file's; [1, 1, S, S] bool, None: all counts."""
        try:
            image = to_uint8(self.views[index].square_image(self._side_px))
            valid = self.views[index].square_valid(self._side_px)
        except UserError as error:
            raise Unreadable(str(error)) from error
        colours = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
        return colours, None if valid is None else torch.from_numpy(np.ascontiguousarray(valid))[None, None]

    def _sample(self, index: int) -> FrustumSamples:
        return frustum_samples(self.cameras[index], self._placement, self._grid_dim, self._device)

    def _lift(self, index: int) -> LiftedVoxels:
        voxels = lifted_voxels(self.cameras[index], self._placement, self._grid_dim, self._device)
        view = self.views[index]
        # Without a file of its own this reads nothing.
        if view.valid_mask_path is None and view.valid_mask() is None:
            return voxels
        valid = self.valid(index)
        if valid is None:
            return voxels
        # Voxels behind what is masked out learn nothing of it; features are coarser than pixels.
        whole = F.interpolate(valid.float(), (FEATURE_PX, FEATURE_PX), mode="area")[0, 0] >= WHOLE
        columns, rows = voxels.pixels.round().long().clamp(0, FEATURE_PX - 1)
        kept = whole[rows, columns]
        return LiftedVoxels(voxels.index[kept], voxels.pixels[:, kept])


class _Kept(Generic[T]):
    """What `make` gives for each index, kept while there is room."""

    def __init__(self, make: Callable[[int], T], size_bytes: Callable[[T], int]) -> None:
        self._make, self._size_bytes = make, size_bytes
        self._kept: dict[int, T] = {}
        self._left_bytes = CACHE_BYTES

    def __call__(self, index: int) -> T:
        if index in self._kept:
            return self._kept[index]
        made = self._make(index)
        self._left_bytes -= self._size_bytes(made)
        if self._left_bytes >= 0:
            self._kept[index] = made
        return made


def _bytes(*tensors: Tensor) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
