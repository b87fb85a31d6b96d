"""Videos are read back with the encoder's own decoder; nothing half-written stays."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from app.export.codecs import VIDEO_SUFFIXES
from app.export.video import ThreadedCalls, VideoWriter
from app.rendering.display import Pixels
from engines.core.errors import UserError
from tests.app.read_video import read_video


def picture(index: int, width: int, height: int) -> Pixels:
    """Red, green, blue and grey quarters, with a white bar that moves."""
    pixels = np.full((height, width, 3), 128, dtype=np.uint8)
    pixels[: height // 2, : width // 2] = [255, 0, 0]
    pixels[: height // 2, width // 2 :] = [0, 255, 0]
    pixels[height // 2 :, : width // 2] = [0, 0, 255]
    pixels[:, (8 * index) % width : (8 * index) % width + 8] = 255
    return pixels


def describe(path: Path) -> str:
    return subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path)], capture_output=True, text=True).stderr


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_frames_come_back_in_order_and_colour(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    with VideoWriter(path, (64, 48), fps=25) as writer:
        for i in range(6):
            writer.write(picture(i, 64, 48))
        assert not path.exists()  # only a whole video has the name
    frames = read_video(path, 64, 48)
    assert len(frames) == 6
    for i, frame in enumerate(frames):
        # Mean over all pixels: chroma at half resolution blurs the edges of the bar.
        assert np.abs(frame.astype(float) - picture(i, 64, 48)).mean() < 8
    for row, column in ((40, 60), (4, 60), (40, 4)):  # away from bar and edges in frame 3
        np.testing.assert_allclose(frames[3][row, column], picture(3, 64, 48)[row, column], atol=6)
    assert "25 fps" in describe(path) and "00:00:00.24" in describe(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_mp4_is_what_browsers_play(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, (64, 48)) as writer:
        writer.write(picture(0, 64, 48))
    assert "h264" in describe(path) and "yuv420p(tv, bt709" in describe(path)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # playable while it loads


@pytest.mark.parametrize("size", [(63, 47), (1, 1), (64, 47)])
@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_odd_sizes_lose_no_pixel(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    path = tmp_path / f"clip{suffix}"
    with VideoWriter(path, size) as writer:
        writer.write(np.full((size[1], size[0], 3), 200, dtype=np.uint8))
    width, height = size if suffix in (".gif", ".mov") else (size[0] + size[0] % 2, size[1] + size[1] % 2)
    np.testing.assert_allclose(read_video(path, width, height), 200, atol=4)


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_equal_frames_give_equal_bytes(tmp_path: Path, suffix: str) -> None:
    contents = []
    for name in ("a", "b"):
        with VideoWriter(tmp_path / f"{name}{suffix}", (64, 48)) as writer:
            for i in range(12):
                writer.write(picture(i, 64, 48))
        contents.append((tmp_path / f"{name}{suffix}").read_bytes())
    assert contents[0] == contents[1]


def test_quality_costs_bytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (8, 64, 64, 3), dtype=np.uint8)
    sizes = []
    for quality in (1, 5, 10):
        with VideoWriter(tmp_path / "clip.mp4", (64, 64), quality=quality) as writer:
            for frame in noise:
                writer.write(frame)
        sizes.append((tmp_path / "clip.mp4").stat().st_size)
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_the_block_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"the old one")
    with pytest.raises(error), VideoWriter(path, (64, 48)) as writer:
        writer.write(picture(0, 64, 48))
        raise error
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("export")]


def kill_encoder(writer: VideoWriter) -> None:
    assert writer._encoder is not None
    writer._encoder.kill()


def test_a_dead_encoder_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"clip\.mp4: the video encoder stopped") as caught,
        VideoWriter(tmp_path / "clip.mp4", (64, 48)) as writer,
    ):
        kill_encoder(writer)
        for i in range(200):
            writer.write(picture(i, 64, 48))
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_dies_on_the_last_frame_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="encoder stopped"), VideoWriter(tmp_path / "clip.mp4", (64, 48)) as writer:
        writer.write(picture(0, 64, 48))
        kill_encoder(writer)
    assert not list(tmp_path.iterdir())


def test_what_the_encoder_said_is_in_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.export.video.encoding", lambda *_: ["-c:v", "no_such_codec"])
    with (
        pytest.raises(UserError, match=r"encoder stopped: [^\[].+"),
        VideoWriter(tmp_path / "clip.mp4", (64, 48)) as writer,
    ):
        for i in range(200):
            writer.write(picture(i, 64, 48))
    assert not list(tmp_path.iterdir())


def test_wrong_requests(tmp_path: Path) -> None:
    for arguments, message in (
        ((tmp_path / "a.avi", (64, 48)), r"\.mp4, \.webm, \.mov, \.gif"),
        ((tmp_path / "a.mp4", (64, 48), 0.0), "frames/s"),
        ((tmp_path / "a.mp4", (64, 48), 30.0, 11), "1 to 10"),
    ):
        with pytest.raises(UserError, match=message):
            VideoWriter(*arguments)
    with pytest.raises(UserError, match="no frames"), VideoWriter(tmp_path / "a.mp4", (64, 48)):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="can't be written"), VideoWriter(tmp_path / "file" / "a.mp4", (64, 48)):
        pass
    with pytest.raises(ValueError, match="in a video of"), VideoWriter(tmp_path / "a.mp4", (64, 48)) as writer:
        writer.write(picture(0, 48, 64))


def test_background_keeps_order_and_runs_beside_the_caller() -> None:
    done: list[int] = []
    go_on = threading.Event()

    def work(index: int) -> None:
        # Were it run before `submit` returns, nobody would ever set the event.
        done.append(index if go_on.wait(10) else -1)

    with ThreadedCalls() as background:
        background.submit(work, 0)
        background.submit(work, 1)
        go_on.set()
        background.submit(work, 2)
    assert done == [0, 1, 2]


def test_background_holds_the_caller_back() -> None:
    release = threading.Event()
    waiting: list[bool] = []

    def work() -> None:
        release.wait()

    def one_more() -> None:
        background.submit(work)
        waiting.append(True)

    with ThreadedCalls(ahead=2) as background:
        for _ in range(2):
            background.submit(work)
        thread = threading.Thread(target=one_more)
        thread.start()
        thread.join(0.05)
        assert thread.is_alive() and not waiting
        release.set()
        thread.join()
    assert waiting


def test_background_hands_errors_on() -> None:
    def fail() -> None:
        raise RuntimeError("from the other thread")

    with pytest.raises(RuntimeError, match="from the other thread"), ThreadedCalls() as background:
        background.submit(fail)
    with pytest.raises(RuntimeError, match="from the other thread"), ThreadedCalls() as background:
        for _ in range(5):
            background.submit(fail)
