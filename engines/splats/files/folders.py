"""What trainers leave: which file of a folder is the scene, and where the cameras are that it was trained with.

- 3D Gaussian Splatting (Inria): `point_cloud/iteration_30000/point_cloud.ply`, the highest number, and `cameras.json`.
- Brush, LichtFeld Studio: `export_30000.ply`, `splat_30000.ply` or others with a number, the highest.
- SOG: `meta.json`. Otherwise the one file of splats that is there.

Cameras are those of a `cameras.json`, else of a COLMAP model, beside the file or in one of three folders above it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.formats.colmap import find_model
from engines.core.paths.path_files import read_path
from engines.core.reading import naming
from engines.splats.files.forms import SUFFIXES, form_of, looks_like_splats

RUN = "point_cloud"
RUN_FILE = "point_cloud.ply"
ITERATION = re.compile(r"iteration_(\d{1,12})")
EXPORT = re.compile(r"\D*(\d{1,12})\D*")
CAMERAS = "cameras.json"
FARTHEST = 3
"""Folders above a file in which its cameras are looked for: a run's file lies two below its own."""
LIKE = Camera(np.eye(4), (1000.0, 1000.0), (500.0, 500.0), (1000, 1000))
"""The lens of cameras that say none; both layouts do."""


@dataclass(frozen=True, eq=False)
class KnownCameras:
    """Cameras that a scene was trained with.

    Attributes:
        cameras: in the file's order; empty where none are known.
        source: the file or folder that they are from; None: there is none.
        notes: in plain words, why one that is there was not taken.
    """

    cameras: tuple[Camera, ...] = ()
    source: Path | None = None
    notes: tuple[str, ...] = ()


def detects(path: Path) -> bool:
    """Whether this is a file of splats, whole or damaged, or a folder with one; never raises."""
    try:
        if path.is_dir():
            return bool(_run_files(path) or _candidates(path))
        return looks_like_splats(path)
    except (OSError, ValueError, UserError):
        return False


def scene_file(path: Path) -> Path:
    """The file itself, or the file of a folder that is its scene.

    Raises:
        UserError: there is none in the folder, or nobody can tell which.
    """
    if not path.is_dir():
        return path
    found = _run_files(path) or _candidates(path)
    if not found:
        raise UserError(f"{path}: no splats in it; they are in {', '.join(SUFFIXES)}, and meta.json of SOG")
    newest = max(number for number, _ in found)
    files = [file for number, file in found if number == newest]
    if len(files) > 1:
        raise UserError(f"{path}: several files of splats ({naming([file.name for file in files])}); name one of them")
    return files[0]


def _run_files(folder: Path) -> list[tuple[int, Path]]:
    """Those of a run of Inria's, with their iterations."""
    places = [folder / RUN, folder]
    found = [
        (int(match[1]), place / RUN_FILE)
        for above in places
        if above.is_dir()
        for place in above.iterdir()
        if (match := ITERATION.fullmatch(place.name)) and (place / RUN_FILE).is_file()
    ]
    return sorted(found)


def _candidates(folder: Path) -> list[tuple[int, Path]]:
    """Files of splats in a folder, with the number that their name ends in, -1 without one."""
    files = [
        path for path in sorted(folder.iterdir()) if path.suffix.lower() in (*SUFFIXES, ".json") and path.is_file()
    ]
    found = [path for path in files if looks_like_splats(path) and form_of(path) is not None]
    numbers = [EXPORT.fullmatch(path.stem) for path in found]
    return [(int(match[1]) if match else -1, path) for match, path in zip(numbers, found, strict=True)]


def known_cameras(file: Path) -> KnownCameras:
    """The cameras that lie beside a file, or above it; of several places the nearest."""
    notes = list[str]()
    for folder in list(file.resolve().parents)[: FARTHEST + 1]:
        for place in (folder / CAMERAS, find_model(folder)):
            if place is None or not place.exists():
                continue
            try:
                return KnownCameras(read_path(place, LIKE), place, tuple(notes))
            # The scene is drawn without them, too.
            except UserError as error:
                notes.append(f"cameras of {place.name} are not taken: {error}")
    return KnownCameras(notes=tuple(notes))
