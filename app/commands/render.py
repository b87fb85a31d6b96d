"""`main.py render`: a path of cameras into a video or a folder of images."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from app.camera.fitting import FITS, fit_note
from app.commands.console import (
    ProgressBar,
    add_scene_arguments,
    note_astray,
    note_since,
    notes,
    open_from,
    writing,
)
from app.export.codecs import CODECS, QUALITIES
from app.export.colour_choices import read_colour_maps
from app.export.drawn_frames import export_cameras
from app.export.export_request import PROJECTIONS, SIZE_PRESETS, SUPERSAMPLES, Export, check_shown
from app.export.exporter import run_export
from app.export.fingerprint import scene_digest
from app.export.frame_files import DEPTH_WORDS, FORMATS
from app.export.kept_frames import frames_kept
from app.export.named_controls import ControlChoices
from app.export.path_writing import write_cameras
from app.export.render_settings import RenderSettings, crop_asked, path_of, resolve_path, settings_asked
from app.export.scene_pair import LAYOUTS, WIPE, ScenePair
from app.rendering.display import COLOUR_MAPS, OWN_COLOURS, REVERSED
from app.viewing.opening import Opened, SceneSource, open_compared
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.frame import ALPHA
from engines.core.paths.exchange.formats import PATH_FORMATS, WRITTEN_SUFFIXES, format_of
from engines.core.paths.generators import PATH_NAMES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument("--path", metavar="PATH", help=(
        f"{', '.join(PATH_NAMES)}; train, validation or test: the data folder's own cameras; or a file or folder of "
        "cameras or keys (.json, .txt, .npy, .npz, .chan, .glb, a model of COLMAP, a data folder) (default: orbit, or "
        "spiral for a capture that faces one way)"
    ))  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="OUT", help=(
        f".mp4, .webm, .mov, .gif, or a folder; {', '.join(WRITTEN_SUFFIXES)}, camera_path.json, base_cam.json, "
        "transforms.json, images.txt: the path's cameras alone, as --path-format tells them apart"
    ))  # fmt: skip
    parser.add_argument("--path-format", choices=tuple(PATH_FORMATS), metavar="NAME", help=(
        f"in which form OUT has the path's cameras: {', '.join(PATH_FORMATS)} (default: as its name or suffix says)"
    ))  # fmt: skip
    parser.add_argument("--size", type=parse_size, metavar="WxH", help=(
        f"pixels, or {', '.join(SIZE_PRESETS)} (default: the scene's own size)"
    ))  # fmt: skip
    parser.add_argument("--fit", choices=FITS, help=(
        "where --size is of another shape than the cameras' pictures: cut off what does not fit, or show all and more "
        "beside it (default: what was trained on, where that has the shape; else pad)"
    ))  # fmt: skip
    parser.add_argument("--fps", type=float, metavar="N", help=(
        "frames a second (default: the path's, where its file says; else 30)"
    ))  # fmt: skip
    parser.add_argument("--frames", type=_count, metavar="N", help=(
        "frames of a named path; of other cameras only the first N"
    ))  # fmt: skip
    parser.add_argument("--channels", type=_names, default=("rgb",), metavar="A,B", help=(
        "rgb, depth, ...: side by side in a video, files of their own in a folder (default: rgb)"
    ))  # fmt: skip
    parser.add_argument(
        "--quality", type=int, default=8, choices=QUALITIES, metavar="1..10", help="of a video (default: 8)"
    )
    parser.add_argument("--background", metavar="COLOUR", help=(
        "behind a scene that has an opacity, a channel alpha, or is cropped; without effect on others: white, black, "
        "checkerboard, another colour's name or #rrggbb; transparent: .mov, .webm (VP9) and folders keep it"
    ))  # fmt: skip
    parser.add_argument("--crop-box", nargs="+", metavar="NUMBER", help=(
        "xmin ymin zmin xmax ymax zmax, world units, or scene for the scene's bounding box: what lies outside, and a "
        "plain background, is transparent; see --background"
    ))  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help=(
        "of a path's cameras: replace a model of COLMAP that is there (the old is kept)"
    ))  # fmt: skip
    _add_kinds(parser)
    _add_comparison(parser)
    parser.add_argument("--instance", metavar="I", help="which one, of a scene with several: a number, or its name")
    parser.add_argument("--blend-with", metavar="I", help="another one, that the video turns into")
    parser.add_argument(
        "--blend", type=float, metavar="X", help="its share, 0 to 1, in all frames (default: growing from 0 to 1)"
    )
    add_control(parser)
    parser.add_argument("--time", type=float, metavar="N", help=(
        "a time step of a recording (default: that of each camera where the path says so, else it plays, looping)"
    ))  # fmt: skip


def _add_kinds(parser: argparse.ArgumentParser) -> None:
    """What kind of pictures they are, and of files."""
    parser.add_argument("--supersample", type=int, default=1, choices=SUPERSAMPLES, metavar="1..4", help=(
        "draw so many times as large along each side, and reduce by area (default: 1)"
    ))  # fmt: skip
    parser.add_argument("--projection", choices=PROJECTIONS, default="pinhole", help=(
        "equirectangular: all around, with a level horizon; files say so to players (default: pinhole)"
    ))  # fmt: skip
    parser.add_argument("--stereo", type=float, metavar="EYE_DISTANCE", help=(
        "left and right eye side by side, so far apart in the scene's units"
    ))  # fmt: skip
    parser.add_argument("--codec", choices=CODECS, help=(
        "of a video (default: h264 in .mp4, vp9 in .webm, prores in .mov)"
    ))  # fmt: skip
    parser.add_argument("--format", choices=FORMATS, help=(
        "of a folder's files: OpenEXR of float or half (exr16), PNG of 8 or 16 bits, numbers "
        "(default: rgb as png, other channels as npy)"
    ))  # fmt: skip
    parser.add_argument("--colour-map", action="append", default=[], metavar="[CHANNEL=]NAME", help=(
        f"of depth and other single values in videos and --format png: {', '.join(COLOUR_MAPS)}, or with {REVERSED} "
        "behind it, reversed; may be repeated (default: turbo for depth, viridis for others)"
    ))  # fmt: skip
    parser.add_argument("--colour-bars", action="store_true", help=(
        "put the scale of its colours into pictures of depth and other single values, with ticks at round numbers"
    ))  # fmt: skip
    parser.add_argument("--resume", action="store_true", help=(
        "take over the frames that an export of the same which was killed has finished; keeps them after Ctrl+C, too"
    ))  # fmt: skip
    parser.add_argument("--depth", choices=DEPTH_WORDS, default="z", help=(
        "along the camera's axis, or along each pixel's ray (default: z)"
    ))  # fmt: skip


def _add_comparison(parser: argparse.ArgumentParser) -> None:
    """A second scene in the same pictures."""
    parser.add_argument("--compare-with", type=Path, metavar="SCENE", help=(
        "a second scene, of any method, under the same cameras; controls that both have are the first one's"
    ))  # fmt: skip
    parser.add_argument("--compare-data", type=Path, metavar="FOLDER", help=(
        "its data folder (default: where it needs one, that of CHECKPOINT)"
    ))  # fmt: skip
    parser.add_argument("--layout", choices=LAYOUTS, help=(
        f"how the two are seen: beside each other, CHECKPOINT at the left of a line, or the error of each channel "
        f"(default: {LAYOUTS[0]})"
    ))  # fmt: skip
    parser.add_argument("--wipe-at", type=float, metavar="X", help=(
        "of --layout wipe: where the line is, 0 to 1 of the width (default: 0.5)"
    ))  # fmt: skip
    parser.add_argument("--labels", action="store_true", help=(
        "write names of scenes, and of channels where there are several, into the pictures"
    ))  # fmt: skip


def add_control(parser: argparse.ArgumentParser) -> None:
    """Whatever else the scene lets its viewer vary."""
    parser.add_argument("--control", action="append", default=[], metavar="NAME=VALUE", help=(
        "one of the scene's controls, which main.py info lists; may be repeated"
    ))  # fmt: skip


def parse_size(text: str) -> tuple[int, int]:
    """(width, height) of `640x360`, or of a name of `SIZE_PRESETS`."""
    if preset := SIZE_PRESETS.get(text.lower()):
        return preset
    match = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text)
    if not match or min(int(match[1]), int(match[2])) < 1:
        presets = ", ".join(SIZE_PRESETS)
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write WIDTHxHEIGHT, such as 640x360, or {presets}")
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
    frames = resolve_path(settings_of(arguments, opened), opened)
    cameras, controls = frames.cameras, frames.controls
    notes(frames.notes)
    if arguments.projection == "pinhole" and (text := fit_note(opened.scene, cameras, arguments.size, arguments.fit)):
        notes([text])
    if format_of(arguments.out, arguments.path_format) is not None:
        fitted = arguments.size, arguments.fit
        form, fps = arguments.path_format, arguments.fps
        notes(write_cameras(arguments.out, opened, frames, arguments.path, *fitted, form, fps, arguments.overwrite))
        sys.stdout.write(f"{arguments.out}\n")
        return 0
    pair = _pair(opened, arguments)
    drawn = arguments.channels if pair is None else pair.told(arguments.channels)
    export = Export(
        cameras=cameras,
        out=arguments.out,
        fps=frames.fps_asked(arguments.fps),
        quality=arguments.quality,
        channels=arguments.channels,
        size_px=arguments.size,
        fit=arguments.fit,
        controls=controls,
        background=arguments.background,
        crop_box=crop_asked(opened, arguments.crop_box),
        origin=opened.origin,
        codec=arguments.codec,
        format=arguments.format,
        depth=arguments.depth,
        supersample=arguments.supersample,
        projection=arguments.projection,
        eye_distance=arguments.stereo,
        scene=scene_digest(opened),
        resume=arguments.resume,
        pair=pair,
        colour_bars=arguments.colour_bars,
        colour_maps=read_colour_maps(arguments.colour_map, drawn),
        labels=arguments.labels,
    )
    check_shown(opened.scene, export.channels, export.background, export.crop_box)
    notes(_without_effect(opened, export, arguments))
    known = opened.all_notes
    with ProgressBar(arguments.out.name) as bar:
        try:
            written = run_export(opened.scene, export, bar, never_stop)
        except UserError:
            raise
        except BaseException:
            if kept := frames_kept(export.out)[0]:
                notes([f"{kept} finished frames are kept; the same command with --resume goes on from there"])
            raise
    note_since(opened, known)
    note_astray(opened.scene, export_cameras(opened.scene, export), controls)
    sys.stdout.write(f"{written}\n")
    return 0


def _without_effect(opened: Opened, export: Export, arguments: argparse.Namespace) -> Iterator[str]:
    """A line for each option that changes nothing."""
    if export.asks_for_alpha and export.pair is not None:
        if not export.is_transparent(opened.scene):
            yield f"--background {export.background} has no effect: both scenes need a channel {ALPHA}, and to be seen"
    elif arguments.background is not None and ALPHA not in export.channels_of(opened.scene):
        yield f"--background {arguments.background} has no effect: the scene gives no channel {ALPHA}"
    if export.labels and export.pair is None and len(export.channels) == 1:
        yield "--labels has no effect: there is one scene, and one channel"
    if export.colour_bars and not (export.is_coloured and set(export.drawn_channels) - set(OWN_COLOURS)):
        yield "--colour-bars has no effect: nothing is written in a colour map"
    if arguments.colour_map and not (export.colour_maps and export.is_coloured):
        yield f"--colour-map {arguments.colour_map[-1]} has no effect: nothing is written in a colour map"


def _pair(opened: Opened, arguments: argparse.Namespace) -> ScenePair | None:
    """The second scene, opened, and how it is seen; None where none is named.

    Raises:
        UserError: it can't be opened, or an option of it is named and no scene.
    """
    if arguments.compare_with is None:
        for option in ("compare_data", "layout", "wipe_at"):
            if getattr(arguments, option) is not None:
                raise UserError(f"--{option.replace('_', '-')} goes with a second scene: --compare-with SCENE")
        return None
    layout = arguments.layout or LAYOUTS[0]
    if arguments.wipe_at is not None and layout != WIPE:
        raise UserError(f"--wipe-at {arguments.wipe_at:g} goes with --layout {WIPE}")
    source = SceneSource(arguments.compare_with, arguments.compare_data, arguments.device)
    second, _ = open_compared(source, opened.dataset.source if opened.dataset is not None else None)
    notes(text for text in second.all_notes if text not in opened.all_notes)
    share = 0.5 if arguments.wipe_at is None else arguments.wipe_at
    return ScenePair(opened, second, layout, share, scene_digest(second))


def settings_of(arguments: argparse.Namespace, opened: Opened) -> RenderSettings:
    """What the command line asks for of a scene.

    Raises:
        UserError: the scene has no such control, or there is no such path.
    """
    said = ControlChoices(
        arguments.instance, arguments.time, arguments.blend_with, arguments.blend, tuple(arguments.control)
    )
    path = path_of(arguments.path) if arguments.path else None
    return settings_asked(opened.scene, path, arguments.frames, said, arguments.fps)
