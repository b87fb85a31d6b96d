"""ShapeNet renderings of 3D-R2N2 (Choy et al. 2016): `rendering_metadata.txt` and `00.png`... in a folder each.

One object's folder, or a folder of such (also `<object>/rendering/`, as they were published). A line of the metadata is
`azimuth elevation in-plane distance field-of-view`, degrees; the cameras were a 35 mm lens on a 32 mm sensor, looking
at the origin from 1.75 times the distance, +y up. Voxels, where there are some, are in `model.binvox`: in the object's
folder, or in `ShapeNetVox32/<class>/<object>` beside the folder of classes, as they were published.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera, look_at
from engines.core.data.dataset import Dataset
from engines.core.data.images import list_in_order, photograph_size
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.binvox import binvox_side, read_binvox
from engines.core.formats.instance_folders import ObjectFolders, Place
from engines.core.formats.left_out import LeftOut
from engines.core.formats.several_scenes import find_instances
from engines.core.reading import read_text, shortened
from engines.core.upright import AS_STATED

NAME = "r2n2"
LAYOUT = "3D-R2N2's ShapeNet renderings: rendering_metadata.txt and 00.png..., in a folder for each object"

METADATA = "rendering_metadata.txt"
LIST = "renderings.txt"
"""Names of the images, in the order of the lines, as published."""
RENDERING = "rendering"
VOXELS = "model.binvox"
VOXEL_FOLDER = "ShapeNetVox32"
LENS_BY_SENSOR = 35 / 32
DISTANCE_UNIT = 1.75
UP = np.array([0.0, 1.0, 0.0])
BOUNDS = np.array([[-0.5] * 3, [0.5] * 3])


def detect(folder: Path) -> bool:
    """Whether it is such an object, or holds some."""
    return bool(find_instances(folder, _objects_in)[0])


def _objects_in(folder: Path) -> list[tuple[str, Path]]:
    """Names and folders of the objects, in the order of their names; "" for one alone."""
    if (folder / METADATA).is_file():
        return [("", folder)]
    parts = sorted(path for path in folder.iterdir() if path.is_dir() and path.name != RENDERING)
    found = [(part.name, place) for part in parts for place in (part, part / RENDERING)]
    own = [("", folder / RENDERING)] if (folder / RENDERING / METADATA).is_file() else []
    return own or [(name, place) for name, place in found if (place / METADATA).is_file()]


def read(folder: Path) -> Dataset:
    """Opens one object, a class, or a folder of classes.

    Raises:
        UserError: names the file and line that is wrong, or the object whose images don't fit its lines.
    """
    objects, notes = find_instances(folder, _objects_in)
    names = tuple(one.name for one in objects if one.name)
    places: list[Place] = [(one.path, one.split, number) for number, one in enumerate(objects)]
    left_out = LeftOut()
    listed = partial(_renderings, names)
    views = ObjectFolders(places, listed, lambda _, renderings: left_out.add(renderings.left_out)).views()
    said = (*notes, *left_out.notes("the folders", f"line in {METADATA}"))
    volumes = BinvoxVolumes([one.path for one in objects])
    known = volumes if any(volumes.path(number) is not None for number in range(len(objects))) else None
    return Dataset(views, folder, NAME, BOUNDS, UP, notes=said, instances=names, up_found=AS_STATED, volumes=known)


def _renderings(names: Sequence[str], place: Place) -> R2n2Renderings:
    return R2n2Renderings(place, f"{names[place[2]]}/" if names else "")


class R2n2Renderings:
    """One object's views; listed now, each read when it is asked for."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Lists them; `prefix` goes before their names.

        Raises:
            UserError: the images don't fit the lines.
        """
        folder, self._split, self._number = place
        self._prefix, self._metadata, images = prefix, folder / METADATA, list_in_order(folder)
        lines = [line for line in _lines(self._metadata) if line.strip()]
        self.left_out = LeftOut(len(lines), len(images))
        of_lines: Sequence[Path | None] = images
        if lines and images and len(lines) > len(images):
            of_lines = self._by_line(folder, images, len(lines))
        if not lines or len(lines) != len(of_lines):
            raise UserError(
                f"{folder}: {len(lines)} lines in {METADATA} but {len(images)} images; each image needs its line"
            )
        poses = [_pose(self._metadata, at, line) for at, line in enumerate(lines, start=1)]
        self._images = [image for image in of_lines if image is not None]
        self._poses = [pose for pose, image in zip(poses, of_lines, strict=True) if image is not None]

    def _by_line(self, folder: Path, images: Sequence[Path], lines: int) -> list[Path | None]:
        """The image of each line: by the list of names beside, else by number; none where it can't be told."""
        # 00.png as published; others count without the zero.
        digits = min(len(path.stem) for path in images)
        names = [f"{line:0{digits}d}" for line in range(lines)]
        if (folder / LIST).is_file():
            names = [Path(line.strip()).stem for line in _lines(folder / LIST) if line.strip()]
        by_name = {path.stem: path for path in images}
        if len(names) != lines or not by_name.keys() <= set(names):
            return []
        self.left_out = LeftOut(lines, len(images), [name for name in names if name not in by_name])
        return [by_name.get(name) for name in names]

    @property
    def names(self) -> list[str]:
        """The names of the images, without suffix."""
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


class BinvoxVolumes:
    """The objects' voxels, each read when it is asked for.

    A file's grid is a cube about the origin, as the objects are. The corner in its header is the object's, which mostly
    doesn't fill the cube.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        """Voxels of the objects whose photographs are in these folders."""
        self._folders = tuple(folders)

    def path(self, number: int) -> Path | None:
        """An object's file; None where there is none."""
        photographs = self._folders[number]
        own = photographs.parent if photographs.name == RENDERING else photographs
        apart = own.absolute().parents[2:3]
        places = [photographs, own, *(root / VOXEL_FOLDER / own.parent.name / own.name for root in apart)]
        return next((place / VOXELS for place in places if (place / VOXELS).is_file()), None)

    def has(self, number: int, side: int) -> bool:
        """Whether an object's voxels are known, and as fine; its file's header says it."""
        path = self.path(number)
        return path is not None and binvox_side(path) >= side

    def read(self, number: int, side: int) -> Array:
        """[side, side, side] bool along x, y, z of the cube of side 1: whether a voxel's middle is filled.

        Of a file that is twice as fine or finer, whether anything in it is.

        Raises:
            UserError: they can't be read, or are coarser than that.
        """
        path = self.path(number)
        if path is None:
            raise UserError(f"{self._folders[number]}: has no voxels ({VOXELS})")
        known = read_binvox(path)
        own = len(known.filled)
        if own < side:
            raise UserError(
                f"{path}: has {own} voxels a side, fewer than the {side} that are asked for; ask for {own} (nvox={own})"
            )
        finer = max(round(own / known.side / side), 1)
        along = ((np.arange(side * finer) + 0.5) / (side * finer) - 0.5) / known.side + 0.5
        at = np.floor(along * own).astype(int)
        inside = (at >= 0) & (at < own)
        chosen = np.ix_(*[at.clip(0, own - 1)] * 3)
        filled = known.filled[chosen] & inside[:, None, None] & inside[:, None] & inside
        return np.asarray(filled.reshape(side, finer, side, finer, side, finer).any(axis=(1, 3, 5)))
