"""`main.py bench`: the numbers are of what was measured."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.commands import bench, console
from app.viewing.opening import Opened
from engines.core.camera import Camera
from engines.core.engine import Audit
from engines.core.frame import Frame
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import BallScene


class SlowBall(BallScene):
    """The first frame takes 60 ms more; two stages of 5 and 20 ms."""

    def render(self, camera: Camera, controls: Any, stop: Any) -> Frame:
        time.sleep(0.01 if self.rendered else 0.07)
        return super().render(camera, controls, stop)

    def stages(self, camera: Camera) -> Mapping[str, Callable[[], object]]:
        return {"place": lambda: time.sleep(0.005), "draw": lambda: time.sleep(0.02)}


def test_times_are_those_of_the_scene() -> None:
    scene = SlowBall(native_px=(16, 16))
    result = bench.measure(scene, 7)
    assert len(scene.rendered) == 8
    assert result["size_px"] == [16, 16]
    frame = result["frame_ms"]
    assert result["first_frame_ms"] > 69
    assert 9 < frame["min"] <= frame["median"] <= frame["p95"]
    assert frame["min"] < 60
    assert list(result["stages_ms"]) == ["place", "draw"]
    assert result["stages_ms"]["draw"] > 19
    assert result["peak_memory_bytes"] > 2**20
    assert result["peak_device_bytes"] is None


class AuditedBall(BallScene):
    """Of each camera but the first, one ray is drawn wrongly."""

    def audit(self, camera: Camera, controls: Any, rays: int) -> Audit:
        self.audited = [*getattr(self, "audited", []), camera]
        first = len(self.audited) == 1
        return Audit(100 if first else 300, int(not first), 3.0 if first else 5.0, 1000.0)


def test_a_scene_without_stages_has_none() -> None:
    result = bench.measure(BallScene(), 2)
    assert result["stages_ms"] is None
    assert result["audit"] is None


def test_a_shortcut_is_audited_on_some_cameras() -> None:
    scene = AuditedBall()
    audit = bench.measure(scene, 20)["audit"]
    assert len(scene.audited) == len(set(map(id, scene.audited))) == 4
    assert audit == {"rays": 1000, "wrong": 3, "points_per_ray": 4.8, "plain_points_per_ray": 1000.0}


def test_fewer_cameras_than_are_audited_are_all_audited() -> None:
    assert bench.measure(AuditedBall(), 2)["audit"]["rays"] == 400


def test_prints_how_many_rays_are_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = Opened(AuditedBall(), Checkpoint("ball", {}, 0, {}), None, Path("ball"))
    monkeypatch.setattr(console, "open_scene", lambda *_: found)
    assert cli.main(["bench", "ball", "--frames", "2"]) == 0
    assert "400 rays drawn plainly, too: 1 wrong (4.50 points a ray, plainly 1000)" in capsys.readouterr().out


@pytest.mark.parametrize("as_json", [False, True])
def test_prints(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    found = Opened(SlowBall(), Checkpoint("ball", {}, 0, {}), None, Path("ball"))
    monkeypatch.setattr(console, "open_scene", lambda *_: found)
    assert cli.main(["bench", "ball", "--frames", "3", *(["--json"] if as_json else [])]) == 0
    output = capsys.readouterr()
    assert output.err == "note: the ball is round\n"
    if as_json:
        assert json.loads(output.out)["frames"] == 3
    else:
        for word in ("device", "opening", "first frame", "place", "draw", "MiB"):
            assert word in output.out


def test_no_frames_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "ball", "--frames", "none"]) == 2
    assert "'none' is no number of frames" in capsys.readouterr().err
