"""Learning SRNs from photographs (paper, section 3.4): one scene, a class, or only the codes of new objects.

Each step draws whole pictures, or some of their pixels, and compares them by squared error; codes are kept small, and
depths in front of the camera. Stages go from small pictures to large ones.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core import ranks
from engines.core.averaging import WeightAverage
from engines.core.chance import global_generators_kept, seeded
from engines.core.checkpoint import Checkpoint, SceneInfo, copied_to_cpu
from engines.core.checkpoint_file import read_own
from engines.core.dataset import Dataset
from engines.core.errors import Diverged, UserError
from engines.core.read_ahead import ReadAhead
from engines.core.resuming import require_same_photographs, restore, training_state
from engines.srn import upstream
from engines.srn.codes import codes_of_objects
from engines.srn.comparison import Compared, Comparison, Rays, pixel_weights, rays_at_once
from engines.srn.config import SrnConfig, SrnOptions
from engines.srn.network import INITIAL_DEPTH, Srn
from engines.srn.observations import (
    PictureReader,
    Pictures,
    Plan,
    fit_in_memory,
    left_out,
    observations,
    workers_for,
)
from engines.srn.scene import SrnScene

SIZES = ("embedding_size", "use_unet_renderer", "nf0", "tracing_steps")
"""Options that say what a checkpoint's networks are."""


def _as_trained(config: SrnConfig, origin: Checkpoint) -> SrnConfig:
    """With the sizes of the network that is begun from, where none were asked for."""
    # Files of before don't name every size.
    known = SrnConfig(**origin.config)
    sizes = {name: getattr(known, name) for name in SIZES if name not in config.model_fields_set}
    return SrnConfig(**{**config.model_dump(include=config.model_fields_set), **sizes})


def begin_from(network: Srn, origin: Checkpoint, config: SrnConfig, names: Sequence[str]) -> tuple[str, ...]:
    """Takes over the weights of `origin`, and its codes of the objects `names` unless `overwrite_embeddings`.

    Objects are known by their names where the file has some; else as many objects are taken to be the same ones.

    Returns:
        In plain words, what does not go together.

    Raises:
        UserError: it is of other sizes.
    """
    for name in ("use_unet_renderer", "fit_single_srn"):
        if origin.config[name] != getattr(config, name):
            raise UserError(
                f"{config.checkpoint}: was trained with {name}={str(origin.config[name]).lower()}, this run has "
                f"{str(getattr(config, name)).lower()}; they must agree"
            )
    own = network.state_dict()
    for name, tensor in own.items():
        found = origin.weights.get(name)
        if name == upstream.CODES:
            if found is None or found.shape[1] != tensor.shape[1]:
                raise UserError(
                    f"{config.checkpoint}: has no codes of length {tensor.shape[1]}; set embedding_size to its own"
                )
            if not config.overwrite_embeddings:
                own[name] = _codes_taken_over(origin, found, tensor, names)
            continue
        if found is None or found.shape != tensor.shape:
            raise UserError(f"{config.checkpoint}: its {name} does not fit; the network must have the sizes of the run")
        own[name] = found.float() if found.is_floating_point() else found
    network.load_state_dict(own)
    steps = origin.config["tracing_steps"]
    # The authors' files don't say how many.
    if origin.scene is None or steps == config.tracing_steps:
        return ()
    return (f"{config.checkpoint} was trained with tracing_steps={steps}, this run has {config.tracing_steps}",)


def _origin(config: SrnConfig) -> Checkpoint | None:
    """What `config.checkpoint` names."""
    if config.checkpoint is None:
        return None
    return read_own(Path(config.checkpoint), "srn", upstream.recognises, upstream.read)


def _codes_taken_over(checkpoint: Checkpoint, found: Tensor, own: Tensor, names: Sequence[str]) -> Tensor:
    known = list(checkpoint.scene.hints.get("instances", ())) if checkpoint.scene is not None else []
    if not known:
        return found.float() if found.shape == own.shape else own
    codes = own.clone()
    for row, name in enumerate(names[: len(own)]):
        if name in known[: len(found)]:
            codes[row] = found[known.index(name)].float()
    return codes


def _require_divisible(config: SrnConfig) -> None:
    rank = ranks.here()
    for size in config.batch_size_per_img_sidelength:
        rank.share_of_batch(size, "batch_size_per_img_sidelength")
    if rank.count > 1 and config.use_unet_renderer and not config.freeze_networks:
        raise UserError(
            "use_unet_renderer=true normalises over all pictures of a step, which processes can't divide; leave "
            "torchrun out, or draw pixel by pixel (--set use_unet_renderer=false)"
        )


class SrnTraining:
    """One optimisation. All chance follows from the seed and the step's number, none from global generators."""

    def __init__(
        self, dataset: Dataset, config: SrnConfig, device: torch.device, seed: int, fresh: bool = True
    ) -> None:
        """Begins at random weights, or at those of `config.checkpoint`.

        Args:
            fresh: False where the weights are going to be replaced: `config.checkpoint` need not be there any more.

        Raises:
            UserError: no photographs, or `config.checkpoint` does not fit.
        """
        origin = _origin(config) if fresh else None
        if origin is not None:
            config = _as_trained(config, origin)
        self._views = observations(dataset, config)
        _require_divisible(config)
        objects = int(self._views.instances.max()) + 1
        self.config = config if config.fit_single_srn else config.model_copy(update={"num_instances": objects})
        self.step_count = 0
        self._dataset, self._device, self._seed = dataset, device, seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._network = Srn(self.config)
        self.notes: tuple[str, ...] = left_out(dataset.split("train"), self._views, config)
        if origin is not None:
            self.notes += begin_from(self._network, origin, config, self._names())
        given = config.has_params and self._network.latent_codes is not None
        if given and self._network.latent_codes is not None:
            # What is drawn afterwards: each object by its first view's code.
            codes, notes = codes_of_objects(self._views, config.embedding_size)
            self._network.latent_codes.weight.data, self.notes = codes, (*self.notes, *notes)
            self._network.latent_codes.requires_grad_(False)
        self._network = self._network.to(device)
        learnt = self._learnt()
        self._comparison = ranks.divided(Comparison(self._network))
        # A U-Net looks at whole pictures, and BatchNorm at all of a step.
        self._rays_at_once = sys.maxsize if config.use_unet_renderer else rays_at_once(device, config.tracing_steps)
        self._optimiser = torch.optim.Adam(learnt, lr=config.lr, fused=True)
        self._average = WeightAverage(self._network.state_dict(), config.ema_decay) if config.ema_decay else None
        workers = workers_for(len(self._views), config)
        # Workers would keep a copy each.
        keep = workers == 0 and fit_in_memory(len(self._views), config)
        self._plan = Plan(self._views.instances, config, seed)
        self._reader = PictureReader(
            self._views, self._plan, config.embedding_size if given else None, keep, ranks.here()
        )
        self._ahead = ReadAhead(self._reader, workers)

    @staticmethod
    def resumed(dataset: Dataset, config: SrnConfig, checkpoint: Checkpoint, device: torch.device) -> SrnTraining:
        """Continues where `checkpoint` was taken; bit for bit on a CPU with as many threads.

        Raises:
            UserError: the checkpoint has no training state, or the folder's photographs are not those of the run.
        """
        state = training_state(checkpoint)
        training = SrnTraining(dataset, config, device, config.seed, fresh=False)
        require_same_photographs(state, training._views, dataset.source)
        restore(training._network, training._average, training._optimiser, checkpoint)
        training.step_count = checkpoint.step
        return training

    def _learnt(self) -> list[torch.nn.Parameter]:
        """What the optimiser moves."""
        if self.config.freeze_networks and self._network.latent_codes is not None:
            self._network.requires_grad_(False)
            self._network.latent_codes.requires_grad_()
        return [weights for weights in self._network.parameters() if weights.requires_grad]

    def step(self) -> dict[str, float]:
        """One optimisation step; the losses by name.

        Raises:
            UserError: a loss or gradient is not finite; the weights are as before the step.
        """
        config = self.config
        for group in self._optimiser.param_groups:
            group["lr"] = config.lr_at(self.step_count)
        self._network.train(not config.freeze_networks)
        batch = ranks.together(lambda: self._ahead.take(self.step_count))
        before = [buffer.clone() for buffer in self._network.buffers()]
        with global_generators_kept(self._device):
            # Dropout takes no generator of its own.
            torch.manual_seed(seeded(self._seed, 3, self.step_count).initial_seed())
            self._optimiser.zero_grad(set_to_none=True)
            sums = self._backward(batch)
        gradients = [weights.grad for weights in self._learnt() if weights.grad is not None]
        size = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(part) for part in gradients]))
        losses = ranks.mean_of(sums, batch.share)
        values = torch.cat([losses, size[None]]).tolist()
        if not all(math.isfinite(value) for value in values):
            with torch.no_grad():
                for buffer, old in zip(self._network.buffers(), before, strict=True):
                    buffer.copy_(old)
            names = ", ".join(self._views[index].name for index in self._plan.views(self.step_count)[:8])
            raise Diverged(
                f"step {self.step_count + 1}: the loss is not finite (image {values[1]:g}, depth {values[3]:g}) on "
                f"views {names}; the weights were not changed. Look at these photographs"
            )
        self._optimiser.step()
        self.step_count += 1
        if self._average is not None:
            self._average.update(self._network.state_dict(), self.step_count)
        return {"total": values[0], "image": values[1], "latent": values[2], "depth": values[3]}

    def _backward(self, batch: Pictures) -> Tensor:
        """[4] the total loss, and those it is made of; adds up their gradients, some rays at a time."""
        config, sums = self.config, torch.zeros(4, device=self._device)
        pieces = list(self._compared(batch).pieces(self._rays_at_once))
        for number, piece in enumerate(pieces, start=1):
            with ranks.kept_back(self._comparison, more_to_come=number < len(pieces)):
                image, latent, depth = self._losses(piece)
                total = config.l1_weight * image + config.kl_weight * latent + config.reg_weight * depth
                (total * (batch.share.part * piece.part)).backward()  # type: ignore[no-untyped-call]
            sums += torch.stack([total, image, latent, depth]).detach() * piece.part
        return sums

    def _losses(self, piece: Compared) -> tuple[Tensor, Tensor, Tensor]:
        """Those that `Comparison` gives."""
        image, latent, depth = self._comparison(piece.rays, piece.codes, piece.photographs, piece.weights)
        return image, latent, depth

    def _compared(self, batch: Pictures) -> Compared:
        """What is drawn and compared. All pixels of the step are drawn by chance, and this rank's are taken of them."""
        random = seeded(self._seed, 2, self.step_count)
        pixels = self._pixels(batch.share.total, batch.colours.shape[1], random)
        rays = self._rays(batch, pixels, random)
        codes = batch.codes
        if codes is None and self._network.latent_codes is not None:
            codes = torch.from_numpy(self._views.instances[list(batch.views)]).long()
        own = pixels[batch.share.rows, :, None].expand(-1, -1, 3)
        photographs = torch.gather(batch.colours, 1, own).to(self._device)
        weights = None
        if batch.valid is not None:
            weights = pixel_weights(torch.gather(batch.valid, 1, own[..., 0]).to(self._device))
        return Compared(rays, codes.to(self._device) if codes is not None else None, photographs, weights)

    def _rays(self, batch: Pictures, pixels: Tensor, random: torch.Generator) -> Rays:
        """Of this rank's pictures; pixels [B, N] of the whole step's."""
        side, rows = batch.cameras[0].size_px[0], batch.share.rows
        poses = torch.from_numpy(np.stack([camera.camera_to_world for camera in batch.cameras])).float()
        # Whatever a reader gave them as, Python's numbers or numpy's: those would make all rays float64.
        lens = torch.tensor([[*c.focal_px, *c.centre_px] for c in batch.cameras], dtype=torch.float32)[:, None]
        columns_rows = torch.stack([pixels % side, pixels // side], dim=-1)[rows]
        flat = (columns_rows - lens[..., 2:]) / lens[..., :2]
        mean, deviation = INITIAL_DEPTH
        begin = (torch.randn(*pixels.shape, 1, generator=random) * deviation + mean)[rows]
        flat, poses, begin = (tensor.to(self._device) for tensor in (flat, poses, begin))
        directions = torch.cat([flat, torch.ones_like(flat[..., :1])], dim=-1) @ poses[:, :3, :3].transpose(1, 2)
        position = poses[:, :3, 3]
        origins = position[:, None] + directions * begin
        return Rays(origins, F.normalize(directions, dim=-1), poses[:, :3, 2], position)

    def _pixels(self, pictures: int, count: int, random: torch.Generator) -> Tensor:
        """[B, N] numbers of the pixels that are compared, of `count`: all, or `rays_per_image` of them by chance."""
        rays = self.config.rays_per_image
        if rays is None or rays >= count:
            return torch.arange(count).expand(pictures, -1)
        return torch.stack([torch.randperm(count, generator=random)[:rays] for _ in range(pictures)])

    def learnt_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """The side of the last step's pictures, of the first where there was none."""
        side = self._plan.stage(max(self.step_count - 1, 0))[0]
        return side, side

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
            training["latest"] = copied_to_cpu(self._network.state_dict())
        return Checkpoint(
            "srn", self.config.model_dump(), self.step_count, copied_to_cpu(self._shown()), self._info(), training
        )

    def scene(self) -> SrnScene:
        """The scene as learnt so far, with a copy of the weights of its own."""
        weights = {name: tensor.detach().clone() for name, tensor in self._shown().items()}
        options = SrnOptions(tracing_steps=self.config.tracing_steps)
        return SrnScene(self.config, weights, self._info(), (), self._device, options)

    def _shown(self) -> Mapping[str, Tensor]:
        return self._network.state_dict() if self._average is None else self._average.weights

    def _names(self) -> tuple[str, ...]:
        """Of the objects that have a code."""
        return self._dataset.instances or (self._dataset.source.name,)

    def _info(self) -> SceneInfo:
        info = SceneInfo.of_dataset(self._dataset)
        if self.config.fit_single_srn:
            return info
        return replace(info, hints={**info.hints, "instances": list(self._names()[: self.config.num_instances])})
