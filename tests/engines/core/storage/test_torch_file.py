"""Torch files of unknown origin: weights are read, code never runs, and each failure is one clear line."""

from __future__ import annotations

import argparse
import collections
import datetime
import os
import pickle
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from engines.core.errors import UserError
from engines.core.storage.torch_file import read_torch_file, write_torch_file
from tests.engines.core.examples import no_room_beyond

WEIGHTS: dict[str, Any] = {"model": collections.OrderedDict(a=torch.arange(6.0).reshape(2, 3)), "step": 3}


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.canary,))


@pytest.mark.parametrize("zipped", [True, False])
def test_reads_new_and_old_files(tmp_path: Path, zipped: bool) -> None:
    torch.save(WEIGHTS, tmp_path / "weights.pth", _use_new_zipfile_serialization=zipped)
    content = read_torch_file(tmp_path / "weights.pth")
    assert content["step"] == 3 and torch.equal(content["model"]["a"], WEIGHTS["model"]["a"])


def test_writes_what_it_reads(tmp_path: Path) -> None:
    write_torch_file(tmp_path / "new" / "weights.pth", WEIGHTS)
    assert torch.equal(read_torch_file(tmp_path / "new" / "weights.pth")["model"]["a"], torch.arange(6.0).view(2, 3))


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_file_does_not_run(tmp_path: Path, zipped: bool) -> None:
    path, canary = tmp_path / "trap.pth", tmp_path / "canary"
    torch.save({"model": {}, "trap": Trap(canary)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UserError, match="holds getattr, which could run code when loaded"):
        read_torch_file(path)
    assert not canary.exists()
    # The trap is a real one: an unguarded reader falls into it.
    torch.load(path, weights_only=False)
    assert canary.exists()


def test_code_in_a_plain_pickle_does_not_run(tmp_path: Path) -> None:
    path, canary = tmp_path / "trap.pkl", tmp_path / "canary"
    path.write_bytes(pickle.dumps(Trap(canary)))
    with pytest.raises(UserError, match=r"trap\.pkl: "):
        read_torch_file(path)
    assert not canary.exists()
    pickle.loads(path.read_bytes())
    assert canary.exists()


def test_whole_modules_are_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pth")
    with pytest.raises(UserError, match=r"holds torch\.nn\.modules\.linear\.Linear, .* save it again as a state dict"):
        read_torch_file(tmp_path / "module.pth")


class Command:
    """Runs a command of the system when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("true",))


def test_a_blocked_module_is_named(tmp_path: Path) -> None:
    torch.save({"model": {}, "trap": Command()}, tmp_path / "trap.pth")
    with pytest.raises(UserError, match=r"holds (posix|nt)\.system, which could run code when loaded"):
        read_torch_file(tmp_path / "trap.pth")


def test_a_program_of_torchscript_is_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        # Deprecated, but such files are about.
        warnings.simplefilter("ignore")
        torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "program.pth"))
    with pytest.raises(UserError, match=r"program\.pth: a TorchScript program, .* save the network's state dict"):
        read_torch_file(tmp_path / "program.pth")


def test_paths_and_dates_among_the_settings_do_no_harm(tmp_path: Path) -> None:
    settings = {"root": Path("/data/set"), "begun": datetime.datetime(2021, 3, 4)}
    torch.save({"state_dict": {"a": torch.ones(2)}, "hyper_parameters": settings}, tmp_path / "a.ckpt")
    assert read_torch_file(tmp_path / "a.ckpt")["state_dict"]["a"].tolist() == [1, 1]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_cut_short(tmp_path: Path, zipped: bool, kept: float) -> None:
    path = tmp_path / "cut.pth"
    torch.save({"a": torch.randn(1000)}, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(UserError, match=r"cut\.pth: not a torch checkpoint, or (it is cut short|damaged)") as caught:
        read_torch_file(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"not a checkpoint", b"\x89PNG\r\n", b"PK\x03\x04", bytes(9), b"\x80\x02."])
def test_foreign(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "foreign.pth").write_bytes(content)
    with pytest.raises(UserError, match=r"foreign\.pth: not a torch checkpoint"):
        read_torch_file(tmp_path / "foreign.pth")


def test_no_mapping_in_it(tmp_path: Path) -> None:
    torch.save(torch.zeros(3), tmp_path / "bare.pth")
    with pytest.raises(UserError, match="holds a Tensor, not a checkpoint"):
        read_torch_file(tmp_path / "bare.pth")


def test_missing(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(UserError, match="no such file"):
            read_torch_file(path)


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    write_torch_file(path, {"step": 1})
    with pytest.raises(UserError, match=r"weights\.pth: can't be written"), no_room_beyond(10_000):
        write_torch_file(path, {"step": 2, "a": torch.zeros(100_000)})
    assert read_torch_file(path)["step"] == 1 and list(tmp_path.iterdir()) == [path]


def _lightning_modules(monkeypatch: pytest.MonkeyPatch) -> tuple[type, type]:
    """Classes of names as Lightning has them, importable only while the file is written."""
    made = []
    for name, base in (
        ("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint", object),
        ("pytorch_lightning.utilities.parsing.AttributeDict", dict),
    ):
        module, _, own = name.rpartition(".")
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            monkeypatch.setitem(sys.modules, ".".join(parts[:end]), types.ModuleType(parts[end - 1]))
        kind = type(own, (base,), {"__module__": module})
        monkeypatch.setattr(sys.modules[module], own, kind, raising=False)
        made.append(kind)
    return made[0], made[1]


def test_lightning_files_are_read_without_lightning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as installed:
        callback, attributes = _lightning_modules(installed)
        content = {
            "state_dict": WEIGHTS["model"],
            "callbacks": {callback: {"best": numpy.float64(1.5)}},
            "hyper_parameters": attributes(lr=5e-4),
            "arguments": argparse.Namespace(seed=3),
        }
        torch.save(content, tmp_path / "lightning.ckpt")
    found = read_torch_file(tmp_path / "lightning.ckpt")
    assert torch.equal(found["state_dict"]["a"], WEIGHTS["model"]["a"])
    assert found["hyper_parameters"]["lr"] == 5e-4


def test_what_stands_in_for_lightning_runs_nothing(tmp_path: Path) -> None:
    path, canary = tmp_path / "trap.ckpt", tmp_path / "canary"
    torch.save({"arguments": argparse.Namespace(seed=3), "trap": Trap(canary)}, path)
    with pytest.raises(UserError, match="holds getattr"):
        read_torch_file(path)
    assert not canary.exists()
