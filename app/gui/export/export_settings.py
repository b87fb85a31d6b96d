"""What is chosen in the export dialog, as data: made on the window's thread, an `Export` on the export's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from app.camera.fitting import FITS
from app.export.codecs import codec_names
from app.export.export_request import Export
from app.export.fingerprint import scene_digest
from app.export.frame_files import FORMATS
from app.export.render_settings import RenderSettings, offered_splits, resolve_path
from app.rendering.crop_box import CropBox
from app.rendering.cropping import offered_channels
from app.viewing.lengths import LengthScale
from app.viewing.opening import Opened
from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.paths.generators import PATH_NAMES
from engines.core.paths.keyed_json import keyed_from, keyed_text
from engines.core.paths.keyframes import KeyedPath

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

AnySettings = TypeVar("AnySettings", bound="DataclassInstance")
PATH_TITLES = {
    "orbit": "Orbit: once around the scene",
    "spiral": "Spiral (LLFF)",
    "circle": "Circle (LLFF)",
    "x": "Left to right (LLFF x)",
    "y": "Up and down (LLFF y)",
    "z": "Dolly in/out (LLFF z)",
}
SPLIT_TITLES = {"train": "training views", "validation": "validation views", "test": "test path"}
SPLIT_PREFIX = "split:"
FILE_PATH, KEYED_PATH = "file", "keyed"
STEREO = "stereo"
RUNS, STANDS = "runs", "stands"
FIT_TITLES = {"": "Automatic", "crop": "Crop to fill", "pad": "Show all, and more beside it"}
TIME_TITLES = {RUNS: "Runs with the video, one frame each", STANDS: "Stands at the frame that is shown"}


@dataclass(frozen=True)
class ExportSettings:
    """The dialog's values; all plain, so that they can be remembered.

    Attributes:
        path: a name of `PATH_NAMES`, "split:train" and so on, "file", or "keyed": the timeline's.
        path_file: where `path` is "file".
        width, height: 0: the scene's own.
        fit: "crop" or "pad" where the size is of another shape than the path's cameras; "": as usual.
        out: the video, or a folder for images.
        time: of a recording, whether it `RUNS` with the video or `STANDS` at the time step that is shown.
        kind: the codec of a video, or the format of a folder; "": the usual one.
        background: of `Export`; "": as in the window.
        projection: "pinhole", "equirectangular" or `STEREO`.
        eye_distance: of a stereo pair, in the scene's units.
        supersample, depth: as of `Export`.
        resume: whether it goes on with frames that are there.
        compare: how a second scene is seen in the same pictures, of `LAYOUTS`; "": it is not.
        wipe_at: where the line between the two is, of the width.
        labels: whether names are written into pictures.
        colour_bars: whether the scales of colours are.
    """

    path: str = "orbit"
    path_file: str = ""
    frames: int = 120
    width: int = 0
    height: int = 0
    fit: str = ""
    fps: float = 30.0
    quality: int = 8
    channels: tuple[str, ...] = ("rgb",)
    out: str = ""
    time: str = RUNS
    kind: str = ""
    background: str = ""
    projection: str = "pinhole"
    eye_distance: float = 0.06
    supersample: int = 1
    depth: str = "z"
    resume: bool = False
    compare: str = ""
    wipe_at: float = 0.5
    labels: bool = False
    colour_bars: bool = False

    def remembered(self) -> dict[str, Any]:
        """Plain data of all values, to be kept in the settings file."""
        return {**asdict(self), "channels": list(self.channels), "resume": False}

    def of_kind(self, export: Export) -> Export:
        """The export as pictures and files of the kind that is chosen here."""
        names = codec_names(export.out)
        return replace(
            export,
            codec=self.kind if self.kind in names else None,
            format=self.kind if not names and self.kind in FORMATS else None,
            background=self.background or None,
            projection="pinhole" if self.projection == STEREO else self.projection,
            eye_distance=self.eye_distance if self.projection == STEREO else None,
            supersample=self.supersample,
            depth=self.depth,
        )

    @staticmethod
    def recall(values: Any) -> ExportSettings:
        """What was remembered; defaults where that is unusable."""
        values = dict(values)
        if "channels" in values:
            values["channels"] = tuple(str(name) for name in values["channels"])
        return recalled(ExportSettings(), values)


def recalled(settings: AnySettings, values: Mapping[str, Any]) -> AnySettings:
    """`settings` with the values that were remembered of them; as they are where those are of other types."""
    known = {each.name: type(getattr(settings, each.name)) for each in fields(settings)}
    kept = {name: value for name, value in values.items() if name in known}
    if any(not isinstance(value, known[name]) for name, value in kept.items()):
        return settings
    return replace(settings, **kept)


def path_choices(opened: Opened, keyed: KeyedPath | None = None) -> dict[str, str]:
    """Titles of the paths to choose from, by what `ExportSettings.path` calls them; of a class by its first object.

    Args:
        keyed: the timeline's path; None or one without keys is none to choose.
    """
    choices, dataset = dict[str, str](), opened.dataset
    if keyed is not None and keyed.keys:
        choices[KEYED_PATH] = f"Timeline: {len(keyed.keys)} keys, {keyed.duration_s:.4g} s"
    choices |= PATH_TITLES
    place = "Scene" if dataset is None else "Data folder"
    for split, count in offered_splits(opened).items():
        # Objects have other numbers of views.
        counted = "" if dataset and dataset.instances else f" ({count})"
        choices[SPLIT_PREFIX + split] = f"{place}: {SPLIT_TITLES[split]}{counted}"
    choices[FILE_PATH] = "From a file or folder of cameras…"
    return choices


def render_settings(
    chosen: ExportSettings, start: Camera, up: Array, controls: Mapping[str, float], keyed: KeyedPath | None = None
) -> RenderSettings:
    """What a video is to show, as it was chosen.

    Args:
        keyed: the timeline's path.
        start: where the eye was then.
        up: [3] unit vector in the world that generated paths turn about.
        controls: of the picture that was shown.
    """
    generated = chosen.path in PATH_NAMES
    file = Path(chosen.path_file) if chosen.path == FILE_PATH else None
    return RenderSettings(
        path=keyed if chosen.path == KEYED_PATH else file or chosen.path.removeprefix(SPLIT_PREFIX),
        frames=chosen.frames if generated else None,
        start=start,
        up=up,
        controls=controls,
        plays=chosen.time == RUNS,
        fps=chosen.fps,
    )


@dataclass(frozen=True, eq=False)
class ShownView:
    """What the window shows, as far as it is in an export.

    Attributes:
        start: where the eye is.
        up: [3] unit vector in the world that generated paths turn about.
        controls: of the picture that is shown.
        limits, colour_maps: of channels, as they are shown.
        crop_box: in the scene's coordinates; None: all is shown.
        background: of `compositing.read_background`; "": as the scene has it.
        keyed: the timeline's path.
        lengths: how long a world unit is; None: not known.
    """

    start: Camera
    up: Array
    controls: Mapping[str, float]
    limits: Mapping[str, tuple[float, float]]
    colour_maps: Mapping[str, str]
    keyed: KeyedPath = field(default_factory=KeyedPath)
    crop_box: CropBox | None = None
    background: str = ""
    lengths: LengthScale | None = None

    def shown_in(self, export: Export) -> Export:
        """The export of what the window shows: its colours, its crop box, and its background where none is chosen."""
        background = export.background or self.background or None
        colours = replace(export, limits=self.limits, colour_maps=self.colour_maps)
        return replace(colours, crop_box=self.crop_box, background=background, lengths=self.lengths)

    def noted(self, settings: ExportSettings) -> dict[str, Any]:
        """Plain data that `of_note` reads back, for an export of these settings to be gone on with."""
        return {
            "settings": settings.remembered(),
            "start": self.start.to_json(),
            "up": np.asarray(self.up).tolist(),
            "controls": dict(self.controls),
            "limits": {name: list(limits) for name, limits in self.limits.items()},
            "colour_maps": dict(self.colour_maps),
            "keyed": json.loads(keyed_text(self.keyed)),
            "crop_box": None if self.crop_box is None else [*self.crop_box.low, *self.crop_box.high],
            "background": self.background,
            "lengths": None if self.lengths is None else [self.lengths.per_unit, self.lengths.unit],
        }

    @staticmethod
    def of_note(note: Mapping[str, Any]) -> ShownView | None:
        """What `noted` gave; None where the note is another program's, or damaged."""
        with suppress(KeyError, TypeError, ValueError, AttributeError, UserError):
            limits = {str(name): (float(low), float(high)) for name, (low, high) in note["limits"].items()}
            controls = {str(name): float(value) for name, value in note["controls"].items()}
            maps = {str(name): str(value) for name, value in note["colour_maps"].items()}
            start, keyed = Camera.from_json(note["start"]), keyed_from("keyed", note["keyed"])
            box, background = note["crop_box"], str(note["background"])
            crop_box = None if box is None else CropBox.of(np.array(box, dtype=np.float64).reshape(2, 3))
            # Notes of older versions have none.
            unit = note.get("lengths")
            lengths = None if unit is None else LengthScale(float(unit[0]), str(unit[1]))
            up = np.array(note["up"])
            return ShownView(start, up, controls, limits, maps, keyed, crop_box, background, lengths)
        return None


def make_export(
    chosen: ExportSettings,
    opened: Opened,
    start: Camera,
    up: Array,
    controls: Mapping[str, float],
    keyed: KeyedPath | None = None,
    crop_box: CropBox | None = None,
) -> Export:
    """The export of a scene that was chosen: reads the path's file where there is one.

    Args:
        start, up, controls, keyed: as in `render_settings`; `up` is [3], world.
        crop_box: in the scene's coordinates.

    Raises:
        UserError: the path can't be read.
    """
    frames, scene = resolve_path(render_settings(chosen, start, up, controls, keyed), opened), opened.scene
    size = (chosen.width, chosen.height) if scene.native_px is None and chosen.width and chosen.height else None
    given = offered_channels(scene, crop_box)
    channels = tuple(channel for channel in chosen.channels if channel in given) or ("rgb",)
    export = Export(
        frames.cameras,
        Path(chosen.out).expanduser(),
        chosen.fps,
        chosen.quality,
        channels,
        size,
        next((fit for fit in FITS if fit == chosen.fit and scene.native_px is None), None),
        frames.controls,
        origin=opened.origin,
        scene=scene_digest(opened),
        resume=chosen.resume,
        labels=chosen.labels,
        colour_bars=chosen.colour_bars,
        notes=frames.notes,
    )
    return chosen.of_kind(export)
