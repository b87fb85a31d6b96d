"""What is exported, and where to; and whether a scene can be exported so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.camera.fitting import Fit
from app.export.codecs import VIDEO_SUFFIXES, codec_of
from app.export.frame_files import FORMATS
from engines.core.camera import Array, Camera
from engines.core.engine import Scene
from engines.core.errors import UserError

BACKGROUNDS: Mapping[str, float] = {"white": 1.0, "black": 0.0}
TRANSPARENT = "transparent"
"""The background that leaves what is behind the picture open."""
TRANSPARENCY = "alpha"
"""The channel that says how far a pixel covers what is behind it, in [0, 1]; colours are not multiplied by it."""
# Names that promise a file of a kind that is not written; without this they would become folders.
OTHER_FILES = (
    *(".avi", ".mkv", ".m4v", ".mpg", ".apng", ".png", ".jpg", ".jpeg", ".webp", ".exr"),
    *(".npy", ".npz", ".zip"),
)

Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Export:
    """What to render, and where to.

    Attributes:
        cameras: one a frame, in order; fitted to what the scene can draw.
        out: a video (.mp4 .webm .mov .gif), or a folder.
        fps: frames a second of a video.
        quality: of a video, 1 to 10.
        channels: of `Scene.channels`; side by side in a video.
        size_px: None: the scene's own size, else the cameras'.
        fit: how cameras of another shape are fitted; None: as `usual_fit`.
        controls: one mapping a frame; None: every control at its default.
        origin: [3] where the cameras' coordinates begin in the world that their file is written in.
        background: "white" or "black" behind the picture where the scene gives an "alpha" (not premultiplied), or
            "transparent": the picture keeps it.
        limits: of channels' colours in a video; of others those of the first frame, widened for the path.
        colour_maps: of channels in a video where they are not the usual ones.
        codec: of a video, of `CODECS`; None: the usual one of the suffix.
        format: of a folder's files, of `FORMATS`; None: colours as PNG, other channels as .npy.
        scene: tells this scene from others: `scene_digest`; "": not known.
        resume: whether frames that an export before this one has finished are taken, where it was of the same.
        depth: "z": along the camera's +z; "range": along each pixel's ray.
    """

    cameras: Sequence[Camera]
    out: Path
    fps: float = 30.0
    quality: int = 8
    channels: tuple[str, ...] = ("rgb",)
    size_px: tuple[int, int] | None = None
    fit: Fit | None = None
    controls: Sequence[Mapping[str, float]] | None = None
    background: str | None = None
    origin: Array = field(default_factory=lambda: np.zeros(3))
    limits: Mapping[str, Limits] = field(default_factory=dict)
    colour_maps: Mapping[str, str] = field(default_factory=dict)
    codec: str | None = None
    format: str | None = None
    depth: str = "z"
    scene: str = ""
    resume: bool = False

    @property
    def is_video(self) -> bool:
        """Whether one file holds all frames."""
        return self.out.suffix.lower() in VIDEO_SUFFIXES

    def is_transparent(self, scene: Scene) -> bool:
        """Whether the pictures of this scene keep their alpha."""
        return self.background == TRANSPARENT and TRANSPARENCY in scene.channels


def check_export(scene: Scene, export: Export) -> None:
    """Whether it can be done, as far as that is seen before the first frame is drawn.

    Raises:
        UserError: says what there is.
    """
    check_shown(scene, export.channels, export.background)
    if export.controls is not None and len(export.controls) != len(export.cameras):
        raise ValueError(f"{len(export.controls)} controls for {len(export.cameras)} cameras")
    if export.out.suffix.lower() in OTHER_FILES:
        raise UserError(f"{export.out}: name a video ({', '.join(VIDEO_SUFFIXES)}), or a folder for images")
    if export.depth not in ("z", "range"):
        raise UserError(f"depth {export.depth}: must be z (along the camera's axis) or range (along each pixel's ray)")
    if export.is_video:
        codec_of(export.out, export.codec, export.is_transparent(scene))
        if export.format is not None:
            raise UserError(f"format {export.format}: is for folders, and {export.out} is a video; --codec is its own")
        return
    if export.codec is not None:
        raise UserError(f"codec {export.codec}: is for videos ({', '.join(VIDEO_SUFFIXES)}), and {export.out} is none")
    if export.format is not None:
        if export.format not in FORMATS:
            raise UserError(f"format {export.format}: must be {', '.join(FORMATS)}")
        FORMATS[export.format].check(export.channels)


def check_shown(scene: Scene, channels: Sequence[str], background: str | None) -> None:
    """Whether the scene gives these channels, and there is such a background.

    Raises:
        UserError: says what there is.
    """
    if not channels:
        raise UserError(f"no channels to write; this scene gives {', '.join(scene.channels)}")
    for channel in channels:
        if channel not in scene.channels:
            raise UserError(f"channel {channel}: this scene gives {', '.join(scene.channels)}")
    if background not in (None, TRANSPARENT, *BACKGROUNDS):
        raise UserError(f"background {background}: must be {', '.join(BACKGROUNDS)} or {TRANSPARENT}")
