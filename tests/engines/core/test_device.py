"""Devices by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from app.conformance.pretended_gpu import pretended_gpu
from engines.core.device import (
    MOST_AHEAD,
    choose_device,
    describe_device,
    in_step,
    is_out_of_memory,
    rounded_convolutions,
    to_device,
    to_host,
)
from engines.core.errors import UserError

CUDA = torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def flags_kept() -> Iterator[None]:
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = True, False


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


def test_products_are_exact_on_a_gpu_but_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, 1, False)
    torch.backends.cuda.matmul.allow_tf32 = True
    choose_device("cpu")
    rounded = [torch.backends.cudnn.allow_tf32]
    choose_device()
    rounded.append(torch.backends.cudnn.allow_tf32)
    assert not torch.backends.cuda.matmul.allow_tf32
    with rounded_convolutions(CUDA):
        rounded.append(torch.backends.cudnn.allow_tf32)
    assert [*rounded, torch.backends.cudnn.allow_tf32] == [True, False, True, False]


def test_a_process_that_is_shown_its_own_device_alone_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, 1, False)
    monkeypatch.setattr("engines.core.distributed.local_rank", lambda: 3)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with pytest.raises(UserError, match="process 4 of this machine has no CUDA device, torch sees 1"):
        choose_device()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert choose_device() == CUDA


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("CUDA error: out of memory", True),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`", True),
        ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", True),
        ("cuDNN error: CUDNN_STATUS_BAD_PARAM", False),
        ("CUDA error: device-side assert triggered", False),
    ],
)
def test_what_says_that_memory_is_full(said: str, expected: bool) -> None:
    assert is_out_of_memory(torch.AcceleratorError(said)) == is_out_of_memory(RuntimeError(said)) == expected


class Event:
    """Of a device that does what it is given when it is waited for."""

    done: list[int]
    given = 0

    def record(self, stream: object) -> None:
        Event.given += 1
        self.number = Event.given

    def synchronize(self) -> None:
        self.done.append(self.number)


def test_stop_is_asked_when_all_but_the_last_parts_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Event, "done", [], raising=False)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: None)
    asked = list[int]()

    def never_yet() -> bool:
        asked.append(len(Event.done))
        return False

    stop = in_step(never_yet, CUDA)
    for _ in range(5):
        stop()
    assert MOST_AHEAD == 2 and Event.done == [1, 2, 3] and asked == [0, 0, 1, 2, 3]
    never = lambda: False  # noqa: E731
    assert in_step(never, torch.device("cpu")) is never


def test_what_goes_over_may_change_at_once_and_what_comes_back_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_gpu() as waits:
        given = torch.tensor([1.0, 2.0])
        there = to_device(given, CUDA)
        given.zero_()
        assert there.is_cuda and waits.count == 0
        assert to_host(there).tolist() == [1, 2] and waits.count == 1
        assert to_device(there, CUDA).tolist() == [1, 2] and not to_device(torch.empty(0), CUDA).numel()
        # Read before an event was waited for there is nonsense in it.
        monkeypatch.setattr(torch.cuda.Event, "synchronize", lambda _: None)
        assert to_host(there).tolist() != [1, 2]
    assert to_host(given) is given and to_device(given, torch.device("cpu")) is given
