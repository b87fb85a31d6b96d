"""Colours of points from photographs that see them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.lsm.photographs import NetworkPhotographs

UNSEEN = 0.5
"""The grey of what is in no picture."""
HARDLY = 1e-4
"""The weight of a photograph that doesn't see a point, so that one that none sees is coloured as what hides it."""


def seen(points: Tensor, photographs: NetworkPhotographs, depths: Tensor) -> tuple[Tensor, Tensor]:
    """The places of points in photographs, and how far behind each lies what is shown there.

    Args:
        points: [N, 3] in the cube.
        depths: [V, h, w] of what each photograph shows, the cube's units; +inf where nothing is.

    Returns:
        places: [V, N, 2] in the pictures, from -1 to 1.
        beyond: [V, N] how far behind the point that lies which is shown there, the cube's units; below 0: before it.
            +inf where nothing is shown, -inf where the point is not in the picture.
    """
    height, width = photographs.images.shape[2:]
    projections = photographs.K @ photographs.R
    across, down, depth = (projections[:, :, :3] @ points.T + projections[:, :, 3:]).unbind(1)
    ahead = depth > 1e-6
    over = torch.where(ahead, depth, 1.0).reciprocal_()
    x, y = across * (over * (1 / width)), down * (over * (1 / height))
    within = ahead & (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    # The nearest pixel: between an edge and what is behind it lies nothing.
    rows, columns = depths.shape[1:]
    column, row = (x * columns).long().clamp_(0, columns - 1), (y * rows).long().clamp_(0, rows - 1)
    found = depths.flatten(1).gather(1, row * columns + column)
    beyond = torch.where(within, found - depth, -torch.inf)
    return torch.stack([x, y], dim=2) * 2 - 1, beyond


def colours(points: Tensor, sight: Tensor, photographs: NetworkPhotographs, depths: Tensor, slack: float) -> Tensor:
    """[N, 3] in [0, 1] of points [N, 3], looked at along `sight` [N, 3], of length 1, all in the cube; see `seen`.

    A photograph that looks from the same side is preferred, by the fourth power of half the angle's cosine.

    Args:
        slack: how far from what is shown a point may be and still be it.
    """
    places, beyond = seen(points, photographs, depths)
    weights = torch.where(beyond.abs() <= slack, 1.0, HARDLY) * (beyond > -torch.inf)
    # Where the photographs were taken from; the cosine between both ways of looking at a point.
    taken_at = -(photographs.R[:, :, :3].mT @ photographs.R[:, :, 3:])[:, :, 0]
    ahead = (sight * points).sum(dim=1) - taken_at @ sight.T
    away = (points.square().sum(dim=1) - 2 * (taken_at @ points.T) + taken_at.square().sum(dim=1)[:, None]).clamp(min=0)
    alike = (ahead * (away + 1e-12).rsqrt()).clamp_(-1, 1).add_(1).mul_(0.5)
    weights *= alike.square_().square_().add_(1e-3)
    shown = F.grid_sample(photographs.weighed, places[:, None], padding_mode="border", align_corners=False)[:, :, 0]
    # Where the object's border is off by a little, what stands behind it is shown.
    weights *= shown[:, 3]
    total = weights.sum(dim=0)
    mixed = (weights[:, None] * shown[:, :3]).sum(dim=0) / total.clamp(min=1e-30)
    return torch.where(total > 0, mixed, UNSEEN).T
