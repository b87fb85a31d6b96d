"""Learning a colour grid: each step compares some pixels of one photograph."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar

import torch
from engines.core.resuming import require_same_photographs, restore, training_state
from torch import Tensor, nn

from colour_grid.config import ColourGridConfig, ColourGridOptions
from colour_grid.scene import ColourGridScene, Grid, rays_of, spread
from engines.core import ranks
from engines.core.averaging import WeightAverage
from engines.core.camera import Camera
from engines.core.chance import seeded
from engines.core.checkpoint import Checkpoint, SceneInfo, copied_to_cpu
from engines.core.dataset import Dataset
from engines.core.errors import Diverged, Unreadable, UserError
from engines.core.resuming import require_same_photographs, restore, training_state
from engines.core.scene_file import read_scene_file
from engines.core.views import View

SAMPLES = 12


class Compared(nn.Module):
    """The squared error of some pixels, divided by the weight of all that a step compares."""

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, origins: Tensor, directions: Tensor, along: Tensor, pixels: Tensor, weights: Tensor) -> Tensor:
        colour = self.grid(origins, directions, along)[0]
        return (((colour - pixels) ** 2).mean(dim=-1) * weights).sum()


class ColourGridTraining:
    """One optimisation; all chance follows from the seed and the step's number."""

    engine: ClassVar[str] = "colour_grid"
    notes: tuple[str, ...] = ()

    def __init__(self, dataset: Dataset, config: ColourGridConfig, device: torch.device, seed: int) -> None:
        reason = self.unsupported(dataset)
        if reason:
            raise UserError(f"{dataset.source}: {reason}")
        for rays in config.rays_per_step:
            ranks.here().share_of_batch(rays, "rays_per_step")
        self.config, self.step_count = config, 0
        self._dataset, self._views = dataset, dataset.split("train").photographed
        self._device, self._seed = device, seed
        self._grid = Grid(config.grid_dim, torch.tensor(dataset.bounds), seeded(seed, 0)).to(device)
        if config.checkpoint is not None:
            self._begin_from(Path(config.checkpoint))
        self._compared = ranks.divided(Compared(self._grid))
        self._optimiser = torch.optim.Adam(self._grid.parameters(), lr=config.lr)
        self._average = WeightAverage(self._grid.state_dict(), config.ema_decay) if config.ema_decay else None

    @staticmethod
    def unsupported(dataset: Dataset) -> str:
        """Why nothing can be learnt from it."""
        if not len(dataset.split("train").photographed):
            return "no training photographs"
        if dataset.instances:
            return f"{len(dataset.instances)} objects, but a colour grid is one"
        moments = len(set(dataset.views.times.tolist()))
        return f"a recording of {moments} moments, but a colour grid stands still" if moments > 1 else ""

    @classmethod
    def resumed(
        cls, dataset: Dataset, config: ColourGridConfig, checkpoint: Checkpoint, device: torch.device
    ) -> ColourGridTraining:
        state = training_state(checkpoint)
        unread = config.model_copy(update={"checkpoint": None})
        training = cls(dataset, unread, device, config.seed)
        training.config = config
        require_same_photographs(state, training._views, dataset.source)
        restore(training._grid, training._average, training._optimiser, checkpoint)
        training.step_count = checkpoint.step
        return training

    def _begin_from(self, path: Path) -> None:
        values = read_scene_file(path).weights["values"]
        if values.shape != self._grid.values.shape:
            raise UserError(f"{path}: its grid has {values.shape[-1]} voxels a side, this run's {self.config.grid_dim}")
        with torch.no_grad():
            self._grid.values.copy_(values)

    def step(self) -> dict[str, float]:
        random = seeded(self._seed, 1, self.step_count)
        view = self._views[int(torch.randint(len(self._views), (1,), generator=random))]
        camera, pixels, weights = ranks.together(lambda: self._read(view))
        rays = self.config.rays_at(self.step_count)
        chosen = torch.randint(len(pixels), (rays,), generator=random)
        along = spread(SAMPLES).expand(rays, -1)
        if self.config.sampling == "jittered":
            along = along + (torch.rand(rays, SAMPLES, generator=random) - 0.5) / SAMPLES
        share = ranks.here().share(rays)
        own = chosen[share.rows]
        weighed = weights[own] / weights[chosen].sum().clamp(min=1)
        given = (*(each[own] for each in rays_of(camera)), along[share.rows], pixels[own], weighed)
        for group in self._optimiser.param_groups:
            group["lr"] = self.config.lr_at(self.step_count)
        self._optimiser.zero_grad(set_to_none=True)
        loss = self._compared(*(each.to(self._device) for each in given))
        loss.backward()
        if self.config.keep_densities:
            self._grid.values.grad[:, 0] = 0.0
        mse = float(ranks.summed(loss.detach().clone()))
        if not math.isfinite(mse):
            raise Diverged(
                f"step {self.step_count + 1}: the loss is not finite on view {view.name}; the weights were not "
                "changed. Look at this photograph"
            )
        self._optimiser.step()
        self.step_count += 1
        if self._average is not None:
            self._average.update(self._grid.state_dict(), self.step_count)
        return {"total": mse, "mse": mse}

    def _read(self, view: View) -> tuple[Camera, Tensor, Tensor]:
        """The camera, the colours [P, 3] and the weights [P] of a photograph's pixels."""
        side = self.config.side_px
        camera = view.camera if side is None else view.square_camera(side)
        try:
            image = view.image() if side is None else view.square_image(side)
            valid = view.valid_mask() if side is None else view.square_valid(side)
        except UserError as error:
            raise Unreadable(str(error)) from error
        colours = torch.from_numpy(image).reshape(-1, 3)
        return camera, colours, torch.ones(len(colours)) if valid is None else torch.from_numpy(valid).float().flatten()

    def learnt_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        return size_px if self.config.side_px is None else (self.config.side_px, self.config.side_px)

    def close(self) -> None:
        """Nothing runs beside it."""

    def checkpoint(self) -> Checkpoint:
        training: dict[str, Any] = {
            "optimiser": copied_to_cpu(self._optimiser.state_dict()),
            "photographs": self._views.fingerprint(),
        }
        if self._average is not None:
            training["latest"] = copied_to_cpu(self._grid.state_dict())
        info = SceneInfo.of_dataset(self._dataset)
        config = self.config.model_dump()
        return Checkpoint(self.engine, config, self.step_count, copied_to_cpu(self._shown()), info, training)

    def scene(self) -> ColourGridScene:
        weights = {name: tensor.detach().clone() for name, tensor in self._shown().items()}
        return ColourGridScene(weights, SceneInfo.of_dataset(self._dataset), self._device, ColourGridOptions())

    def _shown(self) -> dict[str, Tensor]:
        return dict(self._grid.state_dict() if self._average is None else self._average.weights)
