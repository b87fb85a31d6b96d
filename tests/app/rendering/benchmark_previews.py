"""What is made of a frame for the screen, between two positions of the hand."""

from __future__ import annotations

import itertools

import pytest
import torch

from app.camera import navigation
from app.rendering import display
from app.rendering.reprojection import Reprojector
from engines.core.frame import Frame
from tests.app.fake_scene import UP, FakeScene, start_camera
from tests.app.rendering.test_render_worker import refinement_delay_s
from tests.app.rendering.test_reprojection import PIVOT, reprojector
from tests.app.watched import Watch, opened
from tests.benchmarks.measuring import Measure


@pytest.mark.parametrize("channel", ["rgb", "depth"])
def benchmark_shading_512(channel: str, measure: Measure) -> None:
    frame = Frame(torch.rand(512, 512, 3), torch.rand(512, 512))
    measure.milliseconds(lambda: display.shade(frame, channel, (0.0, 1.0)), at_most=5, rounds=30)


def benchmark_reprojecting_512(measure: Measure) -> None:
    camera = start_camera(512)
    source: Reprojector = reprojector(camera)
    steps = itertools.count()
    # 10 ms on an idle core; more than 50 would be fewer than 20 pictures a second.
    measure.milliseconds(
        lambda: source.draw(navigation.orbit(camera, PIVOT, UP, 0.02 * next(steps), 0)), at_most=50, rounds=30
    )


def benchmark_refining(watch: Watch, measure: Measure) -> None:
    watched = opened(watch, FakeScene(chunks=10))
    turns = itertools.count()
    delays_s = measure.rounds(lambda: refinement_delay_s(watched, 0.1 * next(turns)), rounds=10)
    # 100 of them are waited for, so that a hand that hesitates is not interrupted.
    measure.figure("", [1000 * delay for delay in delays_s if delay is not None], "ms", at_most=150)
