"""A folder of photographs that COLMAP has found the cameras of: its sparse model, binary or text, beside `images/`.

`cameras` holds the lenses, `images` a rotation and translation from world to camera for each photograph with the points
that it shows, `points3D` their places. The pixel grid is ours: the middle of the first pixel is at (0.5, 0.5). Depths
are those of the points that each photograph shows, between the percentiles that LLFF takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.dataset import Dataset
from engines.core.errors import UserError
from engines.core.formats.llff import IMAGES, largest_images
from engines.core.formats.object_folders import Place
from engines.core.formats.several_scenes import Extent, find_scenes, scenes_among, scenes_dataset
from engines.core.images import fitted_camera, photograph_size
from engines.core.reading import MOST_ARRAY_BYTES, read_bytes, read_text, reading
from engines.core.views import View

NAME = "colmap"
LAYOUT = "a model of COLMAP: cameras, images and points3D (.bin or .txt) in sparse/0/ or sparse/, beside images/"

MODELS = ("sparse/0", "sparse", "colmap/sparse/0", "dense/sparse", "")
"""Where a model may be."""
SUFFIXES = (".bin", ".txt")
LENSES: Mapping[str, tuple[int, str]] = {
    "SIMPLE_PINHOLE": (0, "f cx cy"),
    "PINHOLE": (1, "fx fy cx cy"),
    "SIMPLE_RADIAL": (2, "f cx cy k1"),
    "RADIAL": (3, "f cx cy k1 k2"),
    "OPENCV": (4, "fx fy cx cy k1 k2 p1 p2"),
    "FULL_OPENCV": (6, "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6"),
}
"""COLMAP's models that are pinholes with OpenCV's distortion: number and parameters. Others can't be drawn."""
DISTORTION = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
NEAREST_PERCENT, FARTHEST_PERCENT = 0.1, 99.9
"""LLFF's; what lies beyond is mismatched."""

Read = TypeVar("Read")


@dataclass(frozen=True, eq=False)
class Lens:
    """Of one or more photographs."""

    size_px: tuple[int, int]
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    distortion: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Picture:
    """A photograph whose camera was found.

    Attributes:
        world_to_camera: [4, 4].
        points: [N] the numbers of the points that it shows.
    """

    name: str
    lens: int
    world_to_camera: Array
    points: Array


@dataclass(frozen=True, eq=False)
class Model:
    """What COLMAP found.

    Attributes:
        lenses: by COLMAP's number.
        pictures: sorted by name.
        points: [N, 3] world.
        colours: [N, 3] bytes.
        numbers: [N] of the points, rising.
    """

    lenses: Mapping[int, Lens]
    pictures: tuple[Picture, ...]
    points: Array
    colours: Array
    numbers: Array

    def depths(self, picture: Picture) -> Array:
        """[N] of the points that it shows, before it."""
        at = np.searchsorted(self.numbers, picture.points)
        known = at < len(self.numbers)
        known[known] = self.numbers[at[known]] == picture.points[known]
        points = self.points[at[known]]
        depths: Array = points @ picture.world_to_camera[2, :3] + picture.world_to_camera[2, 3]
        return depths[depths > 0]

    def depth_range(self, picture: Picture) -> tuple[float, float] | None:
        """The nearest and farthest that it shows, without mismatches; None where it shows no points."""
        depths = self.depths(picture)
        if not len(depths):
            return None
        near, far = np.percentile(depths, (NEAREST_PERCENT, FARTHEST_PERCENT)).tolist()
        return near, far


def find_model(folder: Path) -> Path | None:
    """Where in a folder the model is."""
    for name in MODELS:
        place = folder / name
        if any(all((place / f"{part}{suffix}").is_file() for part in ("cameras", "images")) for suffix in SUFFIXES):
            return place
    return None


def _is_scene(folder: Path) -> bool:
    return find_model(folder) is not None and any(path.is_dir() for path in folder.glob(IMAGES + "*"))


_scenes_in = partial(scenes_among, is_scene=_is_scene)


def detect(folder: Path) -> bool:
    """Whether a model and photographs are there, or in some of its folders."""
    return bool(find_scenes(folder, _scenes_in))


def read(folder: Path) -> Dataset:
    """Opens one scene, or several.

    Raises:
        UserError: names the file that is wrong, or the photograph that is missing.
    """
    return scenes_dataset(NAME, folder, find_scenes(folder, _scenes_in), Photographs)


class Photographs:
    """One scene's views."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Reads the model.

        Raises:
            UserError: names what is missing or doesn't fit.
        """
        folder, self._split, self._number = place
        model_folder = find_model(folder)
        if model_folder is None:
            raise UserError(f"{folder}: has no model of COLMAP in it")
        self._folder, self._prefix, self._images = model_folder, prefix, largest_images(folder)
        model = read_model(model_folder)
        self._lenses, self._pictures = model.lenses, model.pictures
        for picture in model.pictures:
            if not (self._images / picture.name).is_file():
                raise UserError(f"{self._images}: has no {picture.name}, which {model_folder} holds a camera for")
        ranges = [found for picture in model.pictures if (found := model.depth_range(picture)) is not None]
        if not ranges:
            raise UserError(f"{model_folder}: its photographs show no points, which say how near and far the scene is")
        near, far = min(near for near, _ in ranges), max(far for _, far in ranges)
        self.extent = Extent((near, max(far, near * 1.001)), len(model.pictures), points=model.points)

    @property
    def names(self) -> list[str]:
        """Of the photographs."""
        return [picture.name for picture in self._pictures]

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> View:
        picture = self._pictures[index]
        path = self._images / picture.name
        camera, lens = self._camera(picture, photograph_size(path)), self._lenses[picture.lens]
        name = self._prefix + Path(picture.name).with_suffix("").as_posix()
        return View(camera, name, self._split, path, instance=self._number, distortion=lens.distortion)

    def _camera(self, picture: Picture, size_px: tuple[int, int]) -> Camera:
        where = f"{self._folder}: {picture.name}"
        return fitted_camera(where, picture_camera(where, picture, self._lenses[picture.lens]), size_px)


def picture_camera(where: str, picture: Picture, lens: Lens) -> Camera:
    """A photograph's camera, of the size that COLMAP saw.

    Raises:
        UserError: begins with `where`.
    """
    try:
        pose = np.linalg.inv(picture.world_to_camera)
        return Camera(pose, lens.focal_px, lens.centre_px, lens.size_px)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise UserError(f"{where}: {error}") from error


def read_model(folder: Path) -> Model:
    """A model, binary or text.

    Raises:
        UserError: names the file that is missing or damaged.
    """
    binary = (folder / "images.bin").is_file()
    paths = {name: folder / f"{name}{'.bin' if binary else '.txt'}" for name in ("cameras", "images", "points3D")}
    lenses = _checked(_binary_lenses if binary else _text_lenses, paths["cameras"])
    pictures = _checked(_binary_pictures if binary else _text_pictures, paths["images"])
    numbers, points, colours = _checked(_binary_points if binary else _text_points, paths["points3D"])
    if not pictures:
        raise UserError(f"{paths['images']}: holds no photograph's camera")
    for picture in pictures:
        if picture.lens not in lenses:
            raise UserError(f"{paths['images']}: {picture.name} is of camera {picture.lens}, which is missing")
    order = np.argsort(numbers, kind="stable")
    in_order = tuple(sorted(pictures, key=lambda picture: picture.name))
    return Model(lenses, in_order, points[order], colours[order], numbers[order])


def _checked(reader: Callable[[Path], Read], path: Path) -> Read:
    if not path.exists():
        raise UserError(f"{path}: missing; a model of COLMAP has cameras, images and points3D")
    with reading(path, "damaged, or no file of COLMAP"):
        return reader(path)


def _lens(model: str, size_px: tuple[int, int], values: Sequence[float]) -> Lens:
    names = LENSES[model][1].split()
    if len(values) != len(names):
        raise ValueError(f"a {model} has {len(names)} parameters, not {len(values)}")
    if not np.isfinite(values).all() or min(size_px) < 1:
        raise ValueError("a lens has a number that is not finite, or no size")
    known = dict(zip(names, values, strict=True))
    focal = (known["f"], known["f"]) if "f" in known else (known["fx"], known["fy"])
    found = [known.get(name, 0.0) for name in DISTORTION]
    # OpenCV takes four, or eight.
    distortion = tuple(found[: 8 if any(found[4:]) else 4]) if any(found) else ()
    return Lens(size_px, focal, (known["cx"], known["cy"]), distortion)


def _picture(name: str, lens: int, quaternion: Array, shift: Array, points: Array) -> Picture:
    # A name is a file below images/, wherever the model came from.
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"{name[:80]!r} is no name of a photograph")
    length = np.linalg.norm(quaternion)
    if not np.isfinite(quaternion).all() or not np.isfinite(shift).all() or length == 0:
        raise ValueError(f"{name}: its pose is not finite")
    w, x, y, z = quaternion / length
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = shift
    return Picture(name, lens, matrix, points[points >= 0])


class _Bytes:
    """Numbers one after the other, little endian."""

    def __init__(self, path: Path) -> None:
        self._data, self._at = read_bytes(path, MOST_ARRAY_BYTES), 0

    def take(self, kind: str, count: int = 1) -> Array:
        size = np.dtype(kind).itemsize * count
        if not 0 <= size <= len(self._data) - self._at:
            raise ValueError("it is cut short")
        values = np.frombuffer(self._data, kind, count, self._at)
        self._at += size
        return values

    def one(self, kind: str) -> int:
        return int(self.take(kind)[0])

    def text(self) -> str:
        end = self._data.index(b"\0", self._at)
        text = self._data[self._at : end].decode("utf-8")
        self._at = end + 1
        return text


def _binary_lenses(path: Path) -> dict[int, Lens]:
    data, names = _Bytes(path), {number: name for name, (number, _) in LENSES.items()}
    lenses = {}
    for _ in range(data.one("<u8")):
        number, model, width, height = data.one("<u4"), data.one("<i4"), data.one("<u8"), data.one("<u8")
        if model not in names:
            raise ValueError(f"camera {number} is of model {model}; known are {', '.join(LENSES)}")
        values = data.take("<f8", len(LENSES[names[model]][1].split())).tolist()
        lenses[number] = _lens(names[model], (width, height), values)
    return lenses


def _binary_pictures(path: Path) -> list[Picture]:
    data, pictures = _Bytes(path), []
    seen = np.dtype([("x", "<f8"), ("y", "<f8"), ("point", "<i8")])
    for _ in range(data.one("<u8")):
        data.one("<u4")
        pose, lens, name = data.take("<f8", 7), data.one("<u4"), data.text()
        points = data.take(f"V{seen.itemsize}", data.one("<u8")).view(seen)["point"]
        pictures.append(_picture(name, lens, pose[:4], pose[4:], points))
    return pictures


def _binary_points(path: Path) -> tuple[Array, Array, Array]:
    data = _Bytes(path)
    numbers, places, colours = [], [], []
    for _ in range(data.one("<u8")):
        numbers.append(data.one("<u8"))
        places.append(data.take("<f8", 3))
        colours.append(data.take("u1", 3))
        data.take("<f8")
        data.take("<u4", 2 * data.one("<u8"))
    return _points(numbers, places, colours)


def _points(numbers: Sequence[int], places: Sequence[Array], colours: Sequence[Array]) -> tuple[Array, Array, Array]:
    return (
        np.array(numbers, dtype=np.int64),
        np.array(places, dtype=np.float64).reshape(-1, 3),
        np.array(colours, dtype=np.uint8).reshape(-1, 3),
    )


def _lines(path: Path) -> list[str]:
    """Without comments; an empty line stays: a photograph may show no points."""
    return [line for line in read_text(path).splitlines() if not line.startswith("#")]


def _text_lenses(path: Path) -> dict[int, Lens]:
    lenses = {}
    for line in _lines(path):
        if words := line.split():
            number, model, width, height = int(words[0]), words[1], int(words[2]), int(words[3])
            if model not in LENSES:
                raise ValueError(f"camera {number} is a {model[:40]}; known are {', '.join(LENSES)}")
            lenses[number] = _lens(model, (width, height), [float(word) for word in words[4:]])
    return lenses


def _text_pictures(path: Path) -> list[Picture]:
    lines, pictures = _lines(path), []
    while lines and not lines[-1].strip():
        lines.pop()
    for index in range(0, len(lines), 2):
        words = lines[index].split(maxsplit=9)
        pose = np.array([float(word) for word in words[1:8]])
        seen = lines[index + 1].split() if index + 1 < len(lines) else []
        points = np.array([int(word) for word in seen[2::3]], dtype=np.int64)
        pictures.append(_picture(words[9].strip(), int(words[8]), pose[:4], pose[4:], points))
    return pictures


def _text_points(path: Path) -> tuple[Array, Array, Array]:
    numbers, places, colours = [], [], []
    for line in _lines(path):
        if words := line.split():
            numbers.append(int(words[0]))
            places.append(np.array([float(word) for word in words[1:4]]))
            colours.append(np.array([int(word) for word in words[4:7]]))
    return _points(numbers, places, colours)
