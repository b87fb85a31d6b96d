"""Every option of DVR; names and defaults are the authors' where they have one."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from engines.core.config import OptimiserConfig, Options

Encoder = Literal["simple_conv", "resnet18", "resnet34", "resnet50", "resnet101", "idx"]
"""`idx` is a table of codes, one for each object."""
PADDING = 0.1
"""The field is searched in the cube of side 1 + PADDING about the origin, as in the authors' code."""


class DvrConfig(OptimiserConfig):
    """Network sizes, where the cube stands, and how it is trained."""

    dim: Literal[3] = 3
    """Coordinates of a point."""
    c_dim: int = Field(0, ge=0, le=4096)
    """Numbers in the code of a photograph, or of an object; 0: one scene, without a code."""
    encoder: Encoder | None = None
    """What makes codes of photographs; `idx` learns one code for each object."""
    num_instances: int = Field(0, ge=0)
    """Objects that have a code of their own, with encoder=idx."""
    normalize: bool = True
    """Whether a residual encoder is given photographs normalised as those of ImageNet."""
    use_linear: bool = True
    """Whether a layer brings a residual encoder's features to the code's size."""
    hidden_size: int = Field(512, ge=1, le=4096)
    """Features in each layer of the decoder."""
    n_blocks: int = Field(5, ge=0, le=64)
    """Residual blocks of the decoder."""
    leaky: bool = False
    """Whether the decoder's last activation is leaky."""
    out_dim: Literal[1, 4] = 4
    """4: occupancy and colour; 1: occupancy alone."""
    pixel_corners: bool = False
    """Whether a picture's corners are the middles of its outermost pixels, as in the authors' code."""

    @model_validator(mode="after")
    def _code_and_encoder(self) -> Self:
        if (self.c_dim == 0) != (self.encoder is None):
            raise ValueError("c_dim and encoder go together: a code needs an encoder, an encoder a code of its size")
        return self


class DvrOptions(Options):
    """How a trained scene is drawn."""

    LABELS: ClassVar[dict[str, str]] = {"ray_samples": "Samples per ray"}

    background: Literal["white", "black"] = "white"
    """What is seen where a ray hits nothing."""
    ray_samples: int = Field(1024, ge=2, le=8192)
    """Places along a ray at which a sign change is looked for, as in the authors' render.py."""
    secant_steps: int = Field(8, ge=1, le=64)
    """Steps of the secant method between the two places where the sign changes, at most."""
