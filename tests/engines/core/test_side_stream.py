"""What is made in a stream of its own comes whole to who uses it, on machines without a GPU."""

from __future__ import annotations

import pytest
import torch

from app.conformance.pretended_gpu import DEVICE, GpuTensor, MixedDevices, pretended_gpu
from engines.core.side_stream import HIGH_PRIORITY, LOW_PRIORITY, SideStream, WorkDone

CUDA = torch.device(DEVICE)


def test_work_goes_beside_after_what_was_there_and_is_handed_over() -> None:
    with pretended_gpu() as waits:
        beside, numbers, here = (
            SideStream(CUDA, HIGH_PRIORITY),
            torch.ones(3, device=DEVICE),
            torch.cuda.current_stream(),
        )
        with beside.work() as done:
            assert (
                torch.cuda.current_stream() is not here
                and torch.cuda.current_stream().priority == HIGH_PRIORITY < LOW_PRIORITY
            )
            made = numbers + 1
        assert torch.cuda.current_stream() is here
        with pytest.raises(MixedDevices, match="reads what another stream may still be writing"):
            made + 1
        done.hand_over(made, None)
        # Nobody waited but the stream; and the memory is not given away while it reads.
        assert waits.count == 0
        assert isinstance(made, GpuTensor) and made.memory is not None and made.memory.recorded == {here}
        assert (made + 1).tolist() == [3, 3, 3]


def test_the_host_can_wait() -> None:
    with pretended_gpu() as waits:
        with SideStream(CUDA).work() as done:
            made = torch.ones(3, device=DEVICE) * 2
        done.wait()
        assert waits.count == 1 and made.sum().item() == 6


def test_on_a_cpu_nothing_is_done() -> None:
    numbers = torch.ones(3)
    with SideStream(torch.device("cpu")).work() as done:
        made = numbers + 1
    done.hand_over(made)
    done.wait()
    WorkDone().hand_over(made)


def test_work_that_is_given_up_leaves_the_stream_as_it_was() -> None:
    with pretended_gpu():
        here = torch.cuda.current_stream()
        with pytest.raises(ValueError, match="given up"), SideStream(CUDA).work():
            raise ValueError("given up")
        assert torch.cuda.current_stream() is here
