"""Room on the disk, before any frame is drawn."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.export.codecs import VIDEO_SUFFIXES
from app.export.disk_space import FILE_BYTES, least_bytes
from app.export.export_request import Export
from app.export.exporter import run_export
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
