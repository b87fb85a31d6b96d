"""Learning what photographs tell of objects whose voxels, or depths, are known (paper, section 3.4).

A step looks at some objects, each in some of its photographs in an order by chance. What is known after each of these
is compared: occupancies by cross-entropy, depths by their difference; where nothing is hit the depth is 10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core import distributed
from engines.core.data.dataset import Dataset
from engines.core.device import to_device
from engines.core.distributed import Share
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.objective import Setup
from engines.core.storage.checkpoint_file import read_own
from engines.lsm import upstream
from engines.lsm.config import LsmConfig, LsmOptions
from engines.lsm.depth_scene import DepthScene
from engines.lsm.network import Lsm
from engines.lsm.photographs import ReconstructionCube
from engines.lsm.sources import Sources
from engines.lsm.training_views import ObjectSchedule, PhotographBatch, PhotographBatchReader, too_few, workers_for
from engines.lsm.voxel_scene import VoxelScene


def unsupported(dataset: Dataset, config: LsmConfig) -> str:
    """Why nothing can be trained on the training photographs, in plain words; "" where something can."""
    views = dataset.split("train").photographed
    if not views:
        others = len(dataset.views.photographed)
        held_out = ", as its folders or lists (splits.json) say"
        return f"no training photographs{f': all {others} are to validate or to test with{held_out}' if others else ''}"
    if dataset.time_steps > 1:
        return f"a recording of {dataset.time_steps} time steps, but LSM learns objects that stand still"
    if reason := too_few(views, config, dataset.instances):
        return reason
    first = int(views.instances[0])
    if config.learns_depths:
        if views.of_instance(first)[0].depth_path is None:
            return "its photographs have no depth maps, which kind=dlsm learns"
        return ""
    if dataset.volumes is None or not dataset.volumes.has(first, config.nvox):
        return f"it has no voxels of {config.nvox}x{config.nvox}x{config.nvox}, which kind=vlsm learns"
    return ""


def _require_divisible(config: LsmConfig) -> None:
    rank = distributed.here()
    rank.share_of_batch(config.batch_size, "batch_size")
    if rank.count > 1 and config.norm == "BN":
        raise UserError(
            "norm=BN normalises over all photographs of a step, which processes can't divide; leave torchrun out, or "
            "set norm=IN"
        )


def begin_from(network: Lsm, path: Path) -> tuple[str, ...]:
    """Takes over the networks of a checkpoint that are also in `network`.

    Returns:
        In plain words, what was not taken over.

    Raises:
        UserError: it can't be read, is another method's, or its networks are of other sizes.
    """
    found, own = read_own(path, "lsm", upstream.recognises, upstream.read).weights, network.state_dict()
    apart = {name.partition(".")[0] for name in own} - {name.partition(".")[0] for name in found}
    taken = {name: tensor for name, tensor in own.items() if name.partition(".")[0] not in apart}
    for name, tensor in taken.items():
        if name not in found or found[name].shape != tensor.shape:
            raise UserError(f"{path}: its {name} does not fit; grid_net, rnn, norm and the like must be as in this run")
    network.load_state_dict(own | {name: found[name].float() for name in taken})
    return tuple(f"{path} has no {name}, which begins at random" for name in sorted(apart))


class LsmObjective:
    """What is learnt: all networks together."""

    def __init__(self, setup: Setup[LsmConfig]) -> None:
        """Begins at random weights, or at those of `config.checkpoint`.

        Raises:
            UserError: nothing can be trained on these photographs, or not by so many processes.
        """
        self.config, self._dataset, self._device = setup.config, setup.dataset, setup.device
        if reason := unsupported(setup.dataset, setup.config):
            raise UserError(f"{setup.dataset.source}: {reason}")
        _require_divisible(setup.config)
        self.photographs = views = setup.dataset.split("train").photographed
        self._plan, cube = (
            ObjectSchedule(views.instances, setup.config, setup.seed),
            ReconstructionCube.of(setup.dataset),
        )
        self.workers = workers_for(len(views), setup.config)
        volumes = None if setup.config.learns_depths else setup.dataset.volumes
        self.reader = PhotographBatchReader(views, volumes, cube, self._plan, setup.config, distributed.here())
        self.reader.look()
        self.network = Lsm(setup.config)
        if setup.config.learns_depths:
            # Nothing is learnt of what depth maps aren't made of; ranks would wait for its gradients.
            for layer in self.network.Grid_Unet.beyond_third():
                layer.requires_grad_(False)
        self.notes: tuple[str, ...] = ()
        # A run that goes on has its own weights: that file need not be there any more.
        if setup.config.checkpoint is not None and setup.checkpoint is None:
            self.notes = begin_from(self.network, Path(setup.config.checkpoint))

    def views(self, step: int) -> Sequence[int]:
        """The photographs of all objects of the step, all ranks' together."""
        return [view for chosen in self._plan.chosen(step) for view in chosen.views]

    def read(self, step: int) -> PhotographBatch:
        """This rank's objects."""
        return self.reader.read(step)

    def share(self, batch: PhotographBatch) -> Share:
        """This rank's share of the step's objects."""
        return batch.share

    def losses(self, batch: PhotographBatch) -> dict[str, Tensor]:
        """Over what is known after each photograph."""
        images, K, R, known = (to_device(each, self._device) for each in (batch.images, batch.K, batch.R, batch.known))
        found = self.network(images, K, R)
        wanted = known[:, None].expand_as(found)
        if self.config.learns_depths:
            return {"total": F.l1_loss(found, wanted)}
        return {"total": F.binary_cross_entropy_with_logits(found, wanted.float(), self._weights(known))}

    def _weights(self, filled: Tensor) -> Tensor | None:
        """[B, 1, n, n, n] what each voxel weighs, 1 in the mean; None: all alike."""
        if not self.config.class_balanced:
            return None
        share = filled.float().mean(dim=(1, 2, 3), keepdim=True)
        # Of an object without a filled voxel, or without an empty one, all weigh alike.
        half = torch.where((share > 0) & (share < 1), 0.5, share)
        weights = torch.where(filled, half / share, (1 - half) / (1 - share))
        return weights[:, None]

    def trained_px(self, size_px: tuple[int, int], step: int) -> tuple[int, int]:
        """The size that the network is given photographs in."""
        return self.config.im_w, self.config.im_h

    def scene(self, weights: Mapping[str, Tensor]) -> Scene:
        """A scene of these weights, in the network's shapes, of the photographs that are taken where nobody chooses."""
        sources = Sources(self.config, weights, self._dataset, self._device, LsmOptions())
        return DepthScene(sources) if self.config.kind == "dlsm" else VoxelScene(sources)
