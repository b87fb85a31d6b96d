"""The folder layout of DeepVoxels and SRN (Sitzmann et al. 2019): `intrinsics.txt`, `pose/*.txt`, `rgb/*.png`.

One such folder, or several named `train`, `validation`, `test` in one. `intrinsics.txt`, line by line:
`f cx cy [0.]` in pixels of the size on line 5; `x y z` of the grid's centre; near plane (0: the method's default);
scale (the grid's side, world units); `height width`; optionally 1 when the poses are world-to-camera. SRN's has no
near plane. NSVF's (Liu et al. 2020) is a 4x4 matrix, of the photographs' own pixels, and names begin with the split:
`0_` to train on, `1_` to validate with, `2_` to test.
Poses are 4x4, OpenCV axes: on four lines, or the 16 numbers on one; the fourth row is 0 0 0 1 whatever it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.bounds import bounds_seen
from engines.core.camera import Array, Camera, rigid
from engines.core.data.dataset import Dataset
from engines.core.data.images import (
    IMAGE_SUFFIXES,
    fitted_camera,
    image_size,
    list_in_order,
    photograph_size,
    turned_for,
    turned_size,
)
from engines.core.data.views import Split, View, Views
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.formats.beside import files_beside, listed_splits, params_of, texts_in
from engines.core.formats.left_out import LeftOut, pair
from engines.core.formats.splits import split_folders
from engines.core.reading import read_text, shortened
from engines.core.upright import up_direction

NAME = "deepvoxels"
LAYOUT = "intrinsics.txt, pose/*.txt, rgb/*.png, or sub-folders train, validation, test of these"

NSVF_SPLITS: Mapping[str, Split] = {"0_": "train", "1_": "validation", "2_": "test"}
BOX = "bbox.txt"
"""Of NSVF, too, whose published scenes have either form of intrinsics."""


@dataclass(frozen=True)
class Intrinsics:
    """What `intrinsics.txt` says, pixels of its own `size_px`."""

    focal_px: float
    centre_px: tuple[float, float]
    grid_barycenter: tuple[float, float, float]
    near_plane: float | None
    """None: SRN's layout, which has no such line."""
    scale: float
    size_px: tuple[int, int] | None
    """None: NSVF's layout, which says neither the photographs' size nor where the grid is."""
    world_to_camera: bool = False
    focal_y_px: float | None = None
    """None: as `focal_px`."""

    @property
    def focal(self) -> tuple[float, float]:
        """(fx, fy)."""
        return self.focal_px, self.focal_px if self.focal_y_px is None else self.focal_y_px


def detect(folder: Path) -> bool:
    """Whether the folder, or a split in it, has poses beside an `intrinsics.txt`, or poses and images."""
    return any(is_part(place) for place in (folder, *(place for _, place in split_folders(folder))))


def is_part(folder: Path) -> bool:
    """Whether it is one scene, or one split of it."""
    return (folder / "pose").is_dir() and ((folder / "intrinsics.txt").is_file() or (folder / "rgb").is_dir())


def read(folder: Path) -> Dataset:
    """Opens the folder with all its splits.

    Raises:
        UserError: names the file and the line that is wrong.
    """
    places: list[tuple[Path, Split]] = [(folder, "train")] if is_part(folder) else []
    places += [(place, split) for split, place in split_folders(folder) if is_part(place)]
    parts = [Part(place, split, folder / "intrinsics.txt") for place, split in places]
    if is_part(folder):
        parts[0].obey_lists()
    for part in parts:
        part.require_one_size()
    views = [view for part in parts for view in part.views()]
    if not views:
        raise UserError(f"{folder}: its pose folder is empty; needs a 4x4 .txt for each view")
    cameras = tuple(view.camera for view in views if view.split == "train") or tuple(view.camera for view in views)
    left_out = LeftOut()
    for part in parts:
        left_out.add(part.left_out)
    return Dataset(
        views=Views.of(sorted(views, key=lambda view: view.split != "train")),
        source=folder,
        format=NAME,
        bounds=read_bounds(folder, cameras),
        up=up_direction(cameras),
        hints=_hints(parts[0].intrinsics),
        notes=(*left_out.notes("rgb/", "pose"), *dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _hints(intrinsics: Intrinsics) -> dict[str, Any]:
    if intrinsics.size_px is None:
        return {}
    return {
        "near_plane": intrinsics.near_plane or 0.0,
        "scale": intrinsics.scale,
        "grid_barycenter": list(intrinsics.grid_barycenter),
    }


def read_intrinsics(path: Path) -> Intrinsics:
    """Reads `intrinsics.txt`.

    Raises:
        UserError: missing, or names the line that is wrong.
    """
    lines = _read_text(path).splitlines()
    matrix = _matrix(path, lines)
    if matrix is not None:
        return matrix

    def numbers(line: int, least: int, what: str) -> list[float]:
        words = lines[line].split() if line < len(lines) else []
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if len(values) < least or not np.isfinite(values).all():
            raise UserError(
                f"{path}: line {line + 1} must hold {what}, but is {shortened(lines[line]) if words else 'missing'}"
            )
        return values

    focal, cx, cy = numbers(0, 3, "f cx cy")[:3]
    centre = numbers(1, 3, "x y z of the grid's centre")
    # SRN leaves the near plane out: the size stands a line earlier.
    size_line = 3 if len(lines) > 3 and len(lines[3].split()) >= 2 else 4
    near = numbers(2, 1, "the near plane")[0] if size_line == 4 else None
    scale = numbers(size_line - 1, 1, "the scale")[0]
    height, width = (round(x) for x in numbers(size_line, 2, "height width")[:2])
    if focal <= 0 or scale <= 0 or min(height, width) < 1 or (near is not None and near < 0):
        raise UserError(f"{path}: focal length, scale, height and width must be > 0, the near plane >= 0")
    # As the authors read it: a whole number other than 0; anything else is no flag.
    inverted = len(lines) > size_line + 1 and lines[size_line + 1].strip().lstrip("+-0").isdigit()
    return Intrinsics(
        focal, (cx, cy), (centre[0], centre[1], centre[2]), near, scale, (width, height), world_to_camera=inverted
    )


def _matrix(path: Path, lines: Sequence[str]) -> Intrinsics | None:
    """NSVF's: [4, 4], also on one line, or its first three rows or columns; None where it is no matrix.

    Raises:
        UserError: a matrix, but of no lens.
    """
    rows = [line.split() for line in lines if line.strip()]
    try:
        numbers = np.array([[float(word) for word in row] for row in rows])
    except ValueError:
        return None
    if numbers.shape == (1, 16):
        numbers = numbers.reshape(4, 4)
    # The other layout's second line is a place, its third one number.
    if numbers.ndim != 2 or numbers.shape not in ((4, 4), (3, 4), (3, 3)) or not np.isfinite(numbers).all():
        return None
    fx, fy, cx, cy = numbers[0, 0], numbers[1, 1], numbers[0, 2], numbers[1, 2]
    if min(fx, fy) <= 0 or numbers[2, :3].tolist() != [0, 0, 1] or numbers[1, 0] != 0:
        raise UserError(f"{path}: is a matrix, but not of a lens; needs fx 0 cx 0 / 0 fy cy 0 / 0 0 1 0 / 0 0 0 1")
    return Intrinsics(float(fx), (float(cx), float(cy)), (0.0, 0.0, 0.0), None, 1.0, None, focal_y_px=float(fy))


def read_pose(path: Path) -> Array:
    """[4, 4] float64; its fourth row is 0 0 0 1, whatever the file says.

    Raises:
        UserError: not 16 numbers.
    """
    words = _read_text(path).split()
    try:
        values = np.array([float(word) for word in words])
    except ValueError as error:
        raise UserError(f"{path}: {shortened(error)}; a pose is 16 numbers (4x4, row by row)") from error
    if values.size != 16:
        raise UserError(f"{path}: has {values.size} numbers; a pose needs 16 (4x4, row by row)")
    return rigid(values.reshape(4, 4))


def _read_text(path: Path) -> str:
    if not path.exists():
        raise UserError(f"{path}: missing")
    return read_text(path)


class Part:
    """The views of one such folder; listed now, each pose read when it is asked for."""

    def __init__(self, folder: Path, split: Split, shared: Path, prefix: str = "", instance: int = 0) -> None:
        """Lists it.

        Args:
            shared: the intrinsics of all parts, for one that has none of its own.
            prefix: goes before the views' names.

        Raises:
            UserError: names the file that is wrong, or the view whose image or pose is missing.
        """
        own = folder / "intrinsics.txt"
        if not own.is_file() and not shared.is_file() and own != shared:
            raise UserError(f"{own}: missing, and there is no {shared} for all")
        self.intrinsics = read_intrinsics(own if own.is_file() else shared)
        self._poses = texts_in(folder / "pose")
        found = list_in_order(folder / "rgb") if (folder / "rgb").is_dir() else []
        self.images, self.left_out = list[Path](), LeftOut()
        params = params_of(self._poses, folder / "params")
        if found and self._poses:
            of_pose = dict(zip(self._poses, params, strict=False))
            pairs, self.left_out = pair(folder, self._poses, found)
            self._poses, self.images = [pose for pose, _ in pairs], [image for _, image in pairs]
            params = [of_pose[pose] for pose in self._poses] if of_pose else []
        elif found:
            raise UserError(f"{folder}: 0 poses but {len(found)} images; each image needs its pose")
        if not self.images and self.intrinsics.size_px is None and self._poses:
            raise UserError(f"{folder}: has no photographs, and its intrinsics.txt, a matrix, does not say their size")
        self._params = params
        self._size_px = photograph_size(self.images[0]) if self.images else self.intrinsics.size_px or (1, 1)
        self._folder, self._split, self._prefix, self._instance = folder, split, prefix, instance
        self._splits: Mapping[str, Split] = {}
        if self.intrinsics.size_px is None or (folder / BOX).is_file():
            self._splits = _nsvf_splits(self._poses)
        self.has_images = bool(self.images)
        self._masks = files_beside(folder / "mask", self._poses, IMAGE_SUFFIXES)
        self._depths = files_beside(folder / "depth", self._poses, (".npy", *IMAGE_SUFFIXES))
        self.notes = tuple(beside.note for beside in (self._masks, self._depths) if beside.note)

    @property
    def names(self) -> list[str]:
        """The names of the poses' files, without suffix."""
        return [path.stem for path in self._poses]

    def __len__(self) -> int:
        return len(self._poses)

    def __getitem__(self, index: int) -> View:
        path = self._poses[index]
        image, stated_px, turned = self.images[index] if self.images else None, self.intrinsics.size_px, 1
        if image is not None and stated_px is not None:
            turned = turned_for(image, self._size_px, stated_px)
        return View(
            _camera(path, self.intrinsics, turned_size(self._size_px, turned)),
            self._prefix + path.stem,
            self._split_of(path.stem),
            image,
            mask_path=self._masks.of.get(path.stem),
            depth_path=self._depths.of.get(path.stem),
            instance=self._instance,
            params_path=self._params[index] if self._params else None,
            turned=turned,
        )

    @property
    def splits(self) -> list[Split]:
        """The split of each view."""
        if not self._splits:
            return [self._split] * len(self)
        return [self._split_of(path.stem) for path in self._poses]

    def _split_of(self, stem: str) -> Split:
        return self._splits.get(stem, self._split)

    def obey_lists(self) -> None:
        """Takes the split of each view from lists in its folder, where there are such, and leaves out what is in none.

        Raises:
            UserError: a list can't be read.
        """
        listed = listed_splits((self._folder,), self.names, self._split)
        self.notes += listed.notes
        if not listed.obeyed:
            return
        chosen, names = listed.kept, self.names
        self._splits = {names[index]: split for index, split in zip(chosen, listed.splits, strict=True)}
        self._poses = [self._poses[index] for index in chosen]
        self.images = [self.images[index] for index in chosen] if self.images else []
        self._params = [self._params[index] for index in chosen] if self._params else []

    def views(self) -> list[View]:
        """All of them, read now."""
        return [self[index] for index in range(len(self))]

    def require_one_size(self) -> None:
        """Looks at every image's header.

        Raises:
            UserError: one has another size than the first.
        """
        for path in self.images:
            if image_size(path) != self._size_px:
                (width, height), (first_width, first_height) = image_size(path), self._size_px
                raise UserError(
                    f"{path}: is {width}x{height}, the other images are {first_width}x{first_height}; "
                    "all images of a folder must have one size"
                )


def _nsvf_splits(poses: Sequence[Path]) -> Mapping[str, Split]:
    """Of each stem, by its beginning; none where one begins in another way."""
    if any(path.stem[:2] not in NSVF_SPLITS for path in poses):
        return {}
    return {path.stem: NSVF_SPLITS[path.stem[:2]] for path in poses}


def _camera(path: Path, intrinsics: Intrinsics, size_px: tuple[int, int]) -> Camera:
    pose = read_pose(path)
    try:
        if intrinsics.world_to_camera:
            pose = np.linalg.inv(pose)
        camera = Camera(pose, intrinsics.focal, intrinsics.centre_px, intrinsics.size_px or size_px)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise UserError(f"{path}: {error}") from error
    return fitted_camera(str(path), camera, size_px)


def read_bounds(folder: Path, cameras: tuple[Camera, ...]) -> Array:
    """`bbox.txt` (NSVF: xmin ymin zmin xmax ymax zmax voxel) where it is there, else from the cameras."""
    path = folder / BOX
    if path.is_file():
        try:
            corners = np.array([float(word) for word in _read_text(path).split()[:6]]).reshape(2, 3)
        except ValueError as error:
            raise UserError(f"{path}: must begin with six numbers, xmin ymin zmin xmax ymax zmax") from error
        if (corners[0] < corners[1]).all():
            return corners
        raise UserError(f"{path}: its lowest corner must lie below its highest")
    return bounds_seen(cameras)


def write_intrinsics(path: Path, intrinsics: Intrinsics) -> None:
    """Writes `intrinsics.txt`, atomically."""
    if intrinsics.size_px is None or intrinsics.focal_y_px is not None:
        raise ValueError("such intrinsics are a matrix, as NSVF has it")
    x, y, z = intrinsics.grid_barycenter
    width, height = intrinsics.size_px
    near = "" if intrinsics.near_plane is None else f"{intrinsics.near_plane}\n"
    text = (
        f"{intrinsics.focal_px} {intrinsics.centre_px[0]} {intrinsics.centre_px[1]} 0.\n{x} {y} {z}\n"
        f"{near}{intrinsics.scale}\n{height} {width}\n"
    )
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_pose(path: Path, camera_to_world: Array) -> None:
    """Writes a pose [4, 4], camera to world, on four lines, atomically."""
    with replacing(path) as temporary:
        np.savetxt(temporary, camera_to_world, fmt="%.12g")
