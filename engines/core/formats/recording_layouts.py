"""Three ways in which the pictures of a recording lie in its folder: by step, by camera, and as videos.

Each lists names once and reads the headers of the first step's pictures only; a recording may have 100,000.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from engines.core.data.images import IMAGE_SUFFIXES, large_enough, list_images, natural_order, photograph_size
from engines.core.data.picture_files import VIDEO_SUFFIXES, Place, video_shape
from engines.core.errors import UserError
from engines.core.formats import llff
from engines.core.formats.colmap import find_model

FRAMES = "frames"
STEP_NAME = re.compile(r"[0-9]{3}")
"""How a step's folder begins; in `frames/` any number does."""
CAMERA_NAME = "cam"
LOOKED_AT = 10
"""Of a camera's pictures, for its size, where the first ones are damaged."""


class Layout(Protocol):
    """The pictures of a recording by step and camera.

    Attributes:
        steps: how many time steps.
        sizes: (width, height) of each camera's pictures.
        names: of all that was listed, to tell this recording from another.
    """

    steps: int
    sizes: tuple[tuple[int, int], ...]
    names: list[str]

    def picture(self, step: int, camera: int) -> tuple[Path, Place, str]:
        """Its file, the place in it, and the name of its mask without suffix."""
        ...

    def poses(self, step: int) -> Path:
        """The file with a row for each camera."""
        ...

    def backgrounds(self, folder: Path) -> list[Path]:
        """The images of a folder in the order of the cameras."""
        ...

    def mask_folders(self) -> Sequence[str]:
        """What folders of masks may be called."""
        ...


def is_recording(folder: Path) -> bool:
    """Whether the folder looks like one of the three; LLFF's own scenes may have a video beside them."""
    if _steps_root(folder) is not None:
        return True
    if llff.is_scene(folder) or _is_of_colmap(folder):
        return False
    return bool(_camera_folders(folder) or _videos(folder))


def _is_of_colmap(folder: Path) -> bool:
    """Whether COLMAP's model says where its pictures were taken from: there, too, cameras may have a folder each."""
    if (folder / llff.POSES).is_file():
        return False
    # Its photographs, masks and depths, all with a folder for each camera, lie beside the model.
    return find_model(folder) is not None or find_model(folder.parent) is not None


def find_layout(folder: Path) -> Layout:
    """The pictures of a recording.

    Raises:
        UserError: names the step or camera that lacks some, or the picture that can't be read.
    """
    root = _steps_root(folder)
    if root is not None:
        return StepFolders(folder, root)
    cameras, videos = _camera_folders(folder), _videos(folder)
    # Of a rig that was half unpacked the larger part is meant.
    if cameras and len(cameras) >= len(videos):
        return CameraFolders(folder, cameras)
    if videos:
        return Videos(folder, videos)
    raise UserError(f"{folder}: holds no steps, camera folders or videos of a recording")


def _folders(root: Path) -> list[Path]:
    return sorted((path for path in root.iterdir() if path.is_dir()), key=natural_order)


def _steps_root(folder: Path) -> Path | None:
    """Where the folders of the steps are, if they are."""
    frames = folder / FRAMES
    for root in (frames, folder):
        if root.is_dir() and any(any(step.glob(llff.IMAGES + "*")) for step in _step_folders(root)):
            return root
    # With poses beside it, it is a recording whose steps are missing.
    return frames if frames.is_dir() and (folder / llff.POSES).is_file() and not llff.is_scene(folder) else None


def _step_folders(root: Path) -> list[Path]:
    return [
        path for path in _folders(root) if STEP_NAME.match(path.name) or (root.name == FRAMES and path.name.isdecimal())
    ]


def _camera_folders(folder: Path) -> list[Path]:
    """None where there is no sign that they are a rig's: poses, or pictures in several."""
    named = [path for path in _folders(folder) if _is_named(path)]
    filled = {path for path in named if any(file.suffix.lower() in IMAGE_SUFFIXES for file in path.iterdir())}
    # A folder of calibrations has other things in it; one with nothing is a camera whose pictures were forgotten.
    found = [path for path in named if path in filled or not any(path.iterdir())]
    return found if len(filled) > 1 or (folder / llff.POSES).is_file() else []


def _videos(folder: Path) -> list[Path]:
    """None where there is no sign that they are a rig's: poses, or the names of cameras."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()]
    found = sorted((path for path in found if not path.name.startswith(".")), key=natural_order)
    named = sum(_is_named(path) for path in found)
    return found if named > 1 or (folder / llff.POSES).is_file() else []


def _is_named(path: Path) -> bool:
    return path.name.lower().startswith(CAMERA_NAME)


class StepFolders:
    """`frames/00000/images/000.png`: a folder for each step, with an image of each camera and its own poses."""

    def __init__(self, folder: Path, root: Path) -> None:
        """Lists every step."""
        self._folder, self._root = folder, root
        steps = _step_folders(root)
        if not steps:
            raise UserError(
                f"{root}: has no steps in it; each time step needs its folder 00000, 00001, ... with images/"
            )
        self._images = llff.largest_images(steps[0]).name
        first = self._list(steps[0])
        if not first:
            raise UserError(f"{steps[0] / self._images}: holds no images; each camera needs one")
        self._step_names = [step.name for step in steps]
        self._image_names = [first]
        for step in steps[1:]:
            names = self._list(step)
            if len(names) != len(first):
                raise UserError(
                    f"{step / self._images}: holds {len(names)} images, the first step's has {len(first)}; "
                    "each step needs one image of each camera"
                )
            # One object for all steps, as a rule.
            self._image_names.append(first if names == first else names)
        self.steps = len(steps)
        self.sizes = tuple(self._size(camera) for camera in range(len(first)))
        self.names = [f"{step}/{names}" for step, names in zip(self._step_names, self._image_names, strict=True)]

    def _size(self, camera: int) -> tuple[int, int]:
        return _first_size(self.picture(step, camera)[0] for step in range(min(self.steps, LOOKED_AT)))

    def _list(self, step: Path) -> tuple[str, ...]:
        if not (step / self._images).is_dir():
            raise UserError(f"{step}: has no {self._images}/ in it, as the first step has")
        return tuple(path.name for path in list_images(step / self._images))

    def picture(self, step: int, camera: int) -> tuple[Path, Place, str]:
        """The step's image of a camera, no place in it, and its mask's name without suffix."""
        folder, name = self._step_names[step], self._image_names[step][camera]
        return self._root / folder / self._images / name, (), f"{folder}/{Path(name).stem}"

    def poses(self, step: int) -> Path:
        """The step's own, or those of all."""
        own = self._root / self._step_names[step] / llff.POSES
        return own if own.is_file() else self._folder / llff.POSES

    def backgrounds(self, folder: Path) -> list[Path]:
        """The images of a folder by name, as the rows of a step go with its images."""
        return list_images(folder)

    def mask_folders(self) -> Sequence[str]:
        """Those of the steps."""
        return self._step_names


class CameraFolders:
    """`cam00/00000.jpg`: a folder for each camera, with an image for each step."""

    def __init__(self, folder: Path, cameras: list[Path]) -> None:
        """Lists every camera."""
        self._folder, self._cameras = folder, cameras
        self._image_names = [_counted_names(camera) for camera in cameras]
        self.steps = _common_count(folder, cameras, [len(names) for names in self._image_names])
        paths = zip(cameras, self._image_names, strict=True)
        self.sizes = tuple(_first_size(camera / name for name in names[:LOOKED_AT]) for camera, names in paths)
        self.names = [f"{path.name}/{names}" for path, names in zip(cameras, self._image_names, strict=True)]

    def picture(self, step: int, camera: int) -> tuple[Path, Place, str]:
        """The camera's image of a step, no place in it, and its mask's name without suffix."""
        path = self._cameras[camera] / self._image_names[camera][step]
        return path, (), f"{path.parent.name}/{path.stem}"

    def poses(self, step: int) -> Path:
        """One for all steps."""
        return self._folder / llff.POSES

    def backgrounds(self, folder: Path) -> list[Path]:
        """The images of a folder by name as people count, as the cameras are sorted."""
        return sorted(list_images(folder), key=natural_order)

    def mask_folders(self) -> Sequence[str]:
        """Those of the cameras."""
        return [path.name for path in self._cameras]


class Videos:
    """`cam00.mp4`: a video of each camera, with a frame for each step."""

    def __init__(self, folder: Path, videos: list[Path]) -> None:
        """Reads the header of each."""
        self._folder, self._videos = folder, videos
        shapes = [video_shape(path) for path in videos]
        self.steps = _common_count(folder, videos, [frames for frames, _, _ in shapes])
        self.sizes = tuple(large_enough(path, shape[1:]) for path, shape in zip(videos, shapes, strict=True))
        self.names = [f"{path.name}/{self.steps}" for path in videos]

    def picture(self, step: int, camera: int) -> tuple[Path, Place, str]:
        """The camera's video, the step as the place in it, and its mask's name without suffix."""
        path = self._videos[camera]
        return path, (step,), f"{path.stem}/{step:05d}"

    def poses(self, step: int) -> Path:
        """One for all steps."""
        return self._folder / llff.POSES

    def backgrounds(self, folder: Path) -> list[Path]:
        """The images of a folder by name as people count, as the videos are sorted."""
        return sorted(list_images(folder), key=natural_order)

    def mask_folders(self) -> Sequence[str]:
        """Named like the videos."""
        return [path.stem for path in self._videos]


def _first_size(paths: Iterable[Path]) -> tuple[int, int]:
    """(width, height) of the first picture that can be read; what can't be is told when its turn comes.

    Raises:
        UserError: none can.
    """
    failure: UserError | None = None
    for path in paths:
        try:
            return photograph_size(path)
        except UserError as error:
            failure = failure or error
    raise failure or UserError("no pictures to take a size from")


def _counted_names(folder: Path) -> tuple[str, ...]:
    return tuple(path.name for path in sorted(list_images(folder), key=natural_order))


def _common_count(folder: Path, cameras: Sequence[Path], counts: Sequence[int]) -> int:
    """How many frames each camera has.

    Raises:
        UserError: none, or two cameras have different counts.
    """
    for camera, count in zip(cameras, counts, strict=True):
        if count != counts[0]:
            raise UserError(
                f"{folder}: {cameras[0].name} has {counts[0]} frames but {camera.name} has {count}; "
                "cut them to the same length"
            )
    if counts[0] == 0:
        raise UserError(f"{cameras[0]}: holds no images; each camera needs one for each step")
    return counts[0]
