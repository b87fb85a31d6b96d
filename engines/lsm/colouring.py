"""Colours of points from photographs that see them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.lsm.photographs import Photographs

UNSEEN = 0.5
"""The grey of what is in no picture."""
HARDLY = 1e-4
"""The weight of a photograph that doesn't see a point, so that one that none sees is coloured as what hides it."""
SHARPNESS = 4
"""How much a photograph that looks from the same side is preferred: a power of the angle's cosine."""


def seen(points: Tensor, photographs: Photographs, depths: Tensor) -> tuple[Tensor, Tensor]:
    """Where photographs show points, and what they show there.

    Args:
        points: [N, 3] in the cube.
        depths: [V, h, w] of what each photograph shows, the cube's units; +inf where nothing is.

    Returns:
        places: [V, N, 2] in the pictures, from -1 to 1.
        beyond: [V, N] how far behind the point that lies which is shown there, the cube's units; below 0: before it.
            +inf where nothing is shown, -inf where the point is not in the picture.
    """
    height, width = photographs.images.shape[2:]
    whole = torch.cat([points, torch.ones_like(points[:, :1])], dim=1)
    across, down, depth = (photographs.K @ photographs.R @ whole.T).unbind(1)
    ahead = depth > 1e-6
    safe = torch.where(ahead, depth, 1.0)
    sizes = torch.tensor([width, height], dtype=points.dtype, device=points.device)
    places = torch.stack([across / safe, down / safe], dim=2) / sizes * 2 - 1
    within = ahead & (places.abs() <= 1).all(dim=2)
    # The nearest pixel: between an edge and what is behind it lies nothing.
    found = F.grid_sample(depths[:, None], places[:, None], mode="nearest", align_corners=False)[:, 0, 0]
    beyond = torch.where(within, found - depth, -torch.inf)
    return places, beyond


def colours(points: Tensor, sight: Tensor, photographs: Photographs, depths: Tensor, slack: float) -> Tensor:
    """[N, 3] in [0, 1] of points [N, 3], looked at along directions `sight` [N, 3], all in the cube; see `seen`.

    Args:
        slack: how far from what is shown a point may be and still be it.
    """
    places, beyond = seen(points, photographs, depths)
    weights = torch.where(beyond.abs() <= slack, 1.0, HARDLY) * (beyond > -torch.inf)
    # Where the photographs were taken from.
    rotations, moves = photographs.R[:, :, :3], photographs.R[:, :, 3:]
    places_of = -(rotations.mT @ moves)[:, :, 0]
    from_photographs = F.normalize(points - places_of[:, None], dim=2)
    alike = ((F.normalize(sight, dim=1) * from_photographs).sum(dim=2).clamp(min=-1) + 1) / 2
    weights = weights * (alike**SHARPNESS + 1e-3)
    shown = F.grid_sample(photographs.images, places[:, None], padding_mode="border", align_corners=False)[:, :, 0]
    total = weights.sum(dim=0)
    mixed = (weights[:, None] * shown).sum(dim=0) / total.clamp(min=1e-12)
    return torch.where(total > 0, mixed, UNSEEN).T
