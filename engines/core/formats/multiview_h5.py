"""The training files of Deep 3D Mask Volume (Lin et al. 2021): `<scene>/<name>.h5` beside `<name>_pb.npy`.

Data sets, bytes: `rgb` [cameras, steps, H, W, 3]; where there are such, `fg_rgb` [cameras, steps, H, W, 4], whose last
channel is bright where something moves, and `bg_rgb` [cameras, H, W, 3] without what moves. The poses are LLFF's rows.
"""

from __future__ import annotations

from pathlib import Path

from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import LARGEST_SIDE_PX, large_enough
from engines.core.data.picture_files import hdf5_shape
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.instance_folders import Place
from engines.core.formats.llff import depth_range, photograph_camera, read_rig_rows
from engines.core.formats.several_scenes import Extent, find_scenes, scenes_dataset

NAME = "multiview_h5"
LAYOUT = "recordings in HDF5: <name>.h5 beside <name>_pb.npy, in the folder or in one for each scene"

SUFFIX = ".h5"
POSES_END = "_pb.npy"
PICTURES_RANK = 5
PICTURES, MOVING, BACKGROUNDS = "rgb", "fg_rgb", "bg_rgb"


def detect(folder: Path) -> bool:
    """Whether such a file is in it, or in one of its folders: its poses beside it, or pictures in it."""
    return any(
        _poses_of(scene.path).is_file() or _has_pictures(scene.path) for scene in find_scenes(folder, _scenes_in)
    )


def _has_pictures(path: Path) -> bool:
    try:
        return len(hdf5_shape(path, PICTURES) or ()) == PICTURES_RANK
    except UserError:
        return False


def read(folder: Path) -> Dataset:
    """Opens all such files.

    Raises:
        UserError: names the file and the data set or row that is wrong.
    """
    return scenes_dataset(NAME, folder, find_scenes(folder, _scenes_in), RigFile)


def _scenes_in(root: Path) -> list[tuple[str, Path]]:
    files = _files(root)
    if files:
        return [("" if len(files) == 1 else path.stem, path) for path in files]
    several = [(folder.name, _files(folder)) for folder in sorted(root.iterdir()) if folder.is_dir()]
    return [(name if len(files) == 1 else f"{name}/{file.stem}", file) for name, files in several for file in files]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*" + SUFFIX) if path.is_file() and not path.name.startswith("."))


def _poses_of(path: Path) -> Path:
    return path.with_name(path.stem + POSES_END)


class RigFile:
    """One file's views, by step and camera, then its backgrounds."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Looks at the shapes, and reads the poses.

        Raises:
            UserError: names what is missing or doesn't fit.
        """
        self._path, self._split, self._number = place
        self._prefix = prefix
        pictures = self._shape(PICTURES, "cameras, steps, H, W, 3")
        if not pictures:
            raise UserError(f"{self._path}: has no data set {PICTURES} [cameras, steps, H, W, 3]")
        self._cameras, steps, height, width, _ = pictures
        self._size_px = large_enough(self._path, (width, height))
        moving = self._shape(MOVING, "cameras, steps, H, W, 4")
        backgrounds = self._shape(BACKGROUNDS, "cameras, H, W, 3")
        self._require_like(MOVING, moving[:4], pictures[:4])
        self._require_like(BACKGROUNDS, backgrounds[:1], pictures[:1])
        self._has_masks = bool(moving) and moving[4] > 3
        self._background_px = large_enough(self._path, (backgrounds[2], backgrounds[1])) if backgrounds else None
        self._poses = _poses_of(self._path)
        self._rows = read_rig_rows(self._poses, self._cameras)
        views, without = self._cameras * steps, backgrounds[0] if backgrounds else 0
        self.extent = Extent(depth_range(self._poses, self._rows), views, self._cameras, without)

    def _shape(self, name: str, meaning: str) -> tuple[int, ...]:
        """Of a data set; () where there is none."""
        shape = hdf5_shape(self._path, name)
        if shape is None:
            return ()
        if len(shape) != len(meaning.split(",")) or 0 in shape or shape[-1] < 3:
            raise UserError(f"{self._path}: {name} is {list(shape)}; needs [{meaning}]")
        if max(shape[-3:-1]) > LARGEST_SIDE_PX:
            raise UserError(
                f"{self._path}: {name} claims pictures of {shape[-2]}x{shape[-3]}; more than {LARGEST_SIDE_PX} pixels "
                "along a side can't be read"
            )
        return shape

    def _require_like(self, name: str, shape: tuple[int, ...], pictures: tuple[int, ...]) -> None:
        if shape and shape != pictures:
            raise UserError(
                f"{self._path}: {name} begins with {list(shape)} but {PICTURES} with {list(pictures)}; must be equal"
            )

    @property
    def names(self) -> list[str]:
        """What tells this file from another."""
        return [self._path.name, str(self.extent)]

    def __len__(self) -> int:
        return self.extent.views + self.extent.backgrounds

    def __getitem__(self, index: int) -> View:
        if index >= self.extent.views:
            return self._background(index - self.extent.views)
        step, camera = divmod(index, self._cameras)
        return View(
            self._camera(camera, self._size_px),
            f"{self._prefix}{step:05d}/cam{camera:02d}",
            self._split,
            self._path,
            (PICTURES, camera, step),
            time=step,
            camera_index=camera,
            mask_path=self._path if self._has_masks else None,
            mask_at=(MOVING, camera, step) if self._has_masks else (),
            instance=self._number,
        )

    def _background(self, camera: int) -> View:
        return View(
            self._camera(camera, self._background_px or self._size_px),
            f"{self._prefix}background/cam{camera:02d}",
            self._split,
            self._path,
            (BACKGROUNDS, camera),
            camera_index=camera,
            instance=self._number,
        )

    def _camera(self, camera: int, size_px: tuple[int, int]) -> Camera:
        return photograph_camera(f"{self._poses}: row {camera}", self._rows[camera], size_px)
