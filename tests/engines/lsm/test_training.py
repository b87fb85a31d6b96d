"""What is learnt: the authors' losses, of objects and photographs in an order by chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from engines.core.dataset import Dataset
from engines.core.objective import Setup
from engines.core.optimisation import Optimisation
from engines.lsm.config import LsmConfig
from engines.lsm.training import LsmObjective, unsupported

SMALL = {"nvox": 8, "im_h": 32, "im_w": 32, "im_batch": 3, "batch_size": 2}


class Coarse:
    """Volumes of 8 voxels a side, of those of 32."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def has(self, number: int, side: int) -> bool:
        return side == 8

    def read(self, number: int, side: int) -> np.ndarray:
        assert self._dataset.volumes is not None
        return self._dataset.volumes.read(number, 32).reshape(8, 4, 8, 4, 8, 4).mean(axis=(1, 3, 5)) > 0.3


@pytest.fixture
def coarse(cars: Dataset) -> Dataset:
    return replace(cars, volumes=Coarse(cars))


def objective(dataset: Dataset, **settings: Any) -> LsmObjective:
    torch.manual_seed(0)
    return LsmObjective(Setup("lsm", dataset, LsmConfig(**{**SMALL, **settings}), torch.device("cpu"), 7))


def test_each_object_once_before_any_again(coarse: Dataset) -> None:
    learnt = objective(coarse, batch_size=1)
    chosen = [learnt.views(step) for step in range(6)]
    objects = [{learnt.photographs[view].instance for view in views} for views in chosen]
    assert all(len(set(views)) == 3 for views in chosen) and all(len(one) == 1 for one in objects)
    assert all(objects[step] | objects[step + 1] == {0, 1} for step in (0, 2, 4))
    assert (
        chosen == [objective(coarse, batch_size=1).views(step) for step in range(6)] and len(set(map(str, chosen))) > 3
    )


def test_occupancies_are_compared_after_each_photograph(coarse: Dataset) -> None:
    learnt = objective(coarse)
    batch = learnt.read(0)
    assert batch.images.shape == (2, 3, 3, 32, 32) and batch.known.shape == (2, 8, 8, 8) and batch.known.any()
    with torch.no_grad():
        logits = learnt.network(batch.images, batch.K, batch.R)
        total = learnt.losses(batch)["total"]
    filled = batch.known[:, None].expand_as(logits)
    by_hand = -torch.where(filled, logits.sigmoid().log(), (1 - logits.sigmoid()).log()).mean()
    torch.testing.assert_close(total, by_hand)


def test_depths_are_compared_where_nothing_is_too(cars: Dataset) -> None:
    learnt = objective(cars, kind="dlsm", ray_samples=4)
    batch = learnt.read(3)
    assert batch.known.shape == (2, 3, 32, 32) and batch.known.max() == 10 and 1 < batch.known.min() < 3
    with torch.no_grad():
        depths = learnt.network(batch.images, batch.K, batch.R)
        torch.testing.assert_close(learnt.losses(batch)["total"], (depths - batch.known[:, None]).abs().mean())


@pytest.mark.slow
def test_voxels_are_learnt(coarse: Dataset) -> None:
    setup = Setup("lsm", coarse, LsmConfig(**SMALL, max_steps=30), torch.device("cpu"), 7)
    training = Optimisation(LsmObjective, setup)
    losses = [training.step()["total"] for _ in range(30)]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:3])


def test_what_nothing_can_be_learnt_from(cars: Dataset) -> None:
    config = LsmConfig(**{**SMALL, "nvox": 32})
    assert unsupported(cars, config) == ""
    assert unsupported(replace(cars, volumes=None), config) == ("it has no voxels of 32x32x32, which kind=vlsm learns")
    assert "an object with 4 photographs" in unsupported(cars, config.model_copy(update={"im_batch": 5}))
    assert unsupported(replace(cars, volumes=None), config.model_copy(update={"kind": "dlsm"})) == ""
