"""`main.py convert PATH --to FORM`: camera paths from one program's form into another's, without a scene."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.paths.exchange.formats import PATH_FORMATS, format_of, write_content
from engines.core.paths.generators import PATH_NAMES
from engines.core.paths.keyed_motion import path_frames
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content

USUAL_PX, USUAL_FOV_DEG = (1280, 720), 50.0
"""Of files that say no size or no lens, where no data folder does."""
FASTEST_FPS = 1000.0
OF_SCENES = ("half", "inference_only", "input", "config")
PRESCRIBES_UP = "gltf"


def write_converted(arguments: argparse.Namespace) -> list[str]:
    """Writes the path; gives notes of what was assumed and of what the form has no room for.

    Raises:
        UserError: the file holds no path, an option is for scenes alone, or the place can't be written.
    """
    for name in OF_SCENES:
        if getattr(arguments, name) not in (None, False):
            raise UserError(f"--{name.replace('_', '-')} goes with scenes, not with --to {arguments.to}")
    if arguments.settings or arguments.device != "auto":
        raise UserError("--set and --device go with --to volume, depth or points, for which a scene is made")
    if str(arguments.checkpoint) in PATH_NAMES and not arguments.checkpoint.exists():
        name = arguments.checkpoint
        raise UserError(f"{name}: is made for a scene; main.py render SCENE --path {name} --out FILE writes it")
    # Before anything is read.
    format_of(arguments.out, arguments.to)
    like = _usual_lens() if arguments.data is None else open_dataset(arguments.data).views[0].camera
    content = read_content(arguments.checkpoint, like)
    notes = [*content.notes, *_assumed(arguments.checkpoint, content, like, arguments.data)]
    if arguments.fps is not None:
        content = _at_rate(content, arguments.fps)
    if arguments.to == PRESCRIBES_UP and arguments.up is None:
        title = PATH_FORMATS[PRESCRIBES_UP].title
        notes.append(f"{arguments.out}: has the path's own axes; in {title} +y is up, and --up turns it so")
    content = replace(content, up=arguments.up)
    return [*notes, *write_content(arguments.out, content, arguments.to, arguments.overwrite)]


def _usual_lens() -> Camera:
    width, height = USUAL_PX
    focal = height / 2 / math.tan(math.radians(USUAL_FOV_DEG) / 2)
    return Camera(np.eye(4), (focal, focal), (width / 2, height / 2), USUAL_PX)


def _assumed(path: Path, content: PathContent, like: Camera, data: Path | None) -> list[str]:
    """What the file does not say, and was taken from elsewhere: it is other with another camera at hand."""
    other = read_content(path, like.scaled(2).zoomed(1.5)).cameras
    pairs = list(zip(content.cameras, other, strict=True))
    if all(one.size_px == another.size_px for one, another in pairs):
        return []
    whence = "; --data FOLDER takes another" if data is None else f", as of {data}"
    taken, what = f"{like.size_px[0]}x{like.size_px[1]}", "the picture's size"
    if any(not math.isclose(one.fov_y_deg, another.fov_y_deg, rel_tol=1e-6) for one, another in pairs):
        taken, what = f"{taken}, {like.fov_y_deg:.4g} degrees from top to bottom", "the lens"
    return [f"{path}: says nothing of {what}; it is taken to be {taken}{whence}"]


def _at_rate(content: PathContent, fps: float) -> PathContent:
    """The path with another frame rate: of keys other frames, of frames the same ones, faster or slower.

    Raises:
        UserError: no rate.
    """
    if not 0 < fps <= FASTEST_FPS:
        raise UserError(f"--fps {fps:g}: must be > 0 and at most {FASTEST_FPS:g}")
    if content.keyed is None or not content.interpolated:
        return replace(content, fps=fps, keyed=None)
    keyed = replace(content.keyed, fps=fps)
    return replace(content, cameras=path_frames(keyed).cameras, fps=fps, keyed=keyed)
