"""Videos whose frames are not what the header says: of uneven rates, trimmed without being encoded again, cut short."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from engines.core.data.picture_files import read_picture, video_shape
from engines.core.data.video_frames import frame_times
from engines.core.errors import UserError

FRAMES, BITS = 120, 7
SIZE = (8 * BITS, 32)
SLOWER = "setpts='if(lt(N,60),N/25/TB,(2.4+(N-60)*0.21)/TB)'"
"""From the 60th frame on there are five a second instead of 25."""


def ffmpeg(*arguments: str, frames: bytes = b"") -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *arguments]
    return subprocess.run(command, input=frames, check=True, capture_output=True).stdout


def encoded(path: Path, *options: str) -> Path:
    """Each frame shows its own number as bars, the lowest bit first."""
    frames = np.zeros((FRAMES, SIZE[1], SIZE[0], 3), dtype=np.uint8)
    for bit in range(BITS):
        frames[:, :, 8 * bit : 8 * bit + 8] = 255 * (np.arange(FRAMES) >> bit & 1)[:, None, None, None]
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", "25", "-i", "-"]
    ffmpeg(*source, *options, str(path), frames=frames.tobytes())
    return path


def even(folder: Path, suffix: str = ".mp4") -> Path:
    return encoded(folder / f"even{suffix}", "-c:v", "libx264", "-g", "50", "-bf", "3")


def uneven_matroska(folder: Path) -> Path:
    return encoded(folder / "a.mkv", "-vf", SLOWER, "-fps_mode", "vfr", "-c:v", "libx264", "-g", "50", "-bf", "3")


def uneven_webm(folder: Path) -> Path:
    options = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M")
    return encoded(folder / "a.webm", "-vf", SLOWER, "-fps_mode", "vfr", *options)


def uneven_mp4(folder: Path) -> Path:
    return encoded(folder / "a.mp4", "-vf", SLOWER, "-fps_mode", "vfr", "-c:v", "libx264", "-g", "50", "-bf", "3")


def trimmed(folder: Path) -> Path:
    """An edit list hides what comes before; the frames are still there."""
    ffmpeg("-ss", "2.6", "-i", str(even(folder)), "-t", "1.5", "-c", "copy", str(folder / "trimmed.mp4"))
    return folder / "trimmed.mp4"


def trimmed_at_the_end(folder: Path) -> Path:
    ffmpeg("-i", str(even(folder)), "-t", "1.5", "-c", "copy", str(folder / "trimmed.mov"))
    return folder / "trimmed.mov"


def trimmed_matroska(folder: Path) -> Path:
    ffmpeg("-ss", "2.6", "-i", str(even(folder)), "-c", "copy", str(folder / "trimmed.mkv"))
    return folder / "trimmed.mkv"


def cut_short(folder: Path) -> Path:
    """Its header stands in front, and promises all frames."""
    ffmpeg("-i", str(even(folder)), "-c", "copy", "-movflags", "faststart", str(folder / "front.mp4"))
    content = (folder / "front.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(content[: int(0.7 * len(content))])
    return folder / "cut.mp4"


def number_of(picture: np.ndarray) -> int:
    return sum(1 << bit for bit in range(BITS) if picture[16, 8 * bit + 4].mean() > 0.5)


@pytest.mark.parametrize("make", [uneven_matroska, uneven_webm, uneven_mp4])
def test_frames_of_uneven_rate_are_all_found_in_any_order(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    video = make(tmp_path)
    assert video_shape(video) == (FRAMES, *SIZE)
    order = [0, 1, 2, 60, 59, 119, 3, 40, 118, 0, 50, 49, *np.random.default_rng(0).integers(0, FRAMES, 20).tolist()]
    assert [number_of(read_picture(video, (frame,))) for frame in order] == order
    with pytest.raises(UserError, match=f"frame {FRAMES} can't be decoded"):
        read_picture(video, (FRAMES,))


@pytest.mark.parametrize("make", [even, trimmed, trimmed_at_the_end, trimmed_matroska])
def test_frames_are_those_that_another_decoder_gives(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    video = make(tmp_path)
    raw = ffmpeg("-i", str(video), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    expected = [number_of(frame / 255) for frame in np.frombuffer(raw, np.uint8).reshape(-1, SIZE[1], SIZE[0], 3)]
    count = video_shape(video)[0]
    assert count == len(expected)
    order = [*range(count), *np.random.default_rng(0).integers(0, count, 20).tolist()]
    assert [number_of(read_picture(video, (frame,))) for frame in order] == [expected[frame] for frame in order]


def test_of_a_film_that_was_cut_short_there_is_what_decodes(tmp_path: Path) -> None:
    video = cut_short(tmp_path)
    count = video_shape(video)[0]
    assert 0.3 * FRAMES < count < FRAMES
    assert [number_of(read_picture(video, (frame,))) for frame in (count - 1, 0, count // 2)] == [
        count - 1,
        0,
        count // 2,
    ]


def test_even_frames_need_not_be_decoded_to_be_counted(tmp_path: Path) -> None:
    video = even(tmp_path)
    assert frame_times(video, video.stat().st_mtime_ns).times_ms == ()
