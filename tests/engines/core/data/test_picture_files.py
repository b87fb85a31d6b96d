"""Pictures that stand with others in one file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import h5py
import imageio_ffmpeg
import numpy as np
import pytest

from engines.core.data.picture_files import hdf5_shape, read_mask, read_picture, video_shape
from engines.core.data.video_frames import READ_ON
from engines.core.errors import UserError

FRAMES, BITS = 120, 7


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each frame shows its own number as bars, the lowest bit first; one key frame for 50, and frames out of order."""
    path = tmp_path_factory.mktemp("video") / "bars.mp4"
    frames = np.zeros((FRAMES, 32, 8 * BITS, 3), dtype=np.uint8)
    for bit in range(BITS):
        frames[:, :, 8 * bit : 8 * bit + 8] = 255 * (np.arange(FRAMES) >> bit & 1)[:, None, None, None]
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{8 * BITS}x32", "-r", "25", "-i", "-"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *source]
    subprocess.run([*command, "-c:v", "libx264", "-g", "50", "-bf", "3", str(path)], input=frames.tobytes(), check=True)
    return path


def number_of(picture: np.ndarray) -> int:
    return sum(1 << bit for bit in range(BITS) if picture[16, 8 * bit + 4].mean() > 0.5)


def test_frames_are_found_in_any_order(video: Path) -> None:
    order = [0, 1, 2, 60, 59, 119, 3, 4 + READ_ON, 118, 0, 50, 49, *np.random.default_rng(0).integers(0, FRAMES, 20)]
    assert [number_of(read_picture(video, (int(frame),))) for frame in order] == order


def test_a_frame_beyond_the_end(video: Path) -> None:
    assert video_shape(video) == (FRAMES, 8 * BITS, 32)
    with pytest.raises(UserError, match=f"frame {FRAMES} can't be decoded"):
        read_picture(video, (FRAMES,))
    assert number_of(read_picture(video, (7,))) == 7


def test_pictures_and_masks_of_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["rgb"] = np.full((2, 3, 4, 5, 3), 51, dtype=np.uint8)
        file["words"] = np.zeros((2, 2))
    picture = read_picture(path, ("rgb", 1, 2))
    assert picture.shape == (4, 5, 3) and picture.dtype == np.float32
    np.testing.assert_allclose(picture, 0.2)
    assert hdf5_shape(path, "rgb") == (2, 3, 4, 5, 3) and hdf5_shape(path, "none") is None
    for at, message in (
        (("rgb", 9, 0), "can't be read"),
        (("words", 0), "needs bytes"),
        (("none", 0), "can't be read"),
    ):
        with pytest.raises(UserError, match=message):
            read_picture(path, at)


def test_a_mask_is_the_last_channel(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    coloured = np.zeros((1, 1, 2, 2, 4), dtype=np.uint8)
    coloured[0, 0, 0, 1, 3] = 200
    with h5py.File(path, "w") as file:
        file["fg_rgb"] = coloured
    assert read_mask(path, ("fg_rgb", 0, 0)).tolist() == [[False, True], [False, False]]
