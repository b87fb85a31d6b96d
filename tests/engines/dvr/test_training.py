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
import torch.nn.functional as F
from torch import Tensor

from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.data.views import Views
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.dvr.config import DvrConfig
from engines.dvr.engine import ENGINE, DvrEngine
from engines.dvr.network import Dvr, sharpen
from engines.dvr.scene import DvrScene
from tests.engines.dvr.learning import CLASS, CPU, SMALL, begun


def equal(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.slow
def test_a_silhouette_and_its_colours_are_learnt(car: Dataset) -> None:
    """Slow, as before some hundred steps there is hardly a surface whose colours could be learnt."""
    training = begun(car, lr=3e-3, n_training_points=128, cube_side=0.8, max_steps=450)
    losses = [training.step() for _ in range(450)]
    assert set(losses[0]) == {"total", "freespace", "occupied", "rgb", "image_gradients", "normal"}
    assert abs(losses[0]["total"] - sum(losses[0][name] for name in losses[0] if name != "total")) < 1e-2
    # Colours count only where a surface is seen, so that their loss rises at first.
    early, late = (sum(s["freespace"] + s["occupied"] for s in part) for part in (losses[:10], losses[-10:]))
    assert late < 0.6 * early and losses[0]["rgb"] == 0 < losses[-1]["rgb"]
    view = car.views[3]
    frame = training.scene().render(view.camera, {}, never_stop)
    assert frame.depth is not None
    hit, mask = torch.isfinite(frame.depth).numpy(), view.mask()
    assert (hit & mask).sum() / (hit | mask).sum() > 0.5


def test_what_is_learnt_is_at_the_size_that_was_asked_for(car: Dataset) -> None:
    training = begun(car, img_size=24)
    assert training.trained_px((48, 48)) == (24, 24) and training.trained_px((30, 20)) == (30, 20)
    assert training.trained_px((96, 48)) == (48, 24)
    training.step()


def test_a_step_looks_about_the_object(car: Dataset) -> None:
    anywhere, about = (begun(car, object_share=share).objective.read(0).inside.float().mean() for share in (0.0, 1.0))
    assert float(about) > 1.3 * float(anywhere)


@pytest.mark.parametrize("settings", [{"ema_decay": 0.5, "lr_final": 1e-4}, {"reduction_method": "mean"}, "class"])
def test_a_resumed_run_equals_the_uninterrupted_one(car: Dataset, cars: Dataset, settings: Any) -> None:
    dataset, chosen = (cars, CLASS) if settings == "class" else (car, settings)
    whole = begun(dataset, **chosen, schedule_milestones=(3,))
    for _ in range(3):
        whole.step()
    saved = whole.checkpoint()
    second = ENGINE.resume(dataset, saved, CPU)
    for _ in range(3):
        whole.step()
        second.step()
    assert equal(second.checkpoint().weights, whole.checkpoint().weights)


def test_each_photograph_is_seen_once_before_any_comes_again(car: Dataset) -> None:
    objective = begun(car, batch_size=3).objective
    first = [number for step in range(4) for number in objective.views(step)]
    assert sorted(first) == list(range(12)) != first
    assert sorted(n for step in range(4, 8) for n in objective.views(step)) == list(range(12))


def test_a_class_takes_codes_and_colours_from_photographs_of_one_object(cars: Dataset) -> None:
    objective = begun(cars, **CLASS).objective
    for step in range(6):
        views, inputs = objective.views(step), objective.reader._plan.inputs(step)
        instances = objective.photographs.instances
        assert len(set(instances[views])) == 2 and (instances[views] == instances[inputs]).all()
    assert any(objective.views(step) != objective.reader._plan.inputs(step) for step in range(6))


@pytest.mark.parametrize("encoder", ["simple_conv", "resnet18", "idx"])
def test_a_class_learns(cars: Dataset, encoder: str) -> None:
    more = {"num_instances": 3} if encoder == "idx" else {}
    training = begun(cars, **{**CLASS, "encoder": encoder, **more})
    before = training.checkpoint().weights
    losses = [training.step() for _ in range(3)]
    after = training.checkpoint().weights
    assert all(np.isfinite(list(step.values())).all() for step in losses)
    name = next(name for name in before if name.startswith("encoder.") and name.endswith("weight"))
    assert not torch.equal(before[name], after[name])


def test_a_cube_elsewhere_learns_the_same(car: Dataset) -> None:
    """Moved and scaled, the object is the same to the network."""
    moved = np.array([5.0, -3.0, 2.0])
    views = []
    for view in car.views:
        pose = view.camera.camera_to_world.copy()
        pose[:3, 3] = 4 * pose[:3, 3] + moved
        views.append(replace(view, camera=view.camera.at(pose)))
    other = replace(car, views=Views.of(views), hints={}, bounds=4 * car.bounds + moved)
    settings = {"cube_centre": tuple(moved), "cube_side": 4.0}
    own, far = begun(car), begun(other, **settings)
    for _ in range(3):
        first, second = own.step(), far.step()
        # Positions of four times the size are rounded to other bits.
        assert all(abs(first[name] - second[name]) <= 1e-3 * abs(first[name]) + 1e-4 for name in first)
    box = DvrEngine().box(other, DvrConfig(**SMALL, **settings))
    assert box is not None and np.allclose(box.bounds, moved + np.array([[-2.0] * 3, [2.0] * 3]))


def test_a_milestone_lowers_the_rate_and_doubles_the_samples() -> None:
    config = DvrConfig(lr=1e-3, lr_milestones=(10, 20), lr_gamma=0.1, schedule_milestones=(5, 15), init_resolution=8)
    assert [config.samples_at(step) for step in (0, 4, 5, 14, 15, 10**9)] == [8, 8, 16, 16, 32, 32]
    rates = [config.lr_at(step) for step in (0, 9, 10, 19, 20)]
    np.testing.assert_allclose(rates, [1e-3, 1e-3, 1e-4, 1e-4, 1e-5])
    assert config.stages() == (0, 5, 15)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"patch_size": 1}, "lambda_image_gradients needs patches"),
        ({"n_training_points": 3}, "must hold a patch of 4"),
        ({"schedule_milestones": (5, 5)}, "must be steps that increase"),
        ({"init_resolution": 4096}, "beyond 8192 samples"),
        ({"encoder_weights": "x.pth"}, "are of a residual encoder"),
    ],
)
def test_options_that_do_not_agree_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DvrConfig(**wrong)


def test_masks_that_are_empty_or_not_there_are_one_line(car_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "car"
    shutil.copytree(car_folder, folder)
    for path in (folder / "mask").iterdir():
        write_png(path, np.zeros((48, 48), dtype=np.uint8))
    with pytest.raises(UserError, match="the masks of all 12 photographs are empty; they must be white where"):
        begun(open_dataset(folder))
    shutil.rmtree(folder / "mask")
    dataset = open_dataset(folder)
    assert (
        DvrEngine().unsupported(dataset).startswith("its photographs have neither masks of the object nor transparency")
    )
    with pytest.raises(UserError, match="its photographs have neither masks"):
        begun(dataset)


def test_a_mask_of_another_size_is_named(car_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "car"
    shutil.copytree(car_folder, folder)
    write_png(folder / "mask" / "000004.png", np.full((20, 20), 255, dtype=np.uint8))
    training = begun(open_dataset(folder))
    with pytest.raises(UserError, match=r"mask/000004\.png: is 20x20, its photograph is 48x48"):
        for _ in range(12):
            training.step()


def test_colours_take_a_network_that_has_some(car: Dataset) -> None:
    with pytest.raises(UserError, match="out_dim=1 has no colours"):
        begun(car, out_dim=1)
    found = begun(car, out_dim=1, lambda_rgb=0.0, lambda_image_gradients=0.0).step()
    assert set(found) == {"total", "freespace", "occupied", "normal"}


def test_what_is_laid_over_is_what_rays_see_that_hit_nothing(car: Dataset) -> None:
    for colour, scene in (("white", begun(car).scene()), ("black", begun(car, outside_masks="black").scene())):
        assert isinstance(scene, DvrScene) and scene.options.background == colour


def test_photographs_without_a_mask_are_counted(car: Dataset) -> None:
    views = [replace(view, mask_path=None) if number == 5 else view for number, view in enumerate(car.views)]
    with pytest.raises(UserError, match="1 of 12 photographs have no mask, such as 000005"):
        begun(replace(car, views=Views.of(views)))


def test_a_class_without_codes_is_told_how(cars: Dataset) -> None:
    assert DvrEngine().unsupported(cars) == ""
    with pytest.raises(UserError, match="3 objects, but c_dim=0 learns one; for a class set an encoder"):
        begun(cars)


def test_a_sharp_beginning_bends_everywhere_in_the_cube(car: Dataset) -> None:
    network = begun(car, init_sharpness=20.0, hidden_size=256).objective.network
    layer = network.decoder.fc_p.requires_grad_(False)
    torch.testing.assert_close(layer.weight.norm(dim=1), torch.full((256,), 20.0))
    # Each feature's plane goes through the ball within the cube, on all sides alike.
    from_middle = layer.bias / 20
    assert float(from_middle.abs().max()) <= 0.5 and abs(float(from_middle.mean())) < 0.1
    assert 0.25 < float(from_middle.std()) < 0.33
    assert float(begun(car).objective.network.decoder.fc_p.weight.detach().norm(dim=1).max()) <= 1


def test_a_sharp_beginning_learns_details_sooner() -> None:
    """Stripes of a twelfth of the cube, by the decoder alone."""
    places = (torch.rand(512, 3, generator=torch.Generator().manual_seed(1)) - 0.5) * torch.tensor([1.0, 0.1, 0.1])
    stripes = (torch.sin(places[:, 0] * 40) > 0).float()

    def left(sharpness: float) -> float:
        torch.manual_seed(0)
        decoder = Dvr(DvrConfig(hidden_size=64, n_blocks=2)).decoder
        if sharpness:
            sharpen(decoder, sharpness)
        optimiser = torch.optim.Adam(decoder.parameters(), lr=1e-3)
        for _ in range(400):
            loss = F.mse_loss(torch.sigmoid(decoder(places)[:, 1]), stripes)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return float(loss.detach())

    assert left(20.0) < 0.5 * left(0.0)
