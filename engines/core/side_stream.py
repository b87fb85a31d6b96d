"""Side streams of a GPU: each kind of work in a CUDA stream of its own, so that no frame stands in line behind it.

What came of it is handed over: another stream waits for it on the device, the host goes on. On a CPU nothing of this
does anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

LOW_PRIORITY, HIGH_PRIORITY = 0, -1
"""Priorities: what has to give way, and what goes before it. CUDA has none lower than that of its default stream."""


class WorkDone:
    """The CUDA event that tells when some work is done; before anybody has begun it, and on a CPU, it is."""

    def __init__(self) -> None:
        self._event: torch.cuda.Event | None = None

    def record(self, stream: torch.cuda.Stream) -> None:
        """It is when `stream` has done what it was given so far."""
        self._event = torch.cuda.Event()
        self._event.record(stream)

    def hand_over(self, *made: Tensor | None) -> None:
        """What the caller does from now on with tensors that were made finds them whole, and as long as it needs."""
        if self._event is None:
            return
        for device in {tensor.device for tensor in made if tensor is not None and tensor.is_cuda}:
            torch.cuda.current_stream(device).wait_event(self._event)
        for tensor in made:
            if tensor is not None and tensor.is_cuda:
                # Else its memory is given to the stream that made it, when it is let go here and still read there.
                tensor.record_stream(torch.cuda.current_stream(tensor.device))

    def wait(self) -> None:
        """The host does."""
        if self._event is not None:
            self._event.synchronize()


class SideStream:
    """The stream of one kind of work for a device."""

    def __init__(self, device: torch.device, priority: int = LOW_PRIORITY) -> None:
        self._device, self._priority = device, priority
        self._stream: torch.cuda.Stream | None = None

    @contextlib.contextmanager
    def work(self) -> Iterator[WorkDone]:
        """What this thread does meanwhile goes beside, after all that its own stream was given before."""
        done = WorkDone()
        if self._device.type != "cuda":
            yield done
            return
        if self._stream is None:
            self._stream = torch.cuda.Stream(self._device, self._priority)
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            yield done
            done.record(self._stream)
