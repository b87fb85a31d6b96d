"""Pictures on a GPU are the CPU's, and it is hardly ever waited for, on machines without one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from app.conformance.pretended_gpu import DEVICE, pretended_gpu
from engines.core.data.dataset import Dataset
from engines.core.engine import Scene, never_stop, whole_controls
from engines.lsm.config import LsmOptions
from engines.lsm.engine import ENGINE
from engines.lsm.surface_mesh import SurfaceMesh
from engines.lsm.translucency import STEP, _of_all, seen_through
from tests.engines.lsm.test_occupancy import ball, rays
from tests.engines.lsm.test_scene import DEPTH, SMALL, checkpoint

MOST_WAITS = 2


def picture(scene: Scene, controls: dict[str, float]) -> dict[str, Tensor]:
    frame = scene.render(scene.start.scaled(0.5), whole_controls(scene, controls), never_stop)
    assert frame.depth is not None
    return {"rgb": frame.image, "depth": frame.depth, **frame.extra}


@pytest.mark.parametrize(
    ("settings", "controls"), [(SMALL, {"threshold": 0.5}), (SMALL, {"look": 1.0, "threshold": 0.5}), (DEPTH, {})]
)
def test_pictures_are_those_of_the_cpu(
    cars: Dataset, settings: dict[str, Any], controls: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = checkpoint(**settings)
    # What triangles tell is within a hundredth of a voxel of what rays do.
    monkeypatch.setattr(SurfaceMesh, "depths", lambda *_: None)
    expected = picture(ENGINE.open(made, torch.device("cpu"), cars, LsmOptions(views=(2, 0))), controls)
    with pretended_gpu() as waits:
        scene = ENGINE.open(made, torch.device(DEVICE), cars, LsmOptions(views=(2, 0)))
        picture(scene, controls)
        before = waits.count
        drawn = picture(scene, controls)
        # The look through the volume searches the surface twice.
        assert waits.count - before <= MOST_WAITS, waits.by_place
        found = {name: tensor.cpu() for name, tensor in drawn.items()}
    assert expected["rgb"].min() < 1 and expected.keys() == found.keys()
    for name, tensor in expected.items():
        both = tensor.isfinite() & found[name].isfinite()
        # Rays that only touch the surface may be met by either.
        assert (tensor.isfinite() != found[name].isfinite()).float().mean() <= 0.01
        # What two photographs tell apart by a hair's breadth may be the one's or the other's.
        assert ((tensor - found[name])[both].abs() > 1e-3).float().mean() <= 0.02


def test_all_rays_at_once_meet_what_each_does() -> None:
    field, (origin, directions) = ball(), rays(300)
    expected, way = field.hits(origin, directions, never_stop), field.within(origin, directions)
    torch.testing.assert_close(field._hits_of_all(origin, directions, way, never_stop), expected, atol=1e-6, rtol=0)


def test_what_is_seen_through_by_all_rays_at_once_is_what_each_sees() -> None:
    field, colours = ball(), torch.rand(3, 18, 18, 18, generator=torch.Generator().manual_seed(1))
    K, R = np.array([[40.0, 0, 16], [0, 40.0, 16], [0, 0, 1]]), np.eye(4)[:3]
    R[2, 3] = 2.0
    met = field.met(K, R, (32, 32), never_stop)
    grids, (_, far) = torch.cat([field.grid[:1], colours]), field.within(met.rays.origin, met.rays.directions)
    way = met.distances + 0.5 * STEP * field.voxel, far
    expected = seen_through(field, colours, met, never_stop)
    found = _of_all(field, grids, met.rays, way, never_stop)
    assert expected[1].max() > 0.5
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)
