"""How a surface moves with what makes it (paper, section 3.3): the gradient of its distance along a ray.

On the surface the field f stays 0, so that the distance d of a ray `origin + d * direction` moves by
`-df / (grad f . direction)` where f itself changes by df: with the network's weights, and with the code.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

FLATTEST = 1e-3
"""Of grad f . direction: what is smaller, in size, counts as this, as in the authors' code. Rays that graze the
surface would move it without bound."""


def differentiable_distances(
    logits: Callable[[Tensor], Tensor], origins: Tensor, directions: Tensor, distances: Tensor, hit: Tensor
) -> Tensor:
    """The distances [N] themselves, with the gradient to all that `logits` are made of.

    Args:
        logits: the field, 0 on the surface; [N] of points [N, 3].
        origins, directions: [N, 3] of rays, in the field's coordinates.
        distances: [N] where they meet the surface, found without gradients.
        hit: [N] where a surface was found; the distances elsewhere are constants.
    """
    points = (origins + distances[:, None] * directions).detach().requires_grad_()
    values = logits(points)
    # The graph is kept: the step's own gradient goes through the same values.
    (gradients,) = torch.autograd.grad(values.sum(), points, retain_graph=True)
    slopes = (gradients * directions).sum(-1)
    slopes = torch.where(slopes.abs() < FLATTEST, FLATTEST, slopes)
    moved = -(values - values.detach()) / slopes
    return distances + torch.where(hit, moved, 0.0)
