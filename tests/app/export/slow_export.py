"""An export that can be killed: `python -m tests.app.export.slow_export OUT [--resume]` draws it, a frame in 30 ms.

Each frame that is drawn is a line on stderr, its number among those of the path.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from unittest import mock

from app.export import frame_keeping
from app.export.export_request import Export
from app.export.exporter import run_export
from engines.core import distributed
from engines.core.camera import Camera
from engines.core.engine import Stop, never_stop
from engines.core.files import holding
from engines.core.frame import Frame
from tests.app.ball_scene import BallScene, ring

CAMERAS = ring(24, (48, 32))
CHANNELS = ("rgb", "depth")


class SlowScene(BallScene):
    """Tells of each frame that it draws."""

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        time.sleep(0.03)
        sys.stderr.write(f"{number_of(camera)}\n")
        return super().render(camera, controls, stop)


def number_of(camera: Camera) -> int:
    """Which frame of the path it is."""
    return next(index for index, other in enumerate(CAMERAS) if (other.position == camera.position).all())


def _asked(out: Path, resume: bool) -> Export:
    return Export(CAMERAS, out, channels=CHANNELS, scene="ball", resume=resume)


def keeping_all() -> AbstractContextManager[object]:
    """While it lasts frames of a video are kept however long that takes: tests don't depend on time."""
    return mock.patch.multiple(frame_keeping, MOST_OF_DRAWING=1e9, MOST_WAITING=10**6)


def slow_export(out: Path, resume: bool = False, **changes: object) -> Path:
    # As the command line has it; what a killed process left beside is removed by it.
    with keeping_all(), holding(out):
        # Changes of several types.
        return run_export(SlowScene(), replace(_asked(out, resume), **changes), lambda _: None, never_stop)  # type: ignore[arg-type]


def resumed_by_two(folder: str) -> list[list[int]]:
    """On each of two ranks: which frames it drew of a video and of a folder that the first had broken off alone."""
    drawn = []
    for name in ("clip.mp4", "frames"):
        out = Path(folder) / name
        if distributed.here().is_first:
            with (
                mock.patch.object(distributed, "here", lambda: distributed.ALONE),
                suppress(RuntimeError),
                keeping_all(),
            ):
                run_export(SlowScene(fail_at=9), _asked(out, False), lambda _: None, never_stop)
        distributed.barrier()
        scene = SlowScene()
        run_export(scene, _asked(out, True), lambda _: None, never_stop)
        distributed.barrier()
        drawn.append([number_of(camera) for camera in scene.rendered])
    return drawn


if __name__ == "__main__":
    slow_export(Path(sys.argv[1]), "--resume" in sys.argv)
