"""The files of COLMAP's sparse model, binary or text: `cameras`, `images`, `points3D`, since COLMAP 3.12 also `rigs`
and `frames`.

`images.txt` has two lines for each photograph; of what other programs wrote the second, its points, may be missing.
Where there are frames they hold the poses, as COLMAP itself has it: what `images` says of a pose is a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.formats.colmap_model import (
    LENSES,
    OTHER_LENSES,
    ColmapCamera,
    ColmapImage,
    Model,
    make_lens,
    make_picture,
    model_name,
    parameter_count,
    pose_matrix,
)
from engines.core.reading import MOST_ARRAY_BYTES, read_bytes, read_text, reading

SUFFIXES = (".bin", ".txt")
CAMERA_SENSOR = (0, "CAMERA")
"""In binary and in text; others are inertial units and the like."""
SAME_POSE = 1e-6
"""Of two poses that are copies of each other, relative to how large they are."""

Read = TypeVar("Read")
Poses = dict[int, Array]
"""[4, 4] world_to_camera by a photograph's number."""
Sensors = dict[tuple[int, int], Array]
"""[4, 4] from the rig to a camera of it, by the numbers of both."""


@dataclass(frozen=True, eq=False)
class RigFrame:
    """A time step of a rig.

    Attributes:
        rig: its number.
        rig_from_world: [4, 4].
        pictures: the number of the camera and of the photograph.
    """

    rig: int
    rig_from_world: Array
    pictures: tuple[tuple[int, int], ...]


def is_model(folder: Path) -> bool:
    """Whether cameras and images are there."""
    return any(all((folder / f"{part}{suffix}").is_file() for part in ("cameras", "images")) for suffix in SUFFIXES)


def read_model(folder: Path) -> Model:
    """A model, binary or text; without points where its file is missing, which is noted.

    Raises:
        UserError: names the file that is missing or damaged.
    """
    binary = (folder / "images.bin").is_file()
    suffix = ".bin" if binary else ".txt"
    paths = {name: folder / f"{name}{suffix}" for name in ("cameras", "images", "points3D", "frames", "rigs")}
    lenses = _checked(_binary_lenses if binary else _text_lenses, paths["cameras"])
    pictures = _checked(_binary_pictures if binary else _text_pictures, paths["images"])
    if not pictures:
        raise UserError(f"{paths['images']}: holds no photograph's camera")
    for picture in pictures:
        if picture.lens not in lenses:
            raise UserError(f"{paths['images']}: {picture.name} is of camera {picture.lens}, which is missing")
    notes = list[str]()
    if paths["frames"].is_file() and paths["rigs"].is_file():
        sensors = _checked(_binary_rigs if binary else _text_rigs, paths["rigs"])
        frames = _checked(_binary_frames if binary else _text_frames, paths["frames"])
        pictures, moved = _with_frames(pictures, frames, sensors)
        if moved:
            notes.append(
                f"{moved} of {len(pictures)} poses of {paths['frames'].name} are not those of {paths['images'].name}; "
                "as in COLMAP, those of the frames hold"
            )
    numbers, points, colours = np.empty(0, np.int64), np.empty((0, 3)), np.empty((0, 3), np.uint8)
    if paths["points3D"].is_file():
        numbers, points, colours = _checked(_binary_points if binary else _text_points, paths["points3D"])
    order = np.argsort(numbers, kind="stable")
    in_order = tuple(sorted(pictures, key=lambda picture: picture.name))
    return Model(lenses, in_order, points[order], colours[order], numbers[order], tuple(notes))


def picture_count(folder: Path) -> int:
    """How many photographs a model has, without reading all of it; 0 where that can't be told."""
    try:
        if (folder / "images.bin").is_file():
            with (folder / "images.bin").open("rb") as file:
                return int(np.frombuffer(file.read(8), "<u8")[0])
        return len(_text_pictures(folder / "images.txt"))
    except (OSError, UserError, ValueError, IndexError, OverflowError):
        return 0


def _with_frames(
    pictures: list[ColmapImage], frames: Sequence[RigFrame], sensors: Sensors
) -> tuple[list[ColmapImage], int]:
    """Photographs with the poses of their frames, and how many of these are others than their own."""
    poses: Poses = {}
    for frame in frames:
        for sensor, number in frame.pictures:
            from_rig = sensors.get((frame.rig, sensor))
            # Where the sensor's place in the rig is not known, nor is where its photograph was taken from.
            if from_rig is not None:
                poses[number] = from_rig @ frame.rig_from_world
    found, moved = [], 0
    for picture in pictures:
        pose = poses.get(picture.number, picture.world_to_camera)
        size = 1 + np.abs(picture.world_to_camera).max()
        moved += bool(np.abs(pose - picture.world_to_camera).max() > SAME_POSE * size)
        found.append(replace(picture, world_to_camera=pose))
    return found, moved


def _checked(reader: Callable[[Path], Read], path: Path) -> Read:
    if not path.exists():
        raise UserError(f"{path}: missing; a model of COLMAP has cameras, images and points3D")
    with reading(path, "damaged, or no file of COLMAP"):
        return reader(path)


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


def _binary_lenses(path: Path) -> dict[int, ColmapCamera]:
    data, lenses = _Bytes(path), {}
    for _ in range(data.one("<u8")):
        number, model, width, height = data.one("<u4"), data.one("<i4"), data.one("<u8"), data.one("<u8")
        name = model_name(model)
        lenses[number] = make_lens(name, (width, height), data.take("<f8", parameter_count(name)).tolist())
    return lenses


def _binary_pictures(path: Path) -> list[ColmapImage]:
    data, pictures = _Bytes(path), []
    seen = np.dtype([("x", "<f8"), ("y", "<f8"), ("point", "<i8")])
    for _ in range(data.one("<u8")):
        number, pose, lens, name = data.one("<u4"), data.take("<f8", 7), data.one("<u4"), data.text()
        points = data.take(f"V{seen.itemsize}", data.one("<u8")).view(seen)["point"]
        pictures.append(make_picture(number, name, lens, pose, points))
    return pictures


def _binary_rigs(path: Path) -> Sensors:
    data, sensors = _Bytes(path), Sensors()
    for _ in range(data.one("<u8")):
        rig, count = data.one("<u4"), data.one("<u4")
        for index in range(count):
            kind, sensor = data.one("<i4"), data.one("<u4")
            # The first one is where the rig is.
            pose: Array | None = np.eye(4)
            if index > 0:
                pose = pose_matrix(data.take("<f8", 7)) if data.one("u1") else None
            if kind == CAMERA_SENSOR[0] and pose is not None:
                sensors[rig, sensor] = pose
    return sensors


def _binary_frames(path: Path) -> list[RigFrame]:
    data, frames = _Bytes(path), []
    for _ in range(data.one("<u8")):
        data.one("<u4")
        rig, pose = data.one("<u4"), pose_matrix(data.take("<f8", 7))
        found = [(data.one("<i4"), data.one("<u4"), data.one("<u8")) for _ in range(data.one("<u4"))]
        pictures = tuple((sensor, number) for kind, sensor, number in found if kind == CAMERA_SENSOR[0])
        frames.append(RigFrame(rig, pose, pictures))
    return frames


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


def _text_lenses(path: Path) -> dict[int, ColmapCamera]:
    lenses = {}
    for line in _lines(path):
        if words := line.split():
            number, model, width, height = int(words[0]), words[1], int(words[2]), int(words[3])
            if model not in LENSES and model not in OTHER_LENSES:
                raise ValueError(f"camera {number} is a {model[:40]}; known are {', '.join((*LENSES, *OTHER_LENSES))}")
            lenses[number] = make_lens(model, (width, height), [float(word) for word in words[4:]])
    return lenses


def _text_pictures(path: Path) -> list[ColmapImage]:
    pictures = list[ColmapImage]()
    pending: list[str] = []
    for line in _lines(path):
        if pending and not _is_picture(line):
            pictures.append(_text_picture(pending, line.split()))
            pending = []
        elif line.strip():
            if pending:
                # The second line, of points, was left out.
                pictures.append(_text_picture(pending, []))
            pending = line.split(maxsplit=9)
    if pending:
        pictures.append(_text_picture(pending, []))
    return pictures


def _is_picture(line: str) -> bool:
    """Whether it is a photograph's first line: ten words of which the last is a name; points come in threes."""
    words = line.split(maxsplit=9)
    if len(words) < 10 or not all(map(_is_number, words[:9])):
        return False
    name = words[9].split()
    return (9 + len(name)) % 3 != 0 or not all(map(_is_number, name))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _text_picture(words: Sequence[str], seen: Sequence[str]) -> ColmapImage:
    pose = np.array([float(word) for word in words[1:8]])
    points = np.array([int(word) for word in seen[2::3]], dtype=np.int64)
    return make_picture(int(words[0]), words[9].strip(), int(words[8]), pose, points)


def _text_rigs(path: Path) -> Sensors:
    sensors = Sensors()
    for line in _lines(path):
        words = line.split()
        if len(words) < 4:
            continue
        rig, at = int(words[0]), 4
        if words[2] == CAMERA_SENSOR[1]:
            sensors[rig, int(words[3])] = np.eye(4)
        for _ in range(int(words[1]) - 1):
            kind, sensor, known = words[at], int(words[at + 1]), int(words[at + 2])
            at += 3
            if known and kind == CAMERA_SENSOR[1]:
                sensors[rig, sensor] = pose_matrix(np.array([float(word) for word in words[at : at + 7]]))
            at += 7 if known else 0
    return sensors


def _text_frames(path: Path) -> list[RigFrame]:
    frames = []
    for line in _lines(path):
        if words := line.split():
            pose = pose_matrix(np.array([float(word) for word in words[2:9]]))
            found = [words[10 + 3 * index : 13 + 3 * index] for index in range(int(words[9]))]
            pictures = tuple((int(sensor), int(number)) for kind, sensor, number in found if kind == CAMERA_SENSOR[1])
            frames.append(RigFrame(int(words[1]), pose, pictures))
    return frames


def _text_points(path: Path) -> tuple[Array, Array, Array]:
    numbers, places, colours = [], [], []
    for line in _lines(path):
        if words := line.split():
            numbers.append(int(words[0]))
            places.append(np.array([float(word) for word in words[1:4]]))
            colours.append(np.array([int(word) for word in words[4:7]]))
    return _points(numbers, places, colours)
