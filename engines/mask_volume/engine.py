"""Deep 3D Mask Volume as an engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.data.dataset import Dataset
from engines.core.engine import Engine, Scene, Training
from engines.core.errors import Lacking
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint
from engines.mask_volume import upstream
from engines.mask_volume.config import MaskVolumeConfig, MaskVolumeOptions
from engines.mask_volume.multiplane_image import has_mask
from engines.mask_volume.scene import MaskVolumeScene

DRAWN_FROM = (
    "this method draws from photographs, which its checkpoints don't hold: choose a data folder (--data FOLDER)"
)
RECORDINGS = (
    "with an LLFF folder for each time step, or cam00/ cam01/ ... or a video of each camera beside poses_bounds.npy"
)
LACKING = {
    True: f"{DRAWN_FROM}, a recording {RECORDINGS}",
    False: f"{DRAWN_FROM} that says how deep the scene is (poses_bounds.npy, COLMAP's points...), or a recording",
}
"""By whether there is the network that tells what moves."""


class MaskVolumeEngine:
    """A moving scene between two cameras (Lin et al., ICCV 2021); without its second network, a still one."""

    name = "mask_volume"
    title = "Deep 3D Mask Volume"
    Config = MaskVolumeConfig
    SceneOptions = MaskVolumeOptions

    def recognises(self, content: Mapping[str, Any]) -> bool:
        """Whether this holds the MPI network, by the name and shape of its first convolution."""
        return upstream.recognises(content)

    def read_upstream(self, content: Mapping[str, Any], path: Path) -> Checkpoint:
        """Reads a file of ken2576/deep-3dmask."""
        return upstream.read(content, path)

    def write_upstream(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        """What ken2576/deep-3dmask would save."""
        return upstream.write(checkpoint)

    def weights_to_draw(self, config: MaskVolumeConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Names and shapes of the planes' network, and of the masks' where `weights` have it; on the meta device."""
        networks = upstream.networks_of(weights)
        return {prefix + name: t for network, prefix in networks.items() for name, t in network.state_dict().items()}

    def open(
        self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: MaskVolumeOptions
    ) -> Scene:
        """Opens the capture with the checkpoint's networks.

        Raises:
            Lacking: there is none.
        """
        if dataset is None:
            raise Lacking(LACKING[has_mask(checkpoint.weights)])
        return MaskVolumeScene(checkpoint.weights, dataset, device, options)

    def unsupported(self, dataset: Dataset) -> str:
        """No depths, or nowhere three photographs of one time step; stage mpi is the default."""
        from engines.mask_volume import examples

        return examples.unsupported(dataset, MaskVolumeConfig())

    def train(self, dataset: Dataset, config: MaskVolumeConfig, device: torch.device, seed: int) -> Training:
        """Begins an optimisation."""
        from engines.mask_volume.training import MaskVolumeObjective

        return Optimisation(MaskVolumeObjective, Setup(self.name, dataset, config, device, seed))

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
        """Continues one exactly."""
        from engines.mask_volume.training import MaskVolumeObjective

        return Optimisation(MaskVolumeObjective, Setup.resumed(checkpoint, MaskVolumeConfig, dataset, device))


ENGINE: Engine[MaskVolumeConfig, MaskVolumeOptions] = MaskVolumeEngine()
