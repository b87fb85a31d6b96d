"""Small pictures of a view for tables and pages: its photograph, what was drawn of it, and where they differ."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from app.rendering.display import Pixels, colour_bar, error_map, shade
from app.training.evaluation import ComparedPair
from engines.core.camera import Array
from engines.core.data.images import resize_area, smaller_size, to_uint8
from engines.core.frame import Frame

TILE_PX = 360
"""The longest side."""
QUALITY = 82
"""Of WebP, up to 100: no block is seen at this size."""
SHOWN_SHARE = 99.5
"""Percentile of the errors that the colours reach up to; a few lost pixels would make all others black."""
LEAST_LIMIT = 0.02
"""Of the scale's end: an error of five levels of 255 shall look small."""


@dataclass(frozen=True, eq=False)
class ViewTiles:
    """The small pictures of one view, all of the same size.

    Attributes:
        image, photograph: WebP files.
        error: [H, W] float16, the mean absolute difference of the three colours; NaN where no pixel counts.
    """

    image: bytes
    photograph: bytes
    error: Array

    def to_json(self) -> dict[str, Any]:
        """Plain data, to be told to other processes."""
        return {
            "image": base64.b64encode(self.image).decode(),
            "photograph": base64.b64encode(self.photograph).decode(),
            "error": base64.b64encode(self.error.tobytes()).decode(),
            "shape": list(self.error.shape),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ViewTiles:
        """The pictures of what `to_json` gave."""
        error = np.frombuffer(base64.b64decode(data["error"]), dtype=np.float16).reshape(data["shape"])
        return cls(base64.b64decode(data["image"]), base64.b64decode(data["photograph"]), error)


def view_tiles(pair: ComparedPair) -> ViewTiles:
    """The small pictures of a pair; errors are measured at its own size."""
    image, photograph = (np.nan_to_num(side.numpy().astype(np.float32)) for side in (pair.image, pair.photograph))
    error = error_map(image, photograph).numpy()
    if pair.valid is not None:
        error = np.where(pair.valid.numpy(), error, np.float32(np.nan))
    size_px = smaller_size((image.shape[1], image.shape[0]), TILE_PX)
    return ViewTiles(
        webp(to_uint8(resize_area(image, size_px))),
        webp(to_uint8(resize_area(photograph, size_px))),
        resize_area(error, size_px).astype(np.float16),
    )


def error_limit(tiles: Sequence[ViewTiles]) -> float:
    """The error at the end of one scale for all, rounded up to hundredths, in [0, 1]."""
    highest = LEAST_LIMIT
    for each in tiles:
        values = each.error[np.isfinite(each.error)].astype(np.float32)
        if values.size:
            highest = max(highest, float(np.percentile(values, SHOWN_SHARE)))
    return min(float(np.ceil(highest * 100 - 1e-3)) / 100, 1.0)


def shaded_error(tiles: ViewTiles, limit: float) -> Pixels:
    """[H, W, 3] RGB bytes of where picture and photograph differ, from 0 to `limit`; grey where no pixel counts."""
    import torch

    error = torch.from_numpy(tiles.error.astype(np.float32))
    return shade(Frame(torch.zeros((*error.shape, 3)), None, {"error": error}), "error", (0.0, limit))


def error_scale(width_px: int, height_px: int) -> Pixels:
    """[height, width, 3] RGB bytes of the colours of errors, the lowest at the left."""
    return np.ascontiguousarray(np.rot90(colour_bar(width_px, height_px, "error"), -1))


def webp(pixels: Pixels) -> bytes:
    """A WebP file of RGB bytes [H, W, 3]."""
    _, encoded = cv2.imencode(".webp", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    return encoded.tobytes()


def data_uri(picture: bytes) -> str:
    """A WebP file as the address of a picture that is written into a page."""
    return f"data:image/webp;base64,{base64.b64encode(picture).decode()}"
