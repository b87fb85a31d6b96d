"""Drawing and making planes against the plain reference, in one run."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
import torch

from engines.core.camera import Camera, look_at
from engines.core.engine import never_stop
from engines.mask_volume import planes
from engines.mask_volume.config import PLANES
from engines.mask_volume.drawing import Stack
from engines.mask_volume.moments import Maker, Pair
from engines.mask_volume.network import MaskNet, MpiNet
from engines.mask_volume.upstream import MASK, MPI
from tests.engines.mask_volume.reference import draw_plainly, make_plainly

# The goals are 5, 3 and 300; a busy machine swings by a third.
VIEW_FLOOR, STEP_FLOOR, FRAME_FLOOR = 4.0, 2.3, 200.0
DEPTHS = (2.0, 20.0)


def camera(x: float, width: int) -> Camera:
    pose = look_at(np.array([x, 0.0, 0.0]), np.array([x, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    size = (width, width * 9 // 16 // 8 * 8)
    return Camera(pose, (0.9 * width,) * 2, (size[0] / 2, size[1] / 2), size)


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def best(runs: int, *ways: Callable[[], object]) -> list[float]:
    """The shortest of some runs of each, by turns."""
    rounds = [[seconds(way) for way in ways] for _ in range(runs)]
    return [min(times) for times in zip(*rounds, strict=True)]


def measure_step() -> tuple[float, float]:
    """Seconds of a new moment: plainly, ours. At half the authors' width: theirs takes half a minute otherwise."""
    torch.set_num_threads(2)
    torch.manual_seed(0)
    mpi, mask = (network.eval().requires_grad_(False) for network in (MpiNet(), MaskNet()))
    weights = {prefix + name: t for prefix, net in ((MPI, mpi), (MASK, mask)) for name, t in net.state_dict().items()}
    maker, pair = Maker(weights, torch.device("cpu")), Pair((0, 4, 5), (camera(0, 320), camera(0.1, 320)), DEPTHS)
    height, width = pair.cameras[0].size_px[1], 320
    pictures, backgrounds = (np.random.default_rng(i).random((2, height, width, 3), np.float32) for i in range(2))
    as_images = [torch.from_numpy(x).permute(0, 3, 1, 2) for x in (pictures, backgrounds)]

    def ours() -> None:
        maker.make(pair, pictures, lambda: backgrounds, lambda: None)

    # The background's planes are made with the first moment.
    ours()
    with torch.inference_mode():
        plain, fast = best(2, lambda: make_plainly(mpi, mask, pair, *as_images), ours)
    return plain, fast


def measure_view() -> tuple[float, float]:
    """Seconds of a view of planes of the authors' size, all of them half clear: plainly, ours."""
    torch.set_num_threads(2)
    layers = torch.rand(PLANES, 360, 640, 4, generator=torch.Generator().manual_seed(0))
    reference, target, depths = camera(0, 640), camera(0.05, 640), planes.plane_depths(*DEPTHS, PLANES)
    stack, as_channels = Stack(layers, reference, depths), layers.permute(0, 3, 1, 2)
    with torch.inference_mode():
        plain, fast = best(
            5,
            lambda: draw_plainly(as_channels, reference, target, depths),
            lambda: stack.draw(target, never_stop),
        )
    return plain, fast


@pytest.fixture(scope="module")
def measured() -> tuple[tuple[float, float], tuple[float, float]]:
    # A process of its own, as the program is: what ran before has left its memory behind.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(measure_view).result(), fresh.submit(measure_step).result()


def test_views_and_moments_are_faster_than_the_plain_reference(
    measured: tuple[tuple[float, float], tuple[float, float]], capsys: pytest.CaptureFixture[str]
) -> None:
    (plain_view, view), (plain_step, step) = measured
    # Four times as many pixels at the authors' size; their script makes a moment for each picture.
    frame = (4 * plain_step + plain_view) / view
    with capsys.disabled():
        sys.stdout.write(
            f"\nmask volume: a view {plain_view / view:.1f}, a moment {plain_step / step:.1f}, a whole frame "
            f"{frame:.0f} times the plain reference ({view * 1e3:.0f} ms a view of 640x360x32)\n"
        )
    assert plain_view / view >= VIEW_FLOOR
    assert plain_step / step >= STEP_FLOOR
    assert frame >= FRAME_FLOOR
