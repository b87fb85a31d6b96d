"""Colours of every codec, read back by three decoders; transparency; what is asked of ffmpeg beforehand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from app.export import codecs
from app.export.codecs import CODECS, codec_names, codec_of, encoders_there
from app.export.video import VideoWriter
from app.rendering.display import Pixels
from engines.core.camera import Array
from engines.core.data.video_frames import open_capture
from engines.core.errors import UserError
from tests.app.export.test_video import describe
from tests.app.read_video import read_video

# Flat patches: of colours that are kept at half the resolution edges come back blurred.
PATCH_PX = 32
SATURATED = (
    *((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255)),
    *((255, 255, 255), (0, 0, 0), (128, 128, 128), (255, 128, 0), (30, 60, 200), (17, 17, 17)),
)
SIZE_PX = (4 * PATCH_PX, 3 * PATCH_PX)
FILES = [(name, suffix) for name, codec in CODECS.items() for suffix in codec.suffixes if name != "gif"]
LEVELS = 3
"""Of 255: rounding to 8 bits of luma and colour differences, and back, takes two of them, a codec one."""
WITH_PYAV = """
import json, sys
import av
with av.open(sys.argv[1]) as file:
    frame = next(file.decode(video=0))
tags = [int(frame.colorspace), int(frame.color_range), int(frame.color_primaries), int(frame.color_trc)]
print(json.dumps([frame.to_ndarray(format="rgb24").tolist(), tags]))
"""


def colour_card() -> Pixels:
    card = np.array(SATURATED, dtype=np.uint8).reshape(3, 4, 3)
    return card.repeat(PATCH_PX, axis=0).repeat(PATCH_PX, axis=1)


def patches(picture: Array) -> Array:
    """[12, 3] the middle of each patch."""
    middle = PATCH_PX // 2
    return np.asarray(picture[middle::PATCH_PX, middle::PATCH_PX].reshape(-1, 3).astype(int))


def written(path: Path, codec: str, picture: Pixels, transparent: bool = False) -> Path:
    with VideoWriter(path, SIZE_PX, quality=10, codec=codec, transparent=transparent) as writer:
        for _ in range(3):
            writer.write(picture)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("codec", "suffix"), FILES)
def test_colours_are_said_and_right(tmp_path: Path, codec: str, suffix: str) -> None:
    path = written(tmp_path / f"card{suffix}", codec, colour_card())
    # All of matrix, primaries and transfer: were one of them another, it would be bt709/unknown/....
    assert "(tv, bt709, progressive)" in describe(path)
    assert np.abs(patches(read_video(path, *SIZE_PX)[-1]) - SATURATED).max() <= LEVELS
    # OpenCV's wheel decodes AV1 by hardware only.
    if codec != "av1":
        there, picture = open_capture(path).read()
        assert there and np.abs(patches(picture[..., ::-1]) - SATURATED).max() <= LEVELS


@pytest.mark.slow
@pytest.mark.parametrize(("codec", "suffix"), FILES)
def test_pyav_reads_the_same_colours(tmp_path: Path, codec: str, suffix: str) -> None:
    pytest.importorskip("av", exc_type=ImportError)
    path = written(tmp_path / f"card{suffix}", codec, colour_card())
    # In a process of its own: OpenCV brings another ffmpeg.
    command = [sys.executable, "-c", WITH_PYAV, str(path)]
    picture, tags = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert np.abs(patches(np.array(picture)) - SATURATED).max() <= LEVELS
    assert tags == [1, 1, 1, 1]  # BT.709, limited range, BT.709, BT.709


def transparent_card() -> Pixels:
    """The card, its alpha growing from the left to the right, with 0 and 255 at its ends."""
    ramp = np.linspace(0, 255, SIZE_PX[0]).round().astype(np.uint8)
    return np.dstack([colour_card(), np.tile(ramp, (SIZE_PX[1], 1))])


def read_alpha(path: Path, *decoder: str) -> Array:
    way = ["-vf", "alphaextract,format=gray", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *decoder, "-i", str(path), *way]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, dtype=np.uint8).reshape(-1, SIZE_PX[1], SIZE_PX[0]).astype(int)


# ffmpeg's own decoder of VP9 leaves the alpha out.
@pytest.mark.parametrize(("name", "decoder"), [("a.mov", ()), ("a.webm", ("-c:v", "libvpx-vp9"))])
def test_transparent_videos_keep_alpha_and_colour(tmp_path: Path, name: str, decoder: tuple[str, ...]) -> None:
    card = transparent_card()
    path = written(tmp_path / name, codec_names(Path(name))[0], card, transparent=True)
    alpha = read_alpha(path, *decoder)
    assert alpha.shape[0] == 3 and np.abs(alpha - card[..., 3]).max() <= 1
    # Straight: under an alpha of 0 colours are there as well.
    assert np.abs(patches(read_video(path, *SIZE_PX)[0]) - SATURATED).max() <= LEVELS


def test_what_can_not_be_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, codec, transparent, message in (
        ("a.mp4", None, True, r"a\.mp4: H\.264 in a \.mp4 can't be transparent; name a \.mov"),
        ("a.mp4", "vp9", True, "VP9 in a .mp4 can't be transparent"),
        ("a.webm", "h264", False, r"codec h264: a \.webm holds vp9, av1; it goes into \.mp4 or \.mov"),
        ("a.mp4", "divx", False, r"codec divx: a \.mp4 holds h264, h265, vp9, av1"),
    ):
        with pytest.raises(UserError, match=message):
            codec_of(tmp_path / name, codec, transparent)
    monkeypatch.setattr(codecs, "encoders_there", lambda: frozenset({"libx264"}))
    with pytest.raises(UserError, match="codec av1: this ffmpeg has no encoder libsvtav1; name another codec"):
        VideoWriter(tmp_path / "a.mp4", (64, 48), codec="av1")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("codec", ["h265", "av1"])
def test_pictures_that_are_too_small_are_refused(tmp_path: Path, codec: str) -> None:
    with pytest.raises(UserError, match=r"size 15x40: .* begins at 16 pixels a side"):
        VideoWriter(tmp_path / "a.mp4", (15, 40), codec=codec)
    with VideoWriter(tmp_path / "a.mp4", (16, 17), codec=codec) as writer:
        writer.write(np.full((17, 16, 3), 200, dtype=np.uint8))
    np.testing.assert_allclose(read_video(tmp_path / "a.mp4", 16, 18), 200, atol=4)


def test_ffmpeg_tells_its_encoders() -> None:
    assert {"libx264", "libvpx-vp9", "gif", "prores_ks"} <= encoders_there()
    assert "aac" not in encoders_there() and "=" not in encoders_there()


def test_odd_sizes_are_kept_where_colours_are(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mov", (63, 47)) as writer:
        writer.write(np.full((47, 63, 3), 200, dtype=np.uint8))
    np.testing.assert_allclose(read_video(tmp_path / "a.mov", 63, 47), 200, atol=1)
