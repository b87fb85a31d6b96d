"""The conformance check names what a GPU would refuse, without one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from app.conformance.pretended_gpu import DEVICE, MixedDevices, Waits, pretended_gpu
from engines.core.data.dataset import Dataset
from engines.core.device import to_device, to_host
from tests.app.conformance.breaking import Wrong, assert_said

LEARNS, DRAWS = "device learns on a GPU", "device draws on a GPU"

WRONG: dict[str, Wrong] = {
    "rays stay on the CPU": (
        [("torch.tensor(found).float().to(self.device) for found", "torch.tensor(found).float() for found")],
        f"{DRAWS} what it draws on the CPU",
        "of the CPU beside one",
    ),
    "a batch stays on the CPU": (
        [("(tensor.to(self.device) for tensor in batch)", "(tensor for tensor in batch)")],
        f"{LEARNS}, and goes on there",
        "of the CPU beside one",
    ),
    "numpy is given what is on the device": (
        [('return Frame(colour, depth[..., 0], {"opacity": opacity[..., 0]})',
          'return Frame(torch.tensor(colour.numpy()), depth[..., 0], {"opacity": opacity[..., 0]})')],
        f"{DRAWS} what it draws on the CPU",
        "numpy is given a tensor on cuda:0: bring it over by .cpu() (engine.py, line ",
    ),
    "another picture is drawn there": (
        [("depth = torch.where(opacity", "colour = colour * 0.9 if colour.is_cuda else colour\n"
          "        depth = torch.where(opacity")],
        f"{DRAWS} what it draws on the CPU",
        "% of its numbers, by 0.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(
    wrong: Wrong, samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_said(wrong, samples, tmp_path, monkeypatch)


def learn() -> Tensor:
    """A weight after three steps on whatever device there is."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 3))
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    optimiser, given = torch.optim.Adam(network.parameters()), torch.rand(2, 3, 9, 9)
    for _ in range(3):
        optimiser.zero_grad()
        network(given.to(next(network.parameters()).device)).square().mean().backward()
        optimiser.step()
    return next(network.parameters()).detach().cpu()


def test_numbers_are_those_of_the_cpu() -> None:
    expected = learn()
    with pretended_gpu():
        assert torch.equal(learn(), expected)


def waits_of(waits: Waits, numbers: Tensor) -> list[int]:
    """How often some operations wait, one after the other."""
    counts = []
    for operation in (
        lambda: numbers + 1,
        lambda: numbers[numbers > 0.5],
        lambda: bool((numbers > 2).any()),
        lambda: numbers.cpu(),
        lambda: numbers.to("cpu", torch.float64),
        lambda: numbers.sum().item(),
        lambda: numbers.tolist(),
        lambda: torch.empty(3).copy_(numbers),
        lambda: numbers[torch.tensor([2, 0])],
        lambda: torch.rand(3).to(DEVICE),
        lambda: torch.rand(3).to(DEVICE, non_blocking=True),
        lambda: torch.rand(3).pin_memory().to(DEVICE, non_blocking=True),
        lambda: torch.tensor([0.5], device=DEVICE),
        lambda: numbers * torch.tensor(0.5),
        lambda: torch.empty(3, pin_memory=True).copy_(numbers, non_blocking=True),
        lambda: torch.linalg.inv(torch.eye(2, device=DEVICE)),
        lambda: torch.cuda.Event().synchronize(),
        lambda: torch.cuda.synchronize(),
        lambda: to_device(torch.rand(3), torch.device(DEVICE)),
        lambda: to_host(numbers),
    ):
        before = waits.count
        operation()
        counts.append(waits.count - before)
    return counts


def test_waits_are_counted_where_they_are() -> None:
    with pretended_gpu() as waits:
        numbers = torch.rand(3, device=DEVICE)
        assert waits_of(waits, numbers) == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1]
        places = [place.split(",")[0] for place in waits.by_place]
        assert set(places) == {"test_wrong_devices.py", "device.py"} and places.count("device.py") == 1


def test_what_another_stream_may_still_write_is_not_read() -> None:
    with pretended_gpu():
        side, numbers = torch.cuda.Stream(), torch.rand(3, device=DEVICE)
        with torch.cuda.stream(side), pytest.raises(MixedDevices, match="reads what another stream may still be"):
            numbers + 1
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            more = numbers + 1
            done = torch.cuda.Event()
            done.record()
        with pytest.raises(MixedDevices, match=r"overwrites what another stream still uses.*\(test_wrong_devices.py, "):
            numbers.zero_()
        with pytest.raises(MixedDevices, match="reads what another stream may still be writing"):
            more[:2].sum()
        torch.cuda.current_stream().wait_event(done)
        numbers.zero_()
        more[:2].sum()


def test_what_comes_meanwhile_is_there_when_an_event_was_waited_for() -> None:
    with pretended_gpu():
        numbers = torch.ones(3, device=DEVICE)
        there = torch.empty(3, pin_memory=True).copy_(numbers, non_blocking=True)
        done = torch.cuda.Event()
        done.record()
        assert there.tolist() != [1, 1, 1]
        done.synchronize()
        assert there.tolist() == [1, 1, 1]


def test_another_thread_has_the_device_too_and_none_has_it_afterwards() -> None:
    found = []
    with pretended_gpu():
        thread = threading.Thread(target=lambda: found.append(torch.zeros(2, device="cuda") + 1))
        thread.start()
        thread.join()
        assert found[0].device == torch.device(DEVICE) and found[0].tolist() == [1, 1]
        with pytest.raises(MixedDevices, match=r"a tensor \[2\] of the CPU beside one \[2\] on cuda:0"):
            found[0] + torch.zeros(2)
        with pytest.raises(MixedDevices, match="a generator of the CPU"):
            torch.rand(2, generator=torch.Generator(), device="cuda")
    assert torch.cuda.is_available() == torch.backends.cuda.is_built() and torch.zeros(2).device.type == "cpu"


def test_doubles_are_refused_where_the_device_has_none() -> None:
    with pretended_gpu(doubles=False):
        assert torch.zeros(2, dtype=torch.float64).device.type == "cpu"
        with pytest.raises(MixedDevices, match="makes doubles, which the device has not"):
            torch.zeros(2, device="cuda").double()
