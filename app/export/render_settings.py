"""Which cameras and controls the frames of a video have: decided here for the window and for `main.py render`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.export.frame_times import SPLIT_PATHS, path_times, playing, split_views
from app.export.keyed_frames import keyed_frames
from app.export.named_controls import ControlChoices, read_controls
from app.rendering.crop_box import CropBox, read_crop_box
from app.viewing.opening import Opened
from engines.core.camera import Array, Camera
from engines.core.data.origin import from_world
from engines.core.data.views import Split, Views
from engines.core.engine import INSTANCE, TIME, Scene, whole_controls
from engines.core.errors import UserError
from engines.core.paths.generators import PATH_NAMES, camera_path, usual_path
from engines.core.paths.keyframes import KeyedPath
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content
from engines.core.paths.path_times import TimesSaid

DEFAULT_FPS = 30.0
"""Where neither the path nor anybody says."""


@dataclass(frozen=True, eq=False)
class RenderSettings:
    """What a video is to show of a scene.

    Attributes:
        path: a name of `PATH_NAMES`, a split of `SPLIT_PATHS`, a file or folder of cameras, cameras in the scene's
            coordinates, or a keyed path in the world's; None: as `usual_path`.
        frames: of a generated path; of other cameras only the first so many. None: as many as there are.
        start: where generated paths begin, and whose lens the cameras of a file get that has none; None: the scene's.
        up: [3] world, what generated paths turn about; None: the scene's.
        controls: the same in all frames; those that are not named are at their defaults.
        ramps: controls that change evenly, from the first value in the first frame to the second in the last.
        plays: of a recording, whether time runs, a time step a frame, or as the path says; else it stands.
        held: controls that a keyed path does not change.
        fps: frames a second of a keyed path; None: its own.
    """

    path: str | Path | Sequence[Camera] | KeyedPath | None = None
    frames: int | None = None
    start: Camera | None = None
    up: Array | None = None
    controls: Mapping[str, float] = field(default_factory=dict)
    ramps: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    plays: bool = True
    held: frozenset[str] = frozenset()
    fps: float | None = None


def settings_asked(
    scene: Scene,
    path: str | Path | Sequence[Camera] | None,
    frames: int | None,
    said: ControlChoices,
    fps: float | None = None,
) -> RenderSettings:
    """What a command line or a script asks for of a scene.

    Raises:
        UserError: the scene has no such control, or a value is out of its range.
    """
    named = read_controls(scene, said)
    return RenderSettings(
        path=path,
        frames=frames,
        controls=named.fixed,
        ramps=named.ramps,
        plays=TIME not in named.fixed,
        held=frozenset(named.fixed),
        fps=fps,
    )


def path_of(text: str) -> str | Path:
    """The path that a text names: generated, a split, or a file or folder of cameras.

    Raises:
        UserError: there is no such file, nor a path of that name.
    """
    names = (*PATH_NAMES, *SPLIT_PATHS)
    if text in names:
        return text
    path = Path(text).expanduser()
    if not path.exists():
        raise UserError(f"--path {text}: no such file or folder, and no path of that name ({', '.join(names)})")
    return path


def crop_asked(opened: Opened, words: Sequence[str] | None) -> CropBox | None:
    """The crop box, in the scene's coordinates, that a command line asks for; None: it asks for none.

    Raises:
        UserError: the words are no box.
    """
    return None if words is None else read_crop_box(words, opened.scene.bounds, opened.origin)


@dataclass(frozen=True, eq=False)
class CameraPath:
    """What each frame of a video is drawn with.

    Attributes:
        cameras: one a frame, as they stand in the scene's coordinates.
        controls: one mapping a frame, with a value for every control of the scene.
        fps: frames a second that the path has; None of those that don't say.
        keyed: the keys that the cameras were made of, in the world; None where there are none, or not of all cameras.
        are_of_keys: whether cameras and controls are those of `keyed`, as our interpolation has them.
        notes: what has to be known of the path, or of the file that it was read from.
    """

    cameras: tuple[Camera, ...]
    controls: list[dict[str, float]]
    fps: float | None = None
    keyed: KeyedPath | None = None
    notes: tuple[str, ...] = ()
    are_of_keys: bool = False

    def fps_asked(self, fps: float | None) -> float:
        """Frames a second of its video: what was asked for, else its own, else the usual."""
        return next(rate for rate in (fps, self.fps, DEFAULT_FPS) if rate is not None)

    @property
    def times(self) -> list[int] | None:
        """The time step of each frame; None of a scene where nothing moves."""
        return [round(frame[TIME]) for frame in self.controls] if TIME in self.controls[0] else None


def resolve_path(settings: RenderSettings, opened: Opened) -> CameraPath:
    """The cameras and controls of each frame.

    Raises:
        UserError: the path's cameras can't be had, and why.
    """
    scene = opened.scene
    path = usual_path(scene.cameras) if settings.path is None else settings.path
    controls = whole_controls(scene, settings.controls)
    if isinstance(path, KeyedPath):
        return _resolve_keyed(settings, path, opened, controls)
    content = PathContent(())
    if isinstance(path, Path):
        content = read_content(path.expanduser(), scene.start if settings.start is None else settings.start)
        if content.keyed is not None and content.interpolated:
            keyed = _resolve_keyed(settings, content.keyed, opened, controls)
            return replace(keyed, notes=(*content.notes, *keyed.notes))
    # Not 0 where none is chosen: the scene may begin with another.
    choice = round(controls.get(INSTANCE, 0.0))
    if isinstance(path, Path):
        source: str | Views | Sequence[Camera] = from_world(content.cameras, opened.origin)
    elif isinstance(path, str) and path in SPLIT_PATHS:
        source = _split_source(opened, SPLIT_PATHS[path], choice)
    else:
        source = path
    cameras = _cameras(settings, source, opened)
    if not cameras:
        raise UserError("the path has no cameras")
    count = len(cameras)
    if settings.plays:
        timed = content.times_said if content.times_said is not None else source
        held = path_times(opened, timed, controls) if isinstance(timed, Views | TimesSaid) else None
        frames = playing(scene, controls, count, held)
    else:
        frames = [dict(controls) for _ in range(count)]
    ramped = [_ramped(settings.ramps, index, count) for index in range(count)]
    kept = content.keyed if settings.frames is None else None
    drawn = [frame | ramp for frame, ramp in zip(frames, ramped, strict=True)]
    return CameraPath(cameras, drawn, content.fps, kept, content.notes)


def _resolve_keyed(
    settings: RenderSettings, path: KeyedPath, opened: Opened, controls: Mapping[str, float]
) -> CameraPath:
    """The frames of a keyed path; what the settings hold is the same in all."""
    held = settings.held | settings.ramps.keys() | (set() if settings.plays else {TIME})
    try:
        cameras, frames = keyed_frames(path, opened, controls, held, settings.fps, settings.plays)
    except ValueError as error:
        raise UserError(f"{settings.fps:g} frames/s: {error}") from error
    if not cameras:
        raise UserError("the path has no keys")
    cameras, frames = cameras[: settings.frames], frames[: settings.frames]
    ramped = [_ramped(settings.ramps, index, len(frames)) for index in range(len(frames))]
    fps = path.fps if settings.fps is None else settings.fps
    drawn = [frame | ramp for frame, ramp in zip(frames, ramped, strict=True)]
    kept = _with_held(path, {name: controls[name] for name in held & controls.keys()}, fps)
    notes = _unknown_controls(path, opened)
    if settings.frames is not None:
        return CameraPath(cameras, drawn, fps, None, notes)
    # What grows evenly from the first frame to the last does so in no keys.
    return CameraPath(cameras, drawn, fps, kept, notes, are_of_keys=not settings.ramps)


def _with_held(path: KeyedPath, held: Mapping[str, float], fps: float) -> KeyedPath:
    """The path with what is held in place of what its keys say of it."""
    keys = tuple(replace(key, controls={**key.controls, **held}) for key in path.keys)
    return replace(path, keys=keys if held else path.keys, fps=fps)


def _unknown_controls(path: KeyedPath, opened: Opened) -> tuple[str, ...]:
    """A note of what keys name that the scene doesn't have; or nothing."""
    known = {control.name for control in opened.scene.controls}
    unknown = sorted({name for key in path.keys for name in key.controls} - known)
    if not unknown:
        return ()
    there = f"it has {', '.join(sorted(known))}" if known else "it has none"
    return (
        f"keys of the path name controls that this scene doesn't have ({', '.join(unknown)}), without effect; {there}",
    )


def _ramped(ramps: Mapping[str, tuple[float, float]], index: int, count: int) -> dict[str, float]:
    share = index / max(count - 1, 1)
    return {name: first + share * (last - first) for name, (first, last) in ramps.items()}


def _cameras(settings: RenderSettings, path: str | Views | Sequence[Camera], opened: Opened) -> tuple[Camera, ...]:
    scene = opened.scene
    start = scene.start if settings.start is None else settings.start
    if isinstance(path, Views):
        return tuple(view.camera for view in path)[: settings.frames]
    if not isinstance(path, str):
        return tuple(path)[: settings.frames]
    up = scene.up if settings.up is None else settings.up
    return camera_path(path, start, scene.cameras, scene.bounds, up, settings.frames)


def _split_source(opened: Opened, split: Split, choice: int) -> Views | Sequence[Camera]:
    """The views of a split; without a data folder the cameras that the scene itself knows."""
    if opened.dataset is None:
        if split == "train" and opened.scene.cameras:
            return opened.scene.cameras
        raise UserError(f"--path {split}: these cameras are in the data folder; name it with --data FOLDER")
    views = split_views(opened, opened.dataset, split, choice)
    if not views:
        there = offered_splits(opened, choice)
        raise UserError(f"--path {split}: {opened.dataset.source} has no such views; it has {', '.join(there)}")
    return views


def offered_splits(opened: Opened, choice: int = 0) -> dict[str, int]:
    """How many cameras each split has that has some, of a class those of object `choice`.

    Without a data folder the training views are the cameras that the scene itself knows.
    """
    if opened.dataset is None:
        return {"train": len(opened.scene.cameras)} if opened.scene.cameras else {}
    counts = {name: len(split_views(opened, opened.dataset, split, choice)) for name, split in SPLIT_PATHS.items()}
    return {name: count for name, count in counts.items() if count}
