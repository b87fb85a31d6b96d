"""The multiplane image of a moment: made once, kept in half precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from engines.core.beside import Done
from engines.core.camera import Array, Camera
from engines.core.device import to_device
from engines.core.fresh_memory import fresh
from engines.mask_volume import planes
from engines.mask_volume.config import PLANES
from engines.mask_volume.inference import VIEW, Check, FirstBlocks, FirstLayers, PackedUnet
from engines.mask_volume.network import MaskNet, MpiNet
from engines.mask_volume.upstream import MASK, MPI

SAME_PLACE = 1e-5
"""Poses that COLMAP found again for each moment differ by less."""

AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class Pair:
    """What planes are made of.

    Attributes:
        label: the recording, and the numbers of both cameras.
        cameras: the reference and the other, of the pictures' size.
        depths: (nearest, farthest) plane.
    """

    label: tuple[int, int, int]
    cameras: tuple[Camera, Camera]
    depths: tuple[float, float]

    def same_place(self, other: Pair) -> bool:
        """Whether the same background lies before both."""
        return (self.label, self.depths) == (other.label, other.depths) and all(
            a.size_px == b.size_px
            and np.allclose([*a.focal_px, *a.centre_px], [*b.focal_px, *b.centre_px], rtol=SAME_PLACE)
            and np.allclose(a.camera_to_world, b.camera_to_world, rtol=0, atol=SAME_PLACE * (1 + abs(a.position).max()))
            for a, b in zip(self.cameras, other.cameras, strict=True)
        )


@dataclass(frozen=True, eq=False)
class Moment:
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
    done: Done = field(default_factory=Done)

    def hand_over(self) -> None:
        """To what the caller does with it."""
        self.done.hand_over(self.layers, self.mask, self.still)

    @property
    def size_bytes(self) -> int:
        """Of its own; the background's belongs to all."""
        own = (self.layers, self.mask)
        return sum(tensor.numel() * tensor.element_size() for tensor in own if tensor is not None)


@dataclass(frozen=True, eq=False)
class Background:
    """What is the same at all moments of cameras that stand still.

    Attributes:
        layers: [P, H, W, 4] float32, its multiplane image.
        first: [P, H, W, 8] its share of the mask network's first convolution.
        opacity: [P, H, W] float16.
    """

    pair: Pair
    layers: Tensor
    first: Tensor
    opacity: Tensor


class Maker:
    """Makes multiplane images; one thread at a time."""

    def __init__(self, weights: Mapping[str, Tensor], device: torch.device) -> None:
        self.device = device
        self._mpi = _network(MpiNet, weights, MPI, device)
        self._mask = _network(MaskNet, weights, MASK, device) if has_mask(weights) else None
        self._mpi_rest = PackedUnet(self._mpi)
        self._mpi_first = FirstBlocks([self._mpi.conv1_1])
        self._background: Background | None = None
        if self._mask is not None:
            self._mask_rest = PackedUnet(self._mask)
            self._both_first = FirstBlocks([self._mpi.conv1_1, self._mask.conv1_1])
            self._still_first = FirstLayers([(self._mask.conv1_1.convolution.weight[:, 2 * VIEW :], None)])

    def make(self, pair: Pair, pictures: Array, backgrounds: Callable[[], Array], check: Check) -> Moment:
        """The multiplane image of a pair's pictures [2, H, W, 3].

        Args:
            backgrounds: gives theirs, [2, H, W, 3]; asked again only for other cameras, or where these were moved.
            check: raises `Cancelled` where it is not wanted any more.
        """
        with torch.inference_mode():
            depths = planes.plane_depths(*pair.depths, PLANES)
            reference, other = self._sweep(pair, pictures, depths)
            if self._mask is None:
                layers = self._planes(list(self._mpi_first(reference, other)), reference, other, check)
                return Moment(layers.half(), None, None, pair.cameras[0], depths)
            background = self._background_of(pair, backgrounds, check)
            check()
            firsts = list(self._both_first(reference, other, background.first))
            # Popped: what was looked at goes.
            mask = self._mask_rest(firsts.pop(), check).sigmoid_()
            layers = self._planes(firsts, reference, other, check)
            for still, moving, share in zip(background.layers, layers, mask, strict=True):
                torch.lerp(still, moving, spread(share[..., 0], 4), out=moving)
            return Moment(layers.half(), mask[..., 0].half(), background.opacity, pair.cameras[0], depths)

    def _planes(self, first: list[Tensor], reference: Tensor, other: Tensor, check: Check) -> Tensor:
        """[P, H, W, 4] from the first convolution of both sweeps, which is taken out of `first`."""
        prediction = self._mpi_rest(first.pop(), check).sigmoid_()
        layers = fresh(other, *other.shape[:-1], 4)
        for into, seen, (opacity, share) in zip(layers, other, prediction.movedim(-1, 1), strict=True):
            # Plane by plane: what is made on the way stays in the cache.
            colours = torch.lerp(reference, seen, spread(share, 3))
            into.copy_(torch.cat([colours, opacity[..., None]], dim=-1))
        return layers

    def _background_of(self, pair: Pair, backgrounds: Callable[[], Array], check: Check) -> Background:
        made = self._background
        if made is None or not made.pair.same_place(pair):
            depths = planes.plane_depths(*pair.depths, PLANES)
            reference, other = self._sweep(pair, backgrounds(), depths)
            (share,) = self._still_first(reference, other)
            layers = self._planes(list(self._mpi_first(reference, other)), reference, other, check)
            made = Background(pair, layers, share, layers[..., 3].half())
            self._background = made
        return made

    def _sweep(self, pair: Pair, pictures: Array, depths: Tensor) -> tuple[Tensor, Tensor]:
        """The reference's picture [H, W, 3] as it is swept onto every plane, and the other's volume [P, H, W, 3]."""
        reference, other = pair.cameras
        if self.device.type == "cpu":
            swept = [
                sweep_on_cpu(picture, camera, reference, d)
                for picture, camera, d in zip(pictures, pair.cameras, (depths[:1], depths), strict=True)
            ]
            if all(volume is not None for volume in swept):
                first, second = cast(list[Array], swept)
                return torch.from_numpy(first[0]), torch.from_numpy(second)
        images = to_device(torch.from_numpy(pictures), self.device).permute(0, 3, 1, 2)
        flat = planes.sweep(images[:1], (reference,), reference, depths[:1])[0]
        volume = planes.sweep(images[1:], (other,), reference, depths)[0]
        return flat[:, 0].permute(1, 2, 0), volume.permute(1, 2, 3, 0).contiguous()


def spread(values: Tensor, channels: int) -> Tensor:
    """[H, W, C] of [H, W], in memory: torch is slow where the last axis has one number."""
    if values.device.type != "cpu":
        return values[..., None].expand(*values.shape, channels)
    return torch.from_numpy(cv2.merge([np.ascontiguousarray(values.numpy())] * channels))


def has_mask(weights: Mapping[str, Tensor]) -> bool:
    """Whether there is a mask network."""
    return any(name.startswith(MASK) for name in weights)


def _network(kind: type[AnyNetwork], weights: Mapping[str, Tensor], prefix: str, device: torch.device) -> AnyNetwork:
    with torch.device("meta"):
        network = kind()
    own = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
    network.load_state_dict({name: tensor.to(device, torch.float32) for name, tensor in own.items()}, assign=True)
    return network.eval().requires_grad_(False)


def sweep_on_cpu(picture: Array, camera: Camera, reference: Camera, depths: Tensor) -> Array | None:
    """[P, H, W, 3] as `planes.sweep`, fifty times as fast; None where a plane reaches behind the camera."""
    height, width = picture.shape[:2]
    move = (planes.pose(camera.world_to_camera) @ torch.linalg.inv(planes.pose(reference.world_to_camera))).double()
    to_plane = torch.linalg.inv(planes.intrinsics(reference).double())
    # A plane across the reference's axis: the point d * ray is seen at K (d R + t e3) ray.
    forward = torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)
    seen = depths.double().view(-1, 1, 1) * move[:3, :3] + move[:3, 3:] @ forward
    maps = (planes.intrinsics(camera).double() @ seen @ to_plane).numpy()
    corners = np.array([[0.5, width, 0.5, width], [0.5, 0.5, height, height], [1, 1, 1, 1]])
    if (maps[:, 2] @ corners).min() <= 0:
        return None
    # Pixel i is at i + 0.5 on this side; on the other the outermost pixels' centres lie at 0 and at the width.
    to_centres = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    to_pixels = np.diag([(width - 1) / width, (height - 1) / height, 1])
    swept = np.empty((len(depths), height, width, 3), dtype=np.float32)
    # What lies beyond the picture is -1.
    raised = picture + np.float32(1)
    for volume, onto in zip(swept, to_pixels @ maps @ to_centres, strict=True):
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpPerspective(raised, onto, (width, height), dst=volume, flags=flags)
    swept -= 1
    return swept
