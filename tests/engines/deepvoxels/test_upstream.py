"""Files of the authors' code: read, written back bit-equal, and refused in one line where they are not whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engines import registry
from engines.core.errors import UserError
from engines.core.storage.torch_file import read_torch_file, write_torch_file
from engines.deepvoxels import upstream
from engines.deepvoxels.engine import DeepVoxelsEngine
from tests.engines.deepvoxels.test_equality import small_network


@pytest.mark.parametrize("name", ["dv128_g32", "dv512_g32"])
def test_a_checkpoint_comes_back_bit_equal(shared: Path, tmp_path: Path, name: str) -> None:
    path = shared / "golden" / "deepvoxels" / name / "checkpoint.pth"
    written = tmp_path / "back.pth"
    write_torch_file(written, DeepVoxelsEngine().write_upstream(registry.read_checkpoint(path)))
    theirs, ours = read_torch_file(path), read_torch_file(written)
    assert theirs.keys() == ours.keys()
    for part in theirs:
        assert theirs[part].keys() == ours[part].keys()
        assert all(torch.equal(theirs[part][name], ours[part][name]) for name in theirs[part])


def state_of(**sizes: object) -> dict[str, torch.Tensor]:
    _, network = small_network(**sizes)
    return network.state_dict()


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"no_occlusion_net": True, "nf0": 8},
        {"img_sidelength": 256, "grid_dim": 12},
        {"img_sidelength": 512, "nf0": 2, "num_grid_feats": 7},
    ],
    ids=str,
)
@pytest.mark.parametrize("bare", [True, False])
def test_sizes_are_read_off_the_tensors(tmp_path: Path, sizes: dict[str, object], bare: bool) -> None:
    state = state_of(**sizes)
    write_torch_file(tmp_path / "c.pth", state if bare else {"model": state})
    config, _ = small_network(**sizes)
    checkpoint = registry.read_checkpoint(tmp_path / "c.pth")
    assert checkpoint.config == config.model_dump()
    assert checkpoint.weights.keys() == state.keys()


def test_names_of_a_data_parallel_model_are_read(tmp_path: Path) -> None:
    state = {f"module.{name}": tensor for name, tensor in state_of().items()}
    assert upstream.recognises({"model": state})
    assert "deepvoxels" in upstream.read({"model": state}, tmp_path).weights


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    state = dict(state_of())
    del state["inpainting_net.in_layer.0.net.1.weight"]
    with pytest.raises(UserError, match=r"inpainting_net\.in_layer\.0\.net\.1\.weight is missing"):
        upstream.read({"model": state}, tmp_path / "c.pth")


def test_a_misshapen_tensor_is_named(tmp_path: Path) -> None:
    state = dict(state_of())
    state["integration_net.update_old_net.1.bias"] = torch.zeros(3)
    with pytest.raises(UserError, match=r"update_old_net\.1\.bias is \[3\]; the network needs \[1\]"):
        upstream.read({"model": state}, tmp_path / "c.pth")


def test_a_grid_that_is_no_cube_is_refused(tmp_path: Path) -> None:
    state = dict(state_of())
    state["deepvoxels"] = torch.zeros(1, 4, 8, 8, 9)
    with pytest.raises(UserError, match="deepvoxels is"):
        upstream.read({"model": state}, tmp_path / "c.pth")


def test_other_networks_are_not_recognised() -> None:
    assert not DeepVoxelsEngine().recognises({"model": {"phi.weight": torch.zeros(2)}})
    assert not DeepVoxelsEngine().recognises({"epoch": 3})


def test_a_reduced_checkpoint_can_not_be_written_back(tmp_path: Path) -> None:
    write_torch_file(tmp_path / "c.pth", {"model": state_of()})
    reduced = DeepVoxelsEngine().viewing_weights(registry.read_checkpoint(tmp_path / "c.pth"))
    with pytest.raises(UserError, match="reduced to what drawing needs"):
        DeepVoxelsEngine().write_upstream(reduced)
