"""What a view says about whole blocks of voxels at once, so that only few of them are looked at one by one.

Where all of a block's voxels lie well before everything that the view sees there, or all well behind it, the view says
the same of each of them; it is only at surfaces and silhouettes that voxels differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from app.mesh.depth_views import DepthView

MARGIN_PX = 1.5
"""Beyond a block's outline: values are taken between pixels."""
USUAL_DEPTH = 0.6
"""Of the depth of the volume's middle: blocks nearer than this are larger in the picture than it is prepared for."""


@dataclass(frozen=True, eq=False)
class BlockStates:
    """What a view says of blocks, each [N] bool; where none holds, nothing at all.

    Attributes:
        free: it looks through all of each.
        hidden: all of each is behind a surface.
        mixed: neither: to be looked at voxel by voxel.
    """

    free: Tensor
    hidden: Tensor
    mixed: Tensor


class Footprints:
    """A view, prepared to judge blocks of one size.

    Args:
        radius: from a block's middle to its corners, world units.
        centre: [3] middle of the volume, world.
        truncation: world units.
    """

    def __init__(self, view: DepthView, radius: float, centre: Tensor, truncation: float) -> None:
        """Takes `centre` [3] in the world; lengths are in its units."""
        camera = view.camera
        self._camera, self._radius, self._truncation = camera, radius, truncation
        self._to_camera = torch.tensor(camera.world_to_camera, dtype=torch.float32)
        self._focal = max(camera.focal_px)
        middle = float(self._to_camera[2, :3] @ centre + self._to_camera[2, 3])
        usual = max(USUAL_DEPTH * middle, 2 * radius)
        self._reach = min(int(self._focal * radius / (usual - radius) + MARGIN_PX) + 1, max(camera.size_px))
        infinite = torch.tensor(torch.inf)
        channels = torch.stack(
            [
                torch.where(view.hit, view.depth, -infinite),
                torch.where(view.hit, -view.depth, -infinite),
                view.empty.float(),
                (~view.hit & ~view.empty).float(),
            ]
        )
        self._maps = _dilated(channels, self._reach)

    def judge(self, middles: Tensor) -> BlockStates:
        """Judges blocks by their middles [N, 3], world."""
        in_camera = middles @ self._to_camera[:3, :3].T + self._to_camera[:3, 3]
        depth = in_camera[:, 2]
        room = depth - self._radius
        behind = depth < -self._radius
        # So near that its outline is larger than the maps are prepared for, or reaches through the camera.
        large = ~behind & ((room <= 0) | (self._focal * self._radius / room + MARGIN_PX > self._reach))
        focal, centre = torch.tensor(self._camera.focal_px), torch.tensor(self._camera.centre_px)
        pixel = (in_camera[:, :2] / depth[:, None].clamp(min=1e-9) * focal + centre).clamp(-1e6, 1e6).floor().long()
        height, width = self._maps.shape[1:]
        column, row = (pixel + self._reach).unbind(1)
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) & ~behind
        found = self._maps[:, row.clamp(0, height - 1), column.clamp(0, width - 1)]
        farthest, nearest, empty, unknown = found[0], -found[1], found[2] > 0, found[3] > 0
        hit = torch.isfinite(farthest)
        reach = self._radius + self._truncation
        free = inside & ~large & ~unknown & (depth + reach < nearest)
        hidden = inside & ~large & ~unknown & ~empty & (depth - reach > farthest)
        nothing = ~inside | (~hit & ~empty)
        return BlockStates(free, hidden, large | ~(free | hidden | nothing))


def _dilated(channels: Tensor, reach: int) -> Tensor:
    """[C, H + 2 reach, W + 2 reach] the largest value within `reach` pixels; outside the picture all is unknown."""
    padded = F.pad(channels, (2 * reach,) * 4, value=-torch.inf)
    outside = F.pad(torch.zeros(channels.shape[1:]), (2 * reach,) * 4, value=1.0)
    padded[2:] = padded[2:].clamp(min=0)
    padded[3] = torch.maximum(padded[3], outside)
    # The largest of a square is that of its columns' largest.
    rows = F.max_pool2d(padded[None], (1, 2 * reach + 1), stride=1)
    return F.max_pool2d(rows, (2 * reach + 1, 1), stride=1)[0]
