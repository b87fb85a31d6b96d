"""Every option of DVR; names and defaults are the authors' where they have one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from engines.core.config import OptimiserConfig, Options

Encoder = Literal["simple_conv", "resnet18", "resnet34", "resnet50", "resnet101", "idx"]
"""`idx` is a table of codes, one for each object."""
PADDING = 0.1
"""The field is searched in the cube of side 1 + PADDING about the origin, as in the authors' code."""


class Drawing(Options):
    """How a scene is drawn; as its training, or the authors' configuration, says where nobody says otherwise."""

    LABELS: ClassVar[Mapping[str, str]] = {
        "tau": "Occupancy where rays end",
        "threshold": "Occupancy at a mesh's surface",
        "ray_samples": "Samples per ray",
        "depth_range": "Depths of rays beside the cube",
    }

    background: Literal["white", "black"] = "white"
    """What is seen where a ray hits nothing."""
    tau: float = Field(0.5, gt=0, lt=1)
    """The occupancy, as a probability, at which a ray meets the surface."""
    threshold: float = Field(0.5, gt=0, lt=1)
    """The occupancy, as a probability, at which the surface of a mesh lies."""
    ray_samples: int = Field(1024, ge=2, le=8192)
    """Places along a ray at which a sign change is looked for, as in the authors' render.py."""
    secant_steps: int = Field(8, ge=1, le=64)
    """Steps of the secant method between the two places where the sign changes, at most."""
    depth_range: tuple[float, float] = (0.0, 2.4)
    """First and last depth at which rays are searched that pass the cube by; of a cube of side 1."""

    @field_validator("depth_range")
    @classmethod
    def _forward(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= value[0] < value[1] < math.inf:
            raise ValueError("must be two depths, the nearer first")
        return value


class DvrConfig(OptimiserConfig, Drawing):
    """Network sizes, where the cube stands, and how it is trained."""

    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {"Drawing": tuple(Drawing.model_fields)}

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
    img_size_input: int = Field(224, ge=32, le=4096)
    """Side of the input photographs that codes are made of, pixels."""
    img_folder_input: str = "img_choy2016"
    """Folder of the input photographs, beside that of an object's other photographs; where it is there."""
    pixel_corners: bool = False
    """Whether a picture's corners are the middles of its outermost pixels, as in the authors' code."""

    @field_validator("img_folder_input")
    @classmethod
    def _name_only(cls, value: str) -> str:
        if PurePath(value).name != value or value in ("", ".."):
            raise ValueError("must be the name of a folder")
        return value

    @model_validator(mode="after")
    def _code_and_encoder(self) -> Self:
        if (self.c_dim == 0) != (self.encoder is None):
            raise ValueError("c_dim and encoder go together: a code needs an encoder, an encoder a code of its size")
        return self


class DvrOptions(Drawing):
    """How a trained scene is drawn."""

    AS_TRAINED = tuple(Drawing.model_fields)
    LABELS: ClassVar[Mapping[str, str]] = {"input": "Photograph, or folder"}

    input: str | None = None
    """A photograph that the scene is made of, or a folder of photographs, one for each object; of networks that make
    scenes of photographs."""
