"""What the program remembers between runs: a small JSON file in the user's config folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from psygnal import Signal

from app.viewing.playback import DEFAULT_FPS
from engines.core.files import replacing

FILE_NAME = "settings.json"
VERSION = 1
"""Of the file's fields and what they mean; raised where an older program would read them wrongly."""
RECENT_COUNT, RUN_COUNT, INPUT_COUNT = 10, 200, 10
CHOICES: Mapping[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "navigation": ("orbit", "fly", "trackball"),
    "live_gaussians": ("automatic", "always", "never"),
}
REMEMBERED = ("recent", "inputs", "runs", "runs_home")
"""What was made and opened, rather than how the program is to be."""
LARGEST, NEVER_ZERO = 10**6, ("orbit_speed", "pan_speed", "zoom_speed", "fly_speed", "fps")
BOTH_WAYS = ("turntable_speed",)
"""Numbers that may be below nothing."""


@dataclass(frozen=True)
class Recent:
    """A scene that was open once, the data folder that went with it, and the photograph that it was made of."""

    path: str
    data: str | None = None
    photograph: str | None = None


@dataclass(frozen=True)
class Settings:
    """Everything remembered; the defaults are those of a first start.

    Attributes:
        theme: "system", "light" or "dark".
        navigation: "orbit", "fly" or "trackball".
        orbit_speed, pan_speed, zoom_speed, fly_speed: times the usual speed.
        invert_look, invert_zoom, momentum: as in `app.camera.hand_settings`.
        turntable_speed: degrees a second; below 0 the other way round.
        overlays: the names of those that are drawn.
        sharp_pixels: show pixels as squares when enlarged.
        recent: newest first.
        inputs: photographs, and folders of such, that scenes were made of; newest first.
        geometry: where the window was, Qt's own bytes, base64.
        panel, panel_width: the panel at the side; 0: its own width.
        fps, loop: how recordings are played.
        export, mesh: the last values of the dialogs for videos and meshes.
        mesh_look: how a mesh is shown with a scene.
        folders: where each file dialog was last, by its name.
        runs_home: the folder that new trainings go to; "": see `runs_home`.
        runs: folders of other runs that are known, newest first.
        training, timeline, view_strip: the training panel, the timeline of camera paths, the thumbnails are shown.
        largest_px: of the longer side of pictures, for methods that draw any size; 0: as large as the viewport.
        background: of `compositing.read_background`, behind what is seen through; "": as scenes have it.
        target_rate, smallest_share, never_reduced: the fields of a `ResolutionPolicy`.
        colour_bar: the scale of the colours is over the picture.
        colour_maps: of channels, by their names, where another than the usual was chosen.
        live_gaussians: whether OpenGL draws Gaussians while the camera moves: "automatic", "always" or "never".
        hints: what can be done is told over the first picture.
    """

    theme: str = "system"
    navigation: str = "orbit"
    orbit_speed: float = 1.0
    pan_speed: float = 1.0
    zoom_speed: float = 1.0
    fly_speed: float = 1.0
    invert_look: bool = False
    invert_zoom: bool = False
    momentum: bool = False
    turntable_speed: float = 12.0
    overlays: tuple[str, ...] = ()
    sharp_pixels: bool = False
    recent: tuple[Recent, ...] = ()
    inputs: tuple[str, ...] = ()
    geometry: str = ""
    panel: bool = True
    panel_width: int = 0
    fps: float = DEFAULT_FPS
    loop: bool = True
    export: Mapping[str, Any] = field(default_factory=dict)
    mesh: Mapping[str, Any] = field(default_factory=dict)
    mesh_look: Mapping[str, Any] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    runs_home: str = ""
    runs: tuple[str, ...] = ()
    training: bool = False
    timeline: bool = False
    view_strip: bool = False
    largest_px: int = 0
    background: str = ""
    target_rate: float = 0.0
    smallest_share: float = 1 / 32
    never_reduced: bool = False
    colour_bar: bool = False
    colour_maps: Mapping[str, str] = field(default_factory=dict)
    live_gaussians: str = "automatic"
    hints: bool = True

    def with_recent(self, path: Path, data: Path | None, photograph: Path | None = None) -> Settings:
        """The settings with `path` as the newest of the recent scenes; its earlier entry is dropped.

        Without `data` the folder that went with it before is kept: its disk may be unplugged.
        """
        before = next((recent.data for recent in self.recent if recent.path == str(path.resolve())), None)
        made_of = str(photograph.absolute()) if photograph else None
        newest = Recent(str(path.resolve()), str(data.resolve()) if data else before, made_of)
        others = tuple(recent for recent in self.recent if recent.path != newest.path)
        return replace(self, recent=(newest, *others)[:RECENT_COUNT])

    def with_input(self, photograph: Path) -> Settings:
        """The settings with `photograph` as the newest of those that scenes were made of."""
        newest = str(photograph.absolute())
        others = tuple(each for each in self.inputs if each != newest)
        return replace(self, inputs=(newest, *others)[:INPUT_COUNT])

    def with_folder(self, dialog: str, folder: Path) -> Settings:
        """The settings that remember where a file dialog was."""
        return replace(self, folders={**self.folders, dialog: str(folder)})

    def with_run(self, folder: Path) -> Settings:
        """The settings that know of a run; unchanged for one in the runs' home, which is known anyway."""
        known = str(folder.resolve())
        if folder.resolve().parent == runs_home(self).resolve():
            return self
        others = tuple(run for run in self.runs if run != known)
        return replace(self, runs=(known, *others)[:RUN_COUNT])


class RememberedSettings:
    """The settings of this run of the program, which tell when they change."""

    changed = Signal(Settings, Settings)
    """The new ones, and those before."""

    def __init__(self, current: Settings, kept: bool = True) -> None:
        """`kept`: whether they are written for the next start."""
        self.current, self.kept = current, kept

    def change(self, settings: Settings) -> None:
        """Takes new settings."""
        before, self.current = self.current, settings
        if settings != before:
            self.changed.emit(settings, before)

    def update(self, **fields: Any) -> None:
        """Changes some."""
        self.change(replace(self.current, **fields))

    def remember_folder(self, dialog: str, folder: Path) -> None:
        """Has a file dialog begin there the next time."""
        self.change(self.current.with_folder(dialog, folder))

    def save(self) -> None:
        """Writes them, where they are to be kept.

        Raises:
            UserError: the folder can't be written.
        """
        if self.kept:
            save_settings(self.current)


def reset(settings: Settings, forget: bool = False) -> Settings:
    """The settings of a first start; scenes, photographs and runs that are known stay so unless they are forgotten."""
    if forget:
        return Settings()
    return Settings(**{name: getattr(settings, name) for name in REMEMBERED})


def runs_home(settings: Settings) -> Path:
    """The folder that new trainings go to."""
    return Path(settings.runs_home) if settings.runs_home else Path.home() / "vantage-runs"


def config_folder() -> Path:
    """$VANTAGE_CONFIG_DIR, else where this platform keeps programs' settings."""
    if chosen := os.environ.get("VANTAGE_CONFIG_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming")) / "Vantage"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Vantage"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "vantage"


def load_settings(folder: Path | None = None) -> Settings:
    """What was saved; defaults where nothing was.

    A damaged file is kept beside as `.bad`; one of a newer program as `settings.N.json`, N being its version, and what
    is known of it is taken.
    """
    path = (folder or config_folder()) / FILE_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        settings = _from_json(data)
        _keep_newer(path, data.get("version", VERSION))
        return settings
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".json.bad"))
        return Settings()


def save_settings(settings: Settings, folder: Path | None = None) -> None:
    """Writes the file, atomically.

    Raises:
        UserError: the folder can't be written.
    """
    with replacing((folder or config_folder()) / FILE_NAME) as temporary:
        temporary.write_text(json.dumps({"version": VERSION, **asdict(settings)}, indent=1), encoding="utf-8")


def _keep_newer(path: Path, version: Any) -> None:
    """Keeps a newer program's file, which this one will write over, beside as it is."""
    if isinstance(version, int) and version > VERSION:
        with contextlib.suppress(OSError):
            shutil.copyfile(path, path.with_suffix(f".{version}.json"))


def _require_number(name: str, value: float) -> None:
    # Below nothing a speed or a size is none; beyond that Qt takes no number.
    if not (-LARGEST if name in BOTH_WAYS else 0) <= value <= LARGEST or (value == 0 and name in NEVER_ZERO):
        raise ValueError(f"{name} can't be {value}")


def _recent(entry: Mapping[str, Any]) -> Recent:
    # Older versions knew of no photographs.
    data, photograph = entry["data"], entry.get("photograph")
    return Recent(str(entry["path"]), data and str(data), photograph and str(photograph))


def _from_json(data: Any) -> Settings:
    """Reads field by field; unknown fields (of a newer version) and unknown choices are passed over.

    Raises:
        TypeError: a field has another type than its default.
        ValueError: a number that nothing can be measured by.
    """
    if not isinstance(data, dict):
        raise TypeError("not a mapping")
    defaults = Settings()
    values = {}
    for name in (entry.name for entry in fields(Settings) if entry.name in data):
        value, default = data[name], getattr(defaults, name)
        if name == "recent":
            value = tuple(_recent(entry) for entry in value)
        elif name in ("overlays", "runs", "inputs"):
            value = tuple(str(entry) for entry in value)
        elif isinstance(default, float) and isinstance(value, int):
            value = float(value)
        if type(value) is not type(default):
            raise TypeError(f"{name} is a {type(value).__name__}")
        if name in ("folders", "colour_maps") and not all(isinstance(entry, str) for entry in value.values()):
            raise TypeError(f"an entry of {name} is no text")
        if name in CHOICES and value not in CHOICES[name]:
            continue
        if type(default) in (int, float):
            _require_number(name, value)
        values[name] = value
    return replace(defaults, **values)
