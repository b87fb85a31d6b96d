"""Learning a colour grid: each step compares some pixels of one photograph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from colour_grid.config import ColourGridConfig, ColourGridOptions
from colour_grid.scene import ColourGridScene, Grid, rays_of, spread
from engines.core import distributed
from engines.core.data.dataset import Dataset
from engines.core.device import to_device
from engines.core.distributed import Share
from engines.core.errors import UserError
from engines.core.objective import Setup
from engines.core.seeding import seeded
from engines.core.storage.checkpoint import SceneInfo
from engines.core.storage.scene_file import read_scene_file

SAMPLES = 12


class Rays(NamedTuple):
    """What a step compares on this rank: `share` of its rays, each with its weight in their mean."""

    share: Share
    origins: Tensor
    directions: Tensor
    along: Tensor
    pixels: Tensor
    weights: Tensor


class ColourGridObjective:
    """What is learnt: colours and densities."""

    def __init__(self, setup: Setup[ColourGridConfig]) -> None:
        reason = self.unsupported(setup.dataset)
        if reason:
            raise UserError(f"{setup.dataset.source}: {reason}")
        self.config, self._engine = setup.config, setup.engine
        config = setup.config
        for rays in config.rays_per_step:
            distributed.here().share_of_batch(rays, "rays_per_step")
        self.photographs = setup.dataset.split("train").photographed
        self._dataset, self._device, self._seed = setup.dataset, setup.device, setup.seed
        self.network = Grid(config.grid_dim, torch.tensor(setup.dataset.bounds), seeded(setup.seed, 0))
        if config.checkpoint is not None and setup.checkpoint is None:
            self._begin_from(Path(config.checkpoint))
        if config.keep_densities:
            # Densities are the first of four channels.
            self.network.values.register_hook(lambda gradient: gradient * torch.tensor([0.0, 1, 1, 1]).view(4, 1, 1, 1))

    @staticmethod
    def unsupported(dataset: Dataset) -> str:
        """Why nothing can be trained on it."""
        if not len(dataset.split("train").photographed):
            return "no training photographs"
        if dataset.instances:
            return f"{len(dataset.instances)} objects, but a colour grid is one"
        time_steps = len(set(dataset.views.times.tolist()))
        return f"a recording of {time_steps} time steps, but a colour grid stands still" if time_steps > 1 else ""

    def _begin_from(self, path: Path) -> None:
        values = read_scene_file(path).weights["values"]
        if values.shape != self.network.values.shape:
            raise UserError(f"{path}: its grid has {values.shape[-1]} voxels a side, this run's {self.config.grid_dim}")
        with torch.no_grad():
            self.network.values.copy_(values)

    def views(self, step: int) -> list[int]:
        return [self._view(seeded(self._seed, 1, step))]

    def _view(self, random: torch.Generator) -> int:
        return int(torch.randint(len(self.photographs), (1,), generator=random))

    def read(self, step: int) -> Rays:
        random = seeded(self._seed, 1, step)
        view, side = self.photographs[self._view(random)], self.config.side_px
        camera = view.camera if side is None else view.square_camera(side)
        colours = torch.from_numpy(view.image() if side is None else view.square_image(side)).reshape(-1, 3)
        valid = view.valid_mask() if side is None else view.square_valid(side)
        weights = torch.ones(len(colours)) if valid is None else torch.from_numpy(valid).float().flatten()
        rays = self.config.rays_at(step)
        chosen = torch.randint(len(colours), (rays,), generator=random)
        along = spread(SAMPLES).expand(rays, -1)
        if self.config.sampling == "jittered":
            along = along + (torch.rand(rays, SAMPLES, generator=random) - 0.5) / SAMPLES
        share = distributed.here().share(rays)
        own = chosen[share.rows]
        weighed = weights[own] / (weights[chosen].sum().clamp(min=1) * share.part)
        return Rays(share, *(each[own] for each in rays_of(camera)), along[share.rows], colours[own], weighed)

    def share(self, batch: Rays) -> Share:
        return batch.share

    def losses(self, batch: Rays) -> dict[str, Tensor]:
        origins, directions, along, pixels, weights = (to_device(each, self._device) for each in batch[1:])
        colour = self.network(origins, directions, along)[0]
        mse = (((colour - pixels) ** 2).mean(dim=-1) * weights).sum()
        return {"total": mse, "mse": mse}

    def trained_px(self, size_px: tuple[int, int], step: int) -> tuple[int, int]:
        return size_px if self.config.side_px is None else (self.config.side_px, self.config.side_px)

    def scene(self, weights: Mapping[str, Tensor]) -> ColourGridScene:
        options = ColourGridOptions(side_px=self.config.side_px)
        return ColourGridScene(self._engine, weights, SceneInfo.of_dataset(self._dataset), self._device, options)
