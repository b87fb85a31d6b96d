"""What a step's pictures are compared by, some rays at a time: what a machine must keep for gradients is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.device import memory_there
from engines.srn.network import Srn, apply

DEPTH_PENALTY = 10_000.0
"""Inside the depth loss, before its weight; the authors' value."""
RAYS_ON_CPU = 8192
"""Rays that are compared at a time; the same on every machine, as sums in another order round otherwise."""
BYTES_PER_STEP = 20_000
"""Kept for the gradients of a ray, for each of the marcher's steps (measured, float32)."""
MEMORY_SHARE = 0.5
"""Of what a GPU has left when the run begins."""


class Rays(NamedTuple):
    """What is looked at in pictures [B].

    Attributes:
        origins: [B, N, 3], where rays begin.
        directions: [B, N, 3], of unit length.
        forward: [B, 3], the cameras' axes.
        position: [B, 3], where they stand.
    """

    origins: Tensor
    directions: Tensor
    forward: Tensor
    position: Tensor


@dataclass(frozen=True, eq=False)
class Compared:
    """What is drawn in a step, and what with.

    Attributes:
        codes: [B, L] codes, or [B] numbers of learnt ones; None: there are none.
        photographs: [B, N, 3] uint8.
        weights: [B, N], of the pixels, 1 on average in each picture; None: all count alike.
        part: of all the rays of the step, those that are here.
    """

    rays: Rays
    codes: Tensor | None
    photographs: Tensor
    weights: Tensor | None
    part: float = 1.0

    def pieces(self, most: int) -> Iterator[Compared]:
        """At most `most` rays each: whole pictures, or a part of one that has more rays than that."""
        pictures, count = self.photographs.shape[:2]
        if pictures * count <= most:
            yield self
            return
        rows, columns = max(1, most // count), min(count, most)
        for row in range(0, pictures, rows):
            for column in range(0, count, columns):
                yield self._piece(slice(row, row + rows), slice(column, column + columns))

    def _piece(self, rows: slice, columns: slice) -> Compared:
        origins, directions, forward, position = self.rays
        photographs = self.photographs[rows, columns]
        share = photographs[..., 0].numel() / self.photographs[..., 0].numel()
        return Compared(
            Rays(origins[rows, columns], directions[rows, columns], forward[rows], position[rows]),
            None if self.codes is None else self.codes[rows],
            photographs,
            None if self.weights is None else self.weights[rows, columns],
            self.part * share,
        )


def pixel_weights(valid: Tensor) -> Tensor:
    """[B, N] of pixels that count or don't, bool: so that the mean over a picture is that of its pixels which count.

    Each picture by itself, so that ranks come to the same mean whatever each of them has.
    """
    return valid * (valid.shape[1] / valid.sum(dim=1, keepdim=True).clamp(min=1))


def rays_at_once(device: torch.device, tracing_steps: int) -> int:
    """How many rays can be compared at a time."""
    if device.type == "cpu":
        return RAYS_ON_CPU
    there = memory_there(device)
    if there is None:
        return RAYS_ON_CPU
    return max(RAYS_ON_CPU, int(there * MEMORY_SHARE / (BYTES_PER_STEP * (tracing_steps + 1))))


def compare(network: Srn, compared: Compared) -> tuple[Tensor, Tensor, Tensor]:
    """Squared error of the colours, mean square of the codes, penalty of depths behind the camera."""
    rays, codes = compared.rays, compared.codes
    if network.latent_codes is not None and codes is not None and not codes.is_floating_point():
        codes = network.latent_codes(codes)
    phi = network.scene(codes)
    ends = network.ray_marcher(phi, rays.origins, rays.directions, network.tracing_steps)
    colours = network.pixel_generator(apply(phi, ends))
    depths = ((ends - rays.position[:, None]) * rays.forward[:, None]).sum(dim=-1)
    latent = codes.square().mean() if codes is not None else colours.new_zeros(())
    behind = depths.clamp(max=0).square().mean() * DEPTH_PENALTY
    return _squared_error(colours, compared.photographs.float() / 127.5 - 1, compared.weights), latent, behind


def _squared_error(colours: Tensor, photographs: Tensor, weights: Tensor | None) -> Tensor:
    """The mean over all of [B, N, 3], each pixel by its weight."""
    if weights is None:
        return F.mse_loss(colours, photographs)
    return ((colours - photographs).square().mean(dim=-1) * weights).mean()
