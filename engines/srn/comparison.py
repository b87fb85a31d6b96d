"""What a step's pictures are compared by, some rays at a time: what a machine must keep for gradients is bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.device import memory_there
from engines.srn.network import Phi, PhiLayer, Srn, apply

DEPTH_PENALTY = 10_000.0
"""Inside the depth loss, before its weight; the authors' value."""
RAYS_ON_CPU = 2048
"""Rays that are compared at a time, for which the caches have room (8192 take a third more time); the same on every
machine, as sums in another order round otherwise."""
BYTES_PER_STEP = 20_000
"""Kept for the gradients of a ray, for each of the marcher's steps (measured, float32)."""
MEMORY_SHARE = 0.5
"""Of what a GPU has left when the run begins."""


class ImageRays(NamedTuple):
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
        photographs: [B, N, 3] uint8.
        weights: [B, N], of the pixels, 1 on average in each picture; None: all count alike.
        part: of all the rays of the step, those that are here.
        rows: of the pictures, those that are here.
    """

    rays: ImageRays
    photographs: Tensor
    weights: Tensor | None
    part: float = 1.0
    rows: slice = field(default_factory=lambda: slice(None))

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
            ImageRays(origins[rows, columns], directions[rows, columns], forward[rows], position[rows]),
            photographs,
            None if self.weights is None else self.weights[rows, columns],
            self.part * share,
            rows,
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


class RayLosses(NamedTuple):
    """The losses of a step, 0-dimensional tensors.

    Attributes:
        drawn: the weighted sum of the next two; gradients are of this one only.
        image: squared error of the colours.
        depth: penalty of depths behind the camera.
    """

    drawn: Tensor
    image: Tensor
    depth: Tensor


def compare(
    network: Srn, codes: Tensor | None, compared: Compared, most: int, weights: tuple[float, float]
) -> RayLosses:
    """Draws all and compares it, `most` rays at a time.

    Args:
        codes: [B, L], of whose gradients the hypernetwork's are made once; None: one scene.
        weights: of the image's loss and of the depth's in the sum.
    """
    phi = network.scene(codes)
    inputs = [tensor for layer in phi for tensor in _tensors(layer)]
    for part in (network.ray_marcher, network.pixel_generator):
        inputs += part.parameters()
    return RayLosses(*_PieceByPiece.apply(network, phi, compared, most, weights, *inputs))  # type: ignore[no-untyped-call]


class _PieceByPiece(torch.autograd.Function):
    """The losses over pieces of the rays, and at once their gradients: only a piece's activations are ever kept.

    A piece fits into the caches, and what makes phi is asked once for all of them.
    """

    @staticmethod
    def forward(
        ctx: Any, network: Srn, phi: Phi, compared: Compared, most: int, weights: tuple[float, float], *inputs: Tensor
    ) -> tuple[Tensor, ...]:
        needed = ctx.needs_input_grad[-len(inputs) :]
        count = sum(len(_tensors(layer)) for layer in phi)
        of_phi = [tensor.detach().requires_grad_(need) for tensor, need in zip(inputs[:count], needed, strict=False)]
        wanted = [tensor for tensor, need in zip((*of_phi, *inputs[count:]), needed, strict=True) if need]
        sums, gradients = list[Tensor](), list[Tensor | None]([None] * len(wanted))
        for piece in compared.pieces(most):
            with torch.enable_grad():
                image, depth = _losses(network, _layers(phi, of_phi, piece.rows), piece)
                drawn = weights[0] * image + weights[1] * depth
                found = torch.autograd.grad(drawn * piece.part, wanted, allow_unused=True) if wanted else ()
            sums.append(torch.stack([drawn, image, depth]).detach() * (piece.part / compared.part))
            gradients = [_added(*pair) for pair in zip(gradients, found, strict=True)]
        made = iter(gradients)
        ctx.gradients, ctx.part = [next(made) if need else None for need in needed], compared.part
        losses = torch.stack(sums).sum(dim=0).unbind()
        ctx.mark_non_differentiable(*losses[1:])
        return losses

    @staticmethod
    def backward(ctx: Any, of_drawn: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        # Those of a rank are made as large as they are in one process: what is clamped on the way depends on it.
        factor = of_drawn / ctx.part
        return (None,) * 5 + tuple(None if made is None else made * factor for made in ctx.gradients)


def _added(known: Tensor | None, more: Tensor | None) -> Tensor | None:
    if known is None or more is None:
        return more if known is None else known
    return known.add_(more)


def _tensors(layer: PhiLayer) -> list[Tensor]:
    return [tensor for tensor in (layer.weight, layer.bias, layer.scale, layer.shift) if tensor is not None]


def _layers(phi: Phi, tensors: Sequence[Tensor], rows: slice) -> Phi:
    """Phi of `tensors` in place of its own, of some rows where each picture has its own."""
    left = iter(tensors)

    def taken(own: Tensor | None) -> Tensor | None:
        if own is None:
            return None
        tensor = next(left)
        if tensor.dim() < 3:
            return tensor
        # Those of one picture are a plain layer's.
        tensor = tensor[rows]
        return tensor.view(tensor.shape[1:] if tensor.shape[1] > 1 else -1) if len(tensor) == 1 else tensor

    return [PhiLayer(*map(taken, (layer.weight, layer.bias, layer.scale, layer.shift))) for layer in phi]  # type: ignore[arg-type]


def _losses(network: Srn, phi: Phi, piece: Compared) -> tuple[Tensor, Tensor]:
    """Squared error of the colours, and penalty of depths behind the camera."""
    rays = piece.rays
    ends = network.ray_marcher(phi, rays.origins, rays.directions, network.tracing_steps)
    colours = network.pixel_generator(apply(phi, ends))
    depths = ((ends - rays.position[:, None]) * rays.forward[:, None]).sum(dim=-1)
    behind = depths.clamp(max=0).square().mean() * DEPTH_PENALTY
    return _squared_error(colours, piece.photographs.float() / 127.5 - 1, piece.weights), behind


def _squared_error(colours: Tensor, photographs: Tensor, weights: Tensor | None) -> Tensor:
    """The mean over all of [B, N, 3], each pixel by its weight."""
    if weights is None:
        return F.mse_loss(colours, photographs)
    return ((colours - photographs).square().mean(dim=-1) * weights).mean()
