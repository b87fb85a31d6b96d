"""A picture made plainly, all of it again each time, as the authors' script does: the measure of speed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engines.core.camera import Camera
from engines.mask_volume import planes
from engines.mask_volume.config import PLANES
from engines.mask_volume.examples import Example
from engines.mask_volume.losses import Rendered
from engines.mask_volume.multiplane_image import CameraPair
from engines.mask_volume.network import MaskNet, MpiNet


def make_plainly(mpi: MpiNet, mask: MaskNet, pair: CameraPair, pictures: Tensor, backgrounds: Tensor) -> Tensor:
    """[P, 4, H, W] of pictures and backgrounds [2, 3, H, W]."""
    depths = planes.plane_depths(*pair.depths, PLANES)
    moving, still = (planes.sweep(x, pair.cameras, pair.cameras[0], depths) for x in (pictures, backgrounds))
    # Both at once, as they do.
    predictions = mpi(torch.stack([moving.flatten(0, 1), still.flatten(0, 1)]))
    share = mask(torch.cat([moving, still]).flatten(0, 1)[None])[0, 0][..., None]
    foreground, background = planes.blend(predictions[0], moving), planes.blend(predictions[1], still)
    drawn: Tensor = foreground * share + background * (1 - share)
    return drawn.permute(0, 3, 1, 2)


def draw_plainly(layers: Tensor, reference: Camera, camera: Camera, depths: Tensor) -> Tensor:
    """[H, W, 3]."""
    return planes.composite(planes.warp(layers, reference, camera, depths), depths)[0]


def learn_plainly(models: nn.ModuleDict, example: Example) -> Rendered:
    """What a training example's target sees, through the networks as they are."""
    first, second, target = example.cameras
    depths = planes.plane_depths(*example.depths, PLANES)
    swept = planes.sweep(example.pictures[:2], (first, second), first, depths)
    layers = planes.blend(models["mpi_net"](swept.flatten(0, 1)[None])[0], swept)
    if example.backgrounds is None:
        warped = planes.warp(layers.permute(0, 3, 1, 2), first, target, depths)
        image, opacity, _ = planes.composite(warped, depths)
        return Rendered(image.permute(2, 0, 1)[None], opacity)
    still = planes.sweep(example.backgrounds, (first, second), first, depths)
    mask = models["mask_net"](torch.cat([swept, still]).flatten(0, 1)[None])[0, 0]
    moving = layers * mask[..., None]
    both = moving + planes.blend(models["mpi_net"](still.flatten(0, 1)[None])[0], still) * (1 - mask[..., None])
    image, _, _ = planes.composite(planes.warp(both.permute(0, 3, 1, 2), first, target, depths), depths)
    _, opacity, _ = planes.composite(planes.warp(moving.permute(0, 3, 1, 2), first, target, depths), depths)
    return Rendered(image.permute(2, 0, 1)[None], opacity, mask)
