"""Data of many kinds, and whether an engine says beforehand what its training would refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engines import registry
from engines.core.abilities import JudgesData
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.errors import UserError
from tests.engines.core.examples import camera_at, camera_ring


def still(tmp_path: Path, **changes: Any) -> Dataset:
    """Four photographs from one side, of known depths; the files aren't there: nothing may read them."""
    cameras = [camera_at(0.1 * index, 3.0, 1.0) for index in range(4)]
    views = [View(camera, str(index), image_path=tmp_path / f"{index}.png") for index, camera in enumerate(cameras)]
    bounds = np.array([[-1.0] * 3, [1.0] * 3])
    hints = {"near": 1.0, "far": 9.0}
    return replace(Dataset(Views.of(views), tmp_path, "llff", bounds, np.array([0, 0, 1.0]), hints), **changes)


def several(tmp_path: Path) -> Dataset:
    """Two objects."""
    one = still(tmp_path)
    views = [replace(view, instance=number) for number in range(2) for view in one.views]
    return replace(one, views=Views.of(views), instances=("cup", "jug"))


def moving(tmp_path: Path) -> Dataset:
    """Two time steps of a rig."""
    one = still(tmp_path)
    views = [replace(view, time=time, camera_index=index) for time in range(2) for index, view in enumerate(one.views)]
    return replace(one, views=Views.of(views))


def around(tmp_path: Path) -> Dataset:
    """Cameras a quarter of a turn apart."""
    one = still(tmp_path)
    views = [replace(view, camera=camera) for view, camera in zip(one.views, camera_ring(4), strict=True)]
    return replace(one, views=Views.of(views))


def blind(tmp_path: Path) -> Dataset:
    """Poses without photographs."""
    one = still(tmp_path)
    return replace(one, views=Views.of([replace(view, image_path=None) for view in one.views]))


def half_blind(tmp_path: Path) -> Dataset:
    """The second object's photographs are missing."""
    two = several(tmp_path)
    views = [replace(view, image_path=None) if view.instance else view for view in two.views]
    return replace(two, views=Views.of(views))


def alone(tmp_path: Path) -> Dataset:
    """One photograph."""
    return replace(still(tmp_path), views=still(tmp_path).views[:1])


def bottomless(tmp_path: Path) -> Dataset:
    """Nobody knows how deep it is."""
    return still(tmp_path, hints={})


def assert_judged(name: str, make: Callable[[Path], Dataset], expected: str, tmp_path: Path) -> None:
    """`expected`: what its reason has in it; "" where it can learn."""
    engine, dataset = registry.find_engine(name), make(tmp_path)
    assert isinstance(engine, JudgesData)
    reason = engine.unsupported(dataset)
    assert expected in reason and bool(reason) == bool(expected)
    # For an entry in a list, under a folder that is named already.
    assert str(tmp_path) not in reason and "\n" not in reason
    if reason:
        with pytest.raises(UserError) as refused:
            engine.train(dataset, engine.Config(), torch.device("cpu"), 0)
        assert str(refused.value) == f"{tmp_path}: {reason}"
