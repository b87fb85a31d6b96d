"""Every option of Deep 3D Mask Volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from engines.core.config import OptimiserConfig, Options

WIDTH = 8
"""Channels of the networks' first layer; fixed in the authors' code."""
PLANES = 32
"""Fixed in the authors' code."""
SMALLEST_PX = 16
"""Side of the smallest picture that the perceptual loss takes: four halvings."""
SIDE_MULTIPLE = 8
"""The networks halve a picture three times."""
LARGEST_PX = 4096
CROP_PX = 256
"""Side of the squares that the authors' planes were trained on."""

LossType = Literal["mse", "l1", "masked_l1", "vgg", "vgg_only", "no_mask", "full_loss"]
MASK_STAGE_LOSSES = ("masked_l1", "no_mask", "full_loss")


class MaskVolumeConfig(OptimiserConfig):
    """What is trained on, and how."""

    FILES = ("vgg_weights", "checkpoint", "mpi_model")
    FREE_ON_RESUME = ("num_workers",)
    MEMORY = ("crop_px", "img_wh")
    TRIAL: ClassVar[Mapping[str, Any]] = {"crop_px": 0, "augment": False, "loss_type": "l1", "img_wh": (64, 64)}
    LABELS: ClassVar[Mapping[str, str]] = {
        "stage": "Stage",
        "batch_size": "Batch size",
        "precision": "Precision of the networks",
        "loss_type": "Loss",
        "vgg_weights": "VGG19 weights",
        "img_wh": "Image size, width and height",
        "crop_px": "Crop size",
        "min_scale": "Smallest enlargement",
        "max_scale": "Largest enlargement",
        "crops_on_motion": "Share of crops on motion",
        "augment": "Colour augmentation",
        "num_frames": "Clip length",
        "min_stride": "Smallest frame distance",
        "max_stride": "Largest frame distance",
        "neighbours": "Neighbouring cameras",
        "num_workers": "Data loader processes",
        "checkpoint": "Start from",
        "mpi_model": "Trained MPI network",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "batch_size": "",
        "img_wh": "px",
        "crop_px": "px",
        "min_scale": "",
        "max_scale": "",
        "crops_on_motion": "",
        "num_frames": "frames",
        "min_stride": "frames",
        "max_stride": "frames",
        "neighbours": "",
        "num_workers": "",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Stage": ("stage", "mpi_model", "checkpoint"),
        "Losses": ("loss_type", "vgg_weights"),
        "Images and crops": ("img_wh", "crop_px", "min_scale", "max_scale", "crops_on_motion", "augment"),
        "Data": ("num_frames", "min_stride", "max_stride", "neighbours", "num_workers"),
        "Optimisation": ("batch_size", "precision"),
    }

    stage: Literal["mpi", "mask"] = "mpi"
    """What is learnt: mpi, the network that makes planes of two pictures of a time step, from photographs or
    recordings; or then mask, the one that tells what moves on them from what stands still, from recordings."""
    lr: float = Field(5e-4, gt=0)
    """Learning rate of Adam."""
    max_steps: int = Field(400_000, ge=1)
    """Optimisation steps of the whole run."""
    batch_size: int = Field(1, ge=1, le=256)
    """Examples in a step: two pictures that planes are made of, and one that is drawn from them."""
    loss_type: LossType = "vgg"
    """What is compared, by the authors' names: mse, l1, vgg (or vgg_only: features of VGG19); in stage mask also
    masked_l1 (l1 of what moves), no_mask (vgg, and little moves), full_loss (no_mask, and masks of the recording)."""
    vgg_weights: str | None = None
    """torchvision's vgg19_bn-c79401a0.pth, for the losses that compare its features; empty: L1 and structural
    similarity take their place."""

    img_wh: tuple[int, int] = (640, 360)
    """Larger photographs are brought to fit into this width and height, pixels; their shape stays."""
    crop_px: int | None = Field(None, ge=0, le=LARGEST_PX, multiple_of=SIDE_MULTIPLE)
    """Side of the square that is trained on, at a place drawn by chance; 0: the whole picture; empty: 256 in stage
    mpi, the whole in stage mask."""
    min_scale: float = Field(1.0, ge=1, le=8)
    """Before a square is cut out the picture is enlarged by a factor drawn from here..."""
    max_scale: float = Field(2.0, ge=1, le=8)
    """...to here; by more where the square would not fit."""
    crops_on_motion: float = Field(0.0, ge=0, le=1)
    """In stage mask, the share of squares laid where the first picture differs from its background; small things that
    move are met so seldom otherwise that only their absence is learnt."""
    augment: bool | None = None
    """Change the colours of an example by chance; empty: in stage mpi only."""

    num_frames: int = Field(10, ge=3, le=1000)
    """Of a clip (RealEstate10K): an example's three frames are of so many..."""
    min_stride: int = Field(3, ge=1)
    """...that are at least so many frames apart..."""
    max_stride: int = Field(10, ge=1)
    """...and at most so many."""
    neighbours: int = Field(10, ge=2)
    """Of a rig or a folder of photographs: two of an example's three are of so many nearest to the other one."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """bfloat16: the networks' products in 16 bits; less than half the time on GPUs and on processors with AMX."""
    num_workers: int | None = Field(None, ge=0, le=64)
    """Processes that read photographs ahead; empty: none where all fit in memory, else 2."""

    checkpoint: str | None = None
    """A trained model to begin from: stage mpi takes over its network of planes, stage mask both."""
    mpi_model: str | None = None
    """In stage mask, where the network of planes comes from, which is not learnt any more: a run folder of stage mpi, a
    scene file or an authors' file."""

    @property
    def side_px(self) -> int:
        """Side of the square that is trained on; 0: the whole picture."""
        if self.crop_px is not None:
            return self.crop_px
        return CROP_PX if self.stage == "mpi" else 0

    @property
    def recolours(self) -> bool:
        """Whether colours are changed by chance."""
        return self.augment if self.augment is not None else self.stage == "mpi"

    @model_validator(mode="after")
    def _sizes_can_be_learnt_from(self) -> MaskVolumeConfig:
        if min(self.img_wh) < SMALLEST_PX:
            raise ValueError(f"img_wh must be at least {SMALLEST_PX} pixels each way")
        if 0 < self.side_px < SMALLEST_PX:
            raise ValueError(f"crop_px must be 0, or at least {SMALLEST_PX}")
        return self

    @model_validator(mode="after")
    def _ranges_are_not_empty(self) -> MaskVolumeConfig:
        if self.max_scale < self.min_scale or self.max_stride < self.min_stride:
            raise ValueError("max_scale and max_stride must not be less than min_scale and min_stride")
        return self

    @model_validator(mode="after")
    def _the_loss_is_of_the_stage(self) -> MaskVolumeConfig:
        if self.stage == "mpi" and self.loss_type in MASK_STAGE_LOSSES:
            raise ValueError(f"loss_type {self.loss_type} must go with stage mask; stage mpi has mse, l1 and vgg")
        return self


class MaskVolumeOptions(Options):
    """How a recording is drawn."""

    LABELS: ClassVar[Mapping[str, str]] = {
        "first_camera": "First camera",
        "second_camera": "Second camera",
        "pair": "Camera pair",
        "width_px": "Image width",
        "img_wh": "Image size, width and height",
        "cache_mb": "MPI cache",
        "damaged_frames": "Damaged images",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "first_camera": "",
        "second_camera": "",
        "width_px": "px",
        "img_wh": "px",
        "cache_mb": "MB",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Camera pair": ("pair", "first_camera", "second_camera"),
        "Images": ("width_px", "img_wh", "damaged_frames"),
        "Memory": ("cache_mb",),
    }

    first_camera: int | None = Field(None, ge=0)
    """The camera whose planes they are, counted from 0; empty: 4 as the authors, else of the best pair."""
    second_camera: int | None = Field(None, ge=0)
    """The other camera of the pair; empty: 5 as the authors, else the first's best neighbour."""
    pair: Literal["fixed", "nearest", "others"] = "fixed"
    """fixed: one pair for all views; nearest: the one nearest to each view, whose planes are then made first; others:
    so, but of cameras that stand elsewhere, to compare with photographs that are no part of it."""
    width_px: int = Field(640, ge=64, le=LARGEST_PX)
    """Wider photographs are brought to this width before the networks see them; their shape stays."""
    img_wh: tuple[int, int] | None = None
    """Width and height at which the networks see every photograph, each axis scaled by itself, as the authors do it,
    e.g. [640, 360]; multiples of 8. Empty: by `width_px`."""
    cache_mb: int = Field(2048, ge=64)
    """Memory for the multiplane images of time steps, MB; those that were just played make room."""
    damaged_frames: Literal["stop", "skip"] = "stop"
    """A photograph that can't be read: an error, or the time step before stands in for its time step."""

    @model_validator(mode="after")
    def _the_networks_can_halve_it(self) -> MaskVolumeOptions:
        if self.img_wh is not None and any(
            side % SIDE_MULTIPLE or not SMALLEST_PX <= side <= LARGEST_PX for side in self.img_wh
        ):
            raise ValueError(
                f"img_wh must be two multiples of {SIDE_MULTIPLE}, of {SMALLEST_PX} to {LARGEST_PX} pixels"
            )
        return self
