"""Learning the two networks of Deep 3D Mask Volume (paper, section 3): planes first, then what moves on them.

Each step makes planes of two cameras' pictures, draws from them what a third camera sees, and compares with what it
saw. In stage mask the network of planes stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from engines.core import ranks
from engines.core.averaging import WeightAverage
from engines.core.checkpoint import Checkpoint, SceneInfo, copied_to_cpu
from engines.core.checkpoint_file import read_own
from engines.core.dataset import Dataset
from engines.core.engine import Scene
from engines.core.errors import Diverged, UserError
from engines.core.read_ahead import ReadAhead
from engines.core.resuming import require_same_photographs, restore, training_state
from engines.core.upstream_state import checked_weights
from engines.mask_volume import planes, upstream
from engines.mask_volume.config import PLANES, MaskVolumeConfig
from engines.mask_volume.examples import Example, reader_for, training_views, working_size
from engines.mask_volume.losses import NEED_FEATURES, Judgement, Rendered
from engines.mask_volume.network import MaskNet, MpiNet
from engines.mask_volume.perceptual import read_vgg


class Networks(nn.Module):
    """What a checkpoint holds, under the authors' names: `models.mpi_net.*`, of stage mask `models.mask_net.*` too."""

    def __init__(self, stage: str, half: bool = False) -> None:
        """`half`: the networks' products in bfloat16."""
        super().__init__()
        self._half = half
        self.models = nn.ModuleDict({"mpi_net": MpiNet()})
        if stage == "mask":
            self.models.requires_grad_(False)
            self.models["mask_net"] = MaskNet()

    def draw(self, example: Example) -> Rendered:
        """What the target's camera sees of planes made of the other two pictures."""
        first, second, target = example.cameras
        depths = planes.plane_depths(*example.depths, PLANES).to(example.pictures)
        swept = planes.sweep(example.pictures[:2], (first, second), first, depths)
        layers = self._planes(swept)
        if example.backgrounds is None:
            warped = planes.warp(layers.permute(0, 3, 1, 2), first, target, depths)
            image, opacity, _ = planes.composite(warped, depths)
            return Rendered(image.permute(2, 0, 1)[None], opacity)
        still = planes.sweep(example.backgrounds, (first, second), first, depths)
        mask = applied(self.models["mask_net"], torch.cat([swept, still]), self._half)[0, 0]
        moving = layers * mask[..., None]
        both = moving + self._planes(still) * (1 - mask[..., None])
        # [P, 8, H, W]: one warp for both.
        warped = planes.warp(torch.cat([both, moving], dim=-1).permute(0, 3, 1, 2), first, target, depths)
        image, _, _ = planes.composite(warped[:, :4], depths)
        _, opacity, _ = planes.composite(warped[:, 4:], depths)
        return Rendered(image.permute(2, 0, 1)[None], opacity, mask)

    def _planes(self, swept: Tensor) -> Tensor:
        """[P, H, W, 4] of a sweep [2, 3, P, H, W]."""
        return planes.blend(applied(self.models["mpi_net"], swept, self._half)[0], swept)


def applied(network: nn.Module, swept: Tensor, half: bool = False) -> Tensor:
    """[1, C, P, H, W] what the network makes of swept views [V, 3, P, H, W]; sides a multiple of 8."""
    volume = swept.reshape(1, -1, *swept.shape[2:])
    if half:
        volume = volume.contiguous(memory_format=torch.channels_last_3d)
        with torch.autocast(volume.device.type, torch.bfloat16):
            made: Tensor = network(volume)
        return made.float()
    if volume.device.type != "cpu":
        return network(volume)  # type: ignore[no-any-return]
    # Half the time on a CPU: channels last, and planes as the last axis. oneDNN is passed over for a small product of
    # channels and the first two axes, and what is taken instead is ten times slower. Kernels turn with the axes.
    turned = {name: w.permute(0, 1, 3, 4, 2) if w.dim() == 5 else w for name, w in network.named_parameters()}
    last = volume.permute(0, 1, 3, 4, 2).contiguous(memory_format=torch.channels_last_3d)
    return functional_call(network, turned, (last,)).permute(0, 1, 4, 2, 3)  # type: ignore[no-any-return]


class Comparison(nn.Module):
    """The losses of an example, as a module: ranks divide its gradients."""

    def __init__(self, networks: Networks, judge: Judgement) -> None:
        super().__init__()
        self.networks, self.judge = networks, judge

    def forward(self, example: Example) -> dict[str, Tensor]:
        """By name, "total" first."""
        return self.judge(self.networks.draw(example), example.pictures[2:], example.moves, example.valid)


def begin_from(networks: Networks, config: MaskVolumeConfig) -> None:
    """Takes over what `config.checkpoint` and `config.mpi_model` name.

    Raises:
        UserError: stage mask has no network of planes to build on, or a file does not fit.
    """
    if config.stage == "mask" and config.mpi_model is None and config.checkpoint is None:
        raise UserError(
            "stage=mask builds on a network of planes: set mpi_model to a run folder of stage=mpi, a scene file or an "
            "authors' file"
        )
    for name in networks.models:
        source = config.mpi_model if name == "mpi_net" and config.stage == "mask" else None
        source = source or config.checkpoint
        if source is not None:
            networks.models[name].load_state_dict(_weights_of(name, networks.models[name], Path(source)))


def _weights_of(name: str, network: nn.Module, path: Path) -> dict[str, Tensor]:
    checkpoint = read_own(path, "mask_volume", upstream.recognises, upstream.read)
    prefix = f"models.{name}."
    state = {key.removeprefix(prefix): value for key, value in checkpoint.weights.items() if key.startswith(prefix)}
    if not state:
        raise UserError(f"{path}: holds no {name}; a run of stage=mpi has mpi_net, one of stage=mask mask_net, too")
    return {key: value.float() for key, value in checked_weights(state, network, path).items()}


class MaskVolumeTraining:
    """One optimisation. All chance follows from the seed and the step's number, none from global generators."""

    def __init__(
        self, dataset: Dataset, config: MaskVolumeConfig, device: torch.device, seed: int, fresh: bool = True
    ) -> None:
        """Begins at random weights, or at those that `config.checkpoint` and `config.mpi_model` name.

        Args:
            fresh: False where the weights are going to be replaced: those files need not be there any more.

        Raises:
            UserError: the data, or a file, are not such as the stage needs.
        """
        self._views = training_views(dataset, config)
        self._reader, workers = reader_for(dataset, self._views, config, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._networks = Networks(config.stage, config.precision == "bfloat16")
        if fresh:
            begin_from(self._networks, config)
        self.config, self.step_count = config, 0
        self._dataset, self._device = dataset, device
        self._ahead = ReadAhead(self._reader, workers)
        self._networks = self._networks.to(device)
        self._learnt = [weights for weights in self._networks.parameters() if weights.requires_grad]
        self._optimiser = torch.optim.Adam(self._learnt, lr=config.lr, fused=True)
        self._average = WeightAverage(self._networks.state_dict(), config.ema_decay) if config.ema_decay else None
        perceptual = None
        if config.vgg_weights is not None and config.loss_type in NEED_FEATURES:
            perceptual = read_vgg(Path(config.vgg_weights)).to(device)
        self._comparison = ranks.divided(Comparison(self._networks, Judgement(config.loss_type, perceptual)))
        self.notes: tuple[str, ...] = self._reader.notes
        if perceptual is None and config.loss_type in NEED_FEATURES:
            self.notes += (
                f"loss_type={config.loss_type} compares features of VGG19, and vgg_weights names no file of it: L1 and "
                "structural similarity take their place, which makes softer pictures",
            )

    @staticmethod
    def resumed(
        dataset: Dataset, config: MaskVolumeConfig, checkpoint: Checkpoint, device: torch.device
    ) -> MaskVolumeTraining:
        """Continues where `checkpoint` was taken; bit for bit on a CPU with as many threads.

        Raises:
            UserError: the checkpoint has no training state, or the folder's photographs are not those of the run.
        """
        state = training_state(checkpoint)
        training = MaskVolumeTraining(dataset, config, device, config.seed, fresh=False)
        require_same_photographs(state, training._views, dataset.source)
        restore(training._networks, training._average, training._optimiser, checkpoint)
        training.step_count = checkpoint.step
        return training

    def step(self) -> dict[str, float]:
        """One optimisation step; the losses by name.

        Raises:
            UserError: a loss or gradient is not finite; the weights are as before the step.
        """
        for group in self._optimiser.param_groups:
            group["lr"] = self.config.lr_at(self.step_count)
        examples = ranks.together(lambda: self._ahead.take(self.step_count))
        self._optimiser.zero_grad(set_to_none=True)
        judged = [self._judged(example, last=place == len(examples)) for place, example in enumerate(examples, 1)]
        gradients = [weights.grad for weights in self._learnt if weights.grad is not None]
        size = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(part) for part in gradients]))
        # One transfer for all numbers.
        means = torch.stack([torch.stack(list(losses.values())) for losses in judged]).mean(dim=0)
        means = ranks.mean_of(means, self._reader.share)
        *values, size_ = torch.cat([means, size[None]]).tolist()
        losses = dict(zip(judged[0], values, strict=True))
        if not all(math.isfinite(value) for value in (*values, size_)):
            self._refuse(losses)
        self._optimiser.step()
        self.step_count += 1
        if self._average is not None:
            self._average.update(self._networks.state_dict(), self.step_count)
        return losses

    def _judged(self, example: Example, last: bool) -> dict[str, Tensor]:
        """The losses of one example, its share of the gradient added up: examples of a step need no memory together."""
        example = example.to(self._device)
        with ranks.kept_back(self._comparison, more_to_come=not last):
            losses = self._comparison(example)
            (losses["total"] * (1 / self.config.batch_size)).backward()
        return {name: loss.detach() for name, loss in losses.items()}

    def _refuse(self, losses: Mapping[str, float]) -> None:
        names = ", ".join(self._reader.names(self.step_count)[:9])
        raise Diverged(
            f"step {self.step_count + 1}: the loss is not finite (image {losses['image']:g}) on views {names}; the "
            "weights were not changed. Look at these photographs and their cameras"
        )

    def learnt_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """Larger photographs are brought to fit, in drawing for a score as in learning."""
        fits = all(side <= most for side, most in zip(size_px, self.config.img_wh, strict=True))
        return size_px if fits else working_size(size_px, self.config.img_wh)

    def close(self) -> None:
        """Ends the processes that read photographs."""
        self._ahead.close()

    def checkpoint(self) -> Checkpoint:
        """All that is needed to draw and to resume, copied to the CPU."""
        training: dict[str, Any] = {
            "optimiser": copied_to_cpu(self._optimiser.state_dict()),
            "photographs": self._views.fingerprint(),
        }
        if self._average is not None:
            training["latest"] = copied_to_cpu(self._networks.state_dict())
        info = SceneInfo.of_dataset(self._dataset)
        weights = copied_to_cpu(self._shown())
        return Checkpoint("mask_volume", self.config.model_dump(), self.step_count, weights, info, training)

    def scene(self) -> Scene:
        """The scene as learnt so far, with a copy of the weights of its own."""
        from engines.mask_volume.scene import scene_of_training

        weights = {name: tensor.detach().clone() for name, tensor in self._shown().items()}
        return scene_of_training(self.config, weights, self._dataset, self._device)

    def _shown(self) -> Mapping[str, Tensor]:
        return self._networks.state_dict() if self._average is None else self._average.weights
