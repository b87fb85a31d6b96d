"""Learning SRNs from photographs (paper, section 3.4): one scene, a class, or only the codes of new objects.

Each step draws whole pictures, or some of their pixels, and compares them by squared error; codes are kept small, and
depths in front of the camera. Stages go from small pictures to large ones.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core import distributed
from engines.core.device import to_device
from engines.core.distributed import Share
from engines.core.errors import UserError
from engines.core.objective import Setup
from engines.core.seeding import seeded
from engines.core.storage.checkpoint import INSTANCES, SceneInfo
from engines.srn.codes import codes_of_instances
from engines.srn.comparison import Compared, ImageRays, compare, pixel_weights, rays_at_once
from engines.srn.config import SrnConfig, SrnOptions
from engines.srn.network import INITIAL_DEPTH, Srn
from engines.srn.observations import (
    ObservedImages,
    PictureReader,
    ResolutionSchedule,
    fit_in_memory,
    left_out,
    observations,
    workers_for,
)
from engines.srn.scene import SrnScene
from engines.srn.trained_class import as_trained, begin_from, origin_of


def _require_divisible(config: SrnConfig) -> None:
    rank = distributed.here()
    for size in config.batch_size_per_img_sidelength:
        rank.share_of_batch(size, "batch_size_per_img_sidelength")
    if rank.count > 1 and config.use_unet_renderer and not config.freeze_networks:
        raise UserError(
            "use_unet_renderer=true normalises over all pictures of a step, which processes can't divide; leave "
            "torchrun out, or draw pixel by pixel (--set use_unet_renderer=false)"
        )


class SrnObjective:
    """What is learnt: the networks, and the codes of the objects."""

    def __init__(self, setup: Setup[SrnConfig]) -> None:
        """Begins at random weights, or at those of `config.checkpoint`.

        Raises:
            UserError: no photographs, or `config.checkpoint` does not fit.
        """
        # A run that goes on has its own weights: the file that it began from need not be there any more.
        config, origin = setup.config, origin_of(setup.config) if setup.checkpoint is None else None
        if origin is not None:
            config = as_trained(config, origin)
        self._dataset, self._device, self._seed = setup.dataset, setup.device, setup.seed
        self.photographs = observations(setup.dataset, config)
        _require_divisible(config)
        objects = int(self.photographs.instances.max()) + 1
        self.config = config if config.fit_single_srn else config.model_copy(update={"num_instances": objects})
        self.network = Srn(self.config)
        self.notes = left_out(setup.dataset.split("train"), self.photographs, config)
        if origin is not None:
            self.notes += begin_from(self.network, origin, config, self._names())
        codes, given = self.network.latent_codes, config.has_params
        if given and codes is not None:
            # What is drawn afterwards: each object by its first view's code.
            codes.weight.data, notes = codes_of_instances(self.photographs, config.embedding_size)
            self.notes += notes
            codes.requires_grad_(False)
        if config.freeze_networks and codes is not None:
            self.network.requires_grad_(False).eval()
            codes.requires_grad_()
        # A U-Net looks at whole pictures, and BatchNorm at all of a step.
        self._rays_at_once = (
            sys.maxsize if config.use_unet_renderer else rays_at_once(setup.device, config.tracing_steps)
        )
        self.workers = workers_for(len(self.photographs), config)
        # Workers would keep a copy each.
        keep = self.workers == 0 and fit_in_memory(len(self.photographs), config)
        self._plan = ResolutionSchedule(self.photographs.instances, config, setup.seed)
        self.reader = PictureReader(
            self.photographs, self._plan, config.embedding_size if given else None, keep, distributed.here()
        )

    def views(self, step: int) -> Sequence[int]:
        """The photographs of all ranks."""
        return self._plan.views(step)

    def read(self, step: int) -> ObservedImages:
        """This rank's photographs."""
        return self.reader.read(step)

    def share(self, batch: ObservedImages) -> Share:
        """This rank's share of the step's photographs."""
        return batch.share

    def losses(self, batch: ObservedImages) -> dict[str, Tensor]:
        """Squared error of the colours, mean square of the codes, penalty of depths behind the camera (eq. 6)."""
        config, codes = self.config, self._codes(batch)
        weights = config.l1_weight, config.reg_weight
        drawn, image, depth = compare(self.network, codes, self._compared(batch), self._rays_at_once, weights)
        latent = codes.square().mean() if codes is not None else drawn.new_zeros(())
        return {"total": drawn + config.kl_weight * latent, "image": image, "latent": latent, "depth": depth}

    def _codes(self, batch: ObservedImages) -> Tensor | None:
        """[B, L] of the objects in this rank's pictures; None: there is one scene."""
        if batch.codes is not None:
            return to_device(batch.codes, self._device)
        if self.network.latent_codes is None:
            return None
        numbers = torch.from_numpy(self.photographs.instances[list(batch.views)]).long()
        return self.network.latent_codes(to_device(numbers, self._device))  # type: ignore[no-any-return]

    def _compared(self, batch: ObservedImages) -> Compared:
        """What is drawn and compared. All pixels of the step are drawn by chance, and this rank's are taken of them."""
        random = seeded(self._seed, 2, batch.step)
        pixels = self._pixels(batch.share.total, batch.colours.shape[1], random)
        rays = self._rays(batch, pixels, random)
        own = pixels[batch.share.rows, :, None].expand(-1, -1, 3)
        photographs = to_device(torch.gather(batch.colours, 1, own), self._device)
        weights = None
        if batch.valid is not None:
            weights = pixel_weights(to_device(torch.gather(batch.valid, 1, own[..., 0]), self._device))
        return Compared(rays, photographs, weights, batch.share.part)

    def _rays(self, batch: ObservedImages, pixels: Tensor, random: torch.Generator) -> ImageRays:
        """Of this rank's pictures; pixels [B, N] of the whole step's."""
        side, rows = batch.cameras[0].size_px[0], batch.share.rows
        poses = torch.from_numpy(np.stack([camera.camera_to_world for camera in batch.cameras])).float()
        # Whatever a reader gave them as, Python's numbers or numpy's: those would make all rays float64.
        lens = torch.tensor([[*c.focal_px, *c.centre_px] for c in batch.cameras], dtype=torch.float32)[:, None]
        columns_rows = torch.stack([pixels % side, pixels // side], dim=-1)[rows]
        flat = (columns_rows - lens[..., 2:]) / lens[..., :2]
        mean, deviation = INITIAL_DEPTH
        begin = (torch.randn(*pixels.shape, 1, generator=random) * deviation + mean)[rows]
        flat, poses, begin = (to_device(tensor, self._device) for tensor in (flat, poses, begin))
        directions = torch.cat([flat, torch.ones_like(flat[..., :1])], dim=-1) @ poses[:, :3, :3].transpose(1, 2)
        position = poses[:, :3, 3]
        origins = position[:, None] + directions * begin
        return ImageRays(origins, F.normalize(directions, dim=-1), poses[:, :3, 2], position)

    def _pixels(self, pictures: int, count: int, random: torch.Generator) -> Tensor:
        """[B, N] numbers of the pixels that are compared, of `count`: all, or `rays_per_image` of them by chance."""
        rays = self.config.rays_per_image
        if rays is None or rays >= count:
            return torch.arange(count).expand(pictures, -1)
        return torch.stack([torch.randperm(count, generator=random)[:rays] for _ in range(pictures)])

    def trained_px(self, size_px: tuple[int, int], step: int) -> tuple[int, int]:
        """The side of the step's pictures."""
        side = self._plan.stage(step)[0]
        return side, side

    def scene(self, weights: Mapping[str, Tensor]) -> SrnScene:
        """A scene of these weights, in the network's shapes, drawn with as many steps as it was learnt with."""
        options = SrnOptions(tracing_steps=self.config.tracing_steps)
        return SrnScene(self.config, weights, self.info(), (), self._device, options)

    def _names(self) -> tuple[str, ...]:
        """Of the objects that have a code."""
        return self._dataset.instances or (self._dataset.source.name,)

    def info(self) -> SceneInfo:
        """What a checkpoint keeps of the data, with the names of the objects that are learnt."""
        info = SceneInfo.of_dataset(self._dataset)
        if self.config.fit_single_srn:
            return info
        return replace(info, hints={**info.hints, INSTANCES: list(self._names()[: self.config.num_instances])})
