"""ShapeNet renderings of 3D-R2N2 (Choy et al. 2016): `rendering_metadata.txt` and `00.png`... in a folder each.

One object's folder, or a folder of such (also `<object>/rendering/`, as they were published). A line of the metadata is
`azimuth elevation in-plane distance field-of-view`, degrees; the cameras were a 35 mm lens on a 32 mm sensor, looking
at the origin from 1.75 times the distance, +y up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engines.core.camera import Camera, look_at
from engines.core.dataset import Dataset
from engines.core.errors import UserError
from engines.core.formats.object_folders import ObjectFolders, Place
from engines.core.images import list_images, photograph_size
from engines.core.views import View

NAME = "r2n2"
LAYOUT = "3D-R2N2's ShapeNet renderings: rendering_metadata.txt and 00.png..., in a folder for each object"

METADATA = "rendering_metadata.txt"
RENDERING = "rendering"
LENS_BY_SENSOR = 35 / 32
DISTANCE_UNIT = 1.75
UP = np.array([0.0, 1.0, 0.0])
BOUNDS = np.array([[-0.5] * 3, [0.5] * 3])


def detect(folder: Path) -> bool:
    """Whether it is such an object, or holds some."""
    return bool(_objects(folder))


def _objects(folder: Path) -> list[tuple[str, Path]]:
    """Names and folders of the objects, in the order of their names."""
    if (folder / METADATA).is_file():
        return [(folder.name, folder)]
    parts = sorted(path for path in folder.iterdir() if path.is_dir())
    found = [(part.name, place) for part in parts for place in (part, part / RENDERING)]
    return [(name, place) for name, place in found if (place / METADATA).is_file()]


def read(folder: Path) -> Dataset:
    """Opens one object, or a class.

    Raises:
        UserError: names the file and line that is wrong, or the object whose images don't fit its lines.
    """
    objects = _objects(folder)
    several = len(objects) > 1 or objects[0][1] != folder
    places: list[Place] = [(place, "train", number) for number, (_, place) in enumerate(objects)]
    views = ObjectFolders(places, _list_object if several else _list_only).views()
    names = tuple(name for name, _ in objects) if several else ()
    return Dataset(views, folder, NAME, BOUNDS, UP, instances=names)


def _list_only(place: Place) -> list[View]:
    return _list_named("", place)


def _list_object(place: Place) -> list[View]:
    folder = place[0]
    name = folder.parent.name if folder.name == RENDERING else folder.name
    return _list_named(f"{name}/", place)


def _list_named(prefix: str, place: Place) -> list[View]:
    folder, split, number = place
    images = list_images(folder)
    lines = [line for line in _lines(folder / METADATA) if line.strip()]
    if not lines or len(lines) != len(images):
        raise UserError(
            f"{folder}: {len(lines)} lines in {METADATA} but {len(images)} images; each image needs its line"
        )
    return [
        View(
            _camera(folder / METADATA, at, line, photograph_size(path)),
            prefix + path.stem,
            split,
            path,
            instance=number,
        )
        for at, (line, path) in enumerate(zip(lines, images, strict=True), start=1)
    ]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: can't be read as text ({error})") from error


def _camera(path: Path, line: int, text: str, size_px: tuple[int, int]) -> Camera:
    try:
        azimuth, elevation, _, distance = (float(word) for word in text.split()[:4])
        turn, height = np.radians([azimuth, elevation])
        away = np.array([np.cos(height) * np.cos(turn), np.sin(height), np.cos(height) * np.sin(turn)])
        pose = look_at(DISTANCE_UNIT * distance * away, np.zeros(3), UP)
        focal = LENS_BY_SENSOR * size_px[0]
        return Camera(pose, (focal, focal), (size_px[0] / 2, size_px[1] / 2), size_px)
    except ValueError as error:
        raise UserError(
            f"{path}: line {line} must hold azimuth, elevation, in-plane rotation and distance, but is {text.strip()}"
        ) from error
