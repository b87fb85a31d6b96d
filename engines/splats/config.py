"""Every option of splats: of how they were trained, and of how they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from engines.core.config import Options, TrainingConfig


class SplatsConfig(TrainingConfig):
    """What is to be known of a training that another program did."""

    LABELS: ClassVar[Mapping[str, str]] = {"antialiased": "Antialiased"}
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {"Splats": ("antialiased",)}

    antialiased: bool = False
    """Trained with the compensated opacity of Mip-Splatting (Yu et al. 2024), as gsplat's and Brush's `antialiased` and
    `mip` are: splats below the size of a pixel become fainter instead of larger."""


class SplatsOptions(Options):
    """How splats are drawn."""

    AS_TRAINED = ("antialiased",)
    LABELS: ClassVar[Mapping[str, str]] = {"antialiased": "Antialiased", "depth": "Depth", "near": "Near plane"}
    UNITS: ClassVar[Mapping[str, str]] = {"near": "world units"}
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {"Splats": ("antialiased", "depth", "near")}

    antialiased: bool = False
    """Draws splats below the size of a pixel fainter instead of larger; files that were trained so say it."""
    depth: Literal["mean", "median"] = "mean"
    """The depth of a pixel: that of all splats by how much they show, or that of the splat at which half is covered."""
    near: float | None = Field(None, gt=0)
    """Splats whose middle is nearer to the camera are left out; empty: 0.2 as in the authors' code, and less in scenes
    of less than 4 units across."""
