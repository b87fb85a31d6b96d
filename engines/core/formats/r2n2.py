"""ShapeNet renderings of 3D-R2N2 (Choy et al. 2016): `rendering_metadata.txt` and `00.png`... in a folder each.

One object's folder, or a folder of such (also `<object>/rendering/`, as they were published). A line of the metadata is
`azimuth elevation in-plane distance field-of-view`, degrees; the cameras were a 35 mm lens on a 32 mm sensor, looking
at the origin from 1.75 times the distance, +y up.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera, look_at
from engines.core.dataset import Dataset
from engines.core.errors import UserError
from engines.core.formats.object_folders import ObjectFolders, Place
from engines.core.images import list_images, photograph_size
from engines.core.reading import read_text, shortened
from engines.core.upright import AS_STATED
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
    views = ObjectFolders(places, Renderings if several else partial(Renderings, prefix="")).views()
    names = tuple(name for name, _ in objects) if several else ()
    return Dataset(views, folder, NAME, BOUNDS, UP, instances=names, up_found=AS_STATED)


class Renderings:
    """One object's views; listed now, each read when it is asked for."""

    has_images = True

    def __init__(self, place: Place, prefix: str | None = None) -> None:
        """Lists them; `prefix` goes before their names, by default the object's.

        Raises:
            UserError: the images don't fit the lines.
        """
        folder, self._split, self._number = place
        name = folder.parent.name if folder.name == RENDERING else folder.name
        self._prefix = f"{name}/" if prefix is None else prefix
        self._metadata, self._images = folder / METADATA, list_images(folder)
        lines = [line for line in _lines(self._metadata) if line.strip()]
        if not lines or len(lines) != len(self._images):
            raise UserError(
                f"{folder}: {len(lines)} lines in {METADATA} but {len(self._images)} images; each image needs its line"
            )
        self._poses = [_pose(self._metadata, at, line) for at, line in enumerate(lines, start=1)]

    @property
    def names(self) -> list[str]:
        """Of the images."""
        return [path.stem for path in self._images]

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> View:
        path = self._images[index]
        width, height = photograph_size(path)
        focal = LENS_BY_SENSOR * width
        camera = Camera(self._poses[index], (focal, focal), (width / 2, height / 2), (width, height))
        return View(camera, self._prefix + path.stem, self._split, path, instance=self._number)


def _lines(path: Path) -> list[str]:
    return read_text(path).splitlines()


def _pose(path: Path, line: int, text: str) -> Array:
    """[4, 4] camera_to_world."""
    try:
        azimuth, elevation, _, distance = (float(word) for word in text.split()[:4])
        turn, height = np.radians([azimuth, elevation])
        away = np.array([np.cos(height) * np.cos(turn), np.sin(height), np.cos(height) * np.sin(turn)])
        if not np.isfinite(distance * away).all() or distance <= 0:
            raise ValueError
        return look_at(DISTANCE_UNIT * distance * away, np.zeros(3), UP)
    except ValueError as error:
        raise UserError(
            f"{path}: line {line} must hold azimuth, elevation, in-plane rotation and distance, but is "
            f"{shortened(text)}"
        ) from error
