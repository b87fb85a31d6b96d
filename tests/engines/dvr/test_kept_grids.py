"""A scene file keeps the grid of its field; none of another field, and no damaged one, is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from app import cli
from engines.core.config import make_options
from engines.core.engine import never_stop
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.scene_file import read_scene_file
from engines.dvr import kept_grids
from engines.dvr.config import DvrOptions
from engines.dvr.engine import ENGINE
from engines.dvr.network import Dvr
from engines.dvr.scene import DvrScene
from tests.engines.dvr.test_inference import random_network

SIZES: dict[str, object] = {"hidden_size": 24, "n_blocks": 1}
CLASS: dict[str, object] = {**SIZES, "encoder": "idx", "c_dim": 4, "num_instances": 3}
CPU = torch.device("cpu")


def saved(folder: Path, *words: str, **settings: Any) -> Path:
    """A scene file of a small network, by `convert`."""
    network = random_network(**settings)
    if not settings.get("c_dim"):
        network.decoder.fc_out.bias[0] -= network.decoder(torch.rand(500, 3) - 0.5)[:, 0].quantile(0.8)
    torch.save({"model": network.state_dict()}, folder / "model.pt")
    out = folder / "scene.safetensors"
    assert cli.main(["convert", str(folder / "model.pt"), "--to", "scene", "--out", str(out), *words]) == 0
    return out


def opened(checkpoint: Checkpoint, **options: object) -> DvrScene:
    as_trained = {name: checkpoint.config[name] for name in DvrOptions.AS_TRAINED if name in checkpoint.config}
    scene = ENGINE.open(checkpoint, CPU, None, make_options(DvrOptions, {**as_trained, **options}))
    assert isinstance(scene, DvrScene)
    return scene


def has_grid(scene: DvrScene, instance: int = 0) -> bool:
    """Whether it has one of an object before it is asked for anything."""
    return scene.field({"instance": float(instance)}).has_grid


def picture(scene: DvrScene) -> list[Tensor]:
    frame = scene.render(scene.start.resized((48, 48)), {}, never_stop)
    assert frame.depth is not None
    return [frame.image, frame.depth, frame.extra["normals"]]


@pytest.mark.slow
@pytest.mark.parametrize("words", [[], ["--half"]])
def test_a_scene_file_keeps_the_grid(tmp_path: Path, words: list[str]) -> None:
    checkpoint = read_scene_file(saved(tmp_path, *words, **SIZES))
    kept, made = opened(checkpoint), opened(replace(checkpoint, derived={}))
    assert has_grid(kept) and not has_grid(made)
    pictures = [picture(scene) for scene in (kept, made)]
    assert has_grid(made) and bool(pictures[0][1].isfinite().any())
    for with_kept, with_made in zip(*pictures, strict=True):
        assert torch.equal(with_kept, with_made)
    # It covers what the first picture needs of it: nothing is added.
    assert torch.equal(kept.field({}).grid(0.0).samples, checkpoint.derived["grid0.samples"])


@pytest.mark.slow
def test_a_class_keeps_those_of_its_first_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.dvr.scene.MOST_OBJECTS", 2)
    scene = opened(read_scene_file(saved(tmp_path, **CLASS)))
    assert [has_grid(scene, number) for number in range(3)] == [True, True, False]
    assert not scene.field({"instance": 0.0, "blend_with": 1.0, "blend": 0.5}).has_grid


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    derived = read_scene_file(saved(tmp_path, **CLASS)).derived
    one = sum(tensor.nbytes for name, tensor in derived.items() if name.startswith("grid0"))
    monkeypatch.setattr(kept_grids, "MOST_BYTES", int(1.5 * one))
    assert {name.split(".")[0] for name in read_scene_file(saved(tmp_path, **CLASS)).derived} == {"grid0"}


def test_a_network_of_photographs_without_any_keeps_none(tmp_path: Path) -> None:
    assert not read_scene_file(saved(tmp_path, **SIZES, encoder="simple_conv", c_dim=8)).derived


def changed(derived: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """One bit of it."""
    tensor = derived[name].clone()
    tensor.view(-1).view(torch.uint8)[0] ^= 1
    return {**derived, name: tensor}


@pytest.mark.parametrize("part", ["samples", "halved", "shape", "half", "seal"])
def test_a_damaged_one_is_made_again(tmp_path: Path, part: str) -> None:
    checkpoint = read_scene_file(saved(tmp_path, **SIZES))
    name = f"grid0.{part}"
    without = {other: tensor for other, tensor in checkpoint.derived.items() if other != name}
    cut = {**without, name: checkpoint.derived[name].view(-1)[:-1]}
    for derived in (changed(checkpoint.derived, name), without, cut):
        assert not has_grid(opened(replace(checkpoint, derived=derived)))


@pytest.mark.slow
def test_one_of_another_field_is_made_again(tmp_path: Path) -> None:
    checkpoint = read_scene_file(saved(tmp_path, **SIZES))
    assert has_grid(opened(checkpoint, background="black", ray_samples=64))
    assert not has_grid(opened(checkpoint, tau=0.6))
    assert not has_grid(opened(replace(checkpoint, config={**checkpoint.config, "leaky": True})))
    for name in Dvr(make_options(ENGINE.Config, checkpoint.config)).state_dict():
        weights = {**checkpoint.weights, name: checkpoint.weights[name] * 1.001}
        assert not has_grid(opened(replace(checkpoint, weights=weights)))
    derived = read_scene_file(saved(tmp_path, **CLASS)).derived
    swapped = {name.replace("grid0", "grid9").replace("grid1", "grid0"): each for name, each in derived.items()}
    scene = opened(replace(read_scene_file(saved(tmp_path, **CLASS)), derived=swapped))
    assert not has_grid(scene, 0) and has_grid(scene, 2)


def test_the_kept_one_is_grown_for_cameras_farther_away(tmp_path: Path) -> None:
    checkpoint = read_scene_file(saved(tmp_path, **SIZES))
    frames = []
    for derived in (checkpoint.derived, {}):
        scene = opened(replace(checkpoint, derived=derived))
        pose = scene.start.camera_to_world.copy()
        pose[:3, 3] *= 6
        frames.append(scene.render(scene.start.at(pose).resized((48, 48)), {}, never_stop))
        assert scene.field({}).grid(0.0).radius > 6
    assert torch.equal(frames[0].image, frames[1].image)
