"""Differentiable Volumetric Rendering as the program sees it."""

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
from engines.core.engine import INSTANCE, Engine, Scene, Training
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import INSTANCES, Checkpoint
from engines.dvr import upstream
from engines.dvr.authors_options import authors_text
from engines.dvr.config import DvrConfig, DvrOptions
from engines.dvr.network import CODES, Dvr
from engines.dvr.photographs import find_inputs
from engines.dvr.scene import DvrScene, find_info, not_told


class DvrEngine:
    """A scene as a surface: where a function of points says occupied, with a colour there (Niemeyer et al. 2020)."""

    name = "dvr"
    title = "Differentiable Volumetric Rendering"
    Config = DvrConfig
    SceneOptions = DvrOptions
    input_option = "input"
    input_advice = (
        "one object, of a kind that was learnt, on plain white (what is transparent counts as white), cut square about "
        "the object"
    )

    def recognises(self, content: Mapping[str, Any]) -> bool:
        """Whether this holds the decoder's first and last layers and residual blocks, by the names of its tensors."""
        return upstream.recognises(content)

    def read_upstream(self, content: Mapping[str, Any], path: Path) -> Checkpoint:
        """Reads a file of autonomousvision/differentiable_volumetric_rendering."""
        return upstream.read(content, path)

    def read_configured(self, content: Mapping[str, Any], path: Path, configuration: Path) -> Checkpoint:
        """Reads a file as `read_upstream` does, with the options of a YAML of theirs."""
        return upstream.read(content, path, configuration)

    def configuration_text(self, checkpoint: Checkpoint, weights: str) -> str:
        """The YAML that their scripts are called with."""
        return authors_text(make_options(DvrConfig, checkpoint.config, SCENE_CONFIG), weights)

    def takes_input(self, checkpoint: Checkpoint) -> bool:
        """Whether it has an encoder of photographs."""
        return checkpoint.config.get("encoder") not in (None, "idx")

    def with_input(self, checkpoint: Checkpoint, dataset: Dataset | None, options: DvrOptions) -> Checkpoint:
        """The checkpoint with the code of each photograph, and the objects' names; the encoder stays for others."""
        scene = self._scene(checkpoint, torch.device("cpu"), dataset, options)
        info, _ = find_info(checkpoint, dataset)
        codes = torch.cat(
            [code for number in range(len(scene.instances)) if (code := scene.code({INSTANCE: number})) is not None]
        )
        info = replace(info, hints={**info.hints, INSTANCES: list(scene.instances)})
        return replace(checkpoint, weights={**checkpoint.weights, CODES: codes}, scene=info)

    def write_upstream(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        """What autonomousvision/differentiable_volumetric_rendering would save."""
        return upstream.write(checkpoint)

    def weights_to_draw(self, config: DvrConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Names and shapes of all weights, and of `weights`' codes where there are some; tensors on the meta device."""
        with torch.device("meta"):
            needed = Dvr(config).state_dict()
            if CODES in weights:
                needed[CODES] = torch.empty(len(weights[CODES]), config.c_dim)
            return needed

    def derived(self, checkpoint: Checkpoint, options: DvrOptions) -> Mapping[str, Tensor]:
        """The grids that spare points; of a class, those of its first objects."""
        if self.takes_input(checkpoint) and CODES not in checkpoint.weights:
            return {}
        # Its codes are among the weights, whatever photograph they were made of.
        options = options.model_copy(update={self.input_option: None})
        return self._scene(checkpoint, torch.device("cpu"), None, options).derived()

    def open(self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: DvrOptions) -> Scene:
        """Builds the scene; see `scene.find_info` for where the cameras come from."""
        return self._scene(checkpoint, device, dataset, options)

    def _scene(
        self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: DvrOptions
    ) -> DvrScene:
        config = make_options(DvrConfig, checkpoint.config, SCENE_CONFIG)
        info, assumptions = find_info(checkpoint, dataset)
        assumptions = (*not_told(checkpoint), *assumptions)
        folder_said = "img_folder_input" in checkpoint.config
        inputs = find_inputs(config, checkpoint.weights, dataset, options.input, folder_said)
        return DvrScene(config, checkpoint.weights, info, assumptions, device, options, inputs, checkpoint.derived)

    def unsupported(self, dataset: Dataset) -> str:
        """No photographs to train on, none with a silhouette, or dynamic objects."""
        from engines.dvr import training_data

        return training_data.unsupported(dataset, make_options(DvrConfig, self.suggested(dataset)))

    def suggested(self, dataset: Dataset) -> Mapping[str, Any]:
        """A class has codes, which are made of photographs."""
        return {"encoder": "resnet18", "c_dim": 256} if dataset.instances else {}

    def box(self, dataset: Dataset, config: DvrConfig) -> FilledBox | None:
        """The box of the cube, where a training on this data would put it; None where nothing can be learnt."""
        from engines.dvr import placement, training_data

        if training_data.unsupported(dataset, config):
            return None
        placed = placement.place_cube(config, dataset, training_data.of_first_instance(dataset))
        return FilledBox(placed.cube.bounds(0.0), placed.text, placed.doubt)

    def train(self, dataset: Dataset, config: DvrConfig, device: torch.device, seed: int) -> Training:
        """Begins an optimisation."""
        from engines.dvr.training import DvrObjective

        return Optimisation(DvrObjective, Setup(self.name, dataset, config, device, seed))

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
        """Continues one exactly."""
        from engines.dvr.training import DvrObjective

        return Optimisation(DvrObjective, Setup.resumed(checkpoint, DvrConfig, dataset, device))


ENGINE: Engine[DvrConfig, DvrOptions] = DvrEngine()
