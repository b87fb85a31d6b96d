"""DeepVoxels as the program sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.abilities import FilledBox
from engines.core.config import SCENE_CONFIG, make_options
from engines.core.data.dataset import Dataset
from engines.core.engine import Engine, Scene, Training
from engines.core.errors import UserError
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint
from engines.deepvoxels import upstream
from engines.deepvoxels.config import DeepVoxelsConfig, DeepVoxelsOptions
from engines.deepvoxels.network import DeepVoxels
from engines.deepvoxels.scene import DeepVoxelsScene, find_surroundings


class DeepVoxelsEngine:
    """One scene, learnt as a grid of features (Sitzmann et al., CVPR 2019)."""

    name = "deepvoxels"
    title = "DeepVoxels"
    Config = DeepVoxelsConfig
    SceneOptions = DeepVoxelsOptions

    def recognises(self, content: Mapping[str, Any]) -> bool:
        """Whether this holds a voxel grid and a rendering network, by names of tensors and the grid's dimensions."""
        return upstream.recognises(content)

    def read_upstream(self, content: Mapping[str, Any], path: Path) -> Checkpoint:
        """Reads a file of vsitzmann/deepvoxels."""
        return upstream.read(content, path)

    def write_upstream(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        """What vsitzmann/deepvoxels would save."""
        return upstream.write(checkpoint)

    def viewing_weights(self, checkpoint: Checkpoint) -> Checkpoint:
        """The checkpoint without what only training needs."""
        kept = {n: t for n, t in checkpoint.weights.items() if not n.startswith(upstream.TRAINING_ONLY)}
        return replace(checkpoint, weights=kept, training=None)

    def weights_to_draw(self, config: DeepVoxelsConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Names and shapes of all weights but what only training needs; tensors on the meta device."""
        with torch.device("meta"):
            state = DeepVoxels(config).state_dict()
        return {name: tensor for name, tensor in state.items() if not name.startswith(upstream.TRAINING_ONLY)}

    def open(
        self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: DeepVoxelsOptions
    ) -> Scene:
        """Builds the scene; see `scene.find_surroundings` for where cameras and grid come from."""
        config = make_options(DeepVoxelsConfig, checkpoint.config, SCENE_CONFIG)
        surroundings = find_surroundings(checkpoint, dataset, options, config.img_sidelength)
        try:
            return DeepVoxelsScene(config, checkpoint.weights, surroundings, device, options)
        except RuntimeError as error:
            if "state_dict" not in str(error):
                raise
            first = str(error).splitlines()[1].strip()
            raise UserError(f"the scene's weights don't fit its configuration: {first}") from error

    def unsupported(self, dataset: Dataset) -> str:
        """Several objects, dynamic objects, or too few photographs."""
        from engines.deepvoxels import training_views

        return training_views.unsupported(dataset, DeepVoxelsConfig().sampling_pattern)

    def box(self, dataset: Dataset, config: DeepVoxelsConfig) -> FilledBox | None:
        """The box of the voxel grid, where a training on this data would put it; None where nothing can be learnt."""
        from engines.deepvoxels import placement, training_views

        if training_views.unsupported(dataset, config.sampling_pattern):
            return None
        photographs = training_views.kept_photographs(dataset, config.sampling_pattern)
        placed = placement.place_grid(config, dataset, tuple(photographs))
        return FilledBox(placed.placement.bounds(), placed.text, placed.doubt)

    def train(self, dataset: Dataset, config: DeepVoxelsConfig, device: torch.device, seed: int) -> Training:
        """Begins an optimisation."""
        from engines.deepvoxels.training import DeepVoxelsObjective

        return Optimisation(DeepVoxelsObjective, Setup(self.name, dataset, config, device, seed))

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
        """Continues one exactly."""
        from engines.deepvoxels.training import DeepVoxelsObjective

        return Optimisation(DeepVoxelsObjective, Setup.resumed(checkpoint, DeepVoxelsConfig, dataset, device))


ENGINE: Engine[DeepVoxelsConfig, DeepVoxelsOptions] = DeepVoxelsEngine()
