"""COLMAP's model in text: `cameras.txt`, `images.txt`, and a `points3D.txt` without points, which has to be there.

Poses are world to camera, quaternions w x y z; a lens that several frames share stands once.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from engines.core.errors import UserError
from engines.core.files import free_name, replacing, unwritable
from engines.core.paths.interpolation import quaternion_of
from engines.core.paths.path_content import Keeps, PathContent

KEEPS = Keeps(lens="whole", size=True)
PARTS = ("cameras", "images", "points3D", "frames", "rigs")
NO_POINTS = "# POINT3D_ID X Y Z R G B ERROR TRACK\n"
REPLACED = "replaced"
"""The folder in which an older model is kept."""


def make_room(path: Path, overwrite: bool) -> None:
    """Sees to it that a model may be written into the folder, or beside the `images.txt`, that `path` is.

    A path that was written here before is replaced: a text model without points. Any other model stays, or is moved
    into the folder `replaced` (`replaced-2` and on) beside its place.

    Raises:
        UserError: another model is there, and `overwrite` was not said; or it can't be moved.
    """
    folder = _folder(path)
    names = [f"{part}{suffix}" for part in PARTS for suffix in (".bin", ".txt")]
    there = [folder / name for name in names if (folder / name).exists()]
    if not there or _is_path_of_ours(folder, there):
        return
    if not overwrite:
        raise UserError(
            f"{path}: would replace the model of COLMAP that is there ({there[0].name}); name another folder, or say "
            f"--overwrite, which keeps the old one in {REPLACED}"
        )
    try:
        aside = free_name(folder, REPLACED)
        aside.mkdir()
        for file in there:
            file.replace(aside / file.name)
    except OSError as error:
        raise unwritable(folder, error) from error


def _is_path_of_ours(folder: Path, there: list[Path]) -> bool:
    """Whether all that is there is a model as it is written here, which has no points."""
    points = folder / "points3D.txt"
    if {file.name for file in there} != {"cameras.txt", "images.txt", points.name}:
        return False
    with contextlib.suppress(OSError):
        return points.stat().st_size == len(NO_POINTS) and points.read_text(encoding="utf-8") == NO_POINTS
    return False


def _folder(path: Path) -> Path:
    return path.parent if path.suffix == ".txt" else path


def frame_name(number: int, count: int) -> str:
    """What the photograph of the camera with that number, from 1, of so many is called."""
    return f"frame_{number:0{max(5, len(str(count)))}}.png"


def write_colmap(path: Path, content: PathContent) -> list[str]:
    """Writes the three files into the folder, or beside the `images.txt`, that `path` is.

    Raises:
        UserError: the place can't be written.
    """
    folder = _folder(path)
    folder.mkdir(parents=True, exist_ok=True)
    lenses = dict[tuple[float, ...], int]()
    images = list[str]()
    for number, camera in enumerate(content.cameras, 1):
        lens = lenses.setdefault((*camera.size_px, *camera.focal_px, *camera.centre_px), len(lenses) + 1)
        pose = np.linalg.inv(camera.camera_to_world)
        w, x, y, z = quaternion_of(pose[:3, :3])
        numbers = " ".join(repr(value) for value in (w, x, y, z, *pose[:3, 3].tolist()))
        # The empty line has the photograph's points, of which there are none.
        images.append(f"{number} {numbers} {lens} {frame_name(number, len(content.cameras))}\n\n")
    cameras = [f"{number} PINHOLE {' '.join(repr(value) for value in lens)}\n" for lens, number in lenses.items()]
    contents = {
        "cameras.txt": "# CAMERA_ID MODEL WIDTH HEIGHT FX FY CX CY\n" + "".join(cameras),
        "images.txt": "# IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then a line of points\n" + "".join(images),
        "points3D.txt": NO_POINTS,
    }
    for name, text in contents.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    return []
