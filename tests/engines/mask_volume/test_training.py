"""Learning: what falls, what stays the same, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.config import make_options, read_yaml
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.data.views import View, Views
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.storage.run_folder import write_run_checkpoint
from engines.core.storage.scene_file import write_scene_file
from engines.mask_volume.config import MaskVolumeConfig
from engines.mask_volume.examples import Example
from engines.mask_volume.losses import Rendered
from engines.mask_volume.network import MaskNet, MpiNet
from engines.mask_volume.scene import MaskVolumeScene
from engines.mask_volume.sweeping import Swept
from engines.mask_volume.training import applied
from tests.engines.mask_volume.captured import CARD, WALL, begun, clips, equal, recording, resumed

PRESETS = sorted((Path(__file__).parents[3] / "engines/mask_volume/presets").glob("*.yaml"))


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return recording(tmp_path_factory.mktemp("rig"), side_px=16)


@pytest.fixture(scope="module")
def planes_model(rig: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A scene file of stage mpi."""
    path = tmp_path_factory.mktemp("planes") / "mpi.safetensors"
    write_scene_file(path, begun(rig, seed=3).checkpoint())
    return str(path)


def pixels(view: View) -> Tensor:
    """[3, H, W]"""
    return torch.from_numpy(view.image()).permute(2, 0, 1)


def parts(weights: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = f"models.{name}."
    return {key: tensor for key, tensor in weights.items() if key.startswith(prefix)}


@pytest.mark.slow
def test_planes_are_learnt(tmp_path: Path) -> None:
    """Soon better than the mean of the two photographs."""
    training = begun(recording(tmp_path, side_px=16), lr=3e-3)
    losses = [training.step()["total"] for _ in range(35)]
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])
    ours, mean = 0.0, 0.0
    for step in range(100, 108):
        (example,) = training.objective.reader.read(step)
        with torch.no_grad():
            picture = training.objective.network.draw(example).picture
        ours += float(F.l1_loss(picture, example.pictures[2:]))
        mean += float(F.l1_loss(example.pictures[:2].mean(dim=0), example.pictures[2]))
    assert ours < mean


@pytest.mark.slow
def test_the_mask_is_learnt_and_the_planes_stay(rig: Dataset, planes_model: str) -> None:
    training = begun(rig, stage="mask", mpi_model=planes_model, loss_type="full_loss", lr=3e-3)
    before = training.checkpoint().weights
    assert {name.split(".")[1] for name in before} == {"mpi_net", "mask_net"}
    steps = [training.step() for _ in range(35)]
    assert set(steps[0]) == {"total", "image", "mask", "sparse"}
    assert sum(step["mask"] for step in steps[-5:]) < 0.9 * sum(step["mask"] for step in steps[:5])
    after = training.checkpoint().weights
    assert equal(parts(before, "mpi_net"), parts(after, "mpi_net"))
    assert all(not torch.equal(before[name], after[name]) for name in parts(after, "mask_net"))
    gradients = {name: weights.grad for name, weights in training.objective.network.named_parameters()}
    assert all((grad is None) == ("mpi_net" in name) for name, grad in gradients.items())


@pytest.mark.parametrize(("kind", "pairs"), [(MpiNet, 1), (MaskNet, 2)])
def test_folded_networks_learn_the_same(kind: type[MpiNet | MaskNet], pairs: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = kind()
        swept = [Swept(torch.rand(16, 24, 3), torch.rand(32, 16, 24, 3)) for _ in range(pairs)]
    volume = torch.cat([pair.views() for pair in swept]).flatten(0, 1)[None]
    gradients = []
    for found in (applied(network, swept), network(volume)):
        network.zero_grad()
        found.square().sum().backward()
        gradients.append(
            torch.cat([weights.grad.flatten() for weights in network.parameters() if weights.grad is not None])
        )
    assert torch.allclose(applied(network, swept), network(volume), atol=1e-4)
    # Either is as far from double precision: sums in another order, and a ReLU here and there that tips over.
    assert float((gradients[0] - gradients[1]).norm() / gradients[1].norm()) < 5e-3


def test_products_in_sixteen_bits_draw_nearly_the_same(rig: Dataset) -> None:
    whole, half = begun(rig), begun(rig, precision="bfloat16")
    (example,) = whole.objective.reader.read(0)
    with torch.no_grad():
        difference = whole.objective.network.draw(example).picture - half.objective.network.draw(example).picture
    # bfloat16 has eight bits; some pass through sixteen layers.
    assert 0 < float(difference.abs().mean()) < 0.01
    assert half.step()["total"] == pytest.approx(whole.step()["total"], rel=0.02)
    assert all(weights.dtype == torch.float32 for weights in half.checkpoint().weights.values())


def test_a_run_of_planes_holds_one_network_and_moves_all_of_it(rig: Dataset) -> None:
    training = begun(rig)
    before = training.checkpoint().weights
    assert training.step().keys() == {"total", "image"}
    after = training.checkpoint().weights
    assert parts(after, "mpi_net").keys() == after.keys()
    assert all(not torch.equal(before[name], after[name]) for name in after)


def test_a_mask_of_ones_shows_the_moving_planes_and_of_zeros_the_still_ones(rig: Dataset, planes_model: str) -> None:
    training = begun(rig, stage="mask", mpi_model=planes_model)
    (example,) = training.objective.reader.read(0)
    assert example.backgrounds is not None

    def drawn(bias: float, example: Example) -> Rendered:
        network = training.objective.network
        with torch.no_grad():
            network.get_parameter("models.mask_net.conv7_3.model.0.weight").zero_()
            network.get_parameter("models.mask_net.conv7_3.model.0.bias").fill_(bias)
            return network.draw(example)

    still = replace(example, pictures=torch.cat([example.backgrounds, example.pictures[2:]]), backgrounds=None)
    moving, opaque = drawn(50, replace(example, backgrounds=None)), drawn(50, example)
    assert torch.allclose(opaque.picture, moving.picture, atol=1e-6)
    assert opaque.opacity is not None and moving.opacity is not None
    assert torch.allclose(opaque.opacity, moving.opacity, atol=1e-6)
    empty = drawn(-50, example)
    assert torch.allclose(empty.picture, drawn(-50, still).picture, atol=1e-6)
    assert empty.opacity is not None and float(empty.opacity.abs().max()) < 1e-6


SETTINGS: list[dict[str, Any]] = [
    {"crop_px": 16, "augment": True, "loss_type": "vgg", "batch_size": 2},
    {"ema_decay": 0.5, "lr_final": 1e-4, "num_workers": 1},
    {"stage": "mask", "loss_type": "full_loss", "crop_px": 16},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_resumed_run_equals_the_uninterrupted_one(rig: Dataset, planes_model: str, settings: dict[str, Any]) -> None:
    if settings.get("stage") == "mask":
        settings = {**settings, "mpi_model": planes_model}
    whole, first = begun(rig, **settings), begun(rig, **{**settings, "num_workers": 0})
    for _ in range(4):
        losses = whole.step()
    for _ in range(2):
        first.step()
    checkpoint = first.checkpoint()
    # Also where the files that it began from are gone.
    gone = {**checkpoint.config, "mpi_model": "/gone", "checkpoint": "/gone"}
    second = resumed(rig, replace(checkpoint, config=gone))
    second.step()
    assert second.step() == losses
    assert equal(second.checkpoint().weights, whole.checkpoint().weights)
    whole.close()


def test_the_seed_decides_and_the_global_generator_is_left_alone(rig: Dataset) -> None:
    def weights(seed: int) -> Mapping[str, Tensor]:
        torch.rand(seed + 3)
        before = torch.get_rng_state()
        training = begun(rig, seed=seed, augment=True)
        training.step()
        assert torch.equal(torch.get_rng_state(), before)
        return training.checkpoint().weights

    assert equal(weights(0), weights(0))
    assert not equal(weights(0), weights(1))


def test_a_batch_is_the_mean_of_its_examples(rig: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    single, pair = begun(rig), begun(rig, batch_size=2)
    for training in (single, pair):
        monkeypatch.setattr(training._optimisers["optimiser"], "step", lambda *_: None)
    first, second = single.step(), single.step()
    assert pair.step()["total"] == pytest.approx((first["total"] + second["total"]) / 2)


def test_pictures_are_read_once_as_long_as_there_is_room(rig: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    training = begun(rig)
    reader = training.objective.reader
    first = reader.read(0)[0].pictures
    monkeypatch.setattr("engines.mask_volume.examples.picture_at", None)
    assert torch.equal(reader.read(0)[0].pictures, first)
    reader._kept.clear()
    reader._free_bytes = 0
    monkeypatch.undo()
    assert torch.equal(reader.read(0)[0].pictures, first) and not reader._kept


def test_a_mask_run_needs_a_network_of_planes(rig: Dataset, planes_model: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="stage=mask builds on a network of planes: set mpi_model"):
        begun(rig, stage="mask")
    with pytest.raises(UserError, match="holds no mask_net"):
        begun(rig, stage="mask", checkpoint=planes_model)
    # A run folder; and a whole model to go on from.
    whole = begun(rig, stage="mask", mpi_model=planes_model, seed=1).checkpoint()
    write_run_checkpoint(tmp_path / "run", whole)
    onward = begun(rig, stage="mask", checkpoint=str(tmp_path / "run"), seed=2).checkpoint()
    assert equal(onward.weights, whole.weights)
    planes = begun(rig, checkpoint=str(tmp_path / "run"), seed=2).checkpoint().weights
    assert equal(planes, parts(whole.weights, "mpi_net"))
    write_scene_file(tmp_path / "srn.safetensors", replace(whole, engine="srn"))
    with pytest.raises(UserError, match="is a scene of srn, not of mask_volume"):
        begun(rig, checkpoint=str(tmp_path / "srn.safetensors"))


def test_what_stands_still_is_no_recording(tmp_path: Path, planes_model: str) -> None:
    mask: dict[str, Any] = {"stage": "mask", "mpi_model": planes_model}
    (tmp_path / "one").mkdir()
    with pytest.raises(UserError, match="no recording of several time steps"):
        begun(recording(tmp_path / "one", time_steps=1, side_px=16), **mask)
    with pytest.raises(UserError, match="no recording of several time steps"):
        begun(clips(tmp_path, (4,)), **mask)


def test_losses_that_need_masks_say_which_do_not(rig: Dataset, planes_model: str) -> None:
    views = [replace(view, mask_path=None) for view in rig.views]
    with pytest.raises(UserError, match="loss_type=full_loss trains on them; no_mask, vgg, l1 and mse do without"):
        begun(replace(rig, views=Views.of(views)), stage="mask", mpi_model=planes_model, loss_type="full_loss")


def test_what_is_assumed_is_said(rig: Dataset, planes_model: str) -> None:
    bare = replace(rig, backgrounds=Views.of(()))
    training = begun(bare, stage="mask", mpi_model=planes_model, loss_type="no_mask", img_wh=(16, 16))
    background, features = training.notes
    assert "lacks the background of 4 cameras: the median over time" in background
    assert "vgg_weights names no file of it: L1 and structural similarity take their place" in features
    assert "sparse" in training.step()
    assert begun(rig, stage="mask", mpi_model=planes_model).notes == ()


def test_squares_larger_than_the_photographs_are_said(rig: Dataset) -> None:
    side = begun(rig).objective.reader.read(0)[0].pictures.shape[-1]
    notes = begun(rig, crop_px=side + 8).notes
    assert any(f"squares of {side + 8} pixels do not fit into photographs of {side}x{side}" in note for note in notes)
    assert not any("squares" in note for note in begun(rig, crop_px=side).notes)


def test_squares_on_motion_show_the_card_more_often(rig: Dataset, planes_model: str) -> None:
    def shares(on_motion: float) -> float:
        settings: dict[str, Any] = {"stage": "mask", "mpi_model": planes_model, "loss_type": "full_loss", "crop_px": 16}
        reader = begun(rig, **settings, crops_on_motion=on_motion).objective.reader
        examples = [example for step in range(60) for example in reader.read(step)]
        return float(np.mean([bool(example.moves.any()) for example in examples if example.moves is not None]))

    assert shares(0.0) < shares(1.0) == 1.0


def test_bad_input_is_one_line(rig: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blind = replace(rig, views=Views.of([replace(view, image_path=None) for view in rig.views]))
    with pytest.raises(UserError, match="no training photographs"):
        begun(blind)
    (tmp_path / "vgg.pth").write_bytes(b"no weights")
    with pytest.raises(UserError, match=r"vgg\.pth: not a torch checkpoint"):
        begun(rig, loss_type="vgg", vgg_weights=str(tmp_path / "vgg.pth"))
    training = begun(rig)
    with pytest.raises(UserError, match="no training state"):
        resumed(rig, replace(training.checkpoint(), training=None))
    fewer = replace(rig, views=rig.views[:8])
    with pytest.raises(UserError, match="8 photographs, not those that the run began with"):
        resumed(fewer, training.checkpoint())


def test_a_loss_that_is_not_finite_changes_nothing(rig: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    training = begun(rig)
    training.step()
    before = training.checkpoint()
    losses = training.objective.losses

    def spoilt(example: Example) -> dict[str, Tensor]:
        return {name: loss * torch.nan for name, loss in losses(example).items()}

    monkeypatch.setattr(training.objective, "losses", spoilt)
    views = training.objective.read(1)[0].views
    names = ", ".join(training.objective.photographs[number].name for number in views)
    with pytest.raises(UserError, match=f"step 2: the loss is not finite .* on views {names};"):
        training.step()
    assert equal(training.checkpoint().weights, before.weights) and training.step_count == 1
    monkeypatch.undo()
    again = resumed(rig, before)
    assert training.step() == again.step()


def test_a_photograph_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    rig = recording(tmp_path, time_steps=1, cameras=3, side_px=16)
    training = begun(rig)
    write_png(tmp_path / "0_1.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(UserError, match=r"0_1\.png: is 8x8, the other images are 16x16"):
        training.step()
    assert training.step_count == 0


@pytest.mark.parametrize("stage", ["mpi", "mask"])
def test_what_is_learnt_is_what_is_drawn(rig: Dataset, planes_model: str, stage: str) -> None:
    """The scene makes the planes of two pictures as the training does, and has a copy of the weights."""
    training = begun(rig, stage=stage, mpi_model=planes_model, ema_decay=0.9)
    training.step()
    seen, scene = training.checkpoint(), training.scene()
    training.step()
    assert not equal(training.checkpoint().weights, seen.weights)
    assert seen.scene is not None and len(seen.scene.cameras) == 4 and seen.engine == "mask_volume"
    places = [at.camera.position.tolist() for at in rig.backgrounds]
    time_step = rig.views.at_time(1)
    beside = time_step[1].camera
    target = beside.at(beside.camera_to_world + 0.05 * np.eye(4, k=3))
    frame = scene.render(target, {"time": 1.0}, never_stop)
    assert isinstance(scene, MaskVolumeScene)
    first, second = (time_step[places.index(at.position.tolist())] for at in scene.sources(target, {"time": 1.0}))
    again = resumed(rig, seen)
    again.objective.network.load_state_dict(dict(seen.weights))
    backgrounds = torch.stack([pixels(rig.backgrounds[view.camera_index or 0]) for view in (first, second)])
    example = Example(
        (0, 0, 0),
        torch.stack([pixels(view) for view in (first, second, first)]),
        (first.camera, second.camera, target),
        (0.9 * CARD, 2 * WALL),
        backgrounds if stage == "mask" else None,
    )
    with torch.no_grad():
        expected = again.objective.network.draw(example).picture[0].permute(1, 2, 0)
    # The scene keeps its planes in half precision.
    assert float((frame.image - expected).abs().max()) < 5e-3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"crop_px": 20}, "multiple of 8"),
        ({"crop_px": 8}, "at least 16"),
        ({"img_wh": (8, 64)}, "at least 16"),
        ({"loss_type": "full_loss"}, "must go with stage mask"),
        ({"min_scale": 1.5, "max_scale": 1.2}, "must not be less"),
        ({"min_stride": 4, "max_stride": 3}, "must not be less"),
        ({"loss_type": "fgbgl1"}, "loss_type"),
    ],
)
def test_settings_that_do_not_agree_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_options(MaskVolumeConfig, wrong)


def test_defaults_are_those_of_the_stage() -> None:
    planes, mask = MaskVolumeConfig(), MaskVolumeConfig(stage="mask")
    assert (planes.side_px, planes.recolours) == (256, True) and (mask.side_px, mask.recolours) == (0, False)
    assert MaskVolumeConfig(stage="mask", crop_px=128, augment=True).side_px == 128


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_settings(preset: Path) -> None:
    settings = read_yaml(preset)
    defaults, made = MaskVolumeConfig().model_dump(), make_options(MaskVolumeConfig, settings).model_dump()
    assert [name for name in settings if name != "stage" and made[name] == defaults[name]] == []
