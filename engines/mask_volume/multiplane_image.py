"""The multiplane image (MPI) of a time step: made once, kept in half precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from engines.core.camera import Array, Camera
from engines.core.device import to_device
from engines.core.side_stream import WorkDone
from engines.mask_volume import planes
from engines.mask_volume.config import PLANES
from engines.mask_volume.inference import VIEW, Check, FirstBlocks, FirstLayers, PackedMpi, PackedUnet, spread
from engines.mask_volume.network import MaskNet, MpiNet
from engines.mask_volume.sweeping import sweep_pair
from engines.mask_volume.upstream import MASK, MPI

SAME_PLACE = 1e-5
"""Poses that COLMAP found again for each time step differ by less."""

AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class CameraPair:
    """What planes are made of.

    Attributes:
        label: the recording, and the numbers of both cameras.
        cameras: the reference and the other, of the pictures' size.
        depths: (nearest, farthest) plane.
    """

    label: tuple[int, int, int]
    cameras: tuple[Camera, Camera]
    depths: tuple[float, float]

    def same_place(self, other: CameraPair) -> bool:
        """Whether the same background lies before both."""
        return (self.label, self.depths) == (other.label, other.depths) and all(
            a.size_px == b.size_px
            and np.allclose([*a.focal_px, *a.centre_px], [*b.focal_px, *b.centre_px], rtol=SAME_PLACE)
            and np.allclose(a.camera_to_world, b.camera_to_world, rtol=0, atol=SAME_PLACE * (1 + abs(a.position).max()))
            for a, b in zip(self.cameras, other.cameras, strict=True)
        )


@dataclass(frozen=True, eq=False)
class MultiplaneImage:
    """A multiplane image.

    Attributes:
        layers: [P, H, W, 4] float16, colour and opacity, far to near.
        mask: [P, H, W] float16, how much of it moves; None where nothing tells.
        still: [P, H, W] float16, opacity of the background alone.
        reference: the camera before which the planes stand.
        depths: [P].
        done: when it is made.
    """

    layers: Tensor
    mask: Tensor | None
    still: Tensor | None
    reference: Camera
    depths: Tensor
    done: WorkDone = field(default_factory=WorkDone)

    def hand_over(self) -> None:
        """Hands the tensors over to what the caller does with them: it finds them whole."""
        self.done.hand_over(self.layers, self.mask, self.still)

    @property
    def size_bytes(self) -> int:
        """Bytes of its own tensors; the background's opacity belongs to all time steps."""
        own = (self.layers, self.mask)
        return sum(tensor.numel() * tensor.element_size() for tensor in own if tensor is not None)


@dataclass(frozen=True, eq=False)
class StaticBackground:
    """What is the same at all time steps of cameras that stand still.

    Attributes:
        layers: [P, H, W, 4] float32, its multiplane image.
        first: [P, H, W, 8] its share of the mask network's first convolution.
        opacity: [P, H, W] float16.
    """

    pair: CameraPair
    layers: Tensor
    first: Tensor
    opacity: Tensor


class Maker:
    """Makes multiplane images; one thread at a time."""

    def __init__(self, weights: Mapping[str, Tensor], device: torch.device) -> None:
        """Prepares the networks of `weights`, by their names and in their shapes in a checkpoint."""
        self.device = device
        mpi = _network(MpiNet, weights, MPI, device)
        self._mask = _network(MaskNet, weights, MASK, device) if has_mask(weights) else None
        self._mpi = PackedMpi(mpi)
        self._background: StaticBackground | None = None
        if self._mask is not None:
            self._mask_rest = PackedUnet(self._mask)
            self._both_first = FirstBlocks([mpi.conv1_1, self._mask.conv1_1])
            self._still_first = FirstLayers([(self._mask.conv1_1.convolution.weight[:, 2 * VIEW :], None)])

    def make(
        self, pair: CameraPair, pictures: Array, backgrounds: Callable[[], Array], check: Check
    ) -> MultiplaneImage:
        """The multiplane image of a pair's pictures [2, H, W, 3].

        Args:
            backgrounds: gives theirs, [2, H, W, 3]; asked again only for other cameras, or where these were moved.
            check: raises `Cancelled` where it is not wanted any more.
        """
        with torch.inference_mode():
            depths = planes.plane_depths(*pair.depths, PLANES)
            swept = sweep_pair(to_device(torch.from_numpy(pictures), self.device), pair.cameras, depths)
            if self._mask is None:
                layers = self._mpi(swept, check)
                return MultiplaneImage(layers.half(), None, None, pair.cameras[0], depths)
            background = self._background_of(pair, backgrounds, check)
            check()
            firsts = list(self._both_first(*swept, background.first))
            # Popped: what was looked at goes.
            mask = self._mask_rest(firsts.pop(), check).sigmoid_()
            layers = self._mpi.after_first(firsts, swept, check)
            for still, moving, share in zip(background.layers, layers, mask, strict=True):
                torch.lerp(still, moving, spread(share[..., 0], 4), out=moving)
            return MultiplaneImage(layers.half(), mask[..., 0].half(), background.opacity, pair.cameras[0], depths)

    def _background_of(self, pair: CameraPair, backgrounds: Callable[[], Array], check: Check) -> StaticBackground:
        made = self._background
        if made is None or not made.pair.same_place(pair):
            depths = planes.plane_depths(*pair.depths, PLANES)
            swept = sweep_pair(to_device(torch.from_numpy(backgrounds()), self.device), pair.cameras, depths)
            (share,) = self._still_first(*swept)
            layers = self._mpi(swept, check)
            made = StaticBackground(pair, layers, share, layers[..., 3].half())
            self._background = made
        return made


def has_mask(weights: Mapping[str, Tensor]) -> bool:
    """Whether a mask network is among `weights`: names are looked at, not shapes."""
    return any(name.startswith(MASK) for name in weights)


def _network(kind: type[AnyNetwork], weights: Mapping[str, Tensor], prefix: str, device: torch.device) -> AnyNetwork:
    with torch.device("meta"):
        network = kind()
    own = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
    network.load_state_dict({name: tensor.to(device, torch.float32) for name, tensor in own.items()}, assign=True)
    return network.eval().requires_grad_(False)
