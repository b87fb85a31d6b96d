"""Learning the two networks of Deep 3D Mask Volume (paper, section 3): planes first, then what moves on them.

Each step makes planes of two cameras' pictures, draws from them what a third camera sees, and compares with what it
saw. In stage mask the network of planes stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from engines.core.distributed import Share
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.objective import Setup
from engines.core.storage.checkpoint_file import read_own
from engines.core.storage.upstream_state import checked_weights
from engines.mask_volume import folded, planes, upstream
from engines.mask_volume.config import PLANES, MaskVolumeConfig
from engines.mask_volume.examples import Example, reader_for, training_views, working_size
from engines.mask_volume.inference import PackedMpi
from engines.mask_volume.losses import NEED_FEATURES, Judgement, Rendered
from engines.mask_volume.network import MaskNet, MpiNet, VolumeUnet
from engines.mask_volume.perceptual import read_vgg
from engines.mask_volume.sweeping import Swept, sweep_pair


class Networks(nn.Module):
    """What a checkpoint holds, under the authors' names: `models.mpi_net.*`, of stage mask `models.mask_net.*` too."""

    def __init__(self, stage: str, half: bool = False) -> None:
        """`half`: the networks' products in bfloat16."""
        super().__init__()
        self._half = half
        self._packed: tuple[list[tuple[int, int]], PackedMpi] | None = None
        self.models = nn.ModuleDict({"mpi_net": MpiNet()})
        if stage == "mask":
            self.models.requires_grad_(False)
            self.models["mask_net"] = MaskNet()

    def draw(self, example: Example) -> Rendered:
        """What the target's camera sees of planes made of the other two pictures."""
        *pair, target = example.cameras
        depths = planes.plane_depths(*example.depths, PLANES)

        def swept_of(pictures: Tensor) -> Swept:
            return sweep_pair(pictures.permute(0, 2, 3, 1).contiguous(), (pair[0], pair[1]), depths)

        swept = swept_of(example.pictures[:2])
        layers = self._planes(swept)
        if example.backgrounds is None:
            warped = planes.warp(layers.permute(0, 3, 1, 2), pair[0], target, depths)
            image, opacity, _ = planes.composite(warped, depths)
            return Rendered(image.permute(2, 0, 1)[None], opacity)
        still = swept_of(example.backgrounds)
        mask = applied(self.models["mask_net"], [swept, still], self._half)[0, 0]
        moving = layers * mask[..., None]
        both = moving + self._planes(still) * (1 - mask[..., None])
        # [P, 8, H, W]: one warp for both.
        warped = planes.warp(torch.cat([both, moving], dim=-1).permute(0, 3, 1, 2), pair[0], target, depths)
        image, _, _ = planes.composite(warped[:, :4], depths)
        _, opacity, _ = planes.composite(warped[:, 4:], depths)
        return Rendered(image.permute(2, 0, 1)[None], opacity, mask)

    def _planes(self, swept: Swept) -> Tensor:
        """[P, H, W, 4]."""
        network = self.models["mpi_net"]
        if _folds(swept, self._half) and not any(weight.requires_grad for weight in network.parameters()):
            with torch.no_grad():
                return self._packed_mpi()(swept, lambda: None)
        return planes.blend(applied(network, [swept], self._half)[0], swept.views())

    def _packed_mpi(self) -> PackedMpi:
        """The network of planes, which stays as it is, made anew where weights were loaded."""
        network = cast(MpiNet, self.models["mpi_net"])
        state = [(weight.data_ptr(), weight._version) for weight in network.parameters()]
        if self._packed is None or self._packed[0] != state:
            self._packed = state, PackedMpi(network)
        return self._packed[1]


def applied(network: nn.Module, swept: Sequence[Swept], half: bool = False) -> Tensor:
    """[1, C, P, H, W] what the network makes of pairs of sweeps, in this order; sides a multiple of 8."""
    if _folds(swept[0], half):
        return folded.learn(cast(VolumeUnet, network), swept)
    volume = torch.cat([pair.views() for pair in swept]).flatten(0, 1)[None]
    if not half:
        return network(volume)  # type: ignore[no-any-return]
    volume = volume.contiguous(memory_format=torch.channels_last_3d)
    with torch.autocast(volume.device.type, torch.bfloat16):
        made: Tensor = network(volume)
    return made.float()


def _folds(swept: Swept, half: bool) -> bool:
    """Whether fewer products pay: a GPU has no use for it."""
    return swept.volume.device.type == "cpu" and not half


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


class MaskVolumeObjective:
    """What is learnt: the network of planes; in stage mask that of masks."""

    def __init__(self, setup: Setup[MaskVolumeConfig]) -> None:
        """Begins at random weights, or at those that `config.checkpoint` and `config.mpi_model` name.

        Raises:
            UserError: the data, or a file, are not such as the stage needs.
        """
        self.config = config = setup.config
        self._dataset, self._device = setup.dataset, setup.device
        self.photographs = training_views(setup.dataset, config)
        self.reader, self.workers = reader_for(setup.dataset, self.photographs, config, setup.seed)
        self.network = Networks(config.stage, config.precision == "bfloat16")
        # A run that goes on has its own weights: those files need not be there any more.
        if setup.checkpoint is None:
            begin_from(self.network, config)
        perceptual = None
        if config.vgg_weights is not None and config.loss_type in NEED_FEATURES:
            perceptual = read_vgg(Path(config.vgg_weights)).to(setup.device)
        self._judge = Judgement(config.loss_type, perceptual)
        self.notes = self.reader.notes
        if perceptual is None and config.loss_type in NEED_FEATURES:
            self.notes += (
                f"loss_type={config.loss_type} compares features of VGG19, and vgg_weights names no file of it: L1 and "
                "structural similarity take their place, which makes softer pictures",
            )

    def views(self, step: int) -> Sequence[int]:
        """The photographs of all ranks' examples, three of each."""
        return self.reader.views(step)

    def read(self, step: int) -> tuple[Example, ...]:
        """This rank's examples."""
        return self.reader.read(step)

    def share(self, batch: tuple[Example, ...]) -> Share:
        """This rank's share of the step's examples."""
        return self.reader.share

    def pieces(self, batch: tuple[Example, ...]) -> Sequence[tuple[Example, float]]:
        """One by one: examples of a step need no memory together."""
        return [(example, 1.0) for example in batch]

    def losses(self, example: Example) -> dict[str, Tensor]:
        """What the target's camera sees, compared with what it saw."""
        example = example.to(self._device)
        return self._judge(self.network.draw(example), example.pictures[2:], example.moves, example.valid)

    def trained_px(self, size_px: tuple[int, int], step: int) -> tuple[int, int]:
        """Larger photographs are brought to fit, in drawing for a score as in learning."""
        fits = all(side <= most for side, most in zip(size_px, self.config.img_wh, strict=True))
        return size_px if fits else working_size(size_px, self.config.img_wh)

    def scene(self, weights: Mapping[str, Tensor]) -> Scene:
        """A scene of these weights, in the networks' shapes, of the capture that is trained on."""
        from engines.mask_volume.scene import scene_of_training

        return scene_of_training(self.config, weights, self._dataset, self._device)
