"""What a step is judged by (paper, sections 3.2 and 3.4, and its supplement): a value for each pixel, patch or point.

How they are added up is the objective's.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def photo_consistency(predicted: Tensor, photographed: Tensor) -> Tensor:
    """[N] differences of colours [N, 3], summed over the channels."""
    return (predicted - photographed).abs().sum(-1)


def image_gradients(predicted: Tensor, photographed: Tensor) -> Tensor:
    """[K] lengths of the difference of the image gradients in patches [K, P, P, 3], summed over the channels.

    The gradient of a patch is that from its first pixel to its right and to its lower neighbour.
    """
    across, down = (_apart(predicted, where) - _apart(photographed, where) for where in ((0, 1), (1, 0)))
    lengths: Tensor = torch.linalg.vector_norm(torch.stack([across, down]), dim=0)
    return lengths.sum(-1)


def _apart(patches: Tensor, where: tuple[int, int]) -> Tensor:
    return patches[:, 0, 0] - patches[:, where[0], where[1]]


def freespace(logits: Tensor) -> Tensor:
    """[N] cross-entropies of points with logits [N] that are known to be empty."""
    return F.softplus(logits)


def occupied(logits: Tensor) -> Tensor:
    """[N] cross-entropies of points with logits [N] that are taken to be occupied."""
    return F.softplus(-logits)


SHORTEST = 1e-5
"""A difference along the axes that is divided by, at least, as in the authors' code."""


def normal_smoothness(differences: Tensor, neighbours: Tensor) -> Tensor:
    """[N] distances of the unit normals of points and of neighbours.

    Args:
        differences, neighbours: [N, 3] differences of the logits along the axes.
    """
    apart: Tensor = torch.linalg.vector_norm(_unit(differences) - _unit(neighbours), dim=-1)
    return apart


def _unit(vectors: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
    return vectors / lengths.clamp(min=SHORTEST)


def depth(distances: Tensor, known: Tensor, lengths: Tensor | float) -> Tensor:
    """[N] how far surfaces are from where they are known to be.

    Args:
        distances, known: [N] d.
        lengths: [N] of a step of d: in space, or along the camera's axis.
    """
    return (distances - known).abs() * lengths
