"""Middlebury's multi-view stereo (Seitz et al. 2006): `dino_par.txt` beside `dino0001.png`, `dino0002.png`, ...

The first line is how many photographs there are; each other one is of a photograph: its name, `k11 k12 ... k33` of the
lens in pixels, `r11 ... r33` and `t1 t2 t3` from world to camera, so that a point X falls at K (R X + t), from the
picture's top left corner. The box that the object is in stands in `README.txt`, in words; `dino_ang.txt` has where the
cameras stood in degrees, which is not needed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from engines.core.bounds import GUESSED_DEPTHS, guessed_depths
from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import list_images, photograph_size
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.instance_folders import Place
from engines.core.formats.left_out import LeftOut
from engines.core.formats.projections import placed_camera
from engines.core.formats.several_scenes import Extent, find_scenes, scenes_among, scenes_dataset
from engines.core.reading import quoted, read_text

NAME = "middlebury"
LAYOUT = "Middlebury's multi-view stereo: <name>_par.txt beside the photographs that it names"

PARAMETERS = "_par.txt"
NUMBERS = 21
README = "README.txt"
IMAGES = "images"
SILHOUETTES = "_good_silhouette_images.txt"
MARGIN = 0.1
"""Of its longest side, that the box is grown by: it is called tight."""
MOST_SKEW_PX = 0.1


def _parameters(folder: Path) -> Path | None:
    found = sorted(path for path in folder.glob("*" + PARAMETERS) if path.is_file() and not path.name.startswith("."))
    return next((path for path in found if _is_parameters(path)), None)


def _is_parameters(path: Path) -> bool:
    """By its first two lines: a number, and a name with 21."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        first, second = lines.readline(100).split(), lines.readline(10000).split()
    return len(first) == 1 and first[0].isdecimal() and len(second) > 1


def _is_scene(folder: Path) -> bool:
    return _parameters(folder) is not None


_scenes_in = partial(scenes_among, is_scene=_is_scene)


def detect(folder: Path) -> bool:
    """Whether such a text is in it, or in some of its folders."""
    return bool(find_scenes(folder, _scenes_in))


def read(folder: Path) -> Dataset:
    """Opens one scene, or several; photographs that are not there are left out, and counted in the notes.

    Raises:
        UserError: names the line that is wrong.
    """
    scenes = find_scenes(folder, _scenes_in)
    dataset = scenes_dataset(NAME, folder, scenes, MiddleburyViews)
    box = read_box(scenes[0].path)
    return dataset if box is None else replace(dataset, bounds=box)


class MiddleburyViews:
    """One scene's views."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Reads the text.

        Raises:
            UserError: names the line that is wrong; or none of the photographs is there.
        """
        folder, self._split, self._number = place
        self._path, self._prefix = _parameters(folder) or folder / PARAMETERS, prefix
        rows = _read_rows(self._path)
        images = folder / IMAGES if (folder / IMAGES).is_dir() else folder
        known = {path.name.lower(): path for root in (images, folder) for path in list_images(root)}
        paths = [_photograph((folder, images), name) or known.get(name.lower()) for name, _ in rows]
        self._rows = [(path, row) for path, (_, row) in zip(paths, rows, strict=True) if path is not None]
        if not self._rows:
            raise UserError(f"{self._path}: none of its photographs is there, such as {rows[0][0]}")
        there = list_images(images)
        left_out = LeftOut(
            len(rows),
            len(there),
            [name for (name, _), path in zip(rows, paths, strict=True) if path is None],
            [path.stem for path in there if path not in paths],
        )
        notes = left_out.notes("the folder", f"line in {self._path.name}")
        depths = self._depths(folder)
        if read_box(folder) is None:
            notes += (f"no box of the object in README.txt, which says how near and far it is: {GUESSED_DEPTHS}",)
        if any(folder.glob("*" + SILHOUETTES)):
            notes += (f"the list of good silhouettes (*{SILHOUETTES}) is not used",)
        self.extent = Extent(depths, len(self._rows), notes=notes)

    @property
    def names(self) -> list[str]:
        """The file names of the photographs."""
        return [path.name for path, _ in self._rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> View:
        path, row = self._rows[index]
        camera = self._camera(path, row, photograph_size(path))
        return View(camera, self._prefix + path.stem, self._split, path, instance=self._number)

    def _camera(self, path: Path, row: Array, size_px: tuple[int, int]) -> Camera:
        where, lens = f"{self._path}: {path.name}", row[:9].reshape(3, 3) / row[8]
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = row[9:18].reshape(3, 3), row[18:]
        if abs(lens[0, 1] / lens[1, 1]) * size_px[1] > MOST_SKEW_PX or np.abs(lens[[1, 2, 2], [0, 0, 1]]).max() > 0:
            raise UserError(f"{where}: its pixels are skewed; only pinholes with upright pixels can be drawn")
        centre = (float(lens[0, 2]), float(lens[1, 2]))
        return placed_camera(where, pose, (float(lens[0, 0]), float(lens[1, 1])), centre, size_px)

    def _depths(self, folder: Path) -> tuple[float, float]:
        """The nearest and farthest that the cameras see of the box, or of what they look at."""
        cameras = [self._camera(path, row, photograph_size(path)) for path, row in self._rows]
        box = read_box(folder)
        if box is not None:
            corners = np.array([[x, y, z] for x in box[:, 0] for y in box[:, 1] for z in box[:, 2]])
            depths = np.stack([(corners - camera.position) @ camera.forward for camera in cameras])
            if depths.min() > 0:
                return float(depths.min()), float(depths.max())
        return guessed_depths(cameras)


def _photograph(roots: tuple[Path, ...], name: str) -> Path | None:
    return next((root / name for root in roots if (root / name).is_file()), None)


def _read_rows(path: Path) -> list[tuple[str, Array]]:
    """Name and numbers [21] of each photograph.

    Raises:
        UserError: names the line that is wrong.
    """
    lines = [(number, line.split()) for number, line in enumerate(read_text(path).splitlines(), start=1)]
    lines = [(number, words) for number, words in lines if words]
    count, rows = int(lines[0][1][0]), []
    for number, words in lines[1:]:
        # A name may have spaces in it.
        name, numbers = " ".join(words[:-NUMBERS]), words[-NUMBERS:]
        try:
            row = np.array([float(word) for word in numbers])
        except ValueError:
            row = np.empty(0)
        if not name or row.size != NUMBERS or not np.isfinite(row).all() or row[8] == 0:
            raise UserError(f"{path}: line {number} must hold a name and {NUMBERS} numbers, K (3x3), R (3x3) and t")
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise UserError(f"{path}: line {number}: {quoted(name)} is no name of a photograph")
        rows.append((name, row))
    if len(rows) != count:
        raise UserError(f"{path}: says that it has {count} photographs, but has {len(rows)} lines of them")
    return rows


def read_box(folder: Path) -> Array | None:
    """[2, 3] the box that `README.txt` states, somewhat larger; None where it states none."""
    if not (folder / README).is_file():
        return None
    _, found, text = read_text(folder / README).partition("bounding box")
    numbers = [float(word) for word in re.findall(r"[-+]?\d+\.\d+(?:[eE][-+]?\d+)?", text)[:6]]
    if not found or len(numbers) < 6:
        return None
    box = np.array(numbers).reshape(2, 3)
    if not (box[0] < box[1]).all():
        return None
    return np.asarray(box + np.array([[-1.0], [1.0]]) * MARGIN * (box[1] - box[0]).max())
