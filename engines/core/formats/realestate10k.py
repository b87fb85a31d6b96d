"""Clips of RealEstate10K (Zhou et al. 2018): a text of cameras for each clip, beside its frames.

`frames/<clip>/*.jpg` with `cameras/<clip>.txt`; `<clip>/*.jpg` beside `<clip>.txt`; or `<clip>/cameras.txt` with the
images, also in `images/`. The text's first line is the video's address; each other line is a frame: its time in
microseconds; fx, fy, cx, cy in widths and heights of the image; k1, k2 (0 as published); world_to_camera, 3x4 row by
row, OpenCV axes. Images go by the time in their names where it is there, else in order.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import list_in_order, photograph_size
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.beside import texts_in
from engines.core.formats.instance_folders import Place
from engines.core.formats.left_out import LeftOut
from engines.core.formats.projections import placed_camera
from engines.core.formats.several_scenes import Extent, find_scenes, scenes_dataset
from engines.core.reading import read_text

NAME = "realestate10k"
LAYOUT = "clips of RealEstate10K: frames/<clip>/ and cameras/<clip>.txt, <clip>/ and <clip>.txt, or <clip>/cameras.txt"

FRAMES, CAMERAS, OWN_CAMERAS, IMAGES = "frames", "cameras", "cameras.txt", "images"
NUMBERS = 19
MOST_SHOWN = 40
"""Characters of what was found in place of a number."""
DEPTHS = (1.0, 100.0)
"""The clips' scale comes from their structure from motion; these are the depths that methods for them begin with."""
UP = np.array([0.0, -1.0, 0.0])
"""The world is the first camera's."""


def detect(folder: Path) -> bool:
    """Whether it is a clip, or holds some."""
    return bool(find_scenes(folder, _clips))


def read(folder: Path) -> Dataset:
    """Opens one clip, or all that have frames.

    Raises:
        UserError: names the file and line that is wrong, or the frames that have no line.
    """
    return scenes_dataset(NAME, folder, find_scenes(folder, _clips), Clip, UP)


def _clips(root: Path) -> list[tuple[str, Path]]:
    """Names of the clips, and their texts; none if not one of these is such a text."""
    if _is_text(root / OWN_CAMERAS):
        return [("", root / OWN_CAMERAS)]
    texts, frames = (root / CAMERAS, root / FRAMES) if (root / CAMERAS).is_dir() else (root, root)
    folders = {path.name for path in frames.iterdir() if path.is_dir()} if frames.is_dir() else set()
    found = [(path.stem, path) for path in texts_in(texts) if path.stem in folders]
    found += [(path.name, path / OWN_CAMERAS) for path in root.iterdir() if (path / OWN_CAMERAS).is_file()]
    return sorted(found) if any(_is_text(path) for _, path in found) else []


def _is_text(path: Path) -> bool:
    """By its first line: an address, or a frame."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as lines:
        first = lines.readline(1000)
    return first.startswith("http") or len(_numbers(first)) == NUMBERS


def _numbers(line: str) -> list[float]:
    """None where one word is no number."""
    try:
        return [float(word) for word in line.split()]
    except ValueError:
        return []


def _frames_of(text: Path) -> Path:
    if text.name == OWN_CAMERAS:
        inside = text.parent / IMAGES
        return inside if inside.is_dir() else text.parent
    if text.parent.name == CAMERAS:
        return text.parent.parent / FRAMES / text.stem
    return text.parent / text.stem


class Clip:
    """One clip's views; its frames are listed now, each line is read when it is asked for."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Lists it.

        Raises:
            UserError: names the line without a time, or the image that has no line.
        """
        self._text, self._split, self._number = place
        self._prefix, self._frames = prefix, _frames_of(self._text)
        self._lines = _lines(self._text)
        images = list_in_order(self._frames)
        if not images:
            raise UserError(f"{self._frames}: holds no images; needs the frames of {self._text.name}")
        self._left_out = LeftOut()
        self._images = self._matched(images)
        self._size_px = photograph_size(images[0])
        notes = self._left_out.notes(f"{self._frames.name}/", f"line in {self._text.name}")
        self.extent = Extent(DEPTHS, len(self._images), notes=notes)

    def _matched(self, images: list[Path]) -> list[tuple[int, Path]]:
        """Line and image of each frame, in the order of the lines."""
        known = {_time(self._text, line, words): line for line, words in self._lines.items()}
        times = [int(digits[-1]) if (digits := re.findall(r"[0-9]+", path.stem)) else None for path in images]
        # More than half: a frame's number may happen to be a time.
        if 2 * sum(time in known for time in times) <= len(images):
            if len(images) != len(self._lines):
                raise UserError(
                    f"{self._frames}: {len(images)} images but {len(self._lines)} lines in {self._text}; "
                    "each image needs its line, or its time in its name"
                )
            return list(zip(self._lines, images, strict=True))
        of_time = dict(zip(times, images, strict=True))
        missing = [str(time) for time in known if time not in of_time]
        without = [path.stem for time, path in zip(times, images, strict=True) if time not in known]
        self._left_out = LeftOut(len(known), len(images), missing, without)
        return sorted((known[time], path) for time, path in of_time.items() if time is not None and time in known)

    @property
    def names(self) -> list[str]:
        """The names of the images, without suffix."""
        return [path.stem for _, path in self._images]

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> View:
        line, path = self._images[index]
        numbers = np.array(_numbers(self._lines[line]))
        where = f"{self._text}: line {line}"
        if len(numbers) != NUMBERS:
            count = len(self._lines[line].split())
            found = f"{count} words" if count != NUMBERS else "a word that is no number"
            raise UserError(
                f"{where} has {found}; needs {NUMBERS} numbers: time, fx fy cx cy, k1 k2, world_to_camera (3x4)"
            )
        camera = _camera(where, numbers, self._size_px)
        k1, k2 = numbers[5:7].tolist()
        distortion = (k1, k2, 0.0, 0.0) if k1 or k2 else ()
        name = self._prefix + path.stem
        return View(camera, name, self._split, path, instance=self._number, distortion=distortion)


def _lines(path: Path) -> dict[int, str]:
    """The frames' lines by their number from 1.

    Raises:
        UserError: not a text, or no frames.
    """
    text = read_text(path)
    lines = {number: line for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
    if 1 in lines and not _numbers(lines[1]):
        del lines[1]
    if not lines:
        raise UserError(f"{path}: has no frames; needs a line of {NUMBERS} numbers for each, after the video's address")
    return lines


def _time(path: Path, line: int, words: str) -> int:
    """Microseconds."""
    try:
        return int(words.split(None, 1)[0])
    except ValueError as error:
        first = words.split()[0][:MOST_SHOWN]
        raise UserError(f"{path}: line {line} begins with {first}, not with a frame's time") from error


def _camera(where: str, numbers: Array, size_px: tuple[int, int]) -> Camera:
    fx, fy, cx, cy = (numbers[1:5] * [*size_px, *size_px]).tolist()
    pose = np.eye(4)
    pose[:3] = numbers[7:].reshape(3, 4)
    return placed_camera(where, pose, (fx, fy), (cx, cy), size_px)
