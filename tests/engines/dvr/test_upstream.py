"""Files of the authors' code: read with and without their YAML, written back bit-equal, refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from app import cli
from engines import registry
from engines.core.errors import UserError
from engines.core.storage.scene_file import read_scene_file
from engines.core.storage.torch_file import read_torch_file
from engines.dvr import upstream
from engines.dvr.config import DvrConfig
from engines.dvr.engine import DvrEngine
from engines.dvr.network import Dvr

SMALL: dict[str, Any] = {"hidden_size": 8, "n_blocks": 2}
CODED: dict[str, Any] = {**SMALL, "c_dim": 5}
FORMS: list[dict[str, Any]] = [
    SMALL,
    {"hidden_size": 3, "n_blocks": 1, "out_dim": 1},
    {**CODED, "encoder": "simple_conv"},
    {**CODED, "encoder": "idx", "num_instances": 4},
    {**CODED, "encoder": "resnet18"},
    {**CODED, "encoder": "resnet34"},
    {**CODED, "encoder": "resnet50"},
    {**SMALL, "c_dim": 512, "encoder": "resnet18", "use_linear": False},
]


def same(one: Any, other: Any) -> bool:
    """Whether nested values are equal to the last bit."""
    if isinstance(one, Tensor):
        return isinstance(other, Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def state_of(**settings: Any) -> dict[str, Tensor]:
    torch.manual_seed(0)
    return Dvr(DvrConfig(**settings)).state_dict()


def saved(folder: Path, said: dict[str, Any] | None = None, **settings: Any) -> Path:
    """A checkpoint as their code saves it, and its YAML beside where something is `said`."""
    path = folder / "model.pt"
    torch.save({"model": state_of(**settings), "epoch_it": 3, "it": 70, "loss_val_best": 0.5}, path)
    if said is not None:
        (folder / "config.yaml").write_text(yaml.safe_dump(said))
    return path


@pytest.mark.parametrize("name", ["dvr_rgb", "dvr_cond"])
def test_a_checkpoint_comes_back_bit_equal(shared: Path, tmp_path: Path, name: str) -> None:
    path, back = shared / "golden" / "dvr" / name / "model.pt", tmp_path / "back.pt"
    assert cli.main(["convert", str(path), "--to", "upstream", "--out", str(back)]) == 0
    theirs = read_torch_file(path)
    assert "optimizer" in theirs and same(dict(theirs), dict(read_torch_file(back)))
    # From a scene file at least the weights, and how many steps they are of.
    scene = tmp_path / "scene.safetensors"
    assert cli.main(["convert", str(path), "--to", "scene", "--out", str(scene)]) == 0
    assert cli.main(["convert", str(scene), "--to", "upstream", "--out", str(back)]) == 0
    assert same(dict(theirs["model"]), read_torch_file(back)["model"]) and read_torch_file(back)["it"] == theirs["it"]


@pytest.mark.parametrize("settings", FORMS)
def test_every_form_is_read_off_the_tensors(settings: dict[str, Any], tmp_path: Path) -> None:
    state = state_of(**settings)
    for content in (state, {"model": {f"module.{name}": tensor for name, tensor in state.items()}, "it": 5}):
        torch.save(content, tmp_path / "a.pt")
        checkpoint = registry.read_checkpoint(tmp_path / "a.pt")
        assert checkpoint.engine == "dvr" and checkpoint.step == (5 if "model" in content else 0)
        assert {name: checkpoint.config[name] for name in settings} == settings
        assert same(dict(checkpoint.weights), dict(state))
        # What nothing says is not made up.
        assert "leaky" not in checkpoint.config


def test_what_the_tensors_do_not_tell_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info", str(saved(tmp_path, **SMALL))]) == 0
    assert "assumed      a plain last activation" in capsys.readouterr().out
    saved(tmp_path, {"model": {"c_dim": 0, "encoder": None, "decoder_kwargs": SMALL}}, **SMALL)
    assert cli.main(["info", str(tmp_path / "model.pt")]) == 0
    told = capsys.readouterr().out
    assert "last activation" not in told and "its options are those of config.yaml beside it" in told


def test_what_is_missing_misshapen_or_strange_is_named(tmp_path: Path) -> None:
    whole = state_of(**CODED, encoder="simple_conv")
    path = tmp_path / "a.pt"

    def refusal(changes: dict[str, Tensor | None]) -> str:
        state = {name: tensor for name, tensor in {**whole, **changes}.items() if tensor is not None}
        with pytest.raises(UserError) as caught:
            upstream.read(state, path)
        assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
        return str(caught.value)

    assert "tensor decoder.fc_out.bias is missing" in refusal({"decoder.fc_out.bias": None})
    assert "fc_c.1.weight is [8, 3]; the network needs [8, 5]" in refusal({"decoder.fc_c.1.weight": torch.zeros(8, 3)})
    assert "values that are not finite" in refusal({"decoder.fc_p.bias": torch.full((8,), torch.nan)})
    assert "no encoder that is known here" in refusal({name: None for name in whole if name.startswith("encoder.")})
    assert "tensor encoder.fc_z.weight, which no network" in refusal({"encoder.fc_z.weight": torch.zeros(1)})
    assert "points have 2 coordinates" in refusal({"decoder.fc_p.weight": torch.zeros(8, 2)})
    assert "out_dim=7" in refusal({"decoder.fc_out.weight": torch.zeros(7, 8)})


def test_other_files_are_not_recognised() -> None:
    others: tuple[dict[Any, object], ...] = (
        {"model": {"decoder.fc_p.weight": 3}},
        {3: 4},
        {},
        {"decoder.fc_out.weight": None},
    )
    for content in others:
        assert not DvrEngine().recognises(content)


def test_a_scene_file_keeps_how_it_is_drawn(tmp_path: Path) -> None:
    said = {
        "model": {"c_dim": 0, "encoder": None, "decoder_kwargs": {**SMALL, "leaky": True}},
        "rendering": {"background": "black", "ray_sampling_accuracy": [64, 65]},
    }
    path, out = saved(tmp_path, said, **SMALL), tmp_path / "scene.safetensors"
    assert cli.main(["convert", str(path), "--to", "scene", "--out", str(out)]) == 0
    kept = read_scene_file(out).config
    assert (kept["leaky"], kept["background"], kept["ray_samples"], kept["pixel_corners"]) == (True, "black", 64, True)
