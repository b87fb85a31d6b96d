"""Exports that are killed and resumed: the same bytes as in one go, and no finished frame drawn again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.export.export_request import Export
from app.export.exporter import run_export
from app.export.frame_keeping import FrameKeeper
from app.export.kept_frames import ExportFacts, KeptFrames, find_kept, frames_kept, kept_folder
from app.export.progress import Progress
from engines.core.engine import never_stop
from engines.core.errors import Cancelled, UserError
from tests.app.ball_scene import BallScene
from tests.app.export.slow_export import CAMERAS, SlowScene, keeping_all, resumed_by_two, slow_export
from tests.two_ranks import ROOT, TwoRanks

NAMES = ["clip.mp4", "clip.gif", "frames"]
KILLED_AFTER = 9


def contents(out: Path) -> dict[str, bytes]:
    files = [out] if out.is_file() else list(out.iterdir())
    return {file.name: file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each export, done in one go."""
    folder = tmp_path_factory.mktemp("whole")
    for name in NAMES:
        slow_export(folder / name)
    return folder


def killed(out: Path, after: int = KILLED_AFTER, *words: str) -> list[int]:
    """Begins the export in a process that is killed when it has drawn `after` frames; which it drew."""
    command = [sys.executable, "-m", "tests.app.export.slow_export", str(out), *words]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        drawn = [int(line) for line, _ in zip(process.stderr, range(after), strict=False)]
        process.send_signal(signal.SIGKILL)
    return drawn


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_was_killed_goes_on(tmp_path: Path, whole: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / name
    assert killed(out) == list(range(KILLED_AFTER))
    assert not out.exists()
    finished, total = frames_kept(out)
    # The last one or two may not have been written.
    assert total == len(CAMERAS) and KILLED_AFTER - 4 <= finished <= KILLED_AFTER
    slow_export(out, resume=True)
    drawn = [int(line) for line in capsys.readouterr().err.split()]
    assert len(drawn) == len(CAMERAS) - finished and min(drawn) >= KILLED_AFTER - 4
    assert contents(out) == contents(whole / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.slow
def test_killed_twice(tmp_path: Path, whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "clip.mp4"
    killed(out)
    killed(out, 5, "--resume")
    finished = frames_kept(out)[0]
    assert finished > KILLED_AFTER
    slow_export(out, resume=True)
    assert len(capsys.readouterr().err.split()) == len(CAMERAS) - finished
    assert contents(out) == contents(whole / "clip.mp4")


@pytest.mark.slow
def test_two_processes_go_on_with_what_one_began(tmp_path: Path, whole: Path, two_ranks: TwoRanks) -> None:
    first, second = two_ranks(resumed_by_two, str(tmp_path))
    for name, one, other in zip(("clip.mp4", "frames"), first, second, strict=True):
        assert contents(tmp_path / name) == contents(whole / name)
        # Of nine frames all but the last few had been kept; both ranks drew, and none what the other did.
        assert len(one) + len(other) == len({*one, *other}) < len(CAMERAS) - 3 and one and other
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "frames"]


class Breaks(SlowScene):
    """Breaks off at its tenth frame."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    # A scene that breaks stands in for one.
    def render(self, *arguments: object) -> object:  # type: ignore[override]
        if len(self.rendered) == 10:
            raise self.error
        # A scene that breaks stands in for one.
        return super().render(*arguments)  # type: ignore[arg-type]


def broken(out: Path, error: BaseException, resume: bool = False) -> None:
    export = Export(CAMERAS, out, channels=("rgb", "depth"), scene="ball", resume=resume)
    with pytest.raises(type(error)), keeping_all():
        # A scene that breaks stands in for one.
        run_export(Breaks(error), export, lambda _: None, never_stop)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["clip.mp4", "frames"])
def test_a_fault_leaves_finished_frames(tmp_path: Path, whole: Path, name: str) -> None:
    out = tmp_path / name
    broken(out, RuntimeError("out of memory"))
    assert [path.name for path in tmp_path.iterdir()] == [f".{name}.frames"]
    slow_export(out, resume=True)
    assert contents(out) == contents(whole / name)
    broken(out, RuntimeError("out of memory"))
    # Begun anew, nothing of it is left.
    slow_export(out)
    assert contents(out) == contents(whole / name) and [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("error", [Cancelled(), KeyboardInterrupt(), UserError("the photographs are gone")])
def test_what_the_user_stops_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    broken(tmp_path / "clip.mp4", error)
    assert not list(tmp_path.iterdir())


def test_ctrl_c_keeps_what_is_to_be_resumed_but_cancelling_does_not(tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    broken(out, KeyboardInterrupt(), resume=True)
    assert frames_kept(out)[0] > 5
    broken(out, Cancelled(), resume=True)
    assert not list(tmp_path.iterdir())


def test_another_export_is_refused_or_begins_anew(tmp_path: Path, whole: Path) -> None:
    out = tmp_path / "clip.mp4"
    broken(out, RuntimeError("gone"))
    for changes, message in (
        ({"scene": "cube"}, "is of another scene; name the same as before, or begin anew, without --resume"),
        ({"size_px": (24, 16)}, "is of another path, size;"),
        ({"controls": [{"glow": 1.0}] * len(CAMERAS)}, "is of another time or controls;"),
        ({"channels": ("rgb",)}, "is of another choice of channels or format;"),
    ):
        with pytest.raises(UserError, match=message):
            slow_export(out, resume=True, **changes)
        assert frames_kept(out)[0] > 5
    assert contents(slow_export(out)) == contents(whole / "clip.mp4")


def test_of_a_video_rate_and_codec_may_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "clip.mp4"
    broken(out, RuntimeError("gone"))
    slow_export(out, resume=True, fps=12.0, quality=3)
    assert len(capsys.readouterr().err.split()) < len(CAMERAS) + 10
    assert out.read_bytes() == slow_export(tmp_path / "again.mp4", fps=12.0, quality=3).read_bytes()


@pytest.mark.parametrize("damage", ["shorter", "other bytes", "gone", "log cut off"])
def test_damaged_frames_are_drawn_again(tmp_path: Path, whole: Path, damage: str) -> None:
    out = tmp_path / "frames"
    broken(out, RuntimeError("the power went"))
    folder = kept_folder(out)
    file, log = folder / "rgb_00002.png", folder / "finished.jsonl"
    before = frames_kept(out)[0]
    if damage == "gone":
        file.unlink()
    elif damage == "log cut off":
        log.write_bytes(log.read_bytes()[:-20])
    else:
        content = file.read_bytes()
        file.write_bytes(content[:-5] if damage == "shorter" else content[:-1] + b"x")
    asked = ExportFacts({}, 0)
    with pytest.raises(UserError):
        find_kept(out, asked, True)
    slow_export(out, resume=True)
    assert contents(out) == contents(whole / "frames")
    assert before > 5


def test_nothing_to_resume_is_a_beginning(tmp_path: Path, whole: Path) -> None:
    assert frames_kept(tmp_path / "clip.mp4") == (0, 0)
    assert contents(slow_export(tmp_path / "clip.mp4", resume=True)) == contents(whole / "clip.mp4")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptFrames]:
    found = KeptFrames(tmp_path / ".a.mp4.frames", {}, set())
    found.begin(ExportFacts({}, 9), {})
    yield found
    found.close()


def test_keeping_takes_its_share_of_the_time_alone(kept: KeptFrames, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(np.arange(0.0, 100.0, 0.5))  # each frame takes half a second to keep
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(times)))
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    with FrameKeeper(kept, 48, 40) as keeper:
        for index in range(40):
            keeper.offer(index, picture, 1.0)
            keeper._pool.submit(str).result()  # what was offered is kept by then
    # The first, of which nothing is known, and then one each ten seconds of drawing.
    assert sorted(kept.finished) == [0, 19, 29, 39]


def test_nothing_is_kept_where_there_is_no_room(kept: KeptFrames) -> None:
    with FrameKeeper(kept, 10**15, 40) as keeper:
        keeper.offer(0, np.zeros((4, 4, 3), dtype=np.uint8), 100.0)
    assert not kept.finished


def test_progress_counts_frames_that_are_there(tmp_path: Path) -> None:
    for name in ("clip.mp4", "frames"):
        out = tmp_path / name
        broken(out, RuntimeError("gone"))
        seen: list[Progress] = []
        export = Export(CAMERAS, out, channels=("rgb", "depth"), scene="ball", resume=True)
        scene = BallScene()
        run_export(scene, export, seen.append, never_stop)
        assert [progress.done for progress in seen] == list(range(1, len(CAMERAS) + 1))
        assert seen[-1].seconds_left == 0 and len(scene.rendered) < len(CAMERAS)
