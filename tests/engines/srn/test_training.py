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

from app.training.evaluation import evaluate
from app.viewing.instances import find_choice
from app.viewing.opening import open_scene
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.distributed import Share
from engines.core.engine import Stop, never_stop
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.frame import Frame
from engines.core.storage.scene_file import write_scene_file
from engines.srn.config import SrnConfig
from engines.srn.engine import ENGINE, SrnEngine
from engines.srn.observations import ObservedImages
from engines.srn.scene import SrnScene
from tests.engines.srn.learning import CPU, begun, config, equal


def test_a_single_scene_learns(single: Dataset) -> None:
    training = begun(single, fit_single_srn=True)
    losses = [training.step() for _ in range(40)]
    assert set(losses[0]) == {"total", "image", "latent", "depth"}
    assert sum(step["image"] for step in losses[-5:]) < 0.7 * sum(step["image"] for step in losses[:5])
    assert losses[-1]["latent"] == 0


def test_a_class_learns_networks_and_the_codes_it_saw(objects: Dataset) -> None:
    training = begun(objects, batch_size_per_img_sidelength=(3,))
    assert training.objective.config.num_instances == 3
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
    assert isinstance(scene, SrnScene)
    assert scene.instances == ("x", "y", "z")
    assert [control.name for control in scene.controls] == ["instance", "blend_with", "blend"]
    assert scene.options.tracing_steps == 3


UNET = {
    "use_unet_renderer": True,
    "img_sidelengths": (128,),
    "batch_size_per_img_sidelength": (1,),
    "rays_per_image": None,
    "tracing_steps": 1,
    "nf0": 8,
}
STAGES = {
    "img_sidelengths": (8, 16),
    "batch_size_per_img_sidelength": (4, 2),
    "max_steps_per_img_sidelength": (4, 1),
    "samples_per_instance": 2,
    "num_workers": 1,
}


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"fit_single_srn": True}, {"ema_decay": 0.5, "lr_final": 1e-4}, UNET, STAGES])
def test_a_resumed_run_equals_the_uninterrupted_one(single: Dataset, settings: dict[str, Any]) -> None:
    whole, half = begun(single, **settings), 2 if "use_unet_renderer" in settings else 3
    for _ in range(half):
        whole.step()
    # Of a training that goes on: what it saved must not change with it.
    saved = whole.checkpoint()
    for _ in range(half):
        whole.step()
    second = ENGINE.resume(single, saved, CPU)
    for _ in range(half):
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


def test_what_is_learnt_is_what_is_drawn(single: Dataset) -> None:
    training = begun(single, fit_single_srn=True, rays_per_image=None)
    for _ in range(3):
        training.step()
    objective = training.objective
    scene, view = objective.scene(training.checkpoint().weights), objective.photographs[0]
    frame = scene.render(view.square_camera(16))
    pictures = objective.read(0)
    one = ObservedImages(
        0,
        Share(0, 1, 1),
        (0,),
        pictures.colours.new_tensor(np.rint(view.square_image(16) * 255)).view(1, -1, 3).byte(),
        (view.square_camera(16),),
        None,
    )
    loss = objective.losses(one)["image"]
    picture = torch.from_numpy(view.square_image(16))
    # In [-1, 1] differences are twice as large.
    assert float(4 * (frame.image - picture).square().mean()) == pytest.approx(float(loss.detach()), rel=2e-2)


def test_the_authors_layout_keeps_every_bit(objects: Dataset, tmp_path: Path) -> None:
    checkpoint = begun(objects).checkpoint()
    written = SrnEngine().write_upstream(checkpoint)["model"]
    assert equal(dict(sorted(written.items())), dict(sorted(checkpoint.weights.items())))


def test_each_object_is_scored_as_itself(objects: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = begun(objects).scene()
    drawn: list[float] = []
    render = scene.render

    def noted(camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        drawn.append(controls["instance"])
        return render(camera, controls, stop)

    monkeypatch.setattr(scene, "render", noted)
    found = evaluate(scene, Views.of([view for view in objects.views if view.name.endswith("000001")]), dataset=objects)
    assert drawn == [0.0, 1.0, 2.0]
    assert list(found.of_instances()) == list(found.to_json()["instances"]) == ["x", "y", "z"]
    assert found.of_instances()["y"].psnr == found.scores[1].psnr
    assert found.to_csv().splitlines()[4].startswith("mean of x,")


def test_new_objects_are_learnt_by_their_codes_alone(objects: Dataset, tmp_path: Path) -> None:
    trained = begun(objects)
    for _ in range(3):
        trained.step()
    torch.save(dict(SrnEngine().write_upstream(trained.checkpoint())), tmp_path / "class.pth")
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
    plain = open_scene(tmp_path / "params.pth", described, "cpu").scene
    assert any("has_params=true takes those of the folder" in note for note in plain.assumptions)
    scene = open_scene(tmp_path / "params.pth", described, "cpu", ("has_params=true",)).scene
    assert any("codes differ between photographs" in note for note in scene.assumptions)
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
    losses = training.objective.losses
    monkeypatch.setattr(
        training.objective, "losses", lambda piece: {name: loss * torch.nan for name, loss in losses(piece).items()}
    )
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


def test_the_unet_renderer_learns_without_touching_the_global_generator(single: Dataset) -> None:
    def run() -> Mapping[str, Tensor]:
        training = begun(single, **UNET, fit_single_srn=True)
        torch.rand(1)
        before = torch.get_rng_state()
        losses = [training.step()["image"] for _ in range(3)]
        assert torch.equal(torch.get_rng_state(), before)
        assert losses[-1] < losses[0]
        return training.checkpoint().weights

    assert equal(run(), run())


def test_frozen_networks_keep_their_statistics_too(single: Dataset, tmp_path: Path) -> None:
    trained = begun(single, **UNET)
    trained.step()
    torch.save(dict(SrnEngine().write_upstream(trained.checkpoint())), tmp_path / "class.pth")
    frozen = begun(single, **UNET, checkpoint=str(tmp_path / "class.pth"), freeze_networks=True)
    before = frozen.checkpoint().weights
    frozen.step()
    after = frozen.checkpoint().weights
    assert [name for name in after if not torch.equal(after[name], before[name])] == ["latent_codes.weight"]


def test_a_refused_step_leaves_statistics_and_photographs_as_they_were(
    single: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begun(single, **UNET, fit_single_srn=True)
    before = training.checkpoint().weights
    seen = []
    losses = training.objective.losses

    def spoilt(batch: ObservedImages) -> dict[str, Tensor]:
        seen.append(training.objective._compared(batch).photographs)
        return {name: loss * torch.nan for name, loss in losses(batch).items()}

    monkeypatch.setattr(training.objective, "losses", spoilt)
    for _ in range(2):
        with pytest.raises(UserError, match="step 1: the loss is not finite"):
            training.step()
    assert torch.equal(seen[0], seen[1])
    assert equal(training.checkpoint().weights, before)


def test_codes_are_taken_over_by_name(objects: Dataset, tmp_path: Path) -> None:
    trained = begun(objects, tracing_steps=4)
    write_scene_file(tmp_path / "class.safetensors", trained.checkpoint())
    table = trained.checkpoint().weights["latent_codes.weight"]
    fewer = replace(objects, instances=("z", "new", "x"))
    training = ENGINE.train(fewer, config(checkpoint=str(tmp_path / "class.safetensors")), CPU, 1)
    found = training.checkpoint().weights["latent_codes.weight"]
    assert torch.equal(found[0], table[2]) and torch.equal(found[2], table[0])
    assert not (found[1] == table).all(dim=1).any()
    assert any("was trained with tracing_steps=4, this run has 3" in note for note in training.notes)


def test_sizes_are_those_of_the_class_that_is_begun_from(objects: Dataset, tmp_path: Path) -> None:
    write_scene_file(tmp_path / "class.safetensors", begun(objects, tracing_steps=4).checkpoint())
    small = {"img_sidelengths": (16,), "batch_size_per_img_sidelength": (1,), "rays_per_image": 16}
    few = SrnConfig(checkpoint=str(tmp_path / "class.safetensors"), freeze_networks=True, **small)
    training = ENGINE.train(objects, few, CPU, 0)
    training.step()
    found = training.checkpoint().config
    assert (found["embedding_size"], found["tracing_steps"], found["rays_per_image"]) == (4, 4, 16)


def test_a_scene_is_drawn_with_the_steps_it_was_trained_with(objects: Dataset, tmp_path: Path) -> None:
    training = begun(objects, tracing_steps=4)
    write_scene_file(tmp_path / "class.safetensors", training.checkpoint())
    opened, camera = open_scene(tmp_path / "class.safetensors", None, "cpu"), objects.views[0].square_camera(16)
    own = training.scene().render(camera, {}, never_stop)
    assert torch.equal(opened.scene.render(camera, {}, never_stop).image, own.image)
    other = open_scene(tmp_path / "class.safetensors", None, "cpu", ("tracing_steps=9",))
    assert [each.options.model_dump()["tracing_steps"] for each in (opened, other)] == [4, 9]


def test_objects_without_names_are_said_to_go_by_order(objects: Dataset, tmp_path: Path) -> None:
    written = dict(SrnEngine().write_upstream(begun(objects).checkpoint()))
    written["model"]["latent_codes.weight"] = torch.zeros(5, 4)
    torch.save(written, tmp_path / "five.pth")
    notes = open_scene(tmp_path / "five.pth", objects.source, "cpu").scene.assumptions
    assert any("5 objects have no names; the folder's 3 are taken to be the first" in note for note in notes)


def test_a_single_scene_is_no_class_to_begin_from(single: Dataset, tmp_path: Path) -> None:
    torch.save(
        dict(SrnEngine().write_upstream(begun(single, fit_single_srn=True).checkpoint())), tmp_path / "single.pth"
    )
    with pytest.raises(UserError, match="was trained with fit_single_srn=true, this run has false"):
        begun(single, checkpoint=str(tmp_path / "single.pth"))
    with pytest.raises(UserError, match=r"a folder without scene\.safetensors"):
        begun(single, checkpoint=str(tmp_path))


def test_one_object_of_a_class_is_known_by_its_name(objects: Dataset, photographs: Path, tmp_path: Path) -> None:
    shutil.copytree(photographs / "train", tmp_path / "y")
    learnt = begun(open_dataset(tmp_path / "y"))
    write_scene_file(tmp_path / "y.safetensors", learnt.checkpoint())
    opened = open_scene(tmp_path / "y.safetensors", objects.source, "cpu")
    assert opened.dataset is not None
    assert [find_choice(opened.scene, opened.dataset, number) for number in range(3)] == [None, 0, None]


@pytest.mark.parametrize(
    "nothing", [{"max_num_observations_train": 0}, {"max_num_instances_train": 0}, {"specific_observation_idcs": ()}]
)
def test_settings_that_leave_nothing_are_refused(nothing: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        config(**nothing)
