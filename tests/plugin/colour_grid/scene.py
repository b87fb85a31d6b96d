"""A grid of colours and densities in the scene's box, seen along rays by emission and absorption."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colour_grid.config import ColourGridOptions
from engines.core.camera import Camera, pixel_rays
from engines.core.device import to_device
from engines.core.engine import Control, Stop
from engines.core.errors import Cancelled
from engines.core.frame import Frame
from engines.core.storage.checkpoint import SceneInfo

BACKGROUND = 1.0
ROWS_AT_ONCE = 64


class Grid(nn.Module):
    """Densities and colours [1, 4, D, D, D], before they are made positive and brought to [0, 1]."""

    bounds: Tensor

    def __init__(self, grid_dim: int, bounds: Tensor, random: torch.Generator | None = None) -> None:
        super().__init__()
        values = torch.zeros(1, 4, grid_dim, grid_dim, grid_dim)
        self.values = nn.Parameter(values if random is None else torch.randn(values.shape, generator=random) * 0.1)
        self.register_buffer("bounds", bounds.float())

    def forward(self, origins: Tensor, directions: Tensor, along: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is seen along rays.

        Args:
            origins, directions: [N, 3], world; directions of length 1.
            along: [S] or [N, S], where the ray is looked at, in [0, 1] of its way through the ball around the box.

        Returns:
            [N, 3] colour, [N] distance and [N] opacity.
        """
        low, high = self.bounds
        middle, radius = (low + high) / 2, (high - low).norm() / 2
        nearest = ((middle - origins) * directions).sum(dim=-1, keepdim=True)
        distance = (nearest + (2 * along - 1) * radius).clamp(min=0)  # [N, S]
        points = origins[:, None] + directions[:, None] * distance[..., None]
        inside = (2 * (points - low) / (high - low) - 1)[None, None]  # [1, 1, N, S, 3]
        found = F.grid_sample(self.values, inside, align_corners=True)[0, :, 0]  # [4, N, S]
        within = (inside[0, 0].abs() <= 1).all(dim=-1)
        step = 2 * radius / distance.shape[1]
        alpha = 1 - torch.exp(-F.softplus(found[0]) * step * within)
        weights = alpha * torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1 - alpha[:, :-1]], dim=1), dim=1)
        opacity = weights.sum(dim=1)
        colour = (weights[..., None] * torch.sigmoid(found[1:]).permute(1, 2, 0)).sum(dim=1)
        return colour + (1 - opacity)[:, None] * BACKGROUND, (weights * distance).sum(dim=1), opacity


def rays_of(camera: Camera) -> tuple[Tensor, Tensor]:
    """Origins and directions [H * W, 3] of a camera's pixels."""
    origin, directions = pixel_rays(camera)
    flat = torch.from_numpy(directions).float().reshape(-1, 3)
    return torch.tensor(origin, dtype=torch.float32).expand_as(flat), flat


def spread(samples: int) -> Tensor:
    """[S] middles of equal parts of [0, 1]."""
    return (torch.arange(samples) + 0.5) / samples


class ColourGridScene:
    """Draws any size."""

    cropped_px = border_px = 0
    native_px: tuple[int, int] | None = None
    controls: tuple[Control, ...] = ()
    channels: tuple[str, ...] = ("rgb", "depth")
    assumptions: tuple[str, ...] = ()

    def __init__(
        self,
        engine: str,
        weights: Mapping[str, Tensor],
        info: SceneInfo,
        device: torch.device,
        options: ColourGridOptions,
    ) -> None:
        self.engine, self.device, self.options = engine, device, options
        self.bounds, self.up, self.start, self.cameras = info.bounds, info.up, info.start, info.cameras
        self._grid = Grid(weights["values"].shape[-1], weights["bounds"])
        self._grid.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
        self._grid.to(device).requires_grad_(False)

    def trained_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        return size_px if self.options.side_px is None else (self.options.side_px, self.options.side_px)

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """The picture, some rows at a time."""
        width, height = camera.size_px
        origins, directions = (to_device(each, self.device) for each in rays_of(camera))
        along, seen = to_device(spread(self.options.samples), self.device), []
        for rays in zip(origins.split(width * ROWS_AT_ONCE), directions.split(width * ROWS_AT_ONCE), strict=True):
            if stop():
                raise Cancelled
            seen.append(self._grid(*rays, along))
        colour, distance, opacity = (torch.cat(parts) for parts in zip(*seen, strict=True))
        forward = to_device(torch.tensor(camera.forward, dtype=torch.float32), self.device)
        depth = torch.where(opacity > 0.01, distance / opacity.clamp(min=0.01) * (directions @ forward), torch.inf)
        return Frame(colour.reshape(height, width, 3), depth.reshape(height, width))
