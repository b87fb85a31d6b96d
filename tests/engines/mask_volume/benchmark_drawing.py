"""Drawing and making planes against the plain reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from engines.core.camera import Camera, look_at
from engines.core.engine import never_stop
from engines.mask_volume import planes
from engines.mask_volume.config import PLANES
from engines.mask_volume.drawing import Stack
from engines.mask_volume.multiplane_image import CameraPair, Maker
from engines.mask_volume.network import MaskNet, MpiNet
from engines.mask_volume.upstream import MASK, MPI
from tests.benchmarks.measuring import Measure
from tests.engines.mask_volume.reference import draw_plainly, make_plainly

# A busy machine swings by a third.
VIEW_FLOOR, MOMENT_FLOOR, FRAME_FLOOR = 9.0, 4.0, 300.0
DEPTHS = (2.0, 20.0)
Ways = tuple[Callable[[], object], Callable[[], object]]
"""Plainly, and ours."""


def camera(x: float, width: int) -> Camera:
    pose = look_at(np.array([x, 0.0, 0.0]), np.array([x, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    size = (width, width * 9 // 16 // 8 * 8)
    return Camera(pose, (0.9 * width,) * 2, (size[0] / 2, size[1] / 2), size)


def time_step() -> Ways:
    """A new time step, at half the authors' width: theirs takes half a minute otherwise."""
    torch.manual_seed(0)
    mpi, mask = MpiNet().eval().requires_grad_(False), MaskNet().eval().requires_grad_(False)
    weights = {prefix + name: t for prefix, net in ((MPI, mpi), (MASK, mask)) for name, t in net.state_dict().items()}
    maker, pair = Maker(weights, torch.device("cpu")), CameraPair((0, 4, 5), (camera(0, 320), camera(0.1, 320)), DEPTHS)
    height, width = pair.cameras[0].size_px[1], 320
    pictures, backgrounds = (np.random.default_rng(i).random((2, height, width, 3), np.float32) for i in range(2))
    moving, still = (torch.from_numpy(x).permute(0, 3, 1, 2) for x in (pictures, backgrounds))
    # The background's planes are made with the first time step, before it is timed.
    return (
        lambda: make_plainly(mpi, mask, pair, moving, still),
        lambda: maker.make(pair, pictures, lambda: backgrounds, lambda: None),
    )


def view() -> Ways:
    """A view of planes of the authors' size, all of them half clear."""
    layers = torch.rand(PLANES, 360, 640, 4, generator=torch.Generator().manual_seed(0))
    reference, target, depths = camera(0, 640), camera(0.05, 640), planes.plane_depths(*DEPTHS, PLANES)
    stack, as_channels = Stack(layers, reference, depths), layers.permute(0, 3, 1, 2)
    return (
        lambda: draw_plainly(as_channels, reference, target, depths),
        lambda: stack.draw(target, never_stop),
    )


@torch.inference_mode()
def benchmark_view(measure: Measure) -> None:
    measure.ratio(*view(), at_least=VIEW_FLOOR)


@torch.inference_mode()
def benchmark_moment(measure: Measure) -> None:
    measure.ratio(*time_step(), at_least=MOMENT_FLOOR, rounds=3)


@torch.inference_mode()
def benchmark_frame(measure: Measure) -> None:
    """The authors' script makes a time step for each picture; ours is there already when the camera moves."""
    make_plainly_, _ = time_step()
    draw_plainly_, draw = view()

    def plainly() -> None:
        # Four times as many pixels at the authors' size.
        for _ in range(4):
            make_plainly_()
        draw_plainly_()

    measure.ratio(plainly, draw, at_least=FRAME_FLOOR, rounds=2)
