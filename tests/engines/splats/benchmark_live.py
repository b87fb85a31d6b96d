"""How many pictures a second OpenGL draws of splats, and how soon their order is there.

The tests' display has no graphics card: `VANTAGE_TEST_DISPLAY=:0 ./vantage benchmark live` measures the one of the
desktop, and holds it to what integrated ones are to do. In software there is no bound.
"""

from __future__ import annotations

import math
import time
from functools import partial

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from app.gui.viewport.gl import probe_opengl
from app.gui.viewport.live_gaussians import OpenGlDrawers
from engines.core.camera import Camera, look_at
from engines.splats.config import SplatsOptions
from engines.splats.placement import placed
from engines.splats.scene import SplatScene
from engines.splats.seen_order import SeenOrder
from tests.benchmarks.measuring import Measure
from tests.engines.splats.benchmark_drawing import surfaces
from tests.engines.splats.scenes import NEAR
from tests.engines.splats.test_live import on_a_thread

SIZE_PX = (1280, 800)
RATES = {100_000: 30, 1_000_000: 10}
"""Pictures a second that an integrated graphics card is to draw at least."""
ORDER_MS = {100_000: 30, 1_000_000: 60}
ROUNDS, PICTURES_S = 3, 3.0
STEP = math.radians(1)
"""The camera's, between two pictures: of a quick drag."""


def camera(angle: float) -> Camera:
    """On a circle about the scene."""
    place = np.array([7 * math.cos(angle), 7 * math.sin(angle), 3.0])
    pose = look_at(place, np.array([0, 0, 0.5]), np.array([0, 0, 1.0]))
    return Camera(pose, (0.9 * SIZE_PX[1],) * 2, (SIZE_PX[0] / 2, SIZE_PX[1] / 2), SIZE_PX)


@pytest.mark.parametrize("count", ORDER_MS)
def benchmark_order(count: int, measure: Measure) -> None:
    order = SeenOrder(surfaces(count), NEAR, torch.get_num_threads)
    measure.milliseconds(lambda: order.near_to_far(camera(0.6), False), at_most=ORDER_MS[count], rounds=10)


@pytest.mark.parametrize("count", RATES)
def benchmark_pictures(count: int, qtbot: QtBot, measure: Measure) -> None:
    found = probe_opengl()
    if found.renderer is None:
        pytest.skip("no OpenGL here")
    splats = surfaces(count)
    scene = SplatScene(splats, placed(splats), torch.device("cpu"), SplatsOptions())
    measured = measure.rounds(partial(on_a_thread, partial(taken, OpenGlDrawers(), scene)), ROUNDS)
    where = found.renderer.split(" (")[0]
    bound = RATES[count] if found.accelerated else None
    measure.figure(f"pictures, {where}", [rate for rate, _ in measured], "/s", at_least=bound)
    measure.figure(f"into textures, {where}", [1e3 * given_s for _, given_s in measured], "ms")


def taken(drawers: OpenGlDrawers, scene: SplatScene) -> tuple[float, float]:
    """Pictures a second of a camera that goes round, and the seconds until the first may be drawn."""
    began_s, drawer = time.perf_counter(), drawers.begin()
    for _ in drawer.pieces(scene):
        pass
    given_s = time.perf_counter() - began_s
    # Shaders are made at the first one.
    drawer.draw(scene, camera(0), "", False)
    began_s, count = time.perf_counter(), 0
    while time.perf_counter() - began_s < PICTURES_S or count < 2:
        count += 1
        drawer.draw(scene, camera(count * STEP), "", False)
    rate = count / (time.perf_counter() - began_s)
    drawer.close()
    return rate, given_s
