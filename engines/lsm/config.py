"""Every option of LSM; names and defaults are the authors' where they have one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from engines.core.config import OptimiserConfig, Options

Kind = Literal["vlsm", "dlsm"]
"""What is read out of the fused grid: occupancy, or depth maps."""
Norm = Literal["IN", "BN", "none"]
GRID_NETS: Mapping[str, int] = {"unet32": 3, "unet64": 4}
"""How often each halves the grid."""
VMIN, VMAX = -0.5, 0.5
"""The grid's corners along each axis, in scene units; the authors' scenes are within."""
MIN_Z, MAX_Z = 1.0, 3.0
"""Depths between which rays are sampled."""
MOST_VIEWS = 256
"""That a scene is made of."""
FILTERS = 32
"""Channels of image features and of the fused grid."""


class LsmConfig(OptimiserConfig):
    """Network sizes, and how it is trained."""

    TRIAL: ClassVar[Mapping[str, Any]] = {
        "kind": "dlsm", "nvox": 8, "im_h": 16, "im_w": 16, "ray_samples": 4, "im_batch": 2, "batch_size": 1,
    }  # fmt: skip
    MEMORY = ("batch_size", "im_batch", "nvox")
    FILES = ("checkpoint",)
    FREE_ON_RESUME: ClassVar[tuple[str, ...]] = ("decay_rate", "decay_steps", "num_workers")
    LABELS: ClassVar[Mapping[str, str]] = {
        "kind": "Learns",
        "nvox": "Voxels along each side",
        "im_h": "Image height",
        "im_w": "Image width",
        "grid_net": "Grid network",
        "rnn": "Recurrent unit",
        "norm": "Normalisation",
        "proj_x": "Slices smaller than images by",
        "ray_samples": "Samples per ray",
        "sepup": "Separable convolutions",
        "im_skip": "Sees its photograph's features",
        "batch_size": "Objects in a step",
        "im_batch": "Photographs of each",
        "checkpoint": "Start from",
        "class_balanced": "Filled weighs as much as empty",
        "precision": "Precision of the grids",
        "decay_rate": "Learning rate decay",
        "decay_steps": "Learning rate decays every",
        "num_workers": "Data loader processes",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "nvox": "",
        "im_h": "px",
        "im_w": "px",
        "proj_x": "",
        "ray_samples": "",
        "batch_size": "",
        "im_batch": "",
        "decay_rate": "",
        "decay_steps": "steps",
        "num_workers": "",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Model": ("kind", "nvox", "im_h", "im_w", "grid_net", "rnn", "norm", "checkpoint"),
        "Depth maps": ("proj_x", "ray_samples", "sepup", "im_skip"),
        "Sampling": ("batch_size", "im_batch", "precision", "num_workers"),
        "Optimisation": (
            "max_steps", "class_balanced", "lr", "lr_final", "decay_rate", "decay_steps", "ema_decay", "seed",
        ),
    }  # fmt: skip

    lr: float = Field(1e-3, gt=0)
    """Learning rate of Adam."""
    kind: Kind = "vlsm"
    """What is read out of the fused grid: vlsm, the occupancy of its voxels; dlsm, a depth map of each photograph."""
    nvox: int = Field(32, ge=8, le=256, multiple_of=8)
    """Voxels along each side of the grid."""
    im_h: int = Field(224, ge=16, le=4096, multiple_of=16)
    """Height of the photographs that it is trained on, pixels."""
    im_w: int = Field(224, ge=16, le=4096, multiple_of=16)
    """Width of the photographs that it is trained on, pixels."""
    grid_net: Literal["unet32", "unet64"] = "unet32"
    """The network that goes over the fused grid: unet32 halves it three times, unet64 four times."""
    rnn: Literal["gru", "lstm"] = "gru"
    """What fuses the grids of the photographs, one after the other: a gated recurrent unit, or a long short-term
    memory."""
    norm: Norm = "IN"
    """How layers are normalised: IN, over each photograph or grid; BN, over the batch; none, they have a bias."""
    proj_x: Literal[4, 8] = 4
    """By how much the slices of the grid that depth maps are made of are smaller than the photographs."""
    ray_samples: int = Field(64, ge=2, le=1024)
    """Samples along each ray from depth 1 to 3, of which depth maps are made."""
    sepup: bool = False
    """Depth maps by separable convolutions, and enlarged by repeating pixels; else by transposed convolutions."""
    im_skip: bool = True
    """Depth maps also see the features of their own photograph."""
    checkpoint: str | None = None
    """A trained model to begin from, also one of another nvox, image size or kind, of which the networks that both have
    are taken over: what is learnt in few minutes of coarse voxels serves as a beginning for fine ones."""
    batch_size: int = Field(4, ge=1, le=1024)
    """Objects in a step."""
    im_batch: int = Field(4, ge=1, le=256)
    """Photographs of each object in a step, by chance and in an order by chance."""
    class_balanced: bool = False
    """Of V-LSM: the filled voxels of an object weigh as much together as its empty ones. The authors' code has all
    voxels weigh alike."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """What the grids' convolutions are learnt in: bfloat16 is nearly twice as fast, on newer CPUs and on GPUs."""
    decay_rate: float = Field(1.0, gt=0, le=1)
    """By what the learning rate is multiplied each `decay_steps`; the authors' 1 leaves it as it is."""
    decay_steps: int = Field(10_000, ge=1)
    """Steps after each of which the learning rate is lowered."""
    num_workers: int | None = Field(None, ge=0, le=64)
    """Processes that read photographs ahead; empty: none where all photographs fit in memory, else 2."""

    def lr_at(self, step: int) -> float:
        """The learning rate of the step after `step` steps, decayed as TensorFlow's staircase does."""
        return float(super().lr_at(step) * self.decay_rate ** (step // self.decay_steps))

    @property
    def voxel(self) -> float:
        """Side of a voxel, scene units."""
        return (VMAX - VMIN) / self.nvox

    @property
    def learns_depths(self) -> bool:
        """Whether depth maps are trained on, as by D-LSM; V-LSM trains on voxels."""
        return self.kind == "dlsm"

    @model_validator(mode="after")
    def _sizes_agree(self) -> LsmConfig:
        if self.nvox % 2 ** GRID_NETS[self.grid_net]:
            raise ValueError(f"nvox={self.nvox} can't be halved four times: take a multiple of 16, or grid_net=unet32")
        if self.kind == "dlsm" and self.im_h != self.im_w:
            raise ValueError("depth maps are made of square photographs: im_h and im_w must be the same")
        return self


class LsmOptions(Options):
    """What a scene is made of, and how it is drawn."""

    LABELS: ClassVar[Mapping[str, str]] = {"views": "Photographs"}
    UNITS: ClassVar[Mapping[str, str]] = {"views": ""}
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {"Input": ("views",)}

    views: tuple[int, ...] | None = None
    """Numbers of the photographs that it is made of, from 0, in the order in which they are looked at; empty: the first
    of the folder, as many as it was trained with; of an object that is held out the last."""

    @field_validator("views")
    @classmethod
    def _some(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if value is not None and not 1 <= len(value) <= MOST_VIEWS:
            raise ValueError(f"must be 1 to {MOST_VIEWS} numbers")
        return value
