"""The plane sweep that the networks read: two cameras' pictures, warped through space onto the first one's planes.

`planes.sweep` does the same plainly, fifty times as slowly on a CPU; the numbers are equal up to rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.mask_volume import planes


class Swept(NamedTuple):
    """The sweeps of a pair.

    Attributes:
        picture: [H, W, 3] the reference camera's, on any plane: all are alike.
        volume: [P, H, W, 3] the other one's.
    """

    picture: Tensor
    volume: Tensor

    def views(self) -> Tensor:
        """[2, 3, P, H, W], as `planes.sweep` gives them."""
        return torch.stack([self.picture.expand_as(self.volume), self.volume]).permute(0, 4, 1, 2, 3)


def sweep_pair(pictures: Tensor, cameras: tuple[Camera, Camera], depths: Tensor) -> Swept:
    """The sweeps of pictures [2, H, W, 3] in [0, 1], the reference's first; `depths` [P] as `planes.sweep` has them."""
    reference, other = cameras
    if pictures.device.type == "cpu":
        first = _sweep_on_cpu(pictures[0].numpy(), reference, reference, depths[:1])
        second = _sweep_on_cpu(pictures[1].numpy(), other, reference, depths)
        if first is not None and second is not None:
            return Swept(torch.from_numpy(first)[0], torch.from_numpy(second))
    images = pictures.permute(0, 3, 1, 2)
    flat = planes.sweep(images[:1], (reference,), reference, depths[:1])[0]
    volume = planes.sweep(images[1:], (other,), reference, depths)[0]
    return Swept(flat[:, 0].permute(1, 2, 0), volume.permute(1, 2, 3, 0).contiguous())


def _sweep_on_cpu(picture: Array, camera: Camera, reference: Camera, depths: Tensor) -> Array | None:
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
