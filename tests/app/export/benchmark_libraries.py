"""What imageio and imageio-ffmpeg take for what the program writes and reads itself: why which does what."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import imageio.v3 as imageio
import imageio_ffmpeg
import numpy as np
import pytest

from app.export.codecs import CODECS, encoding
from app.export.image_folder import write_deep_colour, write_image
from app.export.video import VideoWriter
from tests.benchmarks.measuring import Measure

SIZE_PX, FRAMES, ROUNDS = (448, 256), 90, 3
PICTURES = 20
GIF_FRAMES = 20


def moving_noise() -> list[np.ndarray]:
    """Frames that are as hard to write as rendered ones are: smooth, with some grain, and moving."""
    coarse = np.random.default_rng(0).integers(0, 255, (40, 70 + FRAMES, 3), dtype=np.uint8)
    wide = cv2.resize(coarse, (SIZE_PX[0] + 4 * FRAMES, SIZE_PX[1]), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(1).integers(0, 6, wide.shape, dtype=np.uint8)
    wide = np.clip(wide.astype(int) + grain, 0, 255).astype(np.uint8)
    return [np.ascontiguousarray(wide[:, 4 * at : 4 * at + SIZE_PX[0]]) for at in range(FRAMES)]


def taken(way: Callable[[], None]) -> float:
    """How long it takes, in seconds."""
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


# imageio's reader of videos leaves ffmpeg's pipes to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def benchmark_imageio(measure: Measure, tmp_path: Path) -> None:
    """How many times as long imageio takes as what is used; below 1 it would be faster."""
    frames = moving_noise()

    def video() -> None:
        with VideoWriter(tmp_path / "ours.mp4", SIZE_PX) as writer:
            for frame in frames:
                writer.write(frame)

    def video_by_library() -> None:
        options = [*encoding(CODECS["h264"], ".mp4", 8, 30, False), "-fflags", "+bitexact", "-flags", "+bitexact"]
        nothing = {"quality": None, "bitrate": None, "codec": "libx264", "macro_block_size": 2}
        path = str(tmp_path / "theirs.mp4")
        writer = imageio_ffmpeg.write_frames(path, SIZE_PX, fps=30, output_params=options, **nothing)
        writer.send(None)
        for frame in frames:
            writer.send(frame)
        writer.close()

    def gif() -> None:
        with VideoWriter(tmp_path / "ours.gif", SIZE_PX) as writer:
            for frame in frames[:GIF_FRAMES]:
                writer.write(frame)

    def gif_by_library() -> None:
        imageio.imwrite(tmp_path / "theirs.gif", np.stack(frames[:GIF_FRAMES]), duration=33, loop=0)

    def reading() -> None:
        video = cv2.VideoCapture(str(tmp_path / "ours.mp4"))
        while video.read()[0]:
            pass

    def reading_by_library() -> None:
        for _ in imageio.imiter(tmp_path / "ours.mp4", plugin="FFMPEG"):
            pass

    def png() -> None:
        for frame in frames[:PICTURES]:
            write_deep_colour(tmp_path / "ours.png", frame)

    def png_by_library() -> None:
        for frame in frames[:PICTURES]:
            write_image(tmp_path / "theirs.png", frame)

    pairs = {
        "video, write_frames": (video, video_by_library),
        "GIF": (gif, gif_by_library),
        "reading a video": (reading, reading_by_library),
        "PNG, beside OpenCV": (png, png_by_library),
    }

    def ratios() -> dict[str, float]:
        return {name: taken(theirs) / taken(ours) for name, (ours, theirs) in pairs.items()}

    found = measure.rounds(ratios, ROUNDS)
    for name in pairs:
        measure.figure(name, [each[name] for each in found], "x")
