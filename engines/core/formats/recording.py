"""A recording: time steps of dynamic objects, seen by several cameras at once; or a folder of recordings.

| layout | pictures | poses |
|---|---|---|
| by step | `frames/00000/images/000.png`..., or the steps directly in the folder | in each step, or one for all |
| by camera | `cam00/00000.jpg`... | one for all |
| videos | `cam00.mp4`, `cam01.mp4`, ... | one for all |

The poses are LLFF's `poses_bounds.npy` with a row for each camera, in the order of their names; the depths of the first
step's hold for all. Beside, where there are such: `background/` (or `backgrounds/`, `bg/`; also one folder up) with a
picture of each camera without what moves; `masks/` with pictures that are bright where something moves, named like the
pictures they belong to: `masks/00000/000.png` by step, else `masks/cam00/00000.png`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import IMAGE_SUFFIXES, list_images, photograph_size
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.instance_folders import Place
from engines.core.formats.llff import depth_range, read_rig_rows, shown_camera
from engines.core.formats.recording_layouts import FRAMES, find_layout, is_recording
from engines.core.formats.several_scenes import Extent, find_scenes, scenes_among, scenes_dataset

NAME = "recording"
LAYOUT = (
    "a recording: poses_bounds.npy with a row for each camera, beside cam00/, cam01/, ... or cam00.mp4, cam01.mp4, "
    "..., or beside images/ in frames/00000/, ...; background/ with an image of each camera; or a folder of recordings"
)

BACKGROUNDS = ("background", "backgrounds", "bg")
MASKS = "masks"

_scenes_in = partial(scenes_among, is_scene=is_recording)


def detect(folder: Path) -> bool:
    """Whether it is a recording, or holds some."""
    return bool(find_scenes(folder, _scenes_in))


def read(folder: Path) -> Dataset:
    """Opens one recording, or several.

    Raises:
        UserError: names the file that is wrong, or the cameras or steps that don't agree.
    """
    return scenes_dataset(NAME, folder, find_scenes(folder, _scenes_in), RecordingViews)


class RecordingViews:
    """One recording's views, by step and camera, then its backgrounds; listed now, each made when it is asked for."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Lists it, and reads the poses of its first step.

        Raises:
            UserError: names what is missing or doesn't fit.
        """
        folder, self._split, self._number = place
        self._layout, self._prefix = find_layout(folder), prefix
        self._cameras = len(self._layout.sizes)
        self._backgrounds = self._find_backgrounds(folder)
        self._masks = _find_masks(folder, self._layout.mask_folders())
        poses, rows = self._rows(0)
        views = self._layout.steps * self._cameras
        self.extent = Extent(depth_range(poses, rows), views, self._cameras, len(self._backgrounds))

    @property
    def names(self) -> list[str]:
        """Texts that name all that was listed: the pictures of each step or camera, then the backgrounds."""
        return [*self._layout.names, *(path.name for path in self._backgrounds)]

    def __len__(self) -> int:
        return self.extent.views + self.extent.backgrounds

    def __getitem__(self, index: int) -> View:
        if index >= self.extent.views:
            return self._background(index - self.extent.views)
        step, camera = divmod(index, self._cameras)
        path, at, mask = self._layout.picture(step, camera)
        seen, turned = self._camera(step, camera, path, self._layout.sizes[camera])
        return View(
            seen,
            f"{self._prefix}{step:05d}/cam{camera:02d}",
            self._split,
            path,
            at,
            time=step,
            camera_index=camera,
            mask_path=self._mask(mask),
            instance=self._number,
            turned=turned,
        )

    def _background(self, camera: int) -> View:
        path = self._backgrounds[camera]
        seen, turned = self._camera(0, camera, path, photograph_size(path))
        return View(
            seen,
            f"{self._prefix}background/cam{camera:02d}",
            self._split,
            path,
            camera_index=camera,
            instance=self._number,
            turned=turned,
        )

    def _camera(self, step: int, camera: int, image: Path, size_px: tuple[int, int]) -> tuple[Camera, int]:
        path, rows = self._rows(step)
        return shown_camera(f"{path}: row {camera}", rows[camera], image, size_px)

    def _rows(self, step: int) -> tuple[Path, Array]:
        path = self._layout.poses(step)
        changed_ns = path.stat().st_mtime_ns if path.is_file() else 0
        return path, _rig_rows(path, changed_ns, self._cameras)

    def _find_backgrounds(self, folder: Path) -> list[Path]:
        for place in (folder, folder.parent):
            found = next((place / name for name in BACKGROUNDS if _holds_images(place / name)), None)
            images = self._layout.backgrounds(found) if found else []
            if len(images) == self._cameras:
                return images
            # One folder up may stand what belongs to another recording.
            if images and (place == folder or folder.name == FRAMES):
                raise UserError(
                    f"{found}: {len(images)} backgrounds but {self._cameras} cameras; needs one for each camera"
                )
        return []

    def _mask(self, name: str) -> Path | None:
        if self._masks is None:
            return None
        suffixes = (case(suffix) for suffix in IMAGE_SUFFIXES for case in (str.lower, str.upper))
        return next((path for suffix in suffixes if (path := self._masks / (name + suffix)).is_file()), None)


def _holds_images(folder: Path) -> bool:
    return folder.is_dir() and bool(list_images(folder))


def _find_masks(folder: Path, names: Sequence[str]) -> Path | None:
    """The folder of masks, where there is one.

    Raises:
        UserError: none of its folders belongs to a step or camera.
    """
    masks = folder / MASKS
    if not masks.is_dir():
        return None
    if not any((masks / name).is_dir() for name in names):
        raise UserError(f"{masks}: has no folder named like those of the pictures ({names[0]}, ...); name them so")
    return masks


# The time tells a file that was replaced from the one that was read.
@lru_cache(256)
def _rig_rows(path: Path, changed_ns: int, cameras: int) -> Array:
    return read_rig_rows(path, cameras)
