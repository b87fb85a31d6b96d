"""Fields that are known, and rays to look at them with."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def thin_parts(points: Tensor) -> Tensor:
    """Logits [N] of a ring with spokes, a post and a plate that are 0.014 to 0.03 thick: no cell of the grid more."""
    x, y, z = points.unbind(1)
    out = (x**2 + y**2).sqrt()
    parts = [
        0.07 - ((out - 0.32) ** 2 + z**2).sqrt(),
        torch.minimum(0.008 - out, 0.35 - z.abs()),
        torch.minimum(0.007 - (z - 0.3).abs(), 0.2 - torch.maximum(x.abs(), y.abs())),
    ]
    for angle, radius in ((0.2, 0.012), (1.3, 0.01), (2.5, 0.015)):
        beside = x * math.sin(angle) - y * math.cos(angle)
        parts.append(torch.minimum(radius - (beside**2 + z**2).sqrt(), 0.33 - out))
    return 150 * torch.stack(parts).amax(0)


def view(angle: float, elevation: float, distance: float, side: int, focal: float = 1.75) -> tuple[Tensor, Tensor]:
    """Rays [side^2, 3] of a camera about the middle; a direction has depth 1."""
    away = [math.cos(angle) * math.cos(elevation), math.sin(angle) * math.cos(elevation), math.sin(elevation)]
    forward = -torch.tensor(away)
    right = torch.nn.functional.normalize(torch.linalg.cross(forward, torch.tensor([0.0, 0.0, 1.0])), dim=0)
    down = torch.linalg.cross(forward, right)
    steps = (torch.arange(side) + 0.5) / side * 2 - 1
    v, u = torch.meshgrid(steps, steps, indexing="ij")
    directions = ((u[..., None] * right + v[..., None] * down) / focal + forward).view(-1, 3)
    return (-distance * forward).expand_as(directions).contiguous(), directions
