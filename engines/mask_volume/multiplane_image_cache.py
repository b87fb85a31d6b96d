"""Multiplane images that were made, within a bound of memory."""

from __future__ import annotations

import threading
from collections import Counter
from typing import NamedTuple

from engines.mask_volume.multiplane_image import MultiplaneImage


class Key(NamedTuple):
    """What a multiplane image is of: the recording, the time step, and the pair's cameras."""

    instance: int
    time: int
    first: int
    second: int


class MultiplaneImageCache:
    """Safe for several threads.

    A recording is played in a loop: what was just played comes again last, and makes room first. By age alone nothing
    of a recording that is a little too long would ever be found.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._made: dict[Key, MultiplaneImage] = {}
        self._time_steps: Counter[tuple[int, int]] = Counter()
        self._bytes = 0
        self._head, self._length = (0, 0), 1
        self._lock = threading.Lock()

    def look_at(self, instance: int, time: int, length: int) -> None:
        """Says where playing goes on from: this time step of a recording that has `length` time steps."""
        with self._lock:
            self._head, self._length = (instance, time), length

    def has(self, key: Key) -> bool:
        """Whether it is there."""
        with self._lock:
            return key in self._made

    def has_time_step(self, instance: int, time: int) -> bool:
        """Whether it is there of any pair."""
        with self._lock:
            return self._time_steps[instance, time] > 0

    def get(self, key: Key) -> MultiplaneImage | None:
        """It, if it is there."""
        with self._lock:
            return self._made.get(key)

    def put(self, key: Key, mpi: MultiplaneImage) -> None:
        """Keeps it; others make room where there is none."""
        with self._lock:
            self._forget(key)
            self._made[key] = mpi
            self._time_steps[key.instance, key.time] += 1
            self._bytes += mpi.size_bytes
            while len(self._made) > 1 and self._bytes > self._most_bytes:
                self._forget(max((other for other in self._made if other != key), key=self._comes_late))

    def capacity(self, time_step_bytes: int) -> int:
        """How many time steps of that size fit; at least one."""
        return max(1, self._most_bytes // time_step_bytes)

    def _forget(self, key: Key) -> None:
        mpi = self._made.pop(key, None)
        if mpi is not None:
            self._time_steps[key.instance, key.time] -= 1
            self._bytes -= mpi.size_bytes

    def _comes_late(self, key: Key) -> tuple[bool, int]:
        instance, time = self._head
        return key.instance != instance, (key.time - time) % self._length
