"""Room on the disk, before any frame is drawn."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.export.codecs import VIDEO_SUFFIXES
from app.export.disk_space import FILE_BYTES, DiskWatch, least_bytes
from app.export.export_request import Export
from app.export.exporter import run_export
from app.export.video import VideoWriter
from engines.core.engine import never_stop
from engines.core.errors import UserError
from tests.app.ball_scene import BallScene, ring
from tests.app.export.test_export import ignore


def test_too_little_room_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = BallScene()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    for name in ("clip.mp4", "new/frames"):
        with pytest.raises(
            UserError, match=f"{name}: 9 frames of 200x100 need .* and more, and .* are free; make room"
        ):
            run_export(scene, Export(ring(9, (200, 100)), tmp_path / name), ignore, never_stop)
    assert not scene.rendered and not list(tmp_path.iterdir())


FORMS = [{"out": f"a{suffix}"} for suffix in VIDEO_SUFFIXES]
# Fields of several types.
FORMS += [{"out": "frames", "channels": ("rgb", "depth"), "format": name} for name in FILE_BYTES]  # type: ignore[dict-item]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_needed_is_about_what_is_written(tmp_path: Path, form: dict[str, Any]) -> None:
    export = Export(**{"cameras": ring(6, (320, 200)), "quality": 1, **form, "out": tmp_path / form["out"]})
    out = run_export(BallScene(), export, ignore, never_stop)
    size = out.stat().st_size if out.is_file() else sum(path.stat().st_size for path in out.iterdir())
    # Three quarters of each picture are one grey, which no scene is emptier than.
    assert least_bytes(export, (320, 200), 6, False) < 12 * size


def test_what_frames_took_tells_what_the_others_will(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=9_000_000_000))
    watch = DiskWatch(tmp_path / "frames", 100)
    assert watch.warning(7, 7_000_000_000) == "", "too early to tell"
    # 92 more of 0.1 GB each take 9.2.
    said = watch.warning(8, 800_000_000)
    assert said.endswith(
        "frames: the disk will be full before the end: the 92 frames that are left take about 9.2 GB, as the 8 before "
        "them did, and 9 GB are free; make room"
    )
    assert watch.warning(9, 900_000_000) == "", "said once"
    # 84 more of 0.1 GB fit; later ones are larger.
    assert watch.warning(16, 1_600_000_000) == ""
    assert "the 68 frames that are left take about 14 GB" in watch.warning(32, 6_400_000_000)


@pytest.mark.parametrize("name", ["clip.mov", "frames"])
def test_a_disk_that_fills_is_told_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # How soon an encoder writes is its own affair.
    monkeypatch.setattr(VideoWriter, "written_bytes", 1_000_000)
    # Room for what frames take at least, and for no more.
    export = Export(ring(40, (32, 32)), tmp_path / name)
    usage = shutil.disk_usage(tmp_path)
    free = least_bytes(export, (32, 32), 40, False) + 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    told = list[str]()
    run_export(BallScene(), export, lambda progress: told.append(progress.warning), never_stop)
    said = [text for text in told if text]
    assert said and all("the disk will be full before the end" in text for text in said) and told[0] == ""
