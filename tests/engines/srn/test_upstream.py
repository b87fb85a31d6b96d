"""Files of the authors' code: read, written back bit-equal, and refused in one line where they are not whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from engines import registry
from engines.core.errors import UserError
from engines.core.storage.torch_file import read_torch_file, write_torch_file
from engines.srn import upstream
from engines.srn.config import SrnConfig
from engines.srn.engine import SrnEngine
from engines.srn.network import Srn

UNET = {"use_unet_renderer": True, "img_sidelengths": (128,)}


@pytest.mark.parametrize("name", ["srn_multi", "srn_single"])
def test_a_checkpoint_comes_back_bit_equal(shared: Path, tmp_path: Path, name: str) -> None:
    path = shared / "golden" / "srn" / name / "checkpoint.pth"
    written = tmp_path / "back.pth"
    write_torch_file(written, SrnEngine().write_upstream(registry.read_checkpoint(path)))
    theirs, ours = read_torch_file(path)["model"], read_torch_file(written)["model"]
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[key], ours[key]) for key in theirs)


def state_of(**settings: object) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return Srn(SrnConfig(**settings)).state_dict()


@pytest.mark.parametrize(
    "settings",
    [
        {"fit_single_srn": True},
        {"fit_single_srn": True, **UNET},
        {"fit_single_srn": True, "nf0": 12, **UNET},
        {"num_instances": 5, "embedding_size": 3},
        {"num_instances": 1, "embedding_size": 1, **UNET},
    ],
)
@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {"model": s}, lambda s: {f"module.{k}": v for k, v in s.items()}]
)
def test_every_form_is_read_off_the_tensors(
    settings: dict[str, object], wrap: Callable[[dict[str, Tensor]], object], tmp_path: Path
) -> None:
    state = state_of(**settings)
    torch.save(wrap(state), tmp_path / "a.pth")
    checkpoint = registry.read_checkpoint(tmp_path / "a.pth")
    assert checkpoint.engine == "srn"
    assert {name: checkpoint.config[name] for name in settings} == settings
    assert all(torch.equal(checkpoint.weights[name], tensor) for name, tensor in state.items())


def test_the_unets_second_names_are_written_too() -> None:
    state = state_of(fit_single_srn=True, **UNET)
    written = SrnEngine().write_upstream(upstream.read(state, Path("a.pth")))["model"]
    unet = "pixel_generator.net.0"
    assert written[f"{unet}.out_layer_weight"] is written[f"{unet}.out_layer.0.net.1.weight"]
    assert written[f"{unet}.in_layer.0.weight"] is written[f"{unet}.in_layer.0.net.1.weight"]


def test_what_is_missing_or_misshapen_is_named() -> None:
    state = state_of(num_instances=2, embedding_size=3)
    whole = dict(state)
    del state["ray_marcher.out_layer.bias"]
    with pytest.raises(UserError, match=r"a\.pth: tensor ray_marcher\.out_layer\.bias is missing"):
        upstream.read(state, Path("a.pth"))
    whole["latent_codes.weight"] = torch.zeros(2, 4)
    with pytest.raises(UserError, match=r"is \[3, 3\]; the network needs \[4, 4\]"):
        upstream.read(whole, Path("a.pth"))


def test_other_files_are_not_recognised() -> None:
    assert not SrnEngine().recognises({"model": {"deepvoxels": torch.zeros(1, 2, 3, 3, 3)}})
    numbers: dict[Any, int] = {3: 4}
    assert not SrnEngine().recognises(numbers)
    assert not SrnEngine().recognises({})
