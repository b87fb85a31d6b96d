"""What a GPU must come to, of every demo: `./vantage benchmark --gpu`. docs/gpu.md says what each figure tells."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from app.camera.fitting import fit_cameras
from app.demos import demo_scenes
from app.export.contact_sheet import preview_path
from app.viewing.opening import open_scene
from engines.core.camera import Camera
from engines.core.device import in_step, is_out_of_memory
from engines.core.engine import TIME, Prepares, Scene, never_stop, whole_controls
from engines.core.errors import Cancelled, UserError
from engines.core.rendering import rendered
from tests.benchmarks.measuring import Measure, seconds

SIDE, FRAMES, ROUNDS = 512, 20, 5
LITTLE = 1e-4
"""Of the card's memory, in which no scene has room."""
DEMOS = pytest.mark.parametrize("path", demo_scenes(), ids=lambda path: path.stem)


def scene_on(path: Path, device: str) -> Scene:
    return open_scene(path, device=device).scene


def views(scene: Scene) -> tuple[Camera, ...]:
    size = None if scene.native_px else (SIDE, SIDE)
    return fit_cameras(scene, preview_path(scene, FRAMES), size)


def drawn_s(scene: Scene, camera: Camera, controls: dict[str, float]) -> float:
    """How long a picture takes, the device's work included."""

    def whole() -> None:
        rendered(scene, camera, controls, never_stop)
        torch.cuda.synchronize()

    return seconds(whole)


@DEMOS
def benchmark_equality(path: Path, measure: Measure) -> None:
    on_cpu, on_gpu = scene_on(path, "cpu"), scene_on(path, "cuda")
    controls = whole_controls(on_cpu, {})

    def apart(camera: Camera) -> float:
        expected, found = (rendered(scene, camera, controls, never_stop).image for scene in (on_cpu, on_gpu))
        return float((expected - found.cpu()).abs().mean()) * 255

    measure.figure("of 255", measure.rounds(lambda: [apart(each) for each in views(on_cpu)[::10]], 1)[0], "", at_most=1)


@DEMOS
def benchmark_frame(path: Path, measure: Measure) -> None:
    scene = scene_on(path, "cuda")
    cameras, controls = views(scene), dict(whole_controls(scene, {}))
    first = drawn_s(scene, cameras[0], controls)
    times = measure.rounds(lambda: np.median([drawn_s(scene, camera, controls) for camera in cameras]), ROUNDS)
    measure.figure("", [1000 * float(median) for median in times], "ms", at_most=16.7)
    measure.figure("the first", [1000 * first], "ms")
    measure.figure("memory", [torch.cuda.max_memory_reserved() / 2**20], "MiB")


@DEMOS
def benchmark_yielding(path: Path, measure: Measure) -> None:
    scene = scene_on(path, "cuda")
    camera, controls = views(scene)[0], dict(whole_controls(scene, {}))
    whole_s = drawn_s(scene, camera, controls)

    def took() -> float:
        """From the wish to stop, in the middle of a picture, until the thread is free."""
        wish = time.perf_counter() + whole_s / 2
        stop = in_step(lambda: time.perf_counter() >= wish, scene.device)
        with contextlib.suppress(Cancelled):
            rendered(scene, camera, controls, stop)
        torch.cuda.synchronize()
        return max(0.0, time.perf_counter() - wish)

    measure.figure("", [1000 * late for late in measure.rounds(took, ROUNDS)], "ms", at_most=16)


@DEMOS
def benchmark_playback(path: Path, measure: Measure) -> None:
    scene = scene_on(path, "cuda")
    # As any object, which abilities can be asked of: to mypy a scene has none then.
    ahead: object = scene
    time_steps = next((control for control in scene.controls if control.name == TIME), None)
    if time_steps is None or not isinstance(ahead, Prepares):
        measure.figure("it stands still", measure.rounds(lambda: 0.0, 1), "")
        return
    cameras, controls = views(scene), dict(whole_controls(scene, {}))
    rendered(scene, cameras[0], controls, never_stop)

    def slowest() -> float:
        """95 % of the frames that are drawn while the next time steps are made take no longer."""
        ended = threading.Event()

        def make() -> None:
            for time_step in range(round(time_steps.low) + 1, min(round(time_steps.high), 8) + 1):
                ahead.prepare(cameras[0], {**controls, TIME: time_step}, ended.is_set)

        thread, times = threading.Thread(target=make), list[float]()
        thread.start()
        while thread.is_alive():
            times.append(drawn_s(scene, cameras[len(times) % len(cameras)], controls))
        thread.join()
        return float(np.percentile(times or [0.0], 95))

    measure.figure("", [1000 * each for each in measure.rounds(slowest, 1)], "ms", at_most=50)


@DEMOS
def benchmark_full_card(path: Path, measure: Measure) -> None:
    def said() -> float:
        """Whether it is told as what it is."""
        torch.cuda.set_per_process_memory_fraction(LITTLE)
        try:
            scene = scene_on(path, "cuda")
            rendered(scene, views(scene)[0], whole_controls(scene, {}), never_stop)
        except UserError:
            return 1.0
        except RuntimeError as error:
            return float(is_out_of_memory(error))
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
        return 1.0

    measure.figure("is known as such", measure.rounds(said, 1), "", at_least=1)
