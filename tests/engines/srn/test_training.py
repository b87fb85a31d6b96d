"""Learning: what falls, what stays the same, what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from app.evaluation import evaluate
from app.opening import open_scene
from engines.core.camera import project
from engines.core.dataset import Dataset
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.views import Views
from engines.srn.config import SrnConfig
from engines.srn.engine import ENGINE
from engines.srn.observations import Pictures, Plan
from engines.srn.scene import SrnScene
from engines.srn.training import SrnTraining

CPU = torch.device("cpu")


def config(**settings: Any) -> SrnConfig:
    """Small pictures, few rays."""
    small = {
        "img_sidelengths": (16,),
        "batch_size_per_img_sidelength": (2,),
        "max_steps_per_img_sidelength": (100,),
        "rays_per_image": 64,
        "tracing_steps": 3,
        "embedding_size": 4,
        "lr": 1e-3,
        "max_steps": 100,
    }
    return SrnConfig(**{**small, **settings})


def equal(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def single(photographs: Path) -> Dataset:
    return open_dataset(photographs)


@pytest.fixture(scope="module")
def objects(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Three objects that look alike."""
    folder = tmp_path_factory.mktemp("class")
    for name in ("x", "y", "z"):
        shutil.copytree(photographs / "train", folder / name)
    return open_dataset(folder)


def begun(dataset: Dataset, **settings: Any) -> SrnTraining:
    training = ENGINE.train(dataset, config(**settings), CPU, 0)
    assert isinstance(training, SrnTraining)
    return training


def test_a_single_scene_learns(single: Dataset) -> None:
    training = begun(single, fit_single_srn=True)
    losses = [training.step() for _ in range(40)]
    assert set(losses[0]) == {"total", "image", "latent", "depth"}
    assert sum(step["image"] for step in losses[-5:]) < 0.7 * sum(step["image"] for step in losses[:5])
    assert losses[-1]["latent"] == 0


def test_a_class_learns_networks_and_the_codes_it_saw(objects: Dataset) -> None:
    training = begun(objects, batch_size_per_img_sidelength=(3,))
    assert training.config.num_instances == 3
    before = training.checkpoint()
    losses = [training.step() for _ in range(12)]
    after = training.checkpoint()
    assert losses[-1]["image"] < losses[0]["image"] and losses[0]["latent"] > 0
    changed = (before.weights["latent_codes.weight"] != after.weights["latent_codes.weight"]).any(dim=1)
    assert changed.all()
    assert not torch.equal(
        before.weights["hyper_phi.layers.0.hyper_linear.hypo_params.net.2.weight"],
        after.weights["hyper_phi.layers.0.hyper_linear.hypo_params.net.2.weight"],
    )
    scene = training.scene()
    assert scene.instances == ("x", "y", "z")
    assert [control.name for control in scene.controls] == ["instance", "blend_with", "blend"]
    assert scene.options.tracing_steps == 3


@pytest.mark.parametrize("settings", [{"fit_single_srn": True}, {"ema_decay": 0.5, "lr_final": 1e-4}])
def test_a_resumed_run_equals_the_uninterrupted_one(single: Dataset, settings: dict[str, Any]) -> None:
    whole, first = begun(single, **settings), begun(single, **settings)
    for _ in range(6):
        whole.step()
    for _ in range(3):
        first.step()
    second = ENGINE.resume(single, first.checkpoint(), CPU)
    for _ in range(3):
        second.step()
    assert equal(second.checkpoint().weights, whole.checkpoint().weights)


def test_the_seed_decides_and_the_global_generator_is_left_alone(single: Dataset) -> None:
    def weights(seed: int) -> Mapping[str, Tensor]:
        torch.rand(seed + 3)
        before = torch.get_rng_state()
        training = ENGINE.train(single, config(fit_single_srn=True), CPU, seed)
        training.step()
        assert torch.equal(torch.get_rng_state(), before)
        return training.checkpoint().weights

    assert equal(weights(0), weights(0))
    assert not equal(weights(0), weights(1))


def test_stages_follow_each_other(single: Dataset) -> None:
    stages = {
        "img_sidelengths": (8, 16),
        "batch_size_per_img_sidelength": (3, 1),
        "max_steps_per_img_sidelength": (2, 1),
        "rays_per_image": None,
    }
    training = begun(single, fit_single_srn=True, **stages)
    seen = []
    for _ in range(4):
        seen.append(training._next_pictures().colours.shape)
        training._pictures = None
        training.step()
    assert seen == [(3, 64, 3), (3, 64, 3), (1, 256, 3), (1, 256, 3)]


def test_each_photograph_is_seen_once_before_any_comes_again() -> None:
    stages = {
        "img_sidelengths": (8, 16),
        "batch_size_per_img_sidelength": (3, 4),
        "max_steps_per_img_sidelength": (4, 1),
    }
    plan = Plan(np.repeat(np.arange(5, dtype=np.int32), 4), config(**stages), 7)
    # 4 steps of 3, then 2 of 4.
    first = [view for step in range(6) for view in plan.views(step)]
    assert sorted(first) == list(range(20)) and first != list(range(20))
    second = [view for step in range(6, 11) for view in plan.views(step)]
    assert sorted(second) == list(range(20)) and second != first
    assert plan.views(8) == Plan(plan._instances, config(**stages), 7).views(8)


def test_pictures_of_one_object_come_together() -> None:
    instances = np.repeat(np.arange(5, dtype=np.int32), 4)
    plan = Plan(instances, config(batch_size_per_img_sidelength=(8,), samples_per_instance=4), 0)
    shown = [instances[plan.views(step)].tolist() for step in range(10)]
    assert all(len(set(step[:4])) == len(set(step[4:])) == 1 for step in shown)
    # The first of each four goes through all 20 photographs.
    assert sorted(plan.views(step)[place] for step in range(10) for place in (0, 4)) == list(range(20))


def test_worker_processes_change_nothing(objects: Dataset) -> None:
    here, ahead = begun(objects, num_workers=0), begun(objects, num_workers=1)
    for _ in range(3):
        here.step()
        ahead.step()
    assert equal(here.checkpoint().weights, ahead.checkpoint().weights)


def test_what_a_worker_can_not_read_is_said_in_one_line(photographs: Path, tmp_path: Path) -> None:
    for name in ("x", "y"):
        shutil.copytree(photographs / "train", tmp_path / name)
    for path in sorted((tmp_path / "y" / "pose").iterdir())[1:]:
        path.write_text("1 2 3")
    training = begun(open_dataset(tmp_path), num_workers=1, batch_size_per_img_sidelength=(12,))
    with pytest.raises(UserError) as refused:
        training.step()
    assert "has 3 numbers; a pose needs 16" in str(refused.value) and "\n" not in str(refused.value)
    assert training.step_count == 0


def test_pixels_and_colours_belong_together(single: Dataset) -> None:
    training = begun(single, fit_single_srn=True)
    batch = training._next_pictures()
    pixels = training._pixels(batch.colours.shape[:2], torch.Generator())
    assert pixels.shape == (2, 64) and len(set(pixels[0].tolist())) == 64
    _, rays, _, _ = training._rays(batch, pixels, torch.Generator())
    for index, camera in enumerate(batch.cameras):
        rows, columns = pixels[index] // 16, pixels[index] % 16
        picture = training._views[batch.views[index]].square_image(16)
        expected = torch.from_numpy(picture[rows, columns])
        assert (batch.colours[index][pixels[index]] / 255 - expected).abs().max() <= 0.51 / 255
        ahead = camera.position + 2 * rays[index].numpy()
        at = project(camera, ahead)[0]
        # The authors' pixel grid: pixel i lies at i.
        assert np.abs(at - torch.stack([columns, rows], dim=1).numpy()).max() < 1e-3


def test_what_is_learnt_is_what_is_drawn(single: Dataset) -> None:
    training = begun(single, fit_single_srn=True, rays_per_image=None)
    for _ in range(3):
        training.step()
    scene, view = training.scene(), training._views[0]
    frame = scene.render(view.square_camera(16))
    pictures = training._reader.read(0)
    one = Pictures(
        (0,),
        pictures.colours.new_tensor(np.rint(view.square_image(16) * 255)).view(1, -1, 3).byte(),
        (view.square_camera(16),),
        None,
    )
    loss = training._losses(one)[0]
    picture = torch.from_numpy(view.square_image(16))
    # In [-1, 1] differences are twice as large.
    assert float(4 * (frame.image - picture).square().mean()) == pytest.approx(float(loss.detach()), rel=2e-2)


def test_the_authors_layout_keeps_every_bit(objects: Dataset, tmp_path: Path) -> None:
    checkpoint = begun(objects).checkpoint()
    written = ENGINE.write_upstream(checkpoint)["model"]
    assert equal(dict(sorted(written.items())), dict(sorted(checkpoint.weights.items())))


def test_each_object_is_scored_as_itself(objects: Dataset) -> None:
    scene = begun(objects).scene()
    drawn: list[float] = []
    render = scene.render
    scene.render = lambda camera, controls, stop: drawn.append(controls["instance"]) or render(camera, controls, stop)  # type: ignore
    found = evaluate(scene, Views.of([view for view in objects.views if view.name.endswith("000001")]), dataset=objects)
    assert drawn == [0.0, 1.0, 2.0]
    assert list(found.of_instances()) == list(found.to_json()["instances"]) == ["x", "y", "z"]
    assert found.of_instances()["y"].psnr == found.scores[1].psnr
    assert found.to_csv().splitlines()[4].startswith("mean of x,")


def test_some_observations_only(objects: Dataset) -> None:
    assert [view.name for view in begun(objects, specific_observation_idcs=(4, 1))._views] == [
        f"{name}/{number}" for name in ("x", "y", "z") for number in ("000004", "000001")
    ]
    assert len(begun(objects, max_num_observations_train=2, max_num_instances_train=2)._views) == 4
    with pytest.raises(UserError, match="x has 6 photographs, no number 6"):
        begun(objects, specific_observation_idcs=(6,))


def test_new_objects_are_learnt_by_their_codes_alone(objects: Dataset, tmp_path: Path) -> None:
    trained = begun(objects)
    for _ in range(3):
        trained.step()
    torch.save(dict(ENGINE.write_upstream(trained.checkpoint())), tmp_path / "class.pth")
    few = {"checkpoint": str(tmp_path / "class.pth"), "freeze_networks": True, "specific_observation_idcs": (0, 3)}
    training = begun(objects, **few, max_num_instances_train=2, lr=1e-2)
    before = training.checkpoint().weights
    codes = "latent_codes.weight"
    assert before[codes].shape == (2, 4)
    networks = [name for name in before if name != codes]
    assert all(torch.equal(before[name], trained.checkpoint().weights[name]) for name in networks)
    losses = [training.step()["image"] for _ in range(8)]
    after = training.checkpoint().weights
    assert all(torch.equal(before[name], after[name]) for name in networks)
    assert (before[codes] != after[codes]).any(dim=1).all()
    assert min(losses[4:]) < losses[0]
    # Without the file a resumed run goes on.
    (tmp_path / "class.pth").unlink()
    resumed = ENGINE.resume(objects, training.checkpoint(), CPU)
    training.step()
    resumed.step()
    assert equal(resumed.checkpoint().weights, training.checkpoint().weights)


def test_codes_are_taken_over_where_as_many(objects: Dataset, tmp_path: Path) -> None:
    weights = begun(objects).checkpoint().weights
    torch.save(dict(weights), tmp_path / "class.pth")
    codes = "latent_codes.weight"
    begin = {"checkpoint": str(tmp_path / "class.pth"), "seed": 5}
    other = ENGINE.train(objects, config(**begin), CPU, 5).checkpoint().weights
    assert torch.equal(other[codes], weights[codes])
    fresh = ENGINE.train(objects, config(**begin, overwrite_embeddings=True), CPU, 5).checkpoint().weights
    assert not torch.equal(fresh[codes], weights[codes])
    with pytest.raises(UserError, match="set embedding_size to its own"):
        begun(objects, checkpoint=str(tmp_path / "class.pth"), embedding_size=5)


@pytest.fixture
def described(photographs: Path, tmp_path: Path) -> Path:
    """Two objects with a code of three numbers for each view."""
    for number, name in enumerate(("x", "y")):
        shutil.copytree(photographs / "train", tmp_path / "class" / name)
        (tmp_path / "class" / name / "params").mkdir()
        for pose in sorted((tmp_path / "class" / name / "pose").iterdir()):
            (tmp_path / "class" / name / "params" / pose.name).write_text(f"{number} 0.5 {int(pose.stem)}\n")
    return tmp_path / "class"


def test_codes_that_are_given_are_not_learnt(described: Path, tmp_path: Path) -> None:
    dataset = open_dataset(described)
    training = begun(dataset, has_params=True, embedding_size=3)
    losses = [training.step() for _ in range(6)]
    assert losses[-1]["image"] < losses[0]["image"]
    checkpoint = training.checkpoint()
    assert checkpoint.weights["latent_codes.weight"].tolist() == [[0, 0.5, 0], [1, 0.5, 0]]
    resumed = ENGINE.resume(dataset, checkpoint, CPU)
    training.step()
    resumed.step()
    assert equal(resumed.checkpoint().weights, training.checkpoint().weights)
    # An author's file with other codes in it: the folder's are used.
    weights = {**checkpoint.weights, "latent_codes.weight": torch.ones(1, 3)}
    torch.save({"model": weights}, tmp_path / "params.pth")
    scene = open_scene(tmp_path / "params.pth", described, "cpu").scene
    assert isinstance(scene, SrnScene) and scene.instances == ("x", "y")
    code = scene.code({"instance": 1.0})
    assert code is not None and code.tolist() == [1, 0.5, 0]


def test_a_code_of_another_length_is_named(described: Path) -> None:
    with pytest.raises(UserError, match=r"params/000000\.txt: has 3 numbers, but the network's codes have 4"):
        begun(open_dataset(described), has_params=True)
    all_at_once = {"has_params": True, "embedding_size": 3, "batch_size_per_img_sidelength": (18,)}
    (described / "y" / "params" / "000002.txt").write_text("a b c")
    with pytest.raises(UserError, match=r"000002\.txt: can't be read as numbers"):
        begun(open_dataset(described), **all_at_once).step()
    (described / "y" / "params" / "000002.txt").unlink()
    with pytest.raises(UserError, match="view y/000002 has no file of parameters"):
        begun(open_dataset(described), **all_at_once).step()


def test_bad_input_is_one_line(objects: Dataset, single: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="3 objects, but fit_single_srn learns one"):
        begun(objects, fit_single_srn=True)
    blind = replace(single, views=Views.of([replace(view, image_path=None) for view in single.views]))
    with pytest.raises(UserError, match="no training photographs"):
        begun(blind)
    training = begun(single, fit_single_srn=True)
    with pytest.raises(UserError, match="no training state"):
        ENGINE.resume(single, replace(training.checkpoint(), training=None), CPU)
    before = training.checkpoint().weights
    losses = training._losses
    monkeypatch.setattr(training, "_losses", lambda batch: (losses(batch)[0] * torch.nan, *losses(batch)[1:]))
    with pytest.raises(UserError, match="step 1: the loss is not finite"):
        training.step()
    assert equal(training.checkpoint().weights, before)


@pytest.mark.parametrize(
    "wrong",
    [
        {"img_sidelengths": ()},
        {"img_sidelengths": (16, 32)},
        {"batch_size_per_img_sidelength": (0,)},
        {"use_unet_renderer": True},
        {"use_unet_renderer": True, "img_sidelengths": (128,)},
    ],
)
def test_stages_that_do_not_agree_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|draws"):
        config(**wrong)
