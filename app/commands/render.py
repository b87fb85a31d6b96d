"""`main.py render`: a path of cameras into a video or a folder of images."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.camera.fitting import FITS, fit_cameras, fit_note
from app.commands.console import (
    ProgressBar,
    add_scene_arguments,
    assumptions_of,
    note_astray,
    note_since,
    notes,
    open_from,
    writing,
)
from app.export.exporter import BACKGROUNDS, TRANSPARENCY, Export, run_export
from app.export.frame_times import SPLITS, path_times, running, split_views
from app.export.video import QUALITIES
from app.viewing.opening import Opened
from engines.core import distributed
from engines.core.camera import Camera
from engines.core.data.origin import from_world, in_world
from engines.core.data.views import Split
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, TIME, Control, Scene, never_stop, time_control
from engines.core.errors import UserError
from engines.core.paths.generators import PATH_NAMES, camera_path, read_path, usual_path, write_path
from engines.core.paths.path_files import WRITTEN_SUFFIXES

MOST_NAMES = 12
"""Of a class's objects, in a message."""
NOUNS = {BLEND_WITH: "other instance"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument("--path", metavar="PATH", help=(
        f"{', '.join(PATH_NAMES)}; train, validation or test: the data folder's own cameras; or a file or folder of "
        "cameras (.txt, .npz, .npy, .json, a model of COLMAP, a data folder) (default: orbit, or spiral for a "
        "capture that faces one way)"
    ))  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="OUT", help=(
        ".mp4, .webm, .gif, or a folder; .txt, .npy (LLFF's) or .json: the path's cameras alone"
    ))  # fmt: skip
    parser.add_argument("--size", type=parse_size, metavar="WxH", help="pixels (default: the scene's own size)")
    parser.add_argument("--fit", choices=FITS, help=(
        "where --size is of another shape than the cameras' pictures: cut off what does not fit, or show all and more "
        "beside it (default: what was learnt from, where that has the shape; else pad)"
    ))  # fmt: skip
    parser.add_argument("--fps", type=float, default=30.0, metavar="N", help="frames a second (default: 30)")
    parser.add_argument("--frames", type=_count, metavar="N", help=(
        "frames of a named path; of other cameras only the first N"
    ))  # fmt: skip
    parser.add_argument("--buffers", type=_names, default=("rgb",), metavar="A,B", help=(
        "rgb, depth, ...: side by side in a video, files of their own in a folder (default: rgb)"
    ))  # fmt: skip
    parser.add_argument(
        "--quality", type=int, default=8, choices=QUALITIES, metavar="1..10", help="of a video (default: 8)"
    )
    parser.add_argument("--background", choices=sorted(BACKGROUNDS), help=(
        "behind a scene that has transparency, a channel alpha; without effect on others"
    ))  # fmt: skip
    parser.add_argument("--instance", metavar="I", help="which one, of a scene with several: a number, or its name")
    parser.add_argument("--blend-with", metavar="I", help="another one, that the video turns into")
    parser.add_argument(
        "--blend", type=float, metavar="X", help="its share, 0 to 1, in all frames (default: growing from 0 to 1)"
    )
    add_control(parser)
    parser.add_argument("--time", type=float, metavar="N", help=(
        "a moment of a recording (default: that of each camera where the path says so, else it plays, looping)"
    ))  # fmt: skip


def add_control(parser: argparse.ArgumentParser) -> None:
    """Whatever else the scene lets its viewer vary."""
    parser.add_argument("--control", action="append", default=[], metavar="NAME=VALUE", help=(
        "one of the scene's controls, which main.py info lists; may be repeated"
    ))  # fmt: skip


def parse_size(text: str) -> tuple[int, int]:
    """(width, height) of `640x360`."""
    match = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text)
    if not match or min(int(match[1]), int(match[2])) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write WIDTHxHEIGHT, for example 640x360")
    return int(match[1]), int(match[2])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of frames")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names or len(set(names)) != len(names):
        raise argparse.ArgumentTypeError(f"{text!r}: name each once, separated by commas")
    return names


def run(arguments: argparse.Namespace) -> int:
    """Renders; the name of what was written is the one line on stdout.

    Raises:
        UserError: the scene, the path or the place to write to is wrong.
    """
    with writing(arguments.out):
        return _render(open_from(arguments), arguments)


def _render(opened: Opened, arguments: argparse.Namespace) -> int:
    wanted = Choices(
        arguments.instance, arguments.time, arguments.blend_with, arguments.blend, tuple(arguments.control)
    )
    path = arguments.path or usual_path(opened.scene.cameras)
    chosen = choose_controls(opened.scene.controls, replace(wanted, time=None), 1)[0]
    choice = round(chosen.get(INSTANCE, 0.0))
    cameras = choose_cameras(opened, path, arguments.frames, choice)
    controls = choose_controls(
        _controls_of(opened.scene, chosen), wanted, len(cameras), path_times(opened, path, choice)
    )
    if text := fit_note(opened.scene, cameras, arguments.size, arguments.fit):
        notes([text])
    if arguments.background is not None and TRANSPARENCY not in opened.scene.channels:
        notes([f"--background {arguments.background} has no effect: the scene gives no channel {TRANSPARENCY}"])
    if arguments.out.suffix in WRITTEN_SUFFIXES:
        _require_own_file(arguments.out, opened, path)
        times = [round(frame[TIME]) for frame in controls] if TIME in controls[0] else None
        if distributed.here().is_first:
            fitted = fit_cameras(opened.scene, cameras, arguments.size, arguments.fit)
            write_path(arguments.out, in_world(fitted, opened.origin), times)
        sys.stdout.write(f"{arguments.out}\n")
        return 0
    export = Export(
        cameras=cameras,
        out=arguments.out,
        fps=arguments.fps,
        quality=arguments.quality,
        channels=arguments.buffers,
        size_px=arguments.size,
        fit=arguments.fit,
        controls=controls,
        background=arguments.background,
        origin=opened.origin,
    )
    known = assumptions_of(opened)
    with ProgressBar(arguments.out.name) as bar:
        written = run_export(opened.scene, export, bar, never_stop)
    note_since(opened, known)
    note_astray(opened.scene, fit_cameras(opened.scene, cameras, arguments.size, arguments.fit), controls)
    sys.stdout.write(f"{written}\n")
    return 0


def _controls_of(scene: Scene, chosen: Mapping[str, float]) -> list[Control]:
    """The scene's controls; that of time as long as the chosen recording is."""
    time = time_control(scene, chosen)
    return [time if time is not None and control.name == TIME else control for control in scene.controls]


def _require_own_file(out: Path, opened: Opened, path: str) -> None:
    """Refuses to write a path over the one that was read, or over a file of the data folder."""
    data = opened.dataset.source.resolve() if opened.dataset is not None else None
    is_theirs = data is not None and data in out.resolve().parents
    if out.exists() and (is_theirs or out.resolve() == Path(path).expanduser().resolve()):
        raise UserError(f"--out {out}: would replace a file that is read here; write the path to another place")


def choose_cameras(opened: Opened, path: str, frames: int | None, choice: int = 0) -> tuple[Camera, ...]:
    """The cameras of a named path, a split of the data folder (of a class those of object `choice`), or a file.

    Raises:
        UserError: it can't be had, and why.
    """
    scene = opened.scene
    if path in PATH_NAMES:
        return camera_path(path, scene.start, scene.cameras, scene.bounds, scene.up, frames)
    if path in SPLITS:
        return _split_cameras(opened, SPLITS[path], choice)[:frames]
    return from_world(_file_cameras(Path(path), scene.start), opened.origin)[:frames]


def _split_cameras(opened: Opened, split: Split, choice: int) -> tuple[Camera, ...]:
    if opened.dataset is None:
        if split == "train" and opened.scene.cameras:
            return opened.scene.cameras
        raise UserError(f"--path {split}: these cameras are in the data folder; name it with --data FOLDER")
    views = split_views(opened, opened.dataset, split, choice)
    if not views:
        dataset = opened.dataset
        there = [name for name in SPLITS if split_views(opened, dataset, SPLITS[name], choice)]
        raise UserError(f"--path {split}: {opened.dataset.source} has no such views; it has {', '.join(there)}")
    return tuple(view.camera for view in views)


def _file_cameras(path: Path, like: Camera) -> tuple[Camera, ...]:
    if not path.exists():
        names = ", ".join((*PATH_NAMES, *SPLITS))
        raise UserError(f"--path {path}: no such file or folder, and no path of that name ({names})")
    return read_path(path, like)


@dataclass(frozen=True)
class Choices:
    """What the command line said of the scene's controls."""

    instance: str | None = None
    time: float | None = None
    blend_with: str | None = None
    blend: float | None = None
    others: tuple[str, ...] = ()
    """`NAME=VALUE` of any."""


def choose_controls(
    controls: Sequence[Control], wanted: Choices, frames: int, held: Sequence[int] | None = None
) -> list[dict[str, float]]:
    """One mapping a frame; a recording plays one moment a frame, looping, where no moment was named.

    Args:
        held: the moment of each frame, where the path says so.

    Raises:
        UserError: the scene has no such control, or the value is out of its range.
    """
    named = {control.name: control for control in controls}
    fixed: dict[str, float] = {}
    if wanted.instance is not None:
        fixed[INSTANCE] = _value(named, INSTANCE, wanted.instance)
    for text in wanted.others:
        name, _, value = text.partition("=")
        if name not in named:
            there = f"it has {', '.join(named)}" if named else "it has none"
            raise UserError(f"--control {text}: this scene has no control {name!r}; {there}")
        fixed[name] = _value(named, name, value, f"--control {text}")
    if wanted.time is not None:
        fixed[TIME] = _value(named, TIME, f"{wanted.time:g}")
    shares = _shares(named, wanted, frames, fixed)
    moments = named.get(TIME)
    if moments is None or TIME in fixed:
        return [fixed | shares[index] for index in range(frames)]
    times = running(moments, frames) if held is None else [moments.clamped(time) for time in held]
    return [{**fixed, **shares[index], TIME: times[index]} for index in range(frames)]


def _shares(
    named: Mapping[str, Control], wanted: Choices, frames: int, fixed: dict[str, float]
) -> list[dict[str, float]]:
    """The blend of each frame; which object is blended with goes into `fixed`."""
    if wanted.blend_with is None:
        if wanted.blend is not None:
            raise UserError(f"--blend {wanted.blend:g}: with which object? name it with --blend-with")
        return [{}] * frames
    fixed[BLEND_WITH] = _value(named, BLEND_WITH, wanted.blend_with)
    if wanted.blend is not None:
        return [{BLEND: _value(named, BLEND, f"{wanted.blend:g}")}] * frames
    return [{BLEND: index / max(frames - 1, 1)} for index in range(frames)]


def _value(named: Mapping[str, Control], name: str, text: str, option: str = "") -> float:
    control, option = named.get(name), option or f"--{name.replace('_', '-')} {text}"
    if control is None:
        raise UserError(f"{option}: this scene has no {NOUNS.get(name, name)} to choose")
    if text in control.choices:
        return float(control.choices.index(text))
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    whole = control.kind in ("choice", "integer") and value != round(value) if np.isfinite(value) else False
    if whole or not control.low <= value <= control.high:
        names = (*control.choices[:MOST_NAMES], "...") if len(control.choices) > MOST_NAMES else control.choices
        choices = f" ({', '.join(names)})" if names else ""
        raise UserError(f"{option}: must be {control.low:g} to {control.high:g}{choices}")
    return value
