"""The streams of the CUDA device that isn't there: which work is known to come after which.

Each stream counts what it is given. It knows of another's work what it waited for by an event, and of all streams' what
the host waited for. What is read or written on a stream that doesn't know that the last writing of it is done would, on
a real device, at times be read half written. Downloads that the host doesn't wait for bring their numbers when an event
after them was waited for; before that there is nonsense.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

Clock = Counter["Stream"]
"""Of each stream, how much of its work is known to be done."""
NONSENSE = 77


class Unordered(RuntimeError):
    """What a real device would do well most of the time."""


class Memory:
    """What is known of a tensor's memory; views share it.

    Attributes:
        written, read: by whom last, and when.
        recorded: streams that its allocator was told of (`record_stream`).
    """

    def __init__(self, written: Clock) -> None:
        self.written, self.read = written, Clock()
        self.recorded = set[Stream]()


class Stream:
    """A queue of work."""

    def __init__(self, streams: Streams, priority: int = 0) -> None:
        self.streams, self.priority, self.known = streams, priority, Clock()

    def wait_event(self, event: Event) -> None:
        """What comes knows what the event knew."""
        self.known |= event.known

    def wait_stream(self, stream: Stream) -> None:
        """What comes knows all that `stream` was given."""
        self.known |= stream.known

    def record_event(self, event: Event | None = None) -> Event:
        """An event here."""
        event = event or Event(self.streams)
        event.record(self)
        return event

    def synchronize(self) -> None:
        """The host waits for it."""
        self.streams.host_waits(self.known)


class Event:
    """A place in a stream."""

    def __init__(self, streams: Streams) -> None:
        self._streams, self.known = streams, Clock()

    def record(self, stream: Stream | None = None) -> None:
        """Here."""
        stream = stream or self._streams.current
        self.known = Clock(stream.known)

    def wait(self, stream: Stream | None = None) -> None:
        """What comes on the stream knows what came before the event."""
        (stream or self._streams.current).wait_event(self)

    def synchronize(self) -> None:
        """The host waits for it."""
        self._streams.host_waits(self.known)

    def query(self) -> bool:
        """It is done: this device is quick."""
        self._streams.host_knows(self.known)
        return True


class Streams:
    """Those of the device."""

    def __init__(self, on_wait: Callable[[], None]) -> None:
        """`on_wait`: told when the host waits for an event, a stream or the device."""
        self._on_wait = on_wait
        self._host, self._of_thread = Clock(), threading.local()
        self._coming, self.made = list[tuple[Clock, Tensor, Tensor]](), list[Stream]()
        self.default = Stream(self)
        self.default.known[self.default] = 1

    @property
    def current(self) -> Stream:
        """The stream that this thread's work goes to."""
        return getattr(self._of_thread, "stream", self.default)

    @contextlib.contextmanager
    def entered(self, stream: Stream | None) -> Iterator[None]:
        """This thread's work goes to `stream` meanwhile."""
        before, self._of_thread.stream = self.current, stream or self.current
        try:
            yield
        finally:
            self._of_thread.stream = before

    def memory(self) -> Memory:
        """The memory of a new tensor, which the last work on the current stream made."""
        return Memory(Clock({self.current: self.current.known[self.current]}))

    def begin(self) -> Clock:
        """The clock of what nobody saw being made: the default stream did, before all else."""
        return Clock({self.default: 1})

    def work(self, read: Iterable[Memory], written: Iterable[Memory], what: str) -> None:
        """The current stream is given something.

        Raises:
            Unordered: it doesn't wait for what another did with the same memory.
        """
        stream = self.current
        known = stream.known | self._host
        for memory in read:
            self._require(memory.written, known, f"{what}: reads what another stream may still be writing")
        for memory in written:
            self._require(memory.written | memory.read, known, f"{what}: overwrites what another stream still uses")
        stream.known[stream] += 1
        now = stream.known[stream]
        for memory in read:
            memory.read[stream] = now
        for memory in written:
            memory.written = Clock({stream: now})

    @staticmethod
    def _require(needed: Clock, known: Clock, what: str) -> None:
        if any(known[stream] < when for stream, when in needed.items()):
            raise Unordered(f"{what}; have this one wait for an event of it")

    def host_waits(self, known: Clock) -> None:
        """Until that is done."""
        self._on_wait()
        self.host_knows(known)

    def host_knows(self, known: Clock) -> None:
        """The host knows that this is done; what was to be brought until then is there."""
        self._host |= known
        for when, there, values in self._coming:
            if when <= self._host:
                there.copy_(values)
        self._coming = [coming for coming in self._coming if not coming[0] <= self._host]

    def _all(self) -> Clock:
        known = Clock(self.default.known)
        for stream in self.made:
            known |= stream.known
        return known

    def bring(self, there: Tensor, values: Tensor) -> None:
        """Numbers come to the host when it waits for what the current stream was given so far.

        Args:
            there: [...] on the host, of any shape; nonsense until then.
            values: [...] of the same shape; copied now, so that it may be `there` itself.
        """
        self._coming.append((Clock({self.current: self.current.known[self.current]}), there, values.clone()))
        there.fill_(NONSENSE)

    def stubs(self) -> dict[str, Any]:
        """What `torch.cuda` is asked for."""
        streams = self

        class OfDevice(Stream):
            """Made by who asks for one."""

            def __init__(self, device: object = None, priority: int = 0) -> None:
                super().__init__(streams, priority)
                streams.made.append(self)

        class AnyEvent(Event):
            """Made by who asks for one."""

            def __init__(self, **options: bool) -> None:
                super().__init__(streams)

        return {
            "Stream": OfDevice,
            "Event": AnyEvent,
            "stream": self.entered,
            "current_stream": lambda device=None: self.current,
            "default_stream": lambda device=None: self.default,
            "synchronize": lambda device=None: self.host_waits(self._all()),
        }


def is_pinned(tensor: Tensor) -> bool:
    """Whether the device reads and writes a tensor [...] of any shape by itself; of a view, its base."""
    return bool(getattr(tensor, "pretended_pinned", False) or (tensor._base is not None and is_pinned(tensor._base)))


def pinned(tensor: Tensor) -> Tensor:
    """Marks a tensor [...] of any shape as one that the device reads and writes by itself, and gives it back."""
    tensor.pretended_pinned = True  # type: ignore[attr-defined]
    return tensor


def empty_pinned(*args: Any, **kwargs: Any) -> Tensor:
    """A new pinned tensor, of the arguments of `torch.empty`."""
    return pinned(torch.empty(*args, **kwargs))
