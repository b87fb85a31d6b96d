"""What is exported, and where to; and whether a scene can be exported so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from app.camera.fitting import Fit
from app.export.codecs import VIDEO_SUFFIXES, codec_of
from app.export.frame_files import FORMATS
from app.export.scene_pair import ScenePair
from app.export.spherical import Spatial, require_spatial
from app.rendering.compositing import TRANSPARENT, read_background
from app.rendering.crop_box import CropBox
from app.rendering.cropping import offered_channels
from app.viewing.lengths import LengthScale
from engines.core.camera import Array, Camera
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.files import require_named
from engines.core.frame import ALPHA

# Names that promise a file of a kind that is not written; without this they would become folders.
OTHER_FILES = (
    *(".avi", ".mkv", ".m4v", ".mpg", ".apng", ".png", ".jpg", ".jpeg", ".webp", ".exr"),
    *(".npy", ".npz", ".zip"),
)

EQUIRECTANGULAR = "equirectangular"
PROJECTIONS = ("pinhole", EQUIRECTANGULAR)
SPHERE_PX = (2048, 1024)
"""Of a sphere's picture where no size is asked for."""
SIZE_PRESETS: Mapping[str, tuple[int, int]] = {
    "720p": (1280, 720),
    "hd": (1920, 1080),
    "4k": (3840, 2160),
    "square": (1080, 1080),
    "llff": (1008, 756),
}
"""(width, height) by name; LLFF's is a quarter of its photographs, in which its scenes are trained and compared."""
SUPERSAMPLES = range(1, 5)

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
        background: of `compositing.read_background`, behind the picture where it has an opacity, or "transparent": the
            picture keeps that; None: as the scene has it.
        crop_box: in the scene's coordinates, what lies outside is transparent; None: all is shown.
        limits: of channels' colours in a video; of others those of the first frame, widened for the path.
        colour_maps: of channels in a video where they are not the usual ones.
        codec: of a video, of `CODECS`; None: the usual one of the suffix.
        format: of a folder's files, of `FORMATS`; None: colours as PNG, other channels as .npy.
        supersample: how many times as large along each side pictures are drawn, 1 to 4, and then made smaller by area.
        projection: "pinhole", or "equirectangular": all around, with a level horizon.
        eye_distance: of stereo pairs, side by side, in world units; None: one picture.
        scene: tells this scene from others: `scene_digest`; "": not known.
        resume: whether frames that an export before this one has finished are taken, where it was of the same.
        note: plain data for whoever goes on with it, beside the finished frames.
        pair: a second scene in the same pictures; None: the scene alone.
        labels: whether names of scenes and channels are written over pictures, those of several.
        colour_bars: whether pictures of single values have the scale of their colours.
        lengths: how long a world unit is, for these scales; None: not known.
        notes: what has to be known of the path.
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
    crop_box: CropBox | None = None
    origin: Array = field(default_factory=lambda: np.zeros(3))
    limits: Mapping[str, Limits] = field(default_factory=dict)
    colour_maps: Mapping[str, str] = field(default_factory=dict)
    codec: str | None = None
    format: str | None = None
    depth: str = "z"
    supersample: int = 1
    projection: str = "pinhole"
    eye_distance: float | None = None
    scene: str = ""
    resume: bool = False
    note: Mapping[str, Any] = field(default_factory=dict)
    pair: ScenePair | None = None
    labels: bool = False
    colour_bars: bool = False
    lengths: LengthScale | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_video(self) -> bool:
        """Whether one file holds all frames."""
        return self.out.suffix.lower() in VIDEO_SUFFIXES

    @property
    def is_coloured(self) -> bool:
        """Whether channels of single values are written as pictures, in the colours of their maps."""
        return self.is_video or self.format == "png"

    @property
    def depth_kind(self) -> str:
        """What depths are: of a sphere, which has no axis, along each pixel's ray."""
        return "range" if self.projection == EQUIRECTANGULAR else self.depth

    @property
    def spatial(self) -> Spatial:
        """How a video's pictures lie in space."""
        return Spatial(self.projection == EQUIRECTANGULAR, self.eye_distance is not None)

    @property
    def asks_for_alpha(self) -> bool:
        """Whether its pictures are to keep their alpha, where there is one."""
        return self.background == TRANSPARENT

    def is_transparent(self, scene: Scene) -> bool:
        """Whether the pictures of this scene keep their alpha."""
        if not self.asks_for_alpha or ALPHA not in self.channels_of(scene):
            return False
        return self.pair is None or self.pair.keeps_alpha(self.crop_box)

    def channels_of(self, scene: Scene) -> tuple[str, ...]:
        """What pictures of this scene have."""
        return offered_channels(scene, self.crop_box)

    @property
    def drawn_channels(self) -> tuple[str, ...]:
        """What the channels of its pictures are called."""
        return self.channels if self.pair is None else self.pair.told(self.channels)

    def label(self, channel: str) -> tuple[str, str]:
        """What is written over the pictures of a channel of `drawn_channels`, at the left and at the right."""
        left, right = ("", "") if self.pair is None else self.pair.names
        if len(self.channels) > 1:
            channel = dict(zip(self.drawn_channels, self.channels, strict=True)).get(channel, channel)
            left, right = f"{left}: {channel}" if left else channel, f"{right}: {channel}" if right else ""
        return left, right


def check_export(scene: Scene, export: Export) -> None:
    """Whether it can be done, as far as that is seen before the first frame is drawn.

    Raises:
        UserError: says what there is.
    """
    check_shown(scene, export.channels, export.background, export.crop_box)
    if export.controls is not None and len(export.controls) != len(export.cameras):
        raise ValueError(f"{len(export.controls)} controls for {len(export.cameras)} cameras")
    check_kind(scene, export)


def check_kind(scene: Scene, export: Export) -> None:
    """Whether pictures and files can be of this kind, whatever they show.

    Raises:
        UserError: what can't be, and what can.
    """
    require_named(export.out)
    if export.out.suffix.lower() in OTHER_FILES:
        raise UserError(f"{export.out}: name a video ({', '.join(VIDEO_SUFFIXES)}), or a folder for images")
    if export.depth not in ("z", "range"):
        raise UserError(f"depth {export.depth}: must be z (along the camera's axis) or range (along each pixel's ray)")
    _check_composed(scene, export)
    if export.pair is not None:
        _check_pair(export.pair, export)
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
        FORMATS[export.format].check(export.drawn_channels)


def _check_pair(pair: ScenePair, export: Export) -> None:
    if export.projection != "pinhole" or export.eye_distance is not None:
        asked = "stereo" if export.eye_distance is not None else f"projection {export.projection}"
        raise UserError(f"{asked}: goes with a scene alone; leave it out, or the scene that is compared")
    pair.check(export.channels, export.supersample, export.crop_box)


def _check_composed(scene: Scene, export: Export) -> None:
    if export.supersample not in SUPERSAMPLES:
        raise UserError(f"supersample {export.supersample}: must be 1 to {SUPERSAMPLES[-1]}")
    if export.projection not in PROJECTIONS:
        raise UserError(f"projection {export.projection}: must be {' or '.join(PROJECTIONS)}")
    is_sphere = export.projection == EQUIRECTANGULAR
    if scene.native_px is not None and (export.supersample > 1 or is_sphere):
        asked = f"projection {export.projection}" if is_sphere else f"supersample {export.supersample}"
        width, height = scene.native_px
        raise UserError(f"{asked}: this scene can only draw {width}x{height}; leave it out")
    if export.eye_distance is not None and not (isfinite(export.eye_distance) and export.eye_distance > 0):
        raise UserError(f"stereo {export.eye_distance:g}: must be a distance above 0, in the scene's units")
    if is_sphere and export.eye_distance is not None:
        raise UserError("stereo and projection equirectangular: a sphere of two eyes can't be drawn; choose one")
    if is_sphere and export.size_px is not None and export.size_px[0] != 2 * export.size_px[1]:
        width, height = export.size_px
        raise UserError(f"size {width}x{height}: a sphere is twice as wide as high, for example {width}x{width // 2}")
    if export.is_video:
        require_spatial(export.out, export.spatial)


def check_shown(scene: Scene, channels: Sequence[str], background: str | None, crop_box: CropBox | None = None) -> None:
    """Whether the scene gives these channels, can be cropped, and there is such a background.

    Raises:
        UserError: says what there is.
    """
    given = offered_channels(scene, crop_box)
    if not channels:
        raise UserError(f"no channels to write; this scene gives {', '.join(given)}")
    for channel in channels:
        if channel not in given:
            raise UserError(f"channel {channel}: this scene gives {', '.join(given)}")
    if crop_box is not None and "depth" not in given:
        raise UserError("crop box: this scene gives no depth, so nobody knows what lies in the box")
    if background not in (None, TRANSPARENT):
        read_background(background)
