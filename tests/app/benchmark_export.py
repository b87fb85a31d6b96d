"""What an export takes of what drawing or encoding take alone; and of what one process takes, two of them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.demos import demo_scenes
from app.display import shade
from app.export import Export, run_export
from app.fitting import fit_cameras
from app.opening import open_scene
from app.preview import preview_path
from app.video import VideoWriter
from engines.core.engine import never_stop, whole_controls
from engines.core.rendering import rendered
from tests.benchmarks.measuring import Measure, seconds

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"toys": (128, 128), "street": (448, 256), "stereo_cars": (256, 256)}
FRAMES, ROUNDS = 90, 3
WORKER_FRAMES = 240
"""One process has for a minute: what is not divided, the start of torchrun and of torch, weighs less."""


@pytest.mark.parametrize("name", SIZES)
def benchmark_video(name: str, measure: Measure, tmp_path: Path) -> None:
    """The part of its speed that the slower of both alone has."""
    scene = open_scene(demo(name)).scene
    cameras = fit_cameras(scene, preview_path(scene, FRAMES), SIZES[name])
    controls = whole_controls(scene, {})
    export = Export(cameras, tmp_path / "both.mp4", size_px=SIZES[name])
    pictures = [shade(rendered(scene, cameras[0], controls, never_stop), "rgb")]

    def draw() -> None:
        pictures[:] = [shade(rendered(scene, camera, controls, never_stop), "rgb") for camera in cameras]

    def encode() -> None:
        with VideoWriter(tmp_path / "encoded.mp4", SIZES[name]) as writer:
            for picture in pictures:
                writer.write(picture)

    def part() -> float:
        alone = max(seconds(draw), seconds(encode))
        return alone / seconds(lambda: run_export(scene, replace(export), lambda _: None, never_stop))

    measure.figure("", measure.rounds(part, ROUNDS), "x", at_least=0.95)


def demo(name: str) -> Path:
    return next(path for path in demo_scenes() if path.stem == name)


def benchmark_two_workers(measure: Measure, tmp_path: Path) -> None:
    """How many times faster two processes of a thread render than one, from the command to its end."""
    one, two = tmp_path / "one.mp4", tmp_path / "two.mp4"
    words = ["main.py", "render", str(demo("toys")), "--path", "orbit", "--frames", str(WORKER_FRAMES), "--out"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2"]

    def run(*command: str) -> None:
        subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, capture_output=True)

    def gained() -> float:
        alone = seconds(lambda: run(*words, str(one)))
        return alone / seconds(lambda: run(*torchrun, *words, str(two)))

    measure.figure("", measure.rounds(gained, 1), "x", at_least=1.85)
    assert one.read_bytes() == two.read_bytes()
