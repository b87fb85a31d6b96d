"""The size that photographs are learnt at."""

from __future__ import annotations

from engines.dvr.config import DvrConfig


def learnt_size(size_px: tuple[int, int], config: DvrConfig) -> tuple[int, int]:
    """(width, height) that a photograph of `size_px` is learnt at."""
    if config.img_size is None or min(size_px) <= config.img_size:
        return size_px
    factor = config.img_size / min(size_px)
    return max(1, round(size_px[0] * factor)), max(1, round(size_px[1] * factor))
