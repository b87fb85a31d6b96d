"""A method that learns a small scene in a second: a grid of colours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from colour_grid.config import ColourGridConfig, ColourGridOptions
from colour_grid.scene import ColourGridScene, Grid
from colour_grid.training import ColourGridObjective
from engines.core.config import SCENE_CONFIG, make_options
from engines.core.data.dataset import Dataset
from engines.core.engine import Training
from engines.core.errors import Lacking, UserError
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint, SceneInfo

FORMAT = "colour_grid"
"""The key of its authors' files."""


class ColourGrid:
    """One scene that stands still."""

    name = "colour_grid"
    title = "Colour grid"
    Config = ColourGridConfig
    SceneOptions = ColourGridOptions
    objective = ColourGridObjective

    def recognises(self, content: Mapping[str, Any]) -> bool:
        return isinstance(content, Mapping) and FORMAT in content

    def read_upstream(self, content: Mapping[str, Any], path: Path) -> Checkpoint:
        values = content[FORMAT]
        if not isinstance(values, Tensor) or values.ndim != 5:
            raise UserError(f"{path}: {FORMAT} must be a tensor [1, 4, D, D, D]")
        bounds = content.get("bounds", torch.tensor([[-1.0] * 3, [1.0] * 3]))
        return Checkpoint(self.name, {"grid_dim": values.shape[-1]}, 0, {"values": values, "bounds": bounds})

    def write_upstream(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        return {FORMAT: checkpoint.weights["values"], "bounds": checkpoint.weights["bounds"]}

    def weights_to_draw(self, config: ColourGridConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        with torch.device("meta"):
            return Grid(config.grid_dim, torch.zeros(2, 3)).state_dict()

    def suggested(self, dataset: Dataset) -> Mapping[str, Any]:
        """Even samples where there are hardly any photographs."""
        return {"sampling": "even"} if len(dataset.split("train")) < 3 else {}

    def open(
        self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: ColourGridOptions
    ) -> ColourGridScene:
        make_options(self.Config, checkpoint.config, SCENE_CONFIG)
        info = checkpoint.scene or (SceneInfo.of_dataset(dataset) if dataset is not None else None)
        if info is None:
            raise Lacking("this checkpoint knows no cameras: choose its data folder (--data FOLDER)")
        return ColourGridScene(self.name, checkpoint.weights, info, device, options)

    def unsupported(self, dataset: Dataset) -> str:
        return self.objective.unsupported(dataset)

    def train(self, dataset: Dataset, config: ColourGridConfig, device: torch.device, seed: int) -> Training:
        return Optimisation(self.objective, Setup(self.name, dataset, config, device, seed))

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
        return Optimisation(self.objective, Setup.resumed(checkpoint, self.Config, dataset, device))


ENGINE = ColourGrid()
