"""Learning SRNs from photographs (paper, section 3.4): one scene, a class, or only the codes of new objects.

Each step draws whole pictures, or some of their pixels, and compares them by squared error; codes are kept small, and
depths in front of the camera. Stages go from small pictures to large ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.averaging import WeightAverage
from engines.core.checkpoint import Checkpoint, SceneInfo, copied_to_cpu
from engines.core.dataset import Dataset, View
from engines.core.errors import UserError
from engines.core.images import to_uint8
from engines.core.run_folder import read_run_checkpoint
from engines.core.scene_file import read_scene_file
from engines.core.torch_file import read_torch_file
from engines.srn import upstream
from engines.srn.codes import codes_of_objects, given_codes
from engines.srn.config import SrnConfig, SrnOptions
from engines.srn.network import INITIAL_DEPTH, Srn, apply
from engines.srn.scene import SrnScene

CACHE_BYTES = 2 * 2**30
"""Of photographs, kept at the present stage's size; what is beyond is read each time."""
DEPTH_PENALTY = 10_000.0
"""Inside the depth loss, before its weight; the authors' value."""


def observations(dataset: Dataset, config: SrnConfig) -> tuple[View, ...]:
    """The training photographs that the options keep, object by object.

    Raises:
        UserError: an object has no photographs, or an index of `specific_observation_idcs` is beyond them.
    """
    photographed = [view for view in dataset.split("train") if view.image_path is not None]
    if not photographed:
        raise UserError(f"{dataset.source}: no training photographs")
    of_object: dict[int, list[View]] = {}
    for view in photographed:
        of_object.setdefault(view.instance, []).append(view)
    objects = sorted(of_object)
    if config.max_num_instances_train >= 0:
        objects = objects[: config.max_num_instances_train]
    chosen: list[View] = []
    for number in objects:
        chosen += _chosen(of_object[number], dataset, config)
    if config.fit_single_srn and len(objects) > 1:
        raise UserError(f"{dataset.source}: {len(objects)} objects, but fit_single_srn learns one; name its folder")
    return tuple(chosen)


def begin_from(network: Srn, path: Path, new_codes: bool) -> None:
    """Takes over a trained network's weights; its codes where there are as many and `new_codes` is not asked for.

    Raises:
        UserError: the file is no SRN, or of other sizes.
    """
    if path.is_dir():
        checkpoint = read_run_checkpoint(path)
    elif path.suffix == ".safetensors":
        checkpoint = read_scene_file(path)
    else:
        content = read_torch_file(path)
        if not upstream.recognises(content):
            raise UserError(f"{path}: no checkpoint of Scene Representation Networks")
        checkpoint = upstream.read(content, path)
    if checkpoint.engine != "srn":
        raise UserError(f"{path}: is a scene of {checkpoint.engine}, not of srn")
    own = network.state_dict()
    for name, tensor in own.items():
        found = checkpoint.weights.get(name)
        if name == upstream.CODES and (new_codes or found is None or found.shape != tensor.shape):
            if found is None or found.shape[1] != tensor.shape[1]:
                raise UserError(f"{path}: has no codes of length {tensor.shape[1]}; set embedding_size to its own")
            continue
        if found is None or found.shape != tensor.shape:
            raise UserError(f"{path}: its {name} does not fit; the network must have the sizes of the run")
        own[name] = found.float() if found.is_floating_point() else found
    network.load_state_dict(own)


def _chosen(views: list[View], dataset: Dataset, config: SrnConfig) -> list[View]:
    if config.specific_observation_idcs is not None:
        beyond = [index for index in config.specific_observation_idcs if not 0 <= index < len(views)]
        if beyond:
            name = dataset.instances[views[0].instance] if dataset.instances else dataset.source.name
            raise UserError(f"{dataset.source}: {name} has {len(views)} photographs, no number {beyond[0]}")
        return [views[index] for index in config.specific_observation_idcs]
    count = config.max_num_observations_train
    if count < 0 or count >= len(views):
        return views
    return [views[index * len(views) // count] for index in range(count)]


@dataclass(frozen=True, eq=False)
class _Batch:
    """Pictures of one step: pixels [B, N, 2] as (column, row), colours [B, N, 3] in [-1, 1]."""

    views: tuple[int, ...]
    pixels: Tensor
    colours: Tensor


class SrnTraining:
    """One optimisation. All chance comes from a generator of its own, seeded by `seed`."""

    def __init__(
        self, dataset: Dataset, config: SrnConfig, device: torch.device, seed: int, fresh: bool = True
    ) -> None:
        """Begins at random weights, or at those of `config.checkpoint`.

        Args:
            fresh: False where the weights are going to be replaced: `config.checkpoint` need not be there any more.

        Raises:
            UserError: no photographs, or `config.checkpoint` does not fit.
        """
        self._views = observations(dataset, config)
        objects = max(view.instance for view in self._views) + 1
        self.config = config if config.fit_single_srn else config.model_copy(update={"num_instances": objects})
        self.step_count = 0
        self.notes: tuple[str, ...] = ()
        self._dataset, self._device = dataset, device
        self._generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._network = Srn(self.config)
        if config.checkpoint is not None and fresh:
            begin_from(self._network, Path(config.checkpoint), config.overwrite_embeddings)
        self._codes: Tensor | None = None
        if config.has_params and self._network.latent_codes is not None:
            codes = given_codes(self._views, config.embedding_size)
            # What is drawn afterwards: each object by its first view's code.
            self._network.latent_codes.weight.data = codes_of_objects(self._views, codes, objects)
            self._network.latent_codes.requires_grad_(False)
            self._codes = codes.to(device)
        self._network = self._network.to(device)
        self._optimiser = torch.optim.Adam(self._learnt(), lr=config.lr, fused=True)
        self._average = WeightAverage(self._network.state_dict(), config.ema_decay) if config.ema_decay else None
        self._order: list[int] = []
        self._photographs: dict[tuple[int, int], Tensor] = {}
        self._left_bytes = CACHE_BYTES

    @staticmethod
    def resumed(dataset: Dataset, config: SrnConfig, checkpoint: Checkpoint, device: torch.device) -> SrnTraining:
        """Continues where `checkpoint` was taken; bit for bit on a CPU with as many threads.

        Raises:
            UserError: the checkpoint has no training state, or the folder's photographs are not those of the run.
        """
        state = checkpoint.training
        if state is None:
            raise UserError("the checkpoint holds no training state (optimiser, generator); only a run folder does")
        training = SrnTraining(dataset, config, device, config.seed, fresh=False)
        names = [view.name for view in training._views]
        if list(state["views"]) != names:
            raise UserError(
                f"{dataset.source}: {len(names)} training photographs, not the {len(state['views'])} that the run "
                "began with, or under other names; resume with the same folder"
            )
        training._network.load_state_dict(dict(state.get("latest", checkpoint.weights)))
        if training._average is not None:
            training._average.restore(checkpoint.weights)
        training._optimiser.load_state_dict(state["optimiser"])
        training._generator.set_state(state["generator"])
        training._order = list(state["order"])
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
        self._network.train()
        batch = self._next_batch()
        image, latent, depth = self._losses(batch)
        total = config.l1_weight * image + config.kl_weight * latent + config.reg_weight * depth
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        gradients = [weights.grad for weights in self._learnt() if weights.grad is not None]
        size = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(part) for part in gradients]))
        values = torch.stack([total, image, latent, depth, size]).tolist()
        if not all(math.isfinite(value) for value in values):
            names = ", ".join(self._views[index].name for index in batch.views[:8])
            raise UserError(
                f"step {self.step_count + 1}: the loss is not finite (image {values[1]:g}, depth {values[3]:g}) on "
                f"views {names}; the weights were not changed. Look at these photographs, or resume from the last "
                f"checkpoint with a smaller lr than {config.lr:g}"
            )
        self._optimiser.step()
        self.step_count += 1
        if self._average is not None:
            self._average.update(self._network.state_dict(), self.step_count)
        return {"total": values[0], "image": values[1], "latent": values[2], "depth": values[3]}

    def _losses(self, batch: _Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Squared error of the colours, mean square of the codes, penalty of depths behind the camera."""
        network = self._network
        origins, rays, forward, position = self._rays(batch)
        codes = None
        if self._codes is not None:
            codes = self._codes[list(batch.views)]
        elif network.latent_codes is not None:
            numbers = torch.tensor([self._views[index].instance for index in batch.views], device=self._device)
            codes = network.latent_codes(numbers)
        phi = network.scene(codes)
        ends = network.ray_marcher(phi, origins, rays, network.tracing_steps)
        colours = network.pixel_generator(apply(phi, ends))
        depths = ((ends - position[:, None]) * forward[:, None]).sum(dim=-1)
        latent = codes.square().mean() if codes is not None else colours.new_zeros(())
        behind = depths.clamp(max=0).square().mean() * DEPTH_PENALTY
        return F.mse_loss(colours, batch.colours), latent, behind

    def _rays(self, batch: _Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Where rays begin [B, N, 3], their unit directions, the cameras' forward axes [B, 3] and positions [B, 3]."""
        side = self._stage()[0]
        cameras = [self._views[index].square_camera(side) for index in batch.views]
        poses = torch.from_numpy(np.stack([camera.camera_to_world for camera in cameras])).float().to(self._device)
        lens = torch.tensor([[*c.focal_px, *c.centre_px] for c in cameras], device=self._device)[:, None]
        flat = (batch.pixels - lens[..., 2:]) / lens[..., :2]
        directions = torch.cat([flat, torch.ones_like(flat[..., :1])], dim=-1) @ poses[:, :3, :3].transpose(1, 2)
        mean, deviation = INITIAL_DEPTH
        begin = torch.randn(*flat.shape[:2], 1, generator=self._generator) * deviation + mean
        position = poses[:, :3, 3]
        origins = position[:, None] + directions * begin.to(self._device)
        return origins, F.normalize(directions, dim=-1), poses[:, :3, 2], position

    def _stage(self) -> tuple[int, int]:
        """Side of the pictures, and how many of them, at this step."""
        config = self.config
        ends = accumulate(config.max_steps_per_img_sidelength)
        stage = next((i for i, end in enumerate(ends) if self.step_count < end), len(config.img_sidelengths) - 1)
        return config.img_sidelengths[stage], config.batch_size_per_img_sidelength[stage]

    def _next_batch(self) -> _Batch:
        side, count = self._stage()
        views: list[int] = []
        while len(views) < count:
            if not self._order:
                self._order = torch.randperm(len(self._views), generator=self._generator).tolist()
            views.append(self._order.pop())
            views += self._siblings(views[-1], min(self.config.samples_per_instance - 1, count - len(views)))
        pixels = self._pixels(len(views), side)
        pictures = torch.stack([self._photograph(index, side) for index in views])  # [B, S * S, 3]
        flat = pixels[..., 1] * side + pixels[..., 0]
        colours = torch.gather(pictures, 1, flat[..., None].expand(-1, -1, 3)).to(self._device)
        return _Batch(tuple(views), pixels.to(self._device), colours.float() / 127.5 - 1)

    def _siblings(self, view: int, count: int) -> list[int]:
        """More pictures of the same object, by chance."""
        if count < 1:
            return []
        number = self._views[view].instance
        same = [index for index, other in enumerate(self._views) if other.instance == number]
        return [same[i] for i in torch.randint(len(same), (count,), generator=self._generator).tolist()]

    def _pixels(self, count: int, side: int) -> Tensor:
        """[B, N, 2] (column, row): all, or as many as `rays_per_image` by chance."""
        rays = self.config.rays_per_image
        if rays is None or rays >= side * side:
            flat = torch.arange(side * side).expand(count, -1)
        else:
            flat = torch.stack([torch.randperm(side * side, generator=self._generator)[:rays] for _ in range(count)])
        return torch.stack([flat % side, flat // side], dim=-1)

    def _photograph(self, index: int, side: int) -> Tensor:
        """[S * S, 3] uint8."""
        key = (index, side)
        if key not in self._photographs:
            pixels = torch.from_numpy(np.ascontiguousarray(to_uint8(self._views[index].square_image(side)))).view(-1, 3)
            if self._left_bytes < pixels.numel():
                return pixels
            self._left_bytes -= pixels.numel()
            self._photographs[key] = pixels
        return self._photographs[key]

    def checkpoint(self) -> Checkpoint:
        """All that is needed to draw and to resume, copied to the CPU."""
        training: dict[str, Any] = {
            "optimiser": copied_to_cpu(self._optimiser.state_dict()),
            "generator": self._generator.get_state().clone(),
            "order": list(self._order),
            "views": [view.name for view in self._views],
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

    def _info(self) -> SceneInfo:
        return SceneInfo.of_dataset(self._dataset)
