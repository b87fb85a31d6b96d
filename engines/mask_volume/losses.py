"""What a drawn picture is judged by, under the authors' names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from engines.mask_volume.config import LossType
from engines.mask_volume.perceptual import structural_difference

MASK_WEIGHT, SPARSE_WEIGHT = 0.25, 0.10
DILATION_PX = 5
"""Side of the square that a mask is widened by before what lies beyond must be empty."""
TINY = 1e-8

NEED_MASKS = ("masked_l1", "full_loss")
NEED_FEATURES = ("vgg", "vgg_only", "no_mask", "full_loss")

Compare = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Rendered:
    """A target's picture.

    Attributes:
        picture: [1, 3, H, W].
        opacity: [H, W] of what moves, summed along the ray; in stage mask.
        mask_volume: [P, H, W] in [0, 1], what moves; in stage mask.
    """

    picture: Tensor
    opacity: Tensor | None = None
    mask_volume: Tensor | None = None


class Judgement:
    """The loss of one example, and its parts."""

    def __init__(self, loss_type: LossType, perceptual: Compare | None) -> None:
        """Compares features by `perceptual`; None: by L1 and structural similarity."""
        self._type: LossType = loss_type
        self._perceptual = perceptual or structural_difference

    def __call__(
        self, drawn: Rendered, photograph: Tensor, moves: Tensor | None, valid: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Losses by name, "total" first.

        Args:
            photograph: [1, 3, H, W].
            moves: [H, W] bool, what moves in it.
            valid: [H, W] bool, what counts of it; None: all.
        """
        image = self._image(drawn.picture, photograph, moves, valid)
        parts = {"image": image}
        total = image
        if self._type == "full_loss" and drawn.opacity is not None and moves is not None:
            parts["mask"] = mask_loss(drawn.opacity, moves, valid)
            total = total + MASK_WEIGHT * parts["mask"]
        if self._type in ("full_loss", "no_mask") and drawn.mask_volume is not None:
            parts["sparse"] = drawn.mask_volume.abs().mean()
            total = total + SPARSE_WEIGHT * parts["sparse"]
        return {"total": total, **parts}

    def _image(self, picture: Tensor, photograph: Tensor, moves: Tensor | None, valid: Tensor | None) -> Tensor:
        if valid is not None:
            return self._image_where(picture, photograph, moves, valid)
        if self._type == "mse":
            return F.mse_loss(picture, photograph)
        if self._type == "l1":
            return F.l1_loss(picture, photograph)
        if self._type == "masked_l1" and moves is not None:
            return masked_l1(picture, photograph, moves)
        return self._perceptual(picture, photograph)

    def _image_where(self, picture: Tensor, photograph: Tensor, moves: Tensor | None, valid: Tensor) -> Tensor:
        """The same of the pixels that count."""
        if self._type == "mse":
            return (picture - photograph).square().mul(valid).sum() / (3 * valid.sum()).clamp(min=1)
        if self._type == "l1":
            return (picture - photograph).abs().mul(valid).sum() / (3 * valid.sum()).clamp(min=1)
        if self._type == "masked_l1" and moves is not None:
            return masked_l1(picture, photograph, moves & valid)
        # Features reach over edges: what does not count is alike in both.
        return self._perceptual(picture * valid, photograph * valid)


def masked_l1(picture: Tensor, photograph: Tensor, moves: Tensor) -> Tensor:
    """Absolute differences of pictures [1, 3, H, W] where `moves` [H, W], summed over channels, by pixel that moves."""
    return ((picture - photograph).abs() * moves).sum() / moves.sum().clamp(min=1)


def mask_loss(opacity: Tensor, moves: Tensor, valid: Tensor | None = None) -> Tensor:
    """What moves [H, W] should be opaque, and what is well beyond it empty: half the mean of what each lacks.

    Args:
        opacity: [H, W].
        valid: [H, W] bool, where either is asked for; None: everywhere.
    """
    inside = moves.to(opacity)
    widened = F.max_pool2d(inside[None, None], DILATION_PX, stride=1, padding=DILATION_PX // 2)[0, 0]
    outside = 1 - widened
    if valid is not None:
        inside, outside = inside * valid, outside * valid
    lacking = (inside * (1 - opacity)).abs().sum() / (inside.abs().sum() + TINY)
    surplus = (outside * opacity).abs().sum() / (outside.abs().sum() + TINY)
    return (lacking + surplus) / 2
