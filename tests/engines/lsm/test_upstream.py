"""The authors' checkpoints: every form read off the tensors and `args.json`, written back byte for byte, or refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from engines.core.config import make_options
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.tensor_bundle import find_bundle, read_bundle, write_bundle
from engines.lsm import upstream
from engines.lsm.config import LsmConfig
from engines.lsm.network import Lsm

DEPTH = {"kind": "dlsm"}
FORMS: list[dict[str, Any]] = [
    {},
    {"nvox": 64, "grid_net": "unet64"},
    {"rnn": "lstm"},
    {"norm": "BN"},
    {"norm": "none"},
    {**DEPTH, "sepup": True},
    {**DEPTH, "proj_x": 8, "ray_samples": 16},
    {**DEPTH, "proj_x": 8, "sepup": True, "im_skip": False, "ray_samples": 3},
    {**DEPTH, "im_skip": False, "norm": "BN", "ray_samples": 5},
]


def state_of(**settings: Any) -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {name: tensor + 0.01 for name, tensor in Lsm(LsmConfig(**settings)).state_dict().items()}


def variables(**settings: Any) -> dict[str, Tensor]:
    """As the authors' code names and lays them out."""
    return upstream.write(Checkpoint("lsm", settings, 70, state_of(**settings)))


def saved(folder: Path, said: dict[str, Any] | None = None, **settings: Any) -> Path:
    if said is not None:
        (folder / "args.json").write_text(json.dumps(said))
    return write_bundle(folder / "mvnet-70.index", variables(**settings))[0]


def opened(index: Path, named: Path | None = None) -> Checkpoint:
    return upstream.read(read_bundle(index), index, named)


@pytest.mark.parametrize(("kind", "step", "beside"), [("vlsm", 501, 79), ("dlsm", 300, 1)])
def test_theirs_come_back_byte_for_byte(shared: Path, tmp_path: Path, kind: str, step: int, beside: int) -> None:
    folder = shared / "golden" / "lsm" / kind
    index = find_bundle(folder)
    assert index is not None
    checkpoint = opened(index)
    assert checkpoint.step == step and not checkpoint.notes and checkpoint.config["kind"] == kind
    assert checkpoint.training is not None and len(checkpoint.training[upstream.AUTHORS]) == beside
    for path in write_bundle(tmp_path / index.name, upstream.write(checkpoint)):
        assert path.read_bytes() == (folder / path.name).read_bytes()


@pytest.mark.parametrize(("table", "settings"), [
    ("dlsm_x4_sepup", {**DEPTH, "sepup": True}),
    ("dlsm_x8_plain", {**DEPTH, "proj_x": 8, "ray_samples": 16}),
    ("vlsm64", {"nvox": 64, "grid_net": "unet64"}),
    ("vlsm32_full_training_ckpt", {}),
])  # fmt: skip
def test_variables_have_their_names_and_shapes(shared: Path, table: str, settings: dict[str, Any]) -> None:
    with (shared / "golden" / "lsm" / f"variables_{table}.tsv").open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if "Adam" not in row["variable"]]
    theirs = {row["variable"]: row["shape"] for row in rows if row["variable"].startswith("MVNet/")}
    ours = {name: "x".join(map(str, tensor.shape)) for name, tensor in variables(**settings).items()}
    del ours["global_step"]
    assert ours == theirs


@pytest.mark.parametrize("settings", FORMS)
def test_every_form_is_read_off_the_tensors(tmp_path: Path, settings: dict[str, Any]) -> None:
    content = variables(**settings)
    assert upstream.recognises(content)
    said = {"nvox": settings.get("nvox", 32), "im_h": 64, "im_w": 64}
    checkpoint = opened(saved(tmp_path, said, **settings))
    config = make_options(LsmConfig, checkpoint.config)
    assert config == LsmConfig(**{"im_h": 64, "im_w": 64, **settings})
    assert checkpoint.step == 70
    own = state_of(**settings)
    assert checkpoint.weights.keys() == own.keys()
    assert all(torch.equal(checkpoint.weights[name], own[name]) for name in own)
    assert all(torch.equal(tensor, content[name]) for name, tensor in upstream.write(checkpoint).items())


def test_what_is_assumed_without_options_is_said(tmp_path: Path) -> None:
    checkpoint = opened(saved(tmp_path, nvox=64, grid_net="unet64"))
    assert checkpoint.config["nvox"] == 64
    (said,) = checkpoint.notes
    assert said == "no args.json beside it: a grid of 64 voxels a side, and photographs of 224x224, are assumed"


def test_options_of_elsewhere(tmp_path: Path) -> None:
    index = saved(tmp_path, {"nvox": 32})
    (tmp_path / "other.json").write_text('{"nvox": 40, "norm": "IN", "lr": 0.0, "ckpt": "log/gone"}')
    assert opened(index, tmp_path / "other.json").config["nvox"] == 40


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"rnn": "lstm"},
            "another network than the checkpoint beside it: it says rnn='lstm', the tensors are of",
        ),
        ({"norm": None}, "it says norm='none', the tensors are of norm=IN"),
        ({"grid_net": "unet64"}, "it says grid_net='unet64', the tensors are of grid_net=unet32"),
        ({"nvox": 33}, "nvox=33: must be a multiple of 8"),
        ({"nvox": "many"}, "nvox="),
        ({"im_h": 10**400}, "im_h="),
        ([3], "must be a JSON object"),
    ],
)
def test_options_that_disagree(tmp_path: Path, said: Any, told: str) -> None:
    with pytest.raises(UserError) as error:
        opened(saved(tmp_path, said))
    assert told in str(error.value) and str(error.value).startswith(str(tmp_path / "args.json"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("change", "told"), [
    ({"MVNet/Grid_Unet/out/bias": None}, "tensor Grid_Unet.out.bias is missing"),
    ({"MVNet/Grid_Unet/conv1/weights": torch.zeros(4, 4, 4, 32, 31)}, r"is [31, 32, 4, 4, 4]; the network needs"),
    ({"MVNet/Extra/weights": torch.zeros(1)}, "a variable MVNet/Extra/weights, which no network of the authors' has"),
    ({"MVNet/Grid_Unet/out/bias": torch.tensor([torch.nan])}, "holds values that are not finite"),
    ({"MVNet/DepthNet/conv1/weights": torch.zeros(1)}, "MVNet/DepthNet/conv1/weights is missing or no kernel"),
    ({"MVNet/DepthNet/conv1/weights": torch.zeros(1, 1, 33, 512)}, "MVNet/DepthNet/deconv1/weights is missing"),
])  # fmt: skip
def test_variables_that_can_not_be(tmp_path: Path, change: dict[str, Tensor | None], told: str) -> None:
    content = {name: tensor for name, tensor in {**variables(), **change}.items() if tensor is not None}
    with pytest.raises(UserError) as error:
        upstream.read(content, tmp_path / "a.index")
    assert told in str(error.value) and "\n" not in str(error.value)


def test_others_are_not_taken_for_theirs() -> None:
    others: tuple[Any, ...] = ({}, {"model": {}}, {upstream.FIRST: torch.zeros(1)}, {3: 4})
    for content in others:
        assert not upstream.recognises(content)
