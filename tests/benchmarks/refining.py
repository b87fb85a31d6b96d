"""How a slow picture comes in the window, against one that is drawn at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.camera.camera_controller import CameraController
from app.rendering.background import PlainBackground
from app.rendering.display import Pixels, shade
from app.rendering.progressive import rounds
from app.rendering.refinement import Refinement
from app.rendering.render_requests import RenderRequest
from app.rendering.reprojection import Reprojector
from app.viewing.opening import open_scene
from engines.core.engine import never_stop, whole_controls
from tests.benchmarks.measuring import Measure

WINDOW_PX = (951, 703)
"""What a window of 1280x800 has for the picture."""
CLOSE_DB = 35.0
"""A picture that is so near to the exact one shows all that there is to be seen."""
DEMOS = Path(__file__).parents[2] / "checkpoints"


@dataclass(frozen=True)
class Refining:
    """Of a picture that comes in rounds, in times of one that is drawn at once.

    Attributes:
        work: until it is exact.
        close: until it is within `CLOSE_DB` of that.
        worst: the largest difference of the last picture's bytes from those of the one that is drawn at once.
    """

    work: float
    close: float
    worst: int


def psnr(picture: Pixels, exact: Pixels) -> float:
    """Of bytes, dB."""
    error = float(((picture.astype(np.float64) - exact) ** 2).mean())
    return float(np.inf) if error == 0 else float(10 * np.log10(255**2 / error))


def refined(demo: str) -> Refining:
    """Draws a demo's first picture at the window's size both ways."""
    scene = open_scene(DEMOS / f"{demo}.safetensors", device="cpu").scene
    eye = CameraController(lambda moving: None)
    eye.enter(scene, scene.cameras)
    eye.size.resize(WINDOW_PX)
    camera, controls = eye.shown, whole_controls(scene, {})
    assert camera is not None
    # What is made at the first time only belongs to neither.
    scene.render(camera.scaled(1 / 8), controls, never_stop)
    began = time.perf_counter()
    exact = shade(scene.render(camera, controls, never_stop), "rgb")
    exact_s = time.perf_counter() - began
    # As the window's worker does, but in this thread: its own steps back behind other programs.
    pictures, began = list[tuple[float, Pixels]](), time.perf_counter()
    made = rounds(scene, RenderRequest(camera, controls), never_stop, Refinement(), PlainBackground(), None)
    for number, (frame, background, _) in enumerate(made):
        pixels = shade(frame, "rgb")
        pictures.append((time.perf_counter() - began, pixels))
        if number == 1 and frame.depth is not None:
            Reprojector(pixels, frame.depth.numpy(), camera, background)
    last_s, last = pictures[-1]
    close_s = next(at for at, pixels in pictures if psnr(pixels, exact) >= CLOSE_DB)
    return Refining(last_s / exact_s, close_s / exact_s, int(np.abs(last.astype(int) - exact).max()))


def measure_refining(demo: str, measure: Measure, times: int) -> None:
    """Notes all levels' work and the time to a close picture, against one exact frame's."""
    found: list[Refining] = measure.rounds(lambda: refined(demo), times)
    measure.figure("work of all rounds, of an exact frame", [one.work for one in found], "", at_most=1.05)
    measure.figure(f"time to {CLOSE_DB:g} dB, of an exact frame's", [one.close for one in found], "", at_most=0.2)
    measure.figure("difference of the last picture", [float(one.worst) for one in found], "/255", at_most=1)
