"""Every option of Scene Representation Networks; names and defaults are the authors' where they have one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any, ClassVar

from pydantic import Field, model_validator

from engines.core.config import OptimiserConfig, Options

HIDDEN = 256
"""Features of phi and of the pixel generator; fixed in the authors' code."""
PHI_LAYERS = 4
GENERATOR_LAYERS = 5
"""Behind which the linear layer to colour stands."""
LARGEST_PX = 4096
MOST_FEATURES = 1024
"""At the U-Net's top level."""
UNET_PX = 128
"""Side of the only picture that the U-Net renderer draws."""


class SrnConfig(OptimiserConfig):
    """Network sizes, what is trained on, and how."""

    FILES = ("checkpoint",)
    FREE_ON_RESUME = ("num_workers",)
    MEMORY = ("rays_per_image", "batch_size_per_img_sidelength", "img_sidelengths")
    TRIAL: ClassVar[Mapping[str, Any]] = {
        "img_sidelengths": (16,),
        "batch_size_per_img_sidelength": (2,),
        "rays_per_image": 64,
        "tracing_steps": 3,
        "embedding_size": 4,
    }
    LABELS: ClassVar[Mapping[str, str]] = {
        "embedding_size": "Code length",
        "num_instances": "Objects, counted from the data",
        "fit_single_srn": "Single scene (no codes)",
        "has_params": "Per-view codes given with the data",
        "use_unet_renderer": "U-Net renderer",
        "nf0": "Base features (nf0)",
        "tracing_steps": "Ray marching steps",
        "img_sidelengths": "Image size of each stage",
        "batch_size_per_img_sidelength": "Batch size of each stage",
        "max_steps_per_img_sidelength": "Length of each stage",
        "l1_weight": "Image loss weight",
        "kl_weight": "Code regularisation weight",
        "reg_weight": "Depth regularisation weight",
        "rays_per_image": "Rays per image",
        "samples_per_instance": "Images per object in a step",
        "specific_observation_idcs": "Only these images of each object",
        "max_num_instances_train": "Most objects",
        "max_num_observations_train": "Most images per object",
        "num_workers": "Data loader processes",
        "checkpoint": "Start from a trained class",
        "freeze_networks": "Train codes only",
        "overwrite_embeddings": "Start with new codes",
    }
    UNITS: ClassVar[Mapping[str, str]] = {
        "embedding_size": "",
        "num_instances": "",
        "nf0": "",
        "tracing_steps": "",
        "img_sidelengths": "px",
        "batch_size_per_img_sidelength": "images",
        "max_steps_per_img_sidelength": "steps",
        "l1_weight": "",
        "kl_weight": "",
        "reg_weight": "",
        "rays_per_image": "",
        "samples_per_instance": "",
        "specific_observation_idcs": "",
        "max_num_instances_train": "",
        "max_num_observations_train": "",
        "num_workers": "",
    }
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Model": ("fit_single_srn", "embedding_size", "tracing_steps", "use_unet_renderer", "nf0"),
        "Sampling": ("rays_per_image", "samples_per_instance"),
        "Stages": ("img_sidelengths", "batch_size_per_img_sidelength", "max_steps_per_img_sidelength"),
        "Losses": ("l1_weight", "kl_weight", "reg_weight"),
        "Data": (
            "max_num_instances_train",
            "max_num_observations_train",
            "specific_observation_idcs",
            "num_instances",
            "has_params",
            "num_workers",
        ),
        "Trained class": ("checkpoint", "freeze_networks", "overwrite_embeddings"),
    }

    lr: float = Field(5e-5, gt=0)
    """Learning rate of Adam."""
    embedding_size: int = Field(256, ge=1, le=65_536)
    """Length of the code of an instance."""
    num_instances: int = Field(1, ge=1)
    """Instances that have a code; counted from the data."""
    fit_single_srn: bool = False
    """One scene, one network, no codes."""
    has_params: bool = False
    """Codes are given with the data (`params/*.txt` beside `pose/`) and not learnt."""
    use_unet_renderer: bool = False
    """Colour by a U-Net over the whole 128x128 picture instead of pixel by pixel."""
    nf0: int = Field(32, ge=1, le=MOST_FEATURES)
    """Features at the top level of the U-Net renderer."""
    tracing_steps: int = Field(10, ge=1)
    """Steps of the ray marcher."""
    img_sidelengths: tuple[int, ...] = (64,)
    """Side of the pictures at each stage, pixels."""
    batch_size_per_img_sidelength: tuple[int, ...] = (64,)
    """Pictures in a step, at each stage."""
    max_steps_per_img_sidelength: tuple[int, ...] = (200_000,)
    """Steps of each stage; the last goes on to `max_steps`."""
    max_steps: int = Field(200_000, ge=1)
    """Optimisation steps of the whole run."""
    l1_weight: float = Field(200.0, gt=0)
    """Weight of the picture's loss (squared error, whatever its name says)."""
    kl_weight: float = Field(1.0, ge=0)
    """Weight of the codes' mean square."""
    reg_weight: float = Field(1e-3, ge=0)
    """Weight of the penalty on depths behind the camera."""
    rays_per_image: int | None = Field(None, ge=1)
    """Compare only so many pixels of each picture, drawn by chance; empty: all, as in the paper."""
    samples_per_instance: int = Field(1, ge=1)
    """Pictures of one instance in a row within a step."""
    specific_observation_idcs: tuple[int, ...] | None = Field(None, min_length=1)
    """Train on these pictures of each instance only, e.g. [0, 5]: few-shot; `held_out_every` is then 0 by default."""
    max_num_instances_train: int = Field(-1, ge=-1)
    """Only the first so many instances; -1: all."""
    max_num_observations_train: int = Field(50, ge=-1)
    """Only so many pictures of each instance, evenly spread; -1: all."""

    num_workers: int | None = Field(None, ge=0, le=64)
    """Processes that read photographs ahead; empty: none where all fit in memory, else 2."""

    checkpoint: str | None = None
    """A trained class to begin from: its networks, its sizes where none are given, and its objects' codes."""
    freeze_networks: bool = False
    """Learn codes only, the networks stay as in `checkpoint`: for new objects from few photographs. Of the U-Net
    renderer dropout and BatchNorm are then off, too (the authors leave them on)."""
    overwrite_embeddings: bool = False
    """Begin with new codes although `checkpoint` has some."""

    def stages(self) -> tuple[int, ...]:
        """The steps at which stages begin, and with them another picture size; the first is 0."""
        starts = (0, *accumulate(self.max_steps_per_img_sidelength[:-1]))
        return tuple(start for start in starts if start < self.max_steps)

    def stage_number(self, step: int) -> int:
        """Which of the sizes step `step`, from 0, learns at."""
        ends = accumulate(self.max_steps_per_img_sidelength)
        return next((number for number, end in enumerate(ends) if step < end), len(self.img_sidelengths) - 1)

    @model_validator(mode="before")
    @classmethod
    def _hold_nothing_out_of_a_choice(cls, values: Any) -> Any:
        # Who names photographs means those of the folder, by their place in it.
        if isinstance(values, dict) and values.get("specific_observation_idcs") is not None:
            return {"held_out_every": 0, **values}
        return values

    @model_validator(mode="after")
    def _something_is_left(self) -> SrnConfig:
        for name in ("max_num_instances_train", "max_num_observations_train"):
            if getattr(self, name) == 0:
                raise ValueError(f"{name} must be at least 1, or -1 for all")
        return self

    @model_validator(mode="after")
    def _stages_agree(self) -> SrnConfig:
        stages = len(self.img_sidelengths)
        if stages < 1 or min(self.img_sidelengths) < 2 or max(self.img_sidelengths) > LARGEST_PX:
            raise ValueError(f"img_sidelengths must name at least one side, each of 2 to {LARGEST_PX} pixels")
        if len(self.batch_size_per_img_sidelength) != stages or len(self.max_steps_per_img_sidelength) != stages:
            raise ValueError(
                f"img_sidelengths has {stages} stages, batch_size_per_img_sidelength "
                f"{len(self.batch_size_per_img_sidelength)}, max_steps_per_img_sidelength "
                f"{len(self.max_steps_per_img_sidelength)}; they must have as many"
            )
        if min(*self.batch_size_per_img_sidelength, *self.max_steps_per_img_sidelength, 1) < 1:
            raise ValueError("batch sizes and steps must be at least 1")
        if self.use_unet_renderer and set(self.img_sidelengths) != {UNET_PX}:
            raise ValueError(f"the U-Net renderer draws {UNET_PX}x{UNET_PX} only; set img_sidelengths=[{UNET_PX}]")
        if self.has_params and (self.fit_single_srn or self.freeze_networks):
            raise ValueError("has_params must stand alone, without fit_single_srn and freeze_networks")
        if self.freeze_networks and (self.fit_single_srn or self.checkpoint is None):
            raise ValueError("freeze_networks must have the trained class to learn codes for: set checkpoint")
        if self.use_unet_renderer and self.rays_per_image is not None:
            raise ValueError("the U-Net renderer draws whole pictures: leave rays_per_image out")
        return self


class SrnOptions(Options):
    """How a trained scene is drawn."""

    AS_TRAINED = ("tracing_steps",)
    LABELS: ClassVar[Mapping[str, str]] = {
        "tracing_steps": "Ray marching steps",
        "has_params": "Per-view codes",
        "initial_depth": "Initial depth",
    }
    UNITS: ClassVar[Mapping[str, str]] = {"tracing_steps": "", "initial_depth": "world units"}
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Ray marching": ("tracing_steps", "initial_depth"),
        "Codes": ("has_params",),
    }

    tracing_steps: int = Field(10, ge=1, le=100)
    """Steps of the ray marcher; as in training, but authors' files don't say how many those were."""
    has_params: bool = False
    """Take the objects' codes from the data folder's `params/`, for a file of the authors' that was trained so."""
    initial_depth: float = Field(0.05, gt=0)
    """Where every ray begins, world units; the authors draw it from N(0.05, 0.0005)."""
