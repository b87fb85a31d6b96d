"""Multiplane images that were made, within a bound of memory."""

from __future__ import annotations

import threading
from typing import NamedTuple

from engines.mask_volume.moments import Moment


class Key(NamedTuple):
    """What a multiplane image is of: the recording, the moment, and the pair's cameras."""

    instance: int
    time: int
    first: int
    second: int


class MomentCache:
    """Safe for several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._made: dict[Key, Moment] = {}
        self._lock = threading.Lock()

    def has(self, key: Key) -> bool:
        """Whether it is there."""
        with self._lock:
            return key in self._made

    def has_moment(self, instance: int, time: int) -> bool:
        """Whether it is there of any pair."""
        with self._lock:
            return any(key.instance == instance and key.time == time for key in self._made)

    def get(self, key: Key) -> Moment | None:
        """It, if it is there."""
        with self._lock:
            return self._made.get(key)

    def put(self, key: Key, moment: Moment) -> None:
        """Keeps it; others make room where there is none."""
        with self._lock:
            self._made[key] = moment
            while len(self._made) > 1 and self._bytes() > self._most_bytes:
                del self._made[self._least_wanted(key)]

    def capacity(self, moment_bytes: int) -> int:
        """How many moments of that size fit; at least one."""
        return max(1, self._most_bytes // moment_bytes)

    def _bytes(self) -> int:
        return sum(moment.size_bytes for moment in self._made.values())

    def _least_wanted(self, newest: Key) -> Key:
        # A recording is played in a loop: what was just played comes again last. By age alone nothing of a recording
        # that is a little too long would ever be found.
        latest = max(key.time for key in self._made)

        def comes_last(key: Key) -> tuple[bool, int]:
            other = (key.instance, key.first, key.second) != (newest.instance, newest.first, newest.second)
            return other, (key.time - newest.time) % (latest + 1)

        return max((key for key in self._made if key != newest), key=comes_last)
