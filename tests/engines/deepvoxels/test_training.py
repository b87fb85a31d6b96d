from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engines import registry
from engines.core.camera import Camera, look_at
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.engine import Training, never_stop
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.learning.optimisation import Optimisation
from engines.core.storage.checkpoint import Checkpoint
from engines.deepvoxels.config import DeepVoxelsConfig
from engines.deepvoxels.engine import ENGINE, DeepVoxelsEngine
from engines.deepvoxels.training import DeepVoxelsObjective
from engines.deepvoxels.training_views import TrainingViews, ViewOrder, nearest_views, training_photographs

CPU = torch.device("cpu")
STEPS = 12


def config(**settings: Any) -> DeepVoxelsConfig:
    """The smallest network, one target a step."""
    small = {"img_sidelength": 128, "grid_dim": 8, "num_grid_feats": 4, "nf0": 2, "num_trgt": 1, "lr": 1e-2}
    return DeepVoxelsConfig(**{**small, **settings})


def begun(dataset: Dataset, config: DeepVoxelsConfig) -> Optimisation[DeepVoxelsObjective]:
    training = ENGINE.train(dataset, config, CPU, 0)
    assert isinstance(training, Optimisation)
    return training


def equal(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    """Whether the names and every bit agree."""
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def dataset(photographs: Path) -> Dataset:
    return open_dataset(photographs)


@dataclass(frozen=True)
class Learnt:
    """A training of `STEPS` steps, and its checkpoint."""

    training: Training
    checkpoint: Checkpoint
    losses: tuple[Mapping[str, float], ...]


@pytest.fixture(scope="module")
def learnt(dataset: Dataset) -> Learnt:
    training = ENGINE.train(dataset, config(), CPU, 0)
    losses = tuple(training.step() for _ in range(STEPS))
    return Learnt(training, training.checkpoint(), losses)


def test_the_loss_falls(learnt: Learnt) -> None:
    l1 = [losses["l1"] for losses in learnt.losses]
    assert sum(l1[-5:]) < sum(l1[:5])
    assert learnt.training.step_count == learnt.checkpoint.step == STEPS


def test_the_losses_are_told_by_name(learnt: Learnt) -> None:
    first = learnt.losses[0]
    assert set(first) == {"generator", "l1", "adversarial", "discriminator"}
    assert first["generator"] == pytest.approx(first["adversarial"] + 200 * first["l1"])


def test_the_authors_layout_keeps_every_bit(learnt: Learnt, tmp_path: Path) -> None:
    torch.save(dict(DeepVoxelsEngine().write_upstream(learnt.checkpoint)), tmp_path / "model.pth")
    read = registry.read_checkpoint(tmp_path / "model.pth")
    assert equal(dict(sorted(read.weights.items())), dict(sorted(learnt.checkpoint.weights.items())))
    assert any(name.startswith("discriminator.") for name in read.weights)
    # The rest of the configuration is not in a file of theirs.
    for name in ("img_sidelength", "grid_dim", "num_grid_feats", "nf0", "no_occlusion_net"):
        assert read.config[name] == learnt.checkpoint.config[name]


def test_a_scene_of_a_training_is_a_copy(dataset: Dataset) -> None:
    training = ENGINE.train(dataset, config(), CPU, 0)
    scene = training.scene()
    camera = dataset.split("train")[0].square_camera(128)
    before = scene.render(camera, {}, never_stop).image.clone()
    training.step()
    assert torch.equal(scene.render(camera, {}, never_stop).image, before)
    assert not torch.equal(training.scene().render(camera, {}, never_stop).image, before)


def test_the_seed_decides(dataset: Dataset) -> None:
    def weights(seed: int) -> Mapping[str, Tensor]:
        # Whatever the process did before.
        torch.rand(seed + 7)
        training = ENGINE.train(dataset, config(), CPU, seed)
        training.step()
        return training.checkpoint().weights

    first = weights(0)
    assert equal(first, weights(0))
    assert not equal(first, weights(1))


def test_the_global_generator_is_left_alone(dataset: Dataset) -> None:
    before = torch.get_rng_state()
    training = ENGINE.train(dataset, config(), CPU, 3)
    training.step()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_global_generator_plays_no_part(learnt: Learnt, dataset: Dataset) -> None:
    weights = []
    for seed in (1, 2):
        training = ENGINE.resume(dataset, learnt.checkpoint, CPU)
        torch.manual_seed(seed)
        training.step()
        weights.append(training.checkpoint().weights)
    assert equal(*weights)


def test_a_photograph_that_is_not_finite_changes_nothing(
    learnt: Learnt, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = ENGINE.resume(dataset, learnt.checkpoint, CPU)
    monkeypatch.setattr(TrainingViews, "photograph", lambda self, index: torch.full((1, 3, 128, 128), torch.nan))
    with pytest.raises(UserError, match=f"step {STEPS + 1}: the loss is not finite .* on views 0000"):
        training.step()
    assert training.step_count == STEPS
    after = training.checkpoint()
    assert equal(after.weights, learnt.checkpoint.weights)
    assert after.training is not None and learnt.checkpoint.training is not None
    assert torch.equal(after.training["generators"]["cpu"], learnt.checkpoint.training["generators"]["cpu"])
    monkeypatch.undo()
    assert training.step()["l1"] > 0


def test_a_resumed_run_may_have_another_learning_rate(learnt: Learnt, dataset: Dataset) -> None:
    slow = replace(learnt.checkpoint, config={**learnt.checkpoint.config, "lr": 1e-9})
    training = ENGINE.resume(dataset, slow, CPU)
    training.step()
    name = "rendering_net.net.1.ups.0.net.0.weight"
    change = (training.checkpoint().weights[name] - learnt.checkpoint.weights[name]).abs().max()
    assert change < 1e-6


QUICK = {
    "grid_learning": "optimised",
    "adversarial_weight": 0.0,
    "dropout": 0.0,
    "ema_decay": 0.5,
    "lr_final": 1e-3,
    "max_steps": 6,
}
"""What goes beyond the paper, all at once."""


def test_an_optimised_grid_learns_without_lifting_or_discriminator(dataset: Dataset) -> None:
    training = ENGINE.train(dataset, config(**QUICK, num_grid_feats=6), CPU, 0)
    before = training.checkpoint()
    losses = [training.step() for _ in range(6)]
    after = training.checkpoint()
    assert all(set(step) == {"l1"} for step in losses)
    assert losses[-1]["l1"] < losses[0]["l1"]
    for part in ("deepvoxels", "inpainting_net.", "occlusion_net.", "rendering_net."):
        assert any(not torch.equal(before.weights[n], after.weights[n]) for n in after.weights if n.startswith(part))
    untouched = [key for key in after.weights if key.startswith(("feature_extractor.", "discriminator."))]
    assert untouched
    assert all(torch.equal(before.weights[key], after.weights[key]) for key in untouched)


def test_a_run_may_begin_at_the_median_colour(dataset: Dataset) -> None:
    # The sample stands before white.
    def first_picture(start_at_median: bool) -> Tensor:
        training = ENGINE.train(dataset, config(start_at_median=start_at_median), CPU, 0)
        return training.scene().render(dataset.split("train")[0].square_camera(128), {}, never_stop).image

    assert first_picture(True).mean() > 0.9
    assert first_picture(False).mean() < 0.7


@pytest.mark.slow
def test_a_quick_run_resumes_bit_for_bit(dataset: Dataset) -> None:
    whole = ENGINE.train(dataset, config(**QUICK), CPU, 0)
    for _ in range(3):
        whole.step()
    # Of a training that goes on: what it saved must not change with it.
    saved = whole.checkpoint()
    for _ in range(3):
        whole.step()
    second = ENGINE.resume(dataset, saved, CPU)
    for _ in range(3):
        second.step()
    assert equal(second.checkpoint().weights, whole.checkpoint().weights)
    latest = [dict((taken.checkpoint().training or {})["latest"]) for taken in (whole, second)]
    assert equal(latest[0], latest[1])
    assert not equal(latest[0], {name: whole.checkpoint().weights[name] for name in latest[0]})


def test_learning_rates_fall_together(dataset: Dataset) -> None:
    training = begun(dataset, config(**QUICK, lr=1e-2, grid_lr=0.5))
    rates = []
    for _ in range(6):
        training.step()
        groups = training._optimisers["optimiser_g"].param_groups
        rates.append([group["lr"] for group in groups])
    share = 10 ** (-np.arange(6) / 6)
    np.testing.assert_allclose(rates, np.stack([1e-2 * share, 0.5 * share], axis=1))


@pytest.mark.parametrize(("asked", "drawing", "integration"), [(None, 0.1, 0.2), (0.0, 0.0, 0.0), (0.4, 0.4, 0.4)])
def test_dropout_is_the_authors_unless_told(
    dataset: Dataset, asked: float | None, drawing: float, integration: float
) -> None:
    network = begun(dataset, config(dropout=asked)).objective.network
    kinds = (torch.nn.Dropout2d, torch.nn.Dropout3d)
    assert {module.p for module in network.rendering_net.modules() if isinstance(module, kinds)} == {drawing}
    assert {module.p for module in network.integration_net.modules() if isinstance(module, kinds)} == {integration}


def test_the_border_counts_only_where_it_is_learnt(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def l1(border_px: int, edge: float) -> float:
        def photograph(views: TrainingViews, index: int) -> Tensor:
            image = torch.zeros(1, 3, 128, 128)
            image[..., :5] = edge
            return image

        with monkeypatch.context() as patch:
            patch.setattr(TrainingViews, "photograph", photograph)
            return begun(dataset, config(**{**QUICK, "border_px": border_px})).step()["l1"]

    assert l1(5, 0.5) == l1(5, -0.5)
    assert l1(0, 0.5) != l1(0, -0.5)


def test_a_near_plane_that_mends_the_folders_keeps_its_grid(dataset: Dataset) -> None:
    near = dataset.hints["near_plane"] or 0.866
    hints = {"scale": 1.0, "near_plane": 100.0, "grid_barycenter": [0.05, 0.0, 0.0]}
    training = begun(replace(dataset, hints=hints), config(near_plane=near))
    assert not training.notes
    assert training.objective.placement.centre == (0.05, 0.0, 0.0)


def test_the_average_is_what_is_seen(dataset: Dataset) -> None:
    training = ENGINE.train(dataset, config(**QUICK), CPU, 0)
    for _ in range(3):
        training.step()
    camera = dataset.split("train")[0].square_camera(128)
    seen = training.scene().render(camera, {}, never_stop).image
    reopened = ENGINE.open(training.checkpoint(), CPU, dataset, ENGINE.SceneOptions())
    assert torch.equal(reopened.render(camera, {}, never_stop).image, seen)


def test_a_loss_that_is_not_finite_leaves_an_optimised_grid(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    training = ENGINE.train(dataset, config(**QUICK), CPU, 0)
    before = training.checkpoint()
    broken = torch.full((1, 3, 128, 128), float("nan"))
    monkeypatch.setattr(TrainingViews, "photograph", lambda self, index: broken)
    with pytest.raises(UserError, match="not finite"):
        training.step()
    assert equal(training.checkpoint().weights, before.weights)


def test_resuming_needs_the_training_state(learnt: Learnt, dataset: Dataset) -> None:
    with pytest.raises(UserError, match="holds no training state"):
        ENGINE.resume(dataset, replace(learnt.checkpoint, training=None), CPU)


def test_resuming_needs_the_same_photographs(learnt: Learnt, dataset: Dataset) -> None:
    fewer = replace(dataset, views=dataset.views[1:])
    with pytest.raises(UserError, match="5 training photographs, not the 6 that the run began with"):
        ENGINE.resume(fewer, learnt.checkpoint, CPU)


def test_a_grid_that_no_camera_sees_is_made_to_fit(dataset: Dataset) -> None:
    lost = replace(dataset, hints={"scale": 1.0, "near_plane": 100.0})
    training = ENGINE.train(lost, config(), CPU, 0)
    assert len(training.notes) == 1
    assert "near plane 100" in training.notes[0] and "made to fit" in training.notes[0]
    assert np.isfinite(training.step()["l1"])


def test_a_grid_that_was_made_to_fit_stays_there(dataset: Dataset) -> None:
    lost = replace(dataset, hints={"scale": 1.0, "near_plane": 100.0})
    begun = ENGINE.train(lost, config(), CPU, 0).checkpoint()
    resumed = ENGINE.resume(replace(lost, bounds=lost.bounds * 2), begun, CPU).checkpoint()
    assert begun.scene is not None and resumed.scene is not None
    assert resumed.scene.hints == begun.scene.hints


@pytest.mark.parametrize("forced", [{"near_plane": 100.0}, {"scale": 1e-3, "near_plane": 1e-3}])
def test_a_grid_that_is_told_to_be_out_of_sight(dataset: Dataset, forced: dict[str, float]) -> None:
    with pytest.raises(UserError, match=r"no camera sees the voxel grid .*set scale and near_plane"):
        ENGINE.train(dataset, config(**forced), CPU, 0)


def test_collapsing_takes_like_numbers_of_features(dataset: Dataset) -> None:
    with pytest.raises(UserError, match=r"\(num_grid_feats=4\) as in the networks \(nf0=2\); set them alike"):
        ENGINE.train(dataset, config(no_occlusion_net=True, num_grid_feats=4, nf0=2), CPU, 0)


def test_one_photograph_is_too_few(dataset: Dataset) -> None:
    with pytest.raises(UserError, match="6 training photographs, 1 after sampling_pattern=skip_9"):
        ENGINE.train(dataset, config(sampling_pattern="skip_9"), CPU, 0)


def test_views_can_be_left_out(dataset: Dataset) -> None:
    checkpoint = ENGINE.train(dataset, config(sampling_pattern="skip_1"), CPU, 0).checkpoint()
    assert checkpoint.training is not None
    assert checkpoint.training["views"] == ["000000", "000002", "000004"]


def cameras(angles_deg: tuple[float, ...]) -> tuple[Camera, ...]:
    """On a circle, looking at its centre."""
    eyes = [np.array([np.cos(np.radians(a)), np.sin(np.radians(a)), 0.0]) for a in angles_deg]
    poses = [look_at(eye, np.zeros(3), np.array([0.0, 0.0, 1.0])) for eye in eyes]
    return tuple(Camera(pose, (10.0, 10.0), (5.0, 5.0), (10, 10)) for pose in poses)


def test_nearest_views_are_by_angle_and_leave_out_the_view_itself() -> None:
    nearest = nearest_views(cameras((0, 50, 10, 180, 30, 75)))
    assert nearest.shape == (6, 4)
    assert nearest[0].tolist() == [2, 4, 1, 5]
    assert nearest_views(cameras((0, 50, 10))).tolist() == [[2, 1], [2, 0], [0, 1]]


def test_every_view_is_first_target_once_an_epoch() -> None:
    nearest = nearest_views(cameras((0, 50, 10, 180, 30, 75)))
    order = ViewOrder(nearest, 2, seed=0)
    epochs = [[order.next() for _ in range(6)] for _ in range(3)]
    assert all(sorted(triplet.targets[0] for triplet in epoch) == list(range(6)) for epoch in epochs)
    assert len({tuple(triplet.targets[0] for triplet in epoch) for epoch in epochs}) > 1
    for triplet in (triplet for epoch in epochs for triplet in epoch):
        assert len(triplet.targets) == 2
        assert triplet.lifted in nearest[triplet.targets[0]]


def test_the_order_goes_on_where_it_was_taken() -> None:
    nearest = nearest_views(cameras((0, 50, 10, 180, 30, 75)))
    order, other = ViewOrder(nearest, 2, seed=0), ViewOrder(nearest, 2, seed=1)
    for _ in range(4):
        order.next()
    state: Any = order.state()
    other.restore(**state)
    assert [other.next() for _ in range(10)] == [order.next() for _ in range(10)]


def test_a_recording_is_refused(photographs: Path) -> None:
    dataset = open_dataset(photographs)
    moving = replace(dataset, views=Views.of([replace(view, time=index) for index, view in enumerate(dataset.views)]))
    with pytest.raises(UserError, match="a recording of 9 time steps, but DeepVoxels learns what stands still"):
        training_photographs(moving, "all")
