"""Drawing against the plain reference."""

from __future__ import annotations

import pytest
import torch

from tests.benchmarks.measuring import Measure
from tests.engines.srn.reference import draw_plainly
from tests.engines.srn.test_equality import random_scene, small_camera

FLOORS = {128: 1.5, 256: 2.5, 512: 2.5}
ROUNDS = {128: 7, 256: 5, 512: 2}


@pytest.mark.parametrize("side_px", list(FLOORS))
def benchmark_view(side_px: int, measure: Measure) -> None:
    scene, network = random_scene(fit_single_srn=True)
    camera = small_camera(side_px)

    @torch.no_grad()
    def plainly() -> None:
        draw_plainly(network, camera, None)

    measure.ratio(plainly, lambda: scene.render(camera), at_least=FLOORS[side_px], rounds=ROUNDS[side_px])
