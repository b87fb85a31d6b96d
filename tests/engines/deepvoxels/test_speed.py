"""Drawing against the plain reference, in one run, at the paper's sizes."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from engines.core.camera import Camera, look_at
from engines.core.checkpoint import Checkpoint
from engines.deepvoxels.config import DeepVoxelsConfig, DeepVoxelsOptions
from engines.deepvoxels.geometry import GridPlacement
from engines.deepvoxels.network import DeepVoxels
from engines.deepvoxels.scene import DeepVoxelsScene, find_surroundings
from tests.engines.deepvoxels.reference import draw_plainly, plain_network

ROUNDS = 3
# The goals are 2.2 and 3; a busy machine swings by more than a tenth.
FLOORS = {512: 1.9, 128: 2.4}


def published_size(side_px: int) -> tuple[DeepVoxelsConfig, dict[str, torch.Tensor]]:
    """Random weights of the paper's sizes, with running statistics as after training."""
    torch.manual_seed(5)
    config = DeepVoxelsConfig(img_sidelength=side_px)
    network = DeepVoxels(config)
    with torch.no_grad():
        network.deepvoxels.uniform_(0, 1)
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    return config, network.state_dict()


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


@pytest.mark.parametrize("side_px", [128, 512])
def test_drawing_is_faster_than_the_plain_reference_and_equal(side_px: int, record_property, capsys) -> None:
    config, weights = published_size(side_px)
    plain = plain_network(config, weights)
    checkpoint = Checkpoint("deepvoxels", config.model_dump(), 0, weights)
    surroundings = find_surroundings(checkpoint, None, DeepVoxelsOptions(), side_px)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        scene = DeepVoxelsScene(config, weights, surroundings, torch.device("cpu"), DeepVoxelsOptions())
        camera = Camera(
            look_at(np.array([1.2, -1.0, 0.9]), np.zeros(3), np.array([0.0, 0, 1])),
            scene.start.focal_px,
            scene.start.centre_px,
            scene.start.size_px,
        )
        expected, _ = draw_plainly(plain, camera, GridPlacement())
        frame = scene.render(camera)
        assert (frame.image.permute(2, 0, 1) - 0.5 - expected).abs().max() < 1 / 255
        # In turn, so that whatever else the machine does falls on both.
        times = [
            (seconds(lambda: draw_plainly(plain, camera, GridPlacement())), seconds(lambda: scene.render(camera)))
            for _ in range(ROUNDS)
        ]
    finally:
        torch.set_num_threads(threads)
    ratio = statistics.median(reference / ours for reference, ours in times)
    record_property("speed-up", ratio)
    with capsys.disabled():
        sys.stderr.write(f"\n{side_px} px: {ratio:.2f} times the plain reference\n")
    assert ratio > FLOORS[side_px]
