"""Every option of DeepVoxels; names and defaults are the authors' where they have one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from engines.core.config import OptimiserConfig, Options

FEATURE_PX = 64
"""Side of the feature maps that are lifted and rendered; fixed in the authors' code."""


class DeepVoxelsConfig(OptimiserConfig):
    """Network sizes, where the grid stands, and how it is trained."""

    MEMORY = ("img_sidelength", "grid_dim", "num_trgt", "nf0")
    TRIAL: ClassVar[Mapping[str, Any]] = {
        "img_sidelength": 128,
        "grid_dim": 8,
        "num_grid_feats": 4,
        "nf0": 2,
        "num_trgt": 1,
    }
    LABELS: ClassVar[Mapping[str, str]] = {
        "img_sidelength": "Image size",
        "grid_dim": "Grid resolution",
        "num_grid_feats": "Features per voxel",
        "nf0": "Base features (nf0)",
        "no_occlusion_net": "No occlusion network",
        "dropout": "Dropout",
        "num_trgt": "Target views per step",
        "l1_weight": "L1 loss weight",
        "adversarial_weight": "Adversarial loss weight",
        "border_px": "Ignored border",
        "grid_learning": "Grid training",
        "start_at_median": "Start at the median colour",
        "grid_lr": "Grid learning rate",
        "sampling_pattern": "View sampling",
        "scale": "Grid size",
        "grid_barycenter": "Grid centre",
        "near_plane": "Near plane",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "img_sidelength": "px",
        "grid_dim": "voxels",
        "num_grid_feats": "",
        "nf0": "",
        "dropout": "",
        "num_trgt": "",
        "l1_weight": "",
        "adversarial_weight": "",
        "grid_lr": "",
        "scale": "world units",
        "grid_barycenter": "world",
        "near_plane": "world units",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Model": ("img_sidelength", "grid_dim", "num_grid_feats", "nf0", "no_occlusion_net", "dropout"),
        "Grid": ("grid_learning", "grid_lr", "start_at_median", "scale", "grid_barycenter", "near_plane"),
        "Losses": ("l1_weight", "adversarial_weight", "border_px"),
        "Sampling": ("num_trgt", "sampling_pattern"),
    }

    img_sidelength: Literal[128, 256, 512] = 512
    """Side of the pictures, pixels. The network draws this size only."""
    grid_dim: int = Field(32, ge=8, le=128, multiple_of=4)
    """Voxels along each side of the grid."""
    num_grid_feats: int = Field(64, ge=1)
    """Features stored in each voxel."""
    nf0: int = Field(64, ge=2)
    """Features in the outermost layer of the 2D U-Nets; weights grow with its square."""
    no_occlusion_net: bool = False
    """Collapse the view volume by 2D convolutions instead of visibility weights; such a scene has no depth."""
    num_trgt: int = Field(2, ge=1, le=8)
    """Views drawn and compared in each step: one near the lifted photograph, the others at random."""
    l1_weight: float = Field(200.0, gt=0)
    """Weight of the L1 loss."""
    adversarial_weight: float = Field(1.0, ge=0)
    """Weight of the patch discriminator's loss; 0 leaves the discriminator out."""
    border_px: int = Field(5, ge=0, le=32)
    """Pixels left out of the losses on each side, where convolutions know too little; 0 learns them as well."""
    dropout: float | None = Field(None, ge=0, lt=1)
    """Share of features dropped in training; empty: the authors', 0.1, in the integration 0.2. Small networks learn
    faster with 0."""
    grid_learning: Literal["integrated", "optimised"] = "integrated"
    """`integrated`: photographs are lifted into the grid, as in the paper. `optimised`: each voxel is a weight like
    any other, without lifting; a picture comes several times sooner."""
    start_at_median: bool = False
    """Begin at the photographs' median colour instead of grey: a plain background is right from the start."""
    grid_lr: float = Field(0.03, gt=0)
    """Learning rate of the voxels where they are optimised."""
    sampling_pattern: str = Field("all", pattern=r"^(all|skip_\d+)$")
    """`all` photographs, or `skip_N`: leave out N after each one used."""
    near_plane: float | None = Field(None, gt=0)
    """First plane of the view volume, world units; empty: from the data folder, else made to fit."""
    scale: float | None = Field(None, gt=0)
    """Side of the voxel grid, world units; empty: from the data folder, else made to fit."""
    grid_barycenter: tuple[float, float, float] | None = None
    """Middle of the voxel grid, x, y, z in the world; empty: from the data folder, else made to fit."""


class DeepVoxelsOptions(Options):
    """How a trained scene is drawn."""

    LABELS: ClassVar[Mapping[str, str]] = {
        "crop_border": "Crop border of 5 px",
        "depth_formula": "Depth formula",
        "depth_grid": "Depth grid",
        "near_plane": "Near plane",
        "scale": "Grid size",
        "grid_barycenter": "Grid centre",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "near_plane": "world units",
        "scale": "world units",
        "grid_barycenter": "world",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Drawing": ("crop_border",),
        "Depth": ("depth_formula", "depth_grid"),
        "Grid": ("scale", "grid_barycenter", "near_plane"),
    }

    crop_border: bool = False
    """Leave out the outermost 5 pixels, as the authors' test script does; the picture is 10 pixels smaller."""
    depth_formula: Literal["geometric", "official"] = "geometric"
    """`official` multiplies by ceil(sqrt(3) grid_dim) planes as the authors' code does, though there are 2 grid_dim."""
    depth_grid: Literal["image", "native"] = "image"
    """`native` leaves depth on the network's own 64x64 grid instead of the picture's pixels, and, as
    the authors' code does, gives one where a ray passes the grid by."""
    near_plane: float | None = Field(None, gt=0)
    """First plane of the view volume, world units; empty: as in the data, the scene file, or the method's default."""
    scale: float | None = Field(None, gt=0)
    """Side of the voxel grid, world units; empty: as in the data, the scene file, or 1."""
    grid_barycenter: tuple[float, float, float] | None = None
    """Middle of the voxel grid, x, y, z in the world; empty: as in the data, the scene file, or the origin."""
