"""The options of a colour grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from engines.core.config import OptimiserConfig, Options


class ColourGridConfig(OptimiserConfig):
    """How a colour grid is learnt."""

    FILES = ("checkpoint",)
    MEMORY = ("rays_per_step", "grid_dim")
    LABELS: ClassVar[Mapping[str, str]] = {"grid_dim": "Voxels a side"}
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {"Grid": ("grid_dim", "sampling")}

    lr: float = Field(0.05, gt=0)
    """Learning rate of Adam."""
    grid_dim: int = Field(8, ge=2, le=64)
    """Voxels along each side of the grid."""
    rays_per_step: tuple[int, ...] = (64,)
    """Pixels that a step compares, in each stage."""
    stage_steps: tuple[int, ...] = ()
    """Steps of each stage but the last."""
    side_px: int | None = Field(None, ge=2)
    """Photographs are cut to squares and learnt at so many pixels a side; empty: as they are."""
    sampling: Literal["even", "jittered"] = "jittered"
    """Where along a ray the grid is looked at."""
    checkpoint: str | None = None
    """A scene file whose colours are begun from."""

    keep_densities: bool = False
    """The densities stay those of `checkpoint`."""

    @model_validator(mode="after")
    def _fields_agree(self) -> ColourGridConfig:
        if self.keep_densities and self.checkpoint is None:
            raise ValueError("keep_densities needs a checkpoint")
        if len(self.stage_steps) != len(self.rays_per_step) - 1:
            raise ValueError("stage_steps must have one entry less than rays_per_step")
        return self

    def stages(self) -> tuple[int, ...]:
        """Where each stage begins."""
        return (0, *(sum(self.stage_steps[: number + 1]) for number in range(len(self.stage_steps))))

    def rays_at(self, step: int) -> int:
        """Of the step after `step` steps."""
        stages = self.stages()
        return self.rays_per_step[max(number for number, begin in enumerate(stages) if begin <= step)]


class ColourGridOptions(Options):
    """How a colour grid is drawn."""

    AS_TRAINED = ("side_px",)

    samples: int = Field(12, ge=1, le=128)
    """Samples along each ray."""
    side_px: int | None = Field(None, ge=2)
    """The side of the squares that were trained on; empty: whole photographs."""
