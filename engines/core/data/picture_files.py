"""Pictures on the disk, also those that stand with others in one file: a video's frames, HDF5's data sets."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engines.core.camera import Array
from engines.core.data.images import read_image
from engines.core.data.video_frames import Video, frame_times
from engines.core.errors import UserError
from engines.core.reading import reading, require_file, shortened

if TYPE_CHECKING:
    import h5py

VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
HDF5_SUFFIXES = (".h5", ".hdf5")
LOSSLESS_SUFFIXES = (".png", ".tif", ".tiff", ".bmp")
OPEN_VIDEOS = 64

Place = tuple[str | int, ...]
"""Where in a file: () the whole of it, `(frame,)` of a video, `(data set, index, ...)` of HDF5."""


def read_picture(path: Path, at: Place = (), behind: float = 1.0) -> Array:
    """[H, W, 3] float32 in [0, 1]; `behind` as in `read_image`.

    Raises:
        UserError: missing, or can't be decoded.
    """
    if not at:
        return read_image(path, behind)
    if path.suffix.lower() in HDF5_SUFFIXES:
        return np.ascontiguousarray(_read_hdf5(path, at)[..., :3].astype(np.float32) / np.float32(255))
    return _read_frame(path, int(at[0])).astype(np.float32) / np.float32(255)


def read_mask(path: Path, at: Place = ()) -> Array:
    """[H, W] bool: an image's brightness, or the last channel of an HDF5 picture, above one half.

    Raises:
        UserError: missing, or can't be decoded.
    """
    if path.suffix.lower() in HDF5_SUFFIXES:
        return np.asarray(_read_hdf5(path, at)[..., -1] > 127)
    return np.asarray(_brightness(read_picture(path, at)) > 0.5)


def read_valid_mask(path: Path, at: Place = ()) -> Array:
    """[H, W] bool: what of a mask is not black; as nerfstudio and COLMAP mark what is not to be trained on.

    Raises:
        UserError: missing, or can't be decoded.
    """
    brightness = _brightness(read_picture(path, at))
    # Masks of 0 and 1 out of 255 are common; lossy files leave a shade in what was black.
    return np.asarray(brightness > (0 if path.suffix.lower() in LOSSLESS_SUFFIXES else 0.5))


def _brightness(picture: Array) -> Array:
    """[H, W] the mean of three channels; NumPy's along so short an axis takes longer than to decode them."""
    return np.asarray((picture[..., 0] + picture[..., 1] + picture[..., 2]) / np.float32(3))


def video_shape(path: Path) -> tuple[int, int, int]:
    """(frames, width, height); frames are those that can be decoded, which takes a while where the file must be asked.

    Raises:
        UserError: not a video.
    """
    changed_ns = _changed_ns(path)
    with _LOCK:
        # To open a video takes 10 ms, and a recording is a dozen of them: what is known is not asked again.
        frames = frame_times(path, changed_ns)
    return frames.count, *frames.size_px


def hdf5_shape(path: Path, name: str) -> tuple[int, ...] | None:
    """The shape of a data set of bytes; None where the file has none of that name.

    Raises:
        UserError: not an HDF5 file, or the data set holds something else.
    """
    # Here, not above: it takes a while to load, and few layouts have such files.
    import h5py

    require_file(path)
    with reading(path, "can't be read as HDF5"), h5py.File(path, "r") as file:
        found = _own_dataset(path, file, name)
        if found is None:
            return None
        if found.dtype != np.uint8:
            raise UserError(f"{path}: {name} holds {shortened(found.dtype)}; needs bytes (uint8), 0 to 255")
        return tuple(found.shape)


def _own_dataset(path: Path, file: h5py.File, name: str) -> h5py.Dataset | None:
    """A data set that lies in the file itself.

    Raises:
        UserError: it is kept in other files, which nobody chose.
    """
    import h5py

    link = file.get(name, getlink=True)
    found = None if isinstance(link, h5py.ExternalLink) else file.get(name)
    if isinstance(link, h5py.ExternalLink) or (
        isinstance(found, h5py.Dataset) and (found.external or found.is_virtual)
    ):
        raise UserError(f"{path}: {name} is kept in another file; copy it into this one")
    return found if isinstance(found, h5py.Dataset) else None


def _read_hdf5(path: Path, at: Place) -> Array:
    import h5py

    name, *indices = at
    require_file(path)
    with reading(path, f"{name}{indices} can't be read"), h5py.File(path, "r") as file:
        dataset = _own_dataset(path, file, str(name))
        if dataset is None:
            raise KeyError(str(name))
        picture = np.asarray(dataset[tuple(indices)])
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] < 3:
        raise UserError(f"{path}: {name}{indices} is {picture.dtype} of {picture.shape}; needs bytes [H, W, 3 or more]")
    return picture


# OpenCV's readers have a state, and pictures are read from several threads.
_LOCK = threading.Lock()


@lru_cache(OPEN_VIDEOS)
def _open_video(path: Path, changed_ns: int) -> Video:
    return Video(path, changed_ns)


def _read_frame(path: Path, frame: int) -> Array:
    changed_ns = _changed_ns(path)
    with _LOCK:
        return _open_video(path, changed_ns).read(frame)


def _changed_ns(path: Path) -> int:
    require_file(path)
    return path.stat().st_mtime_ns
