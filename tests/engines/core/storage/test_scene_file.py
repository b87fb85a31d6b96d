"""Scene files: whole, self-contained, and one clear line for what is not one."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engines.core.errors import UserError
from engines.core.storage.scene_file import (
    DERIVED,
    FORMAT,
    WITHOUT_DERIVED,
    as_halved,
    read_scene_file,
    read_scene_header,
    rewrite_scene_file,
    write_scene_file,
)
from tests.engines.core.examples import checkpoint, no_room_beyond


def header_of(path: Path) -> dict[str, Any]:
    """The JSON header, read by hand: eight bytes of length, then that many of JSON."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return dict(json.loads(content[8 : 8 + length]))


def test_comes_back_bit_for_bit(tmp_path: Path) -> None:
    written = checkpoint()
    write_scene_file(tmp_path / "scene.safetensors", written)
    read = read_scene_file(tmp_path / "scene.safetensors")
    assert (read.engine, read.config, read.step) == ("example", {"lr": 0.1, "name": "a"}, 7)
    assert read.training is None
    assert read.weights.keys() == written.weights.keys()
    for name, tensor in written.weights.items():
        assert torch.equal(read.weights[name], tensor) and read.weights[name].dtype == tensor.dtype
    assert read.scene and written.scene
    assert read.scene.to_json() == written.scene.to_json()


def test_header_is_readable_without_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "scene.safetensors"
    write_scene_file(path, replace(checkpoint(), scene=None))
    header = read_scene_header(path)
    said = (header["format"], header["engine"], header["step"], header["scene"])
    assert said == (WITHOUT_DERIVED, "example", 7, None)
    assert json.loads(header_of(path)["__metadata__"]["vantage"]) == header
    assert read_scene_file(path).scene is None


@pytest.mark.parametrize("half", [False, True])
def test_what_was_derived_stands_apart_from_the_weights(tmp_path: Path, half: bool) -> None:
    path = tmp_path / "scene.safetensors"
    derived = {"grid": torch.tensor([1e-9, 3.0]), "weight": torch.tensor([1, 2], dtype=torch.uint8)}
    written = replace(checkpoint(), weights={"weight": torch.tensor([1 / 3])}, derived=derived)
    write_scene_file(path, written, half=half)
    assert read_scene_header(path)["format"] == FORMAT and DERIVED + "grid" in header_of(path)
    for _ in range(2):
        read = read_scene_file(path)
        assert list(read.weights) == ["weight"] and read.derived.keys() == derived.keys()
        for name, tensor in derived.items():
            assert torch.equal(read.derived[name], tensor) and read.derived[name].dtype == tensor.dtype
        assert read.scene is not None
        rewrite_scene_file(path, read.scene.with_up(np.array([0.0, 0.0, 1.0])))


def test_a_file_whose_derived_tensors_are_not_there_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "scene.safetensors"
    write_scene_file(path, replace(checkpoint(), derived={"grid": torch.ones(2)}))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"derived:grid", b"derived:grit", 1))
    with pytest.raises(UserError, match="damaged scene file"):
        read_scene_file(path)


def test_halved_weights_are_those_that_are_read(tmp_path: Path) -> None:
    weights = {"weight": torch.tensor([1 / 3, 1e-7]), "count": torch.tensor(3), "huge": torch.tensor([1e6, 1 / 3])}
    write_scene_file(tmp_path / "scene.safetensors", replace(checkpoint(), weights=weights), half=True)
    read = read_scene_file(tmp_path / "scene.safetensors").weights
    for name, tensor in as_halved(weights).items():
        assert torch.equal(read[name], tensor) and read[name].dtype == tensor.dtype


def test_half_is_smaller_and_widened_again(tmp_path: Path) -> None:
    # Seeded: one value in twenty thousand is so near to 0 that half precision keeps fewer bits of it.
    weight = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    large = {"weight": weight, "count": torch.tensor(3), "huge": torch.tensor([1e6, 1.0])}
    for half in (False, True):
        write_scene_file(tmp_path / f"{half}.safetensors", replace(checkpoint(), weights=large), half=half)
    assert (tmp_path / "True.safetensors").stat().st_size < 0.7 * (tmp_path / "False.safetensors").stat().st_size
    weights = read_scene_file(tmp_path / "True.safetensors").weights
    assert weights["weight"].dtype == torch.float32
    # Half precision keeps 11 bits.
    assert torch.allclose(weights["weight"], large["weight"], rtol=2**-11)
    assert weights["count"].dtype == torch.int64
    assert torch.equal(weights["huge"], large["huge"]), "a value beyond the range of 16 bits became infinite"


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.999])
def test_cut_short(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "scene.safetensors"
    write_scene_file(path, checkpoint())
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(UserError, match=r"scene\.safetensors: not a scene file, or damaged"):
        read_scene_file(path)


def test_missing_and_foreign(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_scene_file(tmp_path / "none.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(UserError, match="not a scene written by Vantage"):
        read_scene_file(tmp_path / "foreign.safetensors")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("not json", "its header can't be read"),
        ("[]", "its header can't be read"),
        ('{"format": "one"}', "its header can't be read"),
        (json.dumps({"format": FORMAT + 1}), "written by a newer Vantage"),
        (json.dumps({"format": FORMAT}), "damaged scene file"),
        ({"config": 3}, "damaged scene file"),
        ({"step": float("inf")}, "damaged scene file"),
        ({"dtypes": {"other": "float32"}}, "damaged scene file"),
        ({"dtypes": {"weight": "load"}}, "damaged scene file"),
        ({"scene": {"start": None}}, "damaged scene file"),
        ({"scene": {"bounds": [[0, 0]], "up": [0, 0, 1]}}, "damaged scene file"),
    ],
)
def test_bad_headers(tmp_path: Path, header: str | dict[str, Any], message: str) -> None:
    if isinstance(header, dict):
        whole = {"format": FORMAT, "engine": "example", "config": {}, "step": 0, "scene": None, "dtypes": {}}
        header = json.dumps(whole | header)
    save_file({"weight": torch.zeros(1)}, tmp_path / "bad.safetensors", metadata={"vantage": header})
    with pytest.raises(UserError, match=message):
        read_scene_file(tmp_path / "bad.safetensors")


def test_a_full_disk_keeps_the_old_scene(tmp_path: Path) -> None:
    path = tmp_path / "scene.safetensors"
    write_scene_file(path, checkpoint(step=1))
    larger = replace(checkpoint(step=2), weights={"weight": torch.zeros(100_000)})
    with pytest.raises(UserError, match="can't be written"), no_room_beyond(10_000):
        write_scene_file(path, larger)
    assert read_scene_file(path).step == 1 and list(tmp_path.iterdir()) == [path]
