"""Renderings of Learnt Stereo Machines (Kar et al. 2017): `render_0.png` and `camera_0.mat`... in a folder each.

One object's folder, a class of such, a folder of classes, or the authors' whole data set (`renders/<class>/<object>`,
where `splits.json` says which to train on). A camera is MATLAB's file with `K` and `extrinsic` (world to camera);
`depth_0.png`, where there are depths, has them over its whole range: its largest number is a depth of 10, and nothing.
Objects lie in a cube of side 1 about the origin, +z up.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import photograph_size
from engines.core.data.views import SPLITS, Split, View
from engines.core.errors import UserError
from engines.core.formats.instance_folders import ObjectFolders, Place
from engines.core.formats.several_scenes import SceneFolder, find_instances
from engines.core.reading import naming, quoted, read_json, shortened
from engines.core.storage.matlab_file import read_matlab
from engines.core.upright import AS_STATED

NAME = "lsm"
LAYOUT = "Learnt Stereo Machines': render_0.png, camera_0.mat..., in a folder for each object"

RENDER = re.compile(r"render_(\d{1,9})\.png")
RENDERS, SPLIT_FILE = "renders", "splits.json"
VOXELS = "voxels/modelVoxels{}"
"""Beside the renderings, by the number of voxels along each side: `<class>/<object>.mat` with `Volume`."""
SPLIT_NAMES: dict[str, Split] = {"train": "train", "val": "validation", "test": "test"}
DEPTH_BITS = 65535
FARTHEST = 10.0
"""The depth of the largest number of a depth map, where nothing is hit."""
PNG_BITS = 24
"""Where a PNG file says how many bits its numbers have."""
UP = np.array([0.0, 0.0, 1.0])
BOUNDS = np.array([[-0.5] * 3, [0.5] * 3])
SQUARE = 1e-6
"""Of the focal length: more skew than that is no rounding."""


def detect(folder: Path) -> bool:
    """Whether it is such an object, or holds some."""
    return bool(_find(folder)[0])


def _find(folder: Path) -> tuple[list[SceneFolder], tuple[str, ...]]:
    whole = folder / RENDERS
    objects, notes = find_instances(whole if whole.is_dir() else folder, _objects_in)
    if not objects or not (folder / SPLIT_FILE).is_file():
        return objects, notes
    split, more = _as_split(folder / SPLIT_FILE, objects)
    return split, (*notes, *more)


def _objects_in(folder: Path) -> list[tuple[str, Path]]:
    """Names and folders of the objects, in the order of their names; "" for one alone."""
    if _is_object(folder):
        return [("", folder)]
    return [(path.name, path) for path in sorted(folder.iterdir()) if path.is_dir() and _is_object(path)]


def _is_object(folder: Path) -> bool:
    # Names counted from 0, as the authors' loader asks for them.
    return (folder / "render_0.png").is_file() and (folder / "camera_0.mat").is_file()


def _as_split(path: Path, objects: list[SceneFolder]) -> tuple[list[SceneFolder], tuple[str, ...]]:
    """The objects as `splits.json` says, {class: {train: [names], ...}}; those it doesn't name are to train on.

    Also in plain words what it names and is not there, and what is there and it doesn't name.
    """
    content = read_json(path)
    try:
        split_of = {
            name: split
            for lists in content.values()
            for listed, split in SPLIT_NAMES.items()
            for name in lists.get(listed, [])
        }
    except (AttributeError, TypeError) as error:
        raise UserError(f"{path}: must have lists train, val and test for each class") from error
    # ShapeNet has no name in two classes.
    own = {one.path.name: one for one in objects}
    notes, lacking = list[str](), [str(name) for name in split_of if name not in own]
    if lacking:
        notes.append(f"{SPLIT_FILE} names {len(lacking)} that are not there, such as {shortened(lacking[0])}")
    if unnamed := [name for name in own if name not in split_of]:
        notes.append(f"what {SPLIT_FILE} doesn't name is to train on: {naming(unnamed)}")
    named = [SceneFolder(one.name, one.path, split_of.get(one.path.name, "train")) for one in objects]
    return sorted(named, key=lambda one: SPLITS.index(one.split)), tuple(notes)


def read(folder: Path) -> Dataset:
    """Opens one object, a class, a folder of classes, or all.

    Raises:
        UserError: names the file that is wrong.
    """
    objects, notes = _find(folder)
    names = tuple(one.name for one in objects if one.name)
    places: list[Place] = [(one.path, one.split, number) for number, one in enumerate(objects)]
    views = ObjectFolders(places, partial(_renderings, names)).views()
    volumes = MatlabVolumes(folder, tuple(one.name for one in objects))
    return Dataset(views, folder, NAME, BOUNDS, UP, notes=notes, instances=names, up_found=AS_STATED, volumes=volumes)


def _renderings(names: tuple[str, ...], place: Place) -> LsmRenderings:
    return LsmRenderings(place, f"{names[place[2]]}/" if names else "")


class LsmRenderings:
    """One object's views; listed now, each read when it is asked for."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Lists them; `prefix` goes before their names."""
        self._folder, self._split, self._number = place
        found = (RENDER.fullmatch(path.name) for path in self._folder.iterdir())
        self._numbers, self._prefix = sorted(int(match[1]) for match in found if match), prefix

    @property
    def names(self) -> list[str]:
        """The names of the images, without suffix."""
        return [f"render_{number}" for number in self._numbers]

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> View:
        number = self._numbers[index]
        path, depth = (self._folder / f"{kind}_{number}.png" for kind in ("render", "depth"))
        camera = read_camera(self._folder / f"camera_{number}.mat", photograph_size(path))
        known = depth.is_file()
        return View(
            camera,
            f"{self._prefix}render_{number}",
            self._split,
            path,
            instance=self._number,
            depth_path=depth if known else None,
            depth_unit=FARTHEST / _largest(depth) if known else None,
            depth_beyond=FARTHEST if known else None,
        )


def _largest(path: Path) -> int:
    """The largest number that the pixels of a PNG file can have."""
    with path.open("rb") as file:
        header = file.read(PNG_BITS + 1)
    return DEPTH_BITS if header[PNG_BITS:] == b"\x10" else 255


def read_camera(path: Path, size_px: tuple[int, int]) -> Camera:
    """The camera of a picture of that (width, height).

    Raises:
        UserError: it can't be read, or is no pinhole.
    """
    content = read_matlab(path)
    K, extrinsic = _matrix(content, "K", path), _matrix(content, "extrinsic", path)
    if K[2, 2] <= 0 or np.abs(K[[0, 1, 2, 2], [1, 0, 0, 1]]).max() > SQUARE * abs(K[0, 0]):
        raise UserError(f"{path}: K must be [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], but is {quoted(K.tolist())}")
    K = K / K[2, 2]
    pose = np.eye(4)
    # The inverse of a rotation and a translation.
    pose[:3, :3] = extrinsic[:3, :3].T
    pose[:3, 3] = -extrinsic[:3, :3].T @ extrinsic[:3, 3]
    try:
        return Camera(pose, (K[0, 0], K[1, 1]), (K[0, 2], K[1, 2]), size_px)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def _matrix(content: dict[str, Any], name: str, path: Path) -> Array:
    values, columns = content.get(name), 3 if name == "K" else 4
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf" or values.ndim != 2:
        raise UserError(f"{path}: {name} is missing or no matrix; a camera has K [3, 3] and extrinsic [3 or 4, 4]")
    if values.shape[0] not in (3, columns) or values.shape[1] != columns or not np.isfinite(values).all():
        raise UserError(f"{path}: {name} is {list(values.shape)}; a camera has K [3, 3] and extrinsic [3 or 4, 4]")
    return values.astype(np.float64)


class MatlabVolumes:
    """The objects' voxels, each read when it is asked for."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        """Voxels of the objects of these names, <class>/<object>."""
        self._folder, self._names = folder, names

    def has(self, number: int, side: int) -> bool:
        """Whether there are so many voxels along each side of an object, or a multiple of them."""
        return self._known_side(number, side) is not None

    def read(self, number: int, side: int) -> Array:
        """[side, side, side] bool along x, y, z of the cube: whether a voxel is filled, or anything of one that is
        coarser than those of the file.

        Raises:
            UserError: they can't be read, or are of another size.
        """
        known = self._known_side(number, side) or side
        times = known // side
        filled = self._read(number, known).reshape(side, times, side, times, side, times)
        return np.asarray(filled.any(axis=(1, 3, 5)))

    def _known_side(self, number: int, side: int) -> int | None:
        """Of the coarsest file that has them; the authors name their folders by these."""
        return next((side * times for times in (1, 2, 4, 8) if self._path(number, side * times).is_file()), None)

    def _read(self, number: int, side: int) -> Array:
        """Of a file; ShapeNet's y is up there, and its z goes the other way."""
        path = self._path(number, side)
        volume = read_matlab(path).get("Volume")
        if not isinstance(volume, np.ndarray) or volume.dtype.kind not in "biuf":
            raise UserError(f"{path}: Volume is missing or no array; voxels have one of {side}x{side}x{side}")
        if volume.shape != (side, side, side):
            raise UserError(f"{path}: Volume is {list(volume.shape)}; it must be {side}x{side}x{side}")
        return np.ascontiguousarray(volume.astype(bool).transpose(0, 2, 1)[:, ::-1])

    def _path(self, number: int, side: int) -> Path:
        return self._folder / VOXELS.format(side) / f"{self._names[number]}.mat"
