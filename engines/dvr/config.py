"""Every option of DVR; names and defaults are the authors' where they have one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import PurePath
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from engines.core.config import OptimiserConfig, Options

Encoder = Literal["simple_conv", "resnet18", "resnet34", "resnet50", "resnet101", "idx"]
"""`idx` is a table of codes, one for each object."""
PADDING = 0.1
"""The field is searched in the cube of side 1 + PADDING about the origin, as in the authors' code."""
MOST_SAMPLES = 8192
"""Along a ray."""


class DrawingSettings(Options):
    """How a scene is drawn; as its training, or the authors' configuration, says where nobody says otherwise."""

    LABELS: ClassVar[Mapping[str, str]] = {
        "background": "Background",
        "tau": "Occupancy where rays end",
        "threshold": "Occupancy at a mesh's surface",
        "ray_samples": "Samples per ray",
        "secant_steps": "Secant steps",
        "depth_range": "Depths of rays beside the cube",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "tau": "",
        "threshold": "",
        "ray_samples": "",
        "secant_steps": "",
        "depth_range": "cube sides",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Drawing": ("background", "tau", "threshold", "ray_samples", "secant_steps", "depth_range"),
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


class DvrConfig(OptimiserConfig, DrawingSettings):
    """Network sizes, where the cube stands, and how it is trained."""

    FILES = ("encoder_weights",)
    FREE_ON_RESUME = ("prune_rays",)
    MEMORY = ("n_training_points", "batch_size", "hidden_size")
    LEARNS_SILHOUETTES = True
    TRIAL: ClassVar[Mapping[str, Any]] = {
        "hidden_size": 16,
        "n_blocks": 1,
        "n_training_points": 64,
        "init_resolution": 8,
    }
    LABELS: ClassVar[Mapping[str, str]] = {
        "encoder": "Encoder",
        "c_dim": "Code length",
        "encoder_weights": "Encoder weights",
        "hidden_size": "Hidden size",
        "n_blocks": "Residual blocks",
        "batch_size": "Views, of a class objects, in a step",
        "n_training_points": "Pixels of each view",
        "patch_size": "Patch size",
        "object_share": "Share of pixels about the object",
        "img_size": "Image size, shorter side",
        "img_size_input": "Input photograph size",
        "img_folder_input": "Input photograph folder",
        "lambda_rgb": "Photo-consistency weight",
        "lambda_image_gradients": "Image gradient weight",
        "lambda_freespace": "Free space weight",
        "lambda_occupied": "Occupancy weight",
        "lambda_normal": "Normal smoothness weight",
        "lambda_depth": "Depth weight",
        "lambda_sparse_depth": "Sparse depth weight",
        "init_sharpness": "Sharpness at the beginning",
        "init_resolution": "Samples per ray at the beginning",
        "schedule_milestones": "Samples double at",
        "lr_milestones": "Learning rate falls at",
        "lr_gamma": "Learning rate factor there",
        "cube_centre": "Cube centre",
        "cube_side": "Cube side",
        "sample_continuous": "Rays anywhere in a pixel",
        "prune_rays": "Skip empty space",
        "reduction_method": "Loss reduction",
        "dim": "Coordinates of a point",
        "num_instances": "Objects with a code",
        "normalize": "Normalise encoder input",
        "use_linear": "Linear layer after the encoder",
        "leaky": "Leaky ReLU at the end",
        "out_dim": "Decoder outputs",
        "pixel_corners": "Corners are pixel centres",
        "depth_loss_on_world_points": "Depth loss in 3D",
        "depth_from_visual_hull": "Occupied from the visual hull",
        "always_freespace": "Free space on all outer rays",
        "occupancy_random_normal": "Occupied near the middle",
        "n_secant_steps": "Secant steps in training",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "hidden_size": "",
        "n_blocks": "",
        "c_dim": "",
        "init_sharpness": "",
        "dim": "",
        "out_dim": "",
        "num_instances": "",
        "batch_size": "",
        "n_training_points": "",
        "patch_size": "px",
        "object_share": "",
        "init_resolution": "",
        "n_secant_steps": "",
        "schedule_milestones": "steps",
        "lambda_rgb": "",
        "lambda_image_gradients": "",
        "lambda_freespace": "",
        "lambda_occupied": "",
        "lambda_normal": "",
        "lambda_depth": "",
        "lambda_sparse_depth": "",
        "img_size": "px",
        "img_size_input": "px",
        "cube_centre": "world",
        "cube_side": "world units",
        "lr_milestones": "steps",
        "lr_gamma": "",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Model": (
            "hidden_size",
            "n_blocks",
            "out_dim",
            "leaky",
            "init_sharpness",
            "dim",
        ),
        "Encoder": ("encoder", "c_dim", "encoder_weights", "normalize", "use_linear", "num_instances"),
        "Sampling": (
            "batch_size",
            "n_training_points",
            "patch_size",
            "object_share",
            "sample_continuous",
            "init_resolution",
            "schedule_milestones",
            "n_secant_steps",
            "prune_rays",
        ),
        "Losses": (
            "lambda_rgb",
            "lambda_image_gradients",
            "lambda_freespace",
            "lambda_occupied",
            "lambda_normal",
            "lambda_depth",
            "lambda_sparse_depth",
            "depth_loss_on_world_points",
            "depth_from_visual_hull",
            "always_freespace",
            "occupancy_random_normal",
            "reduction_method",
        ),
        "Data": ("img_size", "img_size_input", "img_folder_input", "pixel_corners", "cube_centre", "cube_side"),
        "Optimisation": ("max_steps", "lr", "lr_final", "lr_milestones", "lr_gamma", "ema_decay", "seed"),
    }

    lr: float = Field(1e-4, gt=0)
    """Learning rate of Adam."""
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

    encoder_weights: str | None = None
    """A file with the weights that a residual encoder begins with, such as torchvision's of ImageNet; empty: by
    chance. They are never downloaded."""

    init_sharpness: float = Field(0.0, ge=0, le=1000)
    """How sharply the first layer's features bend at the beginning, at places by chance within the cube: 20 learns
    details many times sooner than the authors' beginning, 0, whose features hardly bend in the cube."""
    batch_size: int = Field(1, ge=1, le=4096)
    """Views in a step; of a class each is of another object."""
    n_training_points: int = Field(2048, ge=1)
    """Pixels of each view in a step, by chance; all of them where it has no more."""
    patch_size: int = Field(2, ge=1, le=16)
    """Pixels are chosen in squares of so many a side; image gradients need 2."""
    object_share: float = Field(0.0, ge=0, le=1)
    """Share of the pixels that are chosen about the object, from the rectangle of its mask and somewhat more; the
    others, as all of the authors', come from the whole photograph."""
    sample_continuous: bool = False
    """Look through places anywhere in a pixel, not through its middle."""
    img_size: int | None = Field(None, ge=8, le=16384)
    """Shorter side that photographs are brought to, pixels; empty, or where they are smaller: as they are."""
    lambda_rgb: float = Field(1.0, ge=0)
    """Weight of the colours' difference, where a surface is seen in front of the object's mask."""
    lambda_image_gradients: float = Field(1.0, ge=0)
    """Weight of the difference of image gradients, within patches."""
    lambda_freespace: float = Field(1.0, ge=0)
    """Weight of what keeps rays outside the mask empty."""
    lambda_occupied: float = Field(1.0, ge=0)
    """Weight of what makes rays within the mask, on which no surface is, occupied."""
    lambda_normal: float = Field(0.1, ge=0)
    """Weight of the difference of normals between neighbouring points of the surface."""
    lambda_depth: float = Field(0.0, ge=0)
    """Weight of the difference to depth maps, where the data has some."""
    lambda_sparse_depth: float = Field(0.0, ge=0)
    """Weight of the difference to points on surfaces that each view is known to see, as of structure from motion."""
    depth_loss_on_world_points: bool = True
    """Compare places in space; otherwise depths along the camera's axis. In sides of the cube."""
    depth_from_visual_hull: bool = False
    """Rays within the mask become occupied where they enter the visual hull, not anywhere in the cube. It is that of
    `visual_hull_depth/`, else it is carved from the silhouettes of each object."""
    reduction_method: Literal["sum", "mean"] = "sum"
    """What losses do over the pixels of a view: `sum`, or `mean` over those that each loss concerns."""
    always_freespace: bool = True
    """Keep all rays outside the mask empty; otherwise only those on which a surface is seen."""
    occupancy_random_normal: bool = False
    """Rays within the mask become occupied near the middle of their way through the cube, not anywhere on it."""

    init_resolution: int = Field(16, ge=2, le=4096)
    """Places along each ray at which a surface is looked for, at the beginning."""
    schedule_milestones: tuple[int, ...] = (50_000, 100_000, 250_000)
    """Steps from which on there are twice as many of these places as before."""
    n_secant_steps: int = Field(8, ge=0, le=64)
    """Steps of the secant method that find the surface between two of them."""
    prune_rays: bool = True
    """Look no farther along a ray than the surface, and pass over space that a coarse grid, made anew while learning
    goes on, says to be empty; of a class without such grids."""
    lr_milestones: tuple[int, ...] = (102_000, 170_000)
    """Steps at which the learning rate is lowered (the authors': epochs 3000 and 5000 of 34 photographs)."""
    lr_gamma: float = Field(0.5, gt=0, le=1)
    """By what it is multiplied then."""

    cube_centre: tuple[float, float, float] | None = None
    """Middle of the cube that the object fills, x, y, z in the world; empty: as in the data folder, else made to
    fit."""
    cube_side: float | None = Field(None, gt=0)
    """Side of that cube, world units; empty: as in the data folder, else made to fit."""

    @property
    def learns_depths(self) -> bool:
        """Whether depth maps are used."""
        return self.lambda_depth > 0 or self.depth_from_visual_hull

    def loss_weights(self) -> Mapping[str, float]:
        """The weight of each loss, by its name in the curves."""
        return {
            "freespace": self.lambda_freespace,
            "occupied": self.lambda_occupied,
            "rgb": self.lambda_rgb,
            "image_gradients": self.lambda_image_gradients,
            "normal": self.lambda_normal,
            "depth": self.lambda_depth,
            "sparse_depth": self.lambda_sparse_depth,
        }

    def samples_at(self, step: int) -> int:
        """Places along a ray at which step `step`, from 0, looks for a surface."""
        return int(self.init_resolution * 2 ** sum(step >= milestone for milestone in self.schedule_milestones))

    def stages(self) -> tuple[int, ...]:
        """The steps from which on rays have more samples than before; the first is 0."""
        return (0, *(step for step in self.schedule_milestones if 0 < step < self.max_steps))

    def lr_at(self, step: int) -> float:
        """The learning rate of the step after `step` steps, lowered at each milestone passed so far."""
        passed: int = sum(step >= milestone for milestone in self.lr_milestones)
        return float(super().lr_at(step) * self.lr_gamma**passed)

    @field_validator("img_folder_input")
    @classmethod
    def _name_only(cls, value: str) -> str:
        if PurePath(value).name != value or value in ("", ".."):
            raise ValueError("must be the name of a folder")
        return value

    @model_validator(mode="after")
    def _code_and_encoder(self) -> DvrConfig:
        if (self.c_dim == 0) != (self.encoder is None):
            raise ValueError("c_dim and encoder go together: a code needs an encoder, an encoder a code of its size")
        return self

    @model_validator(mode="after")
    def _losses_agree(self) -> DvrConfig:
        if self.lambda_image_gradients > 0 and self.patch_size < 2:
            raise ValueError("lambda_image_gradients needs patches: set patch_size=2, or lambda_image_gradients=0")
        if self.n_training_points < self.patch_size**2:
            raise ValueError(
                f"n_training_points={self.n_training_points} must hold a patch of {self.patch_size**2} pixels"
            )
        if self.encoder_weights is not None and self.encoder in (None, "simple_conv", "idx"):
            raise ValueError("encoder_weights are of a residual encoder: set encoder=resnet18")
        return self

    @model_validator(mode="after")
    def _courses_agree(self) -> DvrConfig:
        for name in ("schedule_milestones", "lr_milestones"):
            milestones = getattr(self, name)
            if min(milestones, default=0) < 0 or any(later <= earlier for earlier, later in pairwise(milestones)):
                raise ValueError(f"{name} must be steps that increase")
        if self.samples_at(2**62) > MOST_SAMPLES:
            raise ValueError(f"schedule_milestones double init_resolution beyond {MOST_SAMPLES} samples of a ray")
        return self


class DvrOptions(DrawingSettings):
    """How a trained scene is drawn."""

    AS_TRAINED = tuple(DrawingSettings.model_fields)
    LABELS: ClassVar[Mapping[str, str]] = {"input": "Photograph, or folder"}
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {"Input": ("input",)}

    input: str | None = None
    """A photograph that the scene is made of, or a folder of photographs, one for each object; of networks that make
    scenes of photographs."""
