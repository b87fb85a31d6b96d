"""Scene Representation Networks as the program sees them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.config import SCENE_CONFIG, make_options
from engines.core.data.dataset import Dataset
from engines.core.engine import Engine, Scene, Training
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from engines.srn import upstream
from engines.srn.codes import codes_of_instances
from engines.srn.config import SrnConfig, SrnOptions
from engines.srn.network import Srn
from engines.srn.scene import SrnScene, find_info


class SrnEngine:
    """One scene, or a class of objects, as a function from points to features (Sitzmann et al., NeurIPS 2019)."""

    name = "srn"
    title = "Scene Representation Networks"
    Config = SrnConfig
    SceneOptions = SrnOptions

    def recognises(self, content: Mapping[str, Any]) -> bool:
        """Whether this holds a ray marcher and phi, or a network that predicts phi, by the names of their tensors."""
        return upstream.recognises(content)

    def read_upstream(self, content: Mapping[str, Any], path: Path) -> Checkpoint:
        """Reads a file of vsitzmann/scene-representation-networks."""
        return upstream.read(content, path)

    def write_upstream(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        """What vsitzmann/scene-representation-networks would save."""
        return upstream.write(checkpoint)

    def weights_to_draw(self, config: SrnConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Names and shapes of all the network's weights; tensors on the meta device."""
        with torch.device("meta"):
            return Srn(config).state_dict()

    def suggested(self, dataset: Dataset) -> Mapping[str, Any]:
        """One scene needs no codes, and trains on all its photographs."""
        if dataset.instances:
            return {}
        return {"fit_single_srn": True, "max_num_observations_train": -1}

    def open(self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: SrnOptions) -> Scene:
        """Builds the scene; see `scene.find_info` for where the cameras come from."""
        config = make_options(SrnConfig, checkpoint.config, SCENE_CONFIG)
        info, assumptions = find_info(checkpoint, dataset)
        weights = checkpoint.weights
        if dataset is not None and checkpoint.scene is None and not config.fit_single_srn:
            objects = max(len(dataset.instances), 1)
            if objects != config.num_instances:
                assumptions = (
                    *assumptions,
                    f"the file's {config.num_instances} objects have no names; the folder's {objects} are taken to be "
                    "the first of them, in order",
                )
        described = dataset is not None and dataset.views[0].params_path is not None
        if dataset is not None and described and not config.fit_single_srn:
            # The authors' files don't say whether codes were learnt or given.
            if config.has_params or options.has_params:
                codes, notes = codes_of_instances(dataset.views, config.embedding_size)
                weights = {**weights, upstream.CODES: codes}
                config = config.model_copy(update={"num_instances": len(codes), "has_params": True})
                info, assumptions = SceneInfo.of_dataset(dataset), (*assumptions, *notes)
            elif checkpoint.scene is None:
                assumptions = (
                    *assumptions,
                    "the objects' codes are the file's own; has_params=true takes those of the folder's params/",
                )
        # The authors' files don't say what they were trained on.
        is_known = checkpoint.scene is not None and checkpoint.step > 0
        side = config.img_sidelengths[config.stage_number(checkpoint.step - 1)] if is_known else None
        return SrnScene(config, weights, info, assumptions, device, options, side)

    def unsupported(self, dataset: Dataset) -> str:
        """No photographs to train on, or dynamic objects."""
        from engines.srn import observations

        return observations.unsupported(dataset, SrnConfig())

    def train(self, dataset: Dataset, config: SrnConfig, device: torch.device, seed: int) -> Training:
        """Begins an optimisation."""
        from engines.srn.training import SrnObjective

        return Optimisation(SrnObjective, Setup(self.name, dataset, config, device, seed))

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
        """Continues one exactly."""
        from engines.srn.training import SrnObjective

        return Optimisation(SrnObjective, Setup.resumed(checkpoint, SrnConfig, dataset, device))


ENGINE: Engine[SrnConfig, SrnOptions] = SrnEngine()
