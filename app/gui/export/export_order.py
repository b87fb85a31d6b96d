"""What the export dialog asks for, as data: made on the window's thread, turned into an `Export` on the export's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.camera.fitting import FITS
from app.export.exporter import Export
from app.export.frame_times import SPLITS, path_times, running, split_views
from app.viewing.opening import Opened
from engines.core.camera import Array, Camera
from engines.core.data.origin import from_world
from engines.core.engine import INSTANCE, TIME, time_control
from engines.core.errors import UserError
from engines.core.paths.generators import PATH_NAMES, camera_path
from engines.core.paths.path_files import read_path

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

AnyOrder = TypeVar("AnyOrder", bound="DataclassInstance")
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
FILE_PATH = "file"
RUNS, STANDS = "runs", "stands"
FIT_TITLES = {"": "Automatic", "crop": "Crop to fill", "pad": "Show all, and more beside it"}
TIME_TITLES = {RUNS: "Runs with the video, one frame each", STANDS: "Stands at the frame that is shown"}


@dataclass(frozen=True)
class ExportSettings:
    """The dialog's values; all plain, so that they can be remembered.

    Attributes:
        path: a name of `PATH_NAMES`, "split:train" and so on, or "file".
        path_file: where `path` is "file".
        width, height: 0: the scene's own.
        fit: "crop" or "pad" where the size is of another shape than the path's cameras; "": as usual.
        out: the video, or a folder for images.
        time: of a recording, whether it `RUNS` with the video or `STANDS` at the moment that is shown.
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

    def remembered(self) -> dict[str, Any]:
        """Plain data of all values, to be kept in the settings file."""
        return {**asdict(self), "channels": list(self.channels)}

    @staticmethod
    def recall(values: Any) -> ExportSettings:
        """What was remembered; defaults where that is unusable."""
        values = dict(values)
        if "channels" in values:
            values["channels"] = tuple(str(name) for name in values["channels"])
        return recalled(ExportSettings(), values)


def recalled(order: AnyOrder, values: Mapping[str, Any]) -> AnyOrder:
    """`order` with the values that were remembered of it; as it is where they are of other types."""
    known = {field.name: type(getattr(order, field.name)) for field in fields(order)}
    kept = {name: value for name, value in values.items() if name in known}
    if any(not isinstance(value, known[name]) for name, value in kept.items()):
        return order
    return replace(order, **kept)


def path_choices(opened: Opened) -> dict[str, str]:
    """Titles of the paths to choose from, by what `ExportSettings.path` calls them; of a class by its first object."""
    choices, dataset = dict(PATH_TITLES), opened.dataset
    for split, title in SPLIT_TITLES.items():
        count = len(split_views(opened, dataset, SPLITS[split], 0)) if dataset else 0
        if count:
            # Objects have other numbers of views.
            counted = "" if dataset and dataset.instances else f" ({count})"
            choices[SPLIT_PREFIX + split] = f"Data folder: {title}{counted}"
    choices[FILE_PATH] = "From a file or folder of cameras…"
    return choices


def make_export(order: ExportSettings, opened: Opened, start: Camera, up: Array, controls: dict[str, float]) -> Export:
    """The order carried out on a scene: reads the path's file where there is one.

    Args:
        start: where the eye was when it was ordered.
        up: [3] unit vector in the world that generated paths turn about.
        controls: of every frame.

    Raises:
        UserError: the path can't be read.
    """
    cameras = order_cameras(order, opened, start, up, round(controls.get(INSTANCE, 0)))
    scene = opened.scene
    size = (order.width, order.height) if scene.native_px is None and order.width and order.height else None
    channels = tuple(channel for channel in order.channels if channel in scene.channels) or ("rgb",)
    return Export(
        cameras,
        Path(order.out).expanduser(),
        order.fps,
        order.quality,
        channels,
        size,
        next((fit for fit in FITS if fit == order.fit and scene.native_px is None), None),
        _controls(order, opened, controls, len(cameras)),
        origin=opened.origin,
    )


def _controls(
    order: ExportSettings, opened: Opened, controls: dict[str, float], frames: int
) -> list[dict[str, float]] | None:
    """One mapping a frame."""
    moments = time_control(opened.scene, controls)
    if moments is None or order.time != RUNS:
        return [controls] * frames if controls else None
    path = order.path_file if order.path == FILE_PATH else order.path.removeprefix(SPLIT_PREFIX)
    held = path_times(opened, path, round(controls.get(INSTANCE, 0)))
    times = running(moments, frames) if held is None else [moments.clamped(time) for time in held]
    return [controls | {TIME: time} for time in times]


def order_cameras(
    order: ExportSettings, opened: Opened, start: Camera, up: Array, choice: int = 0
) -> tuple[Camera, ...]:
    """The cameras of the ordered path, generated about `up` [3] (world) or read; of a class, those of object `choice`.

    Raises:
        UserError: it can't be read, or the data folder lacks it.
    """
    scene = opened.scene
    if order.path in PATH_NAMES:
        return camera_path(order.path, start, scene.cameras, scene.bounds, up, order.frames)
    if order.path == FILE_PATH:
        return from_world(read_path(Path(order.path_file).expanduser(), start), opened.origin)
    split = order.path.removeprefix(SPLIT_PREFIX)
    views = split_views(opened, opened.dataset, SPLITS[split], choice) if opened.dataset else ()
    if not views:
        raise UserError(f"the data folder has no {SPLIT_TITLES.get(split, split)}; choose another path")
    return tuple(view.camera for view in views)
