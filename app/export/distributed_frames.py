"""Distributed rendering: frames drawn by several ranks, joined in order by the first; one process just makes them."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, takewhile

import numpy as np
import torch
import torch.distributed as dist

from engines.core import distributed
from engines.core.camera import Array, Camera
from engines.core.engine import Prepares, Scene

AHEAD = 16
"""Frames that a rank may be before those that are written."""
UNEVEN = 1.25
"""So much more than its part one rank may have to draw, that time steps need not be prepared by several."""

NO_MORE = -1
"""In the place of a frame's number."""

Made = Sequence[Array]
"""What comes of one frame."""


def owners(scene: Scene, cameras: Sequence[Camera], controls: Sequence[Mapping[str, float]], count: int) -> list[int]:
    """Which of `count` ranks draws each frame: in turns; where time steps are prepared all frames of one together."""
    bound = bound_to(scene, cameras, controls, count)
    return [index % count for index in range(len(cameras))] if bound is None else bound


def bound_to(
    scene: Scene, cameras: Sequence[Camera], controls: Sequence[Mapping[str, float]], count: int
) -> list[int] | None:
    """The rank of each frame, where all frames of a time step are one's, prepared for them; None: any rank's."""
    prepares: object = scene
    if count == 1 or not isinstance(prepares, Prepares):
        return None
    keys = [prepares.cache_key(camera, chosen) for camera, chosen in zip(cameras, controls, strict=True)]
    return _by_key(keys, count)


def _by_key(keys: Sequence[object], count: int) -> list[int] | None:
    places: dict[Hashable, int] = {}
    together = [places.setdefault(_hashable(key), len(places)) % count for key in keys]
    most = max(together.count(number) for number in range(count))
    return together if most <= UNEVEN * -(-len(keys) // count) else None


def _hashable(key: object) -> Hashable:
    return key if isinstance(key, Hashable) else repr(key)


def joined(total: int, owners: Sequence[int] | None, make: Callable[[int], Made]) -> Iterator[Made]:
    """What `make` gives of each frame, in order, on the first rank; the others make theirs, and get nothing.

    Where a rank fails the others fail, too, when they next hear of it.

    Args:
        owners: the rank of each frame; None: each is made by the rank that is free when it is its turn.
    """
    rank = distributed.here()
    if rank.count == 1:
        yield from (make(index) for index in range(total))
        return
    own = _own(total, owners)
    if rank.is_first:
        yield from _in_order(total, own, make)
    else:
        _send_all(own, make)


def _own(total: int, owners: Sequence[int] | None) -> Iterator[int]:
    """The frames that this rank makes, in order."""
    if owners is not None:
        return iter([index for index, owner in enumerate(owners) if owner == distributed.here().number])
    take = distributed.shared_counter()
    # The first frame is the first rank's, which may have drawn it already to see what is in it.
    later = (number + 1 for number in iter(take, None))
    return takewhile(lambda index: index < total, chain([0], later) if distributed.here().is_first else later)


def _in_order(total: int, own: Iterator[int], make: Callable[[int], Made]) -> Iterator[Made]:
    """While another's frame is on its way, one's own later ones are made."""
    others = _Arrivals(range(1, distributed.here().count))
    made: dict[int, Made] = {}
    try:
        for index in range(total):
            found = made.pop(index, None) or others.take(index)
            while found is None:
                mine = next(own, None) if len(made) < AHEAD else None
                if mine is None:
                    # Another rank has it: frames are begun in order.
                    found = others.wait_for(index)
                else:
                    made[mine] = make(mine)
                    found = made.pop(index, None) or others.take(index)
            yield found
    finally:
        others.end()


class _Arrivals:
    """Frames of other ranks; a thread for each receives them, at most `AHEAD` more than were taken."""

    def __init__(self, owners: Iterable[int]) -> None:
        self._changed = threading.Condition()
        self._there: dict[int, tuple[int, Made]] = {}
        self._held: Counter[int] = Counter()
        self._error: BaseException | None = None
        self._ended = False
        for owner in owners:
            # Not waited for at the end of the program: one may never hear from a rank that has failed.
            threading.Thread(target=self._receive, args=(owner,), name="join", daemon=True).start()

    def take(self, index: int) -> Made | None:
        """A frame, if it is there.

        Raises:
            RuntimeError: a rank is gone, as torch says it.
        """
        with self._changed:
            if self._error is not None:
                raise self._error
            if index not in self._there:
                return None
            owner, made = self._there.pop(index)
            self._held[owner] -= 1
            self._changed.notify_all()
            return made

    def wait_for(self, index: int) -> Made | None:
        """A frame that another rank has begun; raises as `take`."""
        with self._changed:
            self._changed.wait_for(lambda: index in self._there or self._error is not None)
            return self.take(index)

    def end(self) -> None:
        """Nothing more is taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _receive(self, owner: int) -> None:
        try:
            while (received := _receive(owner)) is not None:
                with self._changed:
                    self._changed.wait_for(lambda: self._held[owner] < AHEAD or self._ended)
                    if self._ended:
                        return
                    index, made = received
                    self._there[index] = owner, made
                    self._held[owner] += 1
                    self._changed.notify_all()
        except BaseException as error:  # handed on: it is raised where the frames are taken
            with self._changed:
                self._error = error
                self._changed.notify_all()


def _send_all(indices: Iterable[int], make: Callable[[int], Made]) -> None:
    on_the_way: deque[list[tuple[dist.Work, torch.Tensor]]] = deque()
    for index in indices:
        on_the_way.append(_send(index, make(index)))
        if len(on_the_way) >= AHEAD:
            _arrived(on_the_way.popleft())
    on_the_way.append(_send(NO_MORE, ()))
    while on_the_way:
        _arrived(on_the_way.popleft())


def _send(index: int, made: Made) -> list[tuple[dist.Work, torch.Tensor]]:
    """A frame in three parts: which one with the sizes of the other two, what its arrays are, their bytes."""
    described = json.dumps([[str(array.dtype), array.shape] for array in made]).encode()
    content = b"".join(np.ascontiguousarray(array).tobytes() for array in made)
    parts = [torch.tensor([index, len(described), len(content)])]
    if index != NO_MORE:
        parts += [torch.frombuffer(bytearray(part), dtype=torch.uint8) for part in (described, content)]
    sent = []
    for part in parts:
        work = dist.isend(part, 0)
        if work is not None:
            # The memory must last as long as it is on its way.
            sent.append((work, part))
    return sent


def _arrived(sent: list[tuple[dist.Work, torch.Tensor]]) -> None:
    for work, _ in sent:
        work.wait()


def _receive(owner: int) -> tuple[int, Made] | None:
    """The next frame of a rank, and which one it is; None: that was the last."""
    header = torch.zeros(3, dtype=torch.int64)
    dist.recv(header, owner)
    index, *sizes = header.tolist()
    if index == NO_MORE:
        return None
    described, content = (torch.empty(size, dtype=torch.uint8) for size in sizes)
    dist.recv(described, owner)
    dist.recv(content, owner)
    arrays, begin, flat = [], 0, content.numpy()
    for kind, shape in json.loads(bytes(described.numpy()).decode()):
        end = begin + int(np.prod(shape)) * np.dtype(kind).itemsize
        arrays.append(flat[begin:end].view(kind).reshape(shape))
        begin = end
    return index, arrays
