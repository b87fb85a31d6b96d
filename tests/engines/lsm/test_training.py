"""What is learnt: the authors' losses, of objects and photographs in an order by chance."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.training.presets import Preset, presets_of
from engines.core import distributed
from engines.core.config import make_options
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.distributed import ALONE, Rank
from engines.core.errors import UserError
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.scene_file import write_scene_file
from engines.lsm.config import LsmConfig
from engines.lsm.photographs import ReconstructionCube, upright
from engines.lsm.training import LsmObjective, unsupported
from engines.lsm.training_views import known_volume, workers_for

SMALL = {"nvox": 8, "im_h": 32, "im_w": 32, "im_batch": 3, "batch_size": 2}


def objective(dataset: Dataset, seed: int = 7, **settings: Any) -> LsmObjective:
    torch.manual_seed(0)
    return LsmObjective(Setup("lsm", dataset, LsmConfig(**{**SMALL, **settings}), torch.device("cpu"), seed))


def test_each_object_once_before_any_again(cars: Dataset) -> None:
    learnt = objective(cars, batch_size=1)
    chosen = [learnt.views(step) for step in range(6)]
    objects = [{learnt.photographs[view].instance for view in views} for views in chosen]
    assert all(len(set(views)) == 3 for views in chosen) and all(len(one) == 1 for one in objects)
    assert all(objects[step] | objects[step + 1] == {0, 1} for step in (0, 2, 4))
    assert chosen == [objective(cars, batch_size=1).views(step) for step in range(6)] and len(set(map(str, chosen))) > 3


def test_occupancies_are_compared_after_each_photograph(cars: Dataset) -> None:
    learnt = objective(cars)
    batch = learnt.read(0)
    assert batch.images.shape == (2, 3, 3, 32, 32) and batch.known.shape == (2, 8, 8, 8) and batch.known.any()
    with torch.no_grad():
        logits = learnt.network(batch.images, batch.K, batch.R)
        total = learnt.losses(batch)["total"]
    filled = batch.known[:, None].expand_as(logits)
    by_hand = -torch.where(filled, logits.sigmoid().log(), (1 - logits.sigmoid()).log())
    torch.testing.assert_close(total, by_hand.mean())
    learnt.config = learnt.config.model_copy(update={"class_balanced": True})
    halves = [(own[known].mean() + own[~known].mean()) / 2 for own, known in zip(by_hand, filled, strict=True)]
    torch.testing.assert_close(learnt.losses(batch)["total"], torch.stack(halves).mean())
    nothing = replace(batch, known=torch.zeros_like(batch.known))
    assert learnt.losses(nothing)["total"].isfinite()


def test_depths_are_compared_where_nothing_is_too(cars: Dataset) -> None:
    learnt = objective(cars, kind="dlsm", ray_samples=4)
    batch = learnt.read(3)
    assert batch.known.shape == (2, 3, 32, 32) and batch.known.max() == 10 and 1 < batch.known.min() < 3
    with torch.no_grad():
        depths = learnt.network(batch.images, batch.K, batch.R)
        torch.testing.assert_close(learnt.losses(batch)["total"], (depths - batch.known[:, None]).abs().mean())


@pytest.mark.parametrize(("net", "nvox"), [("unet32", 8), ("unet64", 16)])
def test_all_that_is_learnt_takes_part(cars: Dataset, net: str, nvox: int) -> None:
    learnt = objective(cars, kind="dlsm", ray_samples=4, grid_net=net, nvox=nvox, im_batch=1, batch_size=1)
    learnt.losses(learnt.read(0))["total"].backward()
    weights = learnt.network.named_parameters()
    assert [name for name, tensor in weights if tensor.requires_grad is (tensor.grad is None)] == []


@pytest.mark.slow
def test_voxels_are_learnt(cars: Dataset) -> None:
    setup = Setup("lsm", cars, LsmConfig(**SMALL, max_steps=30), torch.device("cpu"), 7)
    training = Optimisation(LsmObjective, setup)
    losses = [training.step()["total"] for _ in range(30)]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:3])


def test_16_bits_learn_the_same_a_little_less_exactly(cars: Dataset) -> None:
    exact, narrow = objective(cars), objective(cars, precision="bfloat16")
    batch = exact.read(0)
    with torch.no_grad():
        a, b = (each.network(batch.images, batch.K, batch.R) for each in (exact, narrow))
    assert b.dtype == torch.float32
    # Of numbers with 8 bits, through two networks and several norms.
    assert 0 < float((a - b).abs().max() / a.std()) < 0.2


def test_learning_rates_sink_by_steps_of_the_authors() -> None:
    config = LsmConfig(decay_rate=0.5, decay_steps=100)
    assert [config.lr_at(step) for step in (0, 99, 100, 250)] == [1e-3, 1e-3, 5e-4, 2.5e-4]
    assert LsmConfig().lr_at(99_999) == 1e-3


def test_workers_read_what_the_training_would(cars: Dataset) -> None:
    forms: tuple[dict[str, Any], ...] = ({}, {"kind": "dlsm", "ray_samples": 4})
    for settings in forms:
        learnt = objective(cars, **settings)
        first = learnt.read(0)
        again = pickle.loads(pickle.dumps(learnt.reader)).read(0)
        for name in ("images", "K", "R", "known"):
            assert torch.equal(getattr(first, name), getattr(again, name)), name
        # Kept: the same without a look at the disk.
        assert torch.equal(learnt.read(0).known, first.known)
    assert workers_for(2**20, LsmConfig()) == 2 and workers_for(10, LsmConfig()) == 0
    assert workers_for(10, LsmConfig(num_workers=3)) == 3


def test_ranks_share_the_objects_of_a_step(cars: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = objective(cars).read(0)
    parts = []
    for number in range(2):
        monkeypatch.setattr(distributed, "here", lambda number=number: Rank(number, 2))
        learnt = objective(cars)
        assert learnt.views(0) == objective(cars).views(0)
        parts.append(learnt.read(0))
        assert learnt.share(parts[-1]).part == 0.5
    assert torch.equal(torch.cat([part.images for part in parts]), whole.images)
    assert torch.equal(torch.cat([part.known for part in parts]), whole.known)
    with pytest.raises(UserError, match="batch_size=1 can't be divided among 2 processes"):
        objective(cars, batch_size=1)
    with pytest.raises(UserError, match="norm=BN normalises over all photographs of a step"):
        objective(cars, norm="BN")
    monkeypatch.setattr(distributed, "here", lambda: ALONE)
    objective(cars, norm="BN")


def test_a_run_can_begin_from_another(cars: Dataset, tmp_path: Path) -> None:
    config = {**SMALL, "norm": "none"}
    origin = objective(cars, norm="none").network
    torch.nn.init.constant_(origin.ImNet_UNet.conv1.bias, 0.25)
    path = tmp_path / "coarse.safetensors"
    write_scene_file(path, Checkpoint("lsm", {**config, "nvox": 16}, 3, origin.state_dict()))
    begun = objective(cars, seed=1, norm="none", checkpoint=str(path))
    assert begun.notes == () and begun.network.state_dict().keys() == origin.state_dict().keys()
    assert all(torch.equal(tensor, origin.state_dict()[name]) for name, tensor in begun.network.state_dict().items())
    other = objective(cars, kind="dlsm", ray_samples=4, norm="none", checkpoint=str(path))
    assert other.notes == (f"{path} has no DepthNet, which begins at random",)
    assert (other.network.ImNet_UNet.conv1.bias == 0.25).all()
    with pytest.raises(UserError, match=r"coarse\.safetensors: its ImNet_UNet\.conv1\.InstanceNorm\.bias does not fit"):
        objective(cars, checkpoint=str(path))


def test_files_are_looked_at_before_the_first_step(cars: Dataset) -> None:
    class Damaged:
        def has(self, number: int, side: int) -> bool:
            return True

        def read(self, number: int, side: int) -> np.ndarray:
            raise UserError(f"model.binvox of {number}: is damaged")

    with pytest.raises(UserError, match=r"model\.binvox of 0: is damaged"):
        objective(replace(cars, volumes=Damaged()))
    away = cars.views[4].camera
    away = away.at(away.camera_to_world @ np.diag([1.0, -1, -1, 1]))
    views = Views.of([replace(view, camera=away) if number == 4 else view for number, view in enumerate(cars.views)])
    with pytest.raises(UserError, match=r"car_001/render_0\.png: its camera sees nothing of the grid"):
        objective(replace(cars, views=views))


def test_voxels_are_turned_into_the_cube() -> None:
    class Known:
        def has(self, number: int, side: int) -> bool:
            return True

        def read(self, number: int, side: int) -> np.ndarray:
            filled = np.zeros((side, side, side), dtype=bool)
            filled[1, 6, 2] = True
            return filled

    # ShapeNet's +y becomes +z, its -z +y.
    cube = ReconstructionCube(np.zeros(3), 1.0, upright(np.array([0.0, 1, 0])))
    found = known_volume(Known(), 0, cube, LsmConfig(nvox=8))
    assert np.argwhere(found).tolist() == [[1, 8 - 1 - 2, 6]]
    with pytest.raises(UserError, match="its objects have no voxels"):
        known_volume(None, 0, cube, LsmConfig(nvox=8))


def test_what_nothing_can_be_learnt_from(cars: Dataset) -> None:
    config = LsmConfig(**{**SMALL, "nvox": 32})
    assert unsupported(cars, config) == ""
    assert unsupported(replace(cars, volumes=None), config) == "it has no voxels of 32x32x32, which kind=vlsm learns"
    assert unsupported(cars, config.model_copy(update={"im_batch": 5})) == (
        f"object {cars.instances[0]} has 4 photographs to train on, but a step looks at im_batch=5 of each; set "
        "im_batch=4"
    )
    assert unsupported(replace(cars, volumes=None), config.model_copy(update={"kind": "dlsm"})) == ""
    held_out = replace(cars, views=cars.views.with_split(np.arange(8), "test"))
    assert unsupported(held_out, config) == (
        "no training photographs: all 8 are to validate or to test with, as its folders or lists (splits.json) say"
    )


@pytest.mark.parametrize("preset", presets_of("lsm"), ids=lambda preset: preset.name)
def test_presets_are_options_that_differ_from_the_defaults(preset: Preset) -> None:
    made, defaults = (make_options(LsmConfig, values).model_dump() for values in (preset.settings, {}))
    assert [name for name in preset.settings if made[name] == defaults[name]] == []


def test_the_published_presets_are_the_authors_options() -> None:
    """Of args_vlsm.json and args_dlsm.json."""
    common = {"im_batch": 4, "im_h": 224, "im_w": 224, "nvox": 32, "norm": "IN", "rnn": "gru", "grid_net": "unet32",
              "lr": 1e-3, "decay_rate": 1.0, "decay_steps": 10_000, "checkpoint_every": 5000}  # fmt: skip
    dlsm = {"kind": "dlsm", "batch_size": 2, "max_steps": 200_000, "sepup": True, "im_skip": True, "proj_x": 4,
            "ray_samples": 64}  # fmt: skip
    own = {"lsm_published": {"kind": "vlsm", "batch_size": 8, "max_steps": 100_000}, "lsm_depth_published": dlsm}
    for preset in presets_of("lsm"):
        if preset.name in own:
            made = make_options(LsmConfig, preset.settings).model_dump()
            assert (common | own.pop(preset.name)).items() <= made.items()
    assert own == {}
