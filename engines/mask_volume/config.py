"""Every option of Deep 3D Mask Volume."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engines.core.config import Options, TrainingConfig

WIDTH = 8
"""Channels of the networks' first layer; fixed in the authors' code."""
PLANES = 32
"""Fixed in the authors' code."""


class MaskVolumeConfig(TrainingConfig):
    """What is learnt from, and how."""

    lr: float = Field(5e-4, gt=0)
    """Learning rate of Adam."""


class MaskVolumeOptions(Options):
    """How a recording is drawn."""

    first_camera: int | None = Field(None, ge=0)
    """The camera whose planes they are, counted from 0; empty: 4 as the authors, else of the best pair."""
    second_camera: int | None = Field(None, ge=0)
    """The other camera of the pair; empty: 5 as the authors, else the first's best neighbour."""
    width_px: int = Field(640, ge=64, le=4096)
    """Wider photographs are brought to this width before the networks see them."""
    cache_mb: int = Field(2048, ge=64)
    """Memory for the multiplane images of moments, MB; the least recently used make room."""
    damaged_frames: Literal["stop", "skip"] = "stop"
    """A photograph that can't be read: an error, or the moment before stands in for its moment."""
