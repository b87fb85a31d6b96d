"""Learnt Stereo Machines as the program sees them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.config import SCENE_CONFIG, make_options
from engines.core.data.dataset import Dataset
from engines.core.engine import Engine, Scene, Training
from engines.core.errors import Lacking
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.tensor_bundle import INDEX
from engines.lsm import upstream
from engines.lsm.config import LsmConfig, LsmOptions
from engines.lsm.depth_scene import DepthScene
from engines.lsm.network import Lsm
from engines.lsm.sources import Sources
from engines.lsm.voxel_scene import VoxelScene


class LsmEngine:
    """An object from a few posed photographs, as occupied voxels or as depth maps (Kar et al., NIPS 2017)."""

    name = "lsm"
    title = "Learnt Stereo Machines"
    Config = LsmConfig
    SceneOptions = LsmOptions
    upstream_suffix = INDEX
    configuration_name = upstream.ARGS

    def recognises(self, content: Mapping[str, Any]) -> bool:
        """Whether this holds the first layers of two networks, by the names of its variables."""
        return upstream.recognises(content)

    def read_upstream(self, content: Mapping[str, Any], path: Path) -> Checkpoint:
        """Reads a checkpoint of akar43/lsm."""
        return upstream.read(content, path)

    def read_configured(self, content: Mapping[str, Any], path: Path, configuration: Path) -> Checkpoint:
        """Reads a checkpoint as `read_upstream` does, with an `args.json` of theirs."""
        return upstream.read(content, path, configuration)

    def configuration_text(self, checkpoint: Checkpoint, weights: str) -> str:
        """The `args.json` that their scripts read."""
        return upstream.args_text(make_options(LsmConfig, checkpoint.config, SCENE_CONFIG))

    def write_upstream(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        """What akar43/lsm would save, by TensorFlow's names and in its layout."""
        return upstream.write(checkpoint)

    def weights_to_draw(self, config: LsmConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Names and shapes of all the network's weights; tensors on the meta device."""
        with torch.device("meta"):
            return Lsm(config).state_dict()

    def open(self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: LsmOptions) -> Scene:
        """Makes a scene of a folder's photographs.

        Raises:
            Lacking: there is none.
        """
        if dataset is None:
            raise Lacking("it makes scenes of photographs: choose a data folder of posed ones (--data FOLDER)")
        config = make_options(LsmConfig, checkpoint.config, SCENE_CONFIG)
        sources = Sources(config, checkpoint.weights, dataset, device, options)
        return DepthScene(sources) if config.kind == "dlsm" else VoxelScene(sources)

    def unsupported(self, dataset: Dataset) -> str:
        """No photographs of objects whose voxels or depths are known."""
        from engines.lsm import training

        return training.unsupported(dataset, make_options(LsmConfig, self.suggested(dataset)))

    def suggested(self, dataset: Dataset) -> Mapping[str, Any]:
        """The options that this data asks for: to learn depth maps where it has depths but no voxels."""
        views = dataset.split("train").photographed
        if not views or dataset.volumes is not None or views[0].depth_path is None:
            return {}
        return {"kind": "dlsm"}

    def train(self, dataset: Dataset, config: LsmConfig, device: torch.device, seed: int) -> Training:
        """Begins an optimisation."""
        from engines.lsm.training import LsmObjective

        return Optimisation(LsmObjective, Setup(self.name, dataset, config, device, seed))

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
        """Continues one exactly."""
        from engines.lsm.training import LsmObjective

        return Optimisation(LsmObjective, Setup.resumed(checkpoint, LsmConfig, dataset, device))


ENGINE: Engine[LsmConfig, LsmOptions] = LsmEngine()
