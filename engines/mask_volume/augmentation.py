"""What chance does to an example: a part is enlarged, and colours are changed, in all its pictures alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Camera

GREY = (0.2989, 0.587, 0.114)
"""Shares of red, green and blue in brightness (ITU-R BT.601)."""
BRIGHTNESS, SATURATION, HUE, CONTRAST = (-0.2, 0.3), (-0.2, 0.5), (-0.2, 0.2), (-0.2, 0.4)
"""From where to where each is changed; the authors' values. Hue in turns."""


@dataclass(frozen=True)
class CropWindow:
    """A square part of an enlarged picture.

    Attributes:
        whole_px: (width, height) that the picture is enlarged to.
        x, y: pixels from its left and top.
        side_px: of the square.
    """

    whole_px: tuple[int, int]
    x: int
    y: int
    side_px: int

    def cut(self, pictures: Tensor) -> Tensor:
        """[V, C, S, S] of pictures [V, C, H, W]."""
        width, height = self.whole_px
        whole = F.interpolate(pictures, (height, width), mode="bilinear", align_corners=False)
        return whole[..., self.y : self.y + self.side_px, self.x : self.x + self.side_px].contiguous()

    def camera(self, camera: Camera) -> Camera:
        """The camera of the part."""
        return camera.resized(self.whole_px).cropped(self.x, self.y, self.side_px, self.side_px)


def random_window(
    size_px: tuple[int, int],
    side_px: int,
    scales: tuple[float, float],
    random: torch.Generator,
    around: Tensor | None = None,
) -> CropWindow:
    """A square anywhere in a picture of `size_px`, enlarged by one of `scales`; by more where it would not fit.

    Args:
        around: [H, W] bool; the square then holds one of these pixels, anywhere in it. Without any: as if None.
    """
    fitting = side_px / min(size_px)
    low, high = (max(scale, fitting) for scale in scales)
    scale = _uniform((low, high), random)
    width, height = (max(side_px, round(side * scale)) for side in size_px)
    x, y = (int(torch.randint(side - side_px + 1, (), generator=random)) for side in (width, height))
    places = around.nonzero() if around is not None else ()
    if len(places):
        row, column = places[int(torch.randint(len(places), (), generator=random))].tolist()
        x, y = (
            _start_around(round(at * whole / side), whole, side_px, random)
            for at, whole, side in ((column, width, size_px[0]), (row, height, size_px[1]))
        )
    return CropWindow((width, height), x, y, side_px)


def _start_around(at: int, whole: int, side: int, random: torch.Generator) -> int:
    """Where a stretch of `side` pixels that holds `at` begins, within `whole`."""
    low, high = max(0, at - side + 1), min(at, whole - side)
    return low + int(torch.randint(max(high - low, 0) + 1, (), generator=random))


def recoloured(pictures: Tensor, random: torch.Generator) -> Tensor:
    """Pictures [V, 3, H, W] in [0, 1] with another brightness, saturation, hue or contrast, or as they were."""
    changes: list[tuple[Callable[[Tensor, float], Tensor], tuple[float, float]]] = [
        (brightened, BRIGHTNESS),
        (saturated, SATURATION),
        (hue_turned, HUE),
        (contrasted, CONTRAST),
    ]
    which = int(torch.randint(len(changes) + 1, (), generator=random))
    if which == len(changes):
        return pictures
    change, limits = changes[which]
    return change(pictures, _uniform(limits, random))


def brightened(pictures: Tensor, by: float) -> Tensor:
    """Pictures [V, 3, H, W] in [0, 1], 1 + `by` times as bright."""
    return (pictures * (1 + by)).clamp(0, 1)


def saturated(pictures: Tensor, by: float) -> Tensor:
    """Pictures [V, 3, H, W] in [0, 1], further from grey, or nearer where `by` is below 0."""
    grey = _grey(pictures)
    return (grey + (pictures - grey) * (1 + by)).clamp(0, 1)


def contrasted(pictures: Tensor, by: float) -> Tensor:
    """Pictures [V, 3, H, W] in [0, 1], further from their mean brightness, or nearer where `by` is below 0.

    There is one mean for all, so that a point has one colour in all of them.
    """
    mean = _grey(pictures).mean()
    return (mean + (pictures - mean) * (1 + by)).clamp(0, 1)


def hue_turned(pictures: Tensor, turns: float) -> Tensor:
    """Pictures [V, 3, H, W] in [0, 1] in other colours of the same value and saturation (the HSV cone)."""
    value, largest = pictures.max(dim=1)
    chroma = value - pictures.amin(dim=1)
    red, green, blue = pictures.unbind(dim=1)
    # Along the edges of the colour hexagon, in sixths of a turn.
    edges = torch.stack([green - blue, blue - red, red - green]).gather(0, largest[None])[0]
    sixths = edges / chroma.clamp(min=1e-8) + 2 * largest + 6 * turns
    steps = (torch.tensor([5.0, 3.0, 1.0], device=pictures.device).view(1, 3, 1, 1) + sixths[:, None]) % 6
    return value[:, None] - chroma[:, None] * torch.minimum(steps, 4 - steps).clamp(0, 1)


def _grey(pictures: Tensor) -> Tensor:
    return torch.einsum("vchw,c->vhw", pictures, pictures.new_tensor(GREY))[:, None]


def _uniform(limits: tuple[float, float], random: torch.Generator) -> float:
    low, high = limits
    return low + (high - low) * float(torch.rand((), generator=random, dtype=torch.float64))
