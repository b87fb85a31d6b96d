"""Devices by name."""

from __future__ import annotations

import pytest
import torch

from engines.core.device import choose_device, describe_device
from engines.core.errors import UserError


def pretend(monkeypatch: pytest.MonkeyPatch, cuda_devices: int, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda_devices > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda_devices)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(("cuda_devices", "mps", "expected"), [(2, True, "cuda"), (0, True, "mps"), (0, False, "cpu")])
def test_auto_takes_the_fastest(monkeypatch: pytest.MonkeyPatch, cuda_devices: int, mps: bool, expected: str) -> None:
    pretend(monkeypatch, cuda_devices, mps)
    assert choose_device().type == expected


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, 2, True)
    assert [str(choose_device(name)) for name in ("cpu", "cuda", "cuda:1", "mps")] == ["cpu", "cuda", "cuda:1", "mps"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cuda", "sees 0 CUDA devices"),
        ("cuda:3", "sees 0 CUDA devices"),
        ("mps", "not available here"),
        ("gpu", "unknown"),
        ("", "unknown"),
        ("cuda:x", "unknown"),
        ("meta", "unknown"),
    ],
)
def test_what_is_not_here(monkeypatch: pytest.MonkeyPatch, name: str, message: str) -> None:
    pretend(monkeypatch, 0, False)
    with pytest.raises(UserError, match=message):
        choose_device(name)


def test_description(monkeypatch: pytest.MonkeyPatch) -> None:
    assert describe_device(torch.device("cpu")).startswith("CPU, ")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Some GPU")
    assert describe_device(torch.device("cuda:0")) == "Some GPU"
