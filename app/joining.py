"""Frames drawn by several ranks, joined in their order by the first; a single process just makes them one by one."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
import torch.distributed as dist

from engines.core import ranks
from engines.core.camera import Array, Camera
from engines.core.engine import Prepares, Scene

AHEAD = 16
"""Frames that a rank may be before those that are written."""
UNEVEN = 1.25
"""So much more than its part one rank may have to draw, that moments need not be prepared by several."""

Made = Sequence[Array]
"""What comes of one frame."""


def owners(scene: Scene, cameras: Sequence[Camera], controls: Sequence[Mapping[str, float]], count: int) -> list[int]:
    """Which of `count` ranks draws each frame: in turns, and where moments are prepared all frames of one together."""
    turns = [index % count for index in range(len(cameras))]
    prepares: object = scene
    if count == 1 or not isinstance(prepares, Prepares):
        return turns
    needs = [prepares.need(camera, chosen) for camera, chosen in zip(cameras, controls, strict=True)]
    return _by_need(needs, turns, count)


def _by_need(needs: Sequence[object], turns: list[int], count: int) -> list[int]:
    places: dict[Hashable, int] = {}
    together = [places.setdefault(_hashable(need), len(places)) % count for need in needs]
    most = max(together.count(number) for number in range(count))
    return together if most <= UNEVEN * -(-len(needs) // count) else turns


def _hashable(need: object) -> Hashable:
    return need if isinstance(need, Hashable) else repr(need)


def joined(owners: Sequence[int], make: Callable[[int], Made]) -> Iterator[Made]:
    """What `make` gives of each frame, in order, on the first rank; the others make theirs, and get nothing.

    Where a rank fails the others fail, too, when they next hear of it.
    """
    rank = ranks.here()
    if rank.count == 1:
        yield from (make(index) for index in range(len(owners)))
    elif rank.is_first:
        yield from _received(owners, make)
    else:
        _send_all([index for index, owner in enumerate(owners) if owner == rank.number], make)


def _received(owners: Sequence[int], make: Callable[[int], Made]) -> Iterator[Made]:
    """While another's frame is on its way, one's own later ones are made."""
    others = deque(index for index, owner in enumerate(owners) if owner != 0)
    own = deque(index for index, owner in enumerate(owners) if owner == 0)
    coming: dict[int, Future[Made]] = {}
    made: dict[int, Made] = {}

    def make_next() -> None:
        index = own.popleft()
        made[index] = make(index)

    pool = ThreadPoolExecutor(1, thread_name_prefix="join")
    try:
        for index, owner in enumerate(owners):
            while others and len(coming) < AHEAD:
                other = others.popleft()
                coming[other] = pool.submit(_receive, owners[other])
            if owner == 0:
                while index not in made:
                    make_next()
                yield made.pop(index)
                continue
            while not coming[index].done() and own and len(made) < AHEAD:
                make_next()
            yield coming.pop(index).result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _send_all(indices: Sequence[int], make: Callable[[int], Made]) -> None:
    on_the_way: deque[list[tuple[dist.Work, torch.Tensor]]] = deque()
    for index in indices:
        on_the_way.append(_send(make(index)))
        if len(on_the_way) >= AHEAD:
            _arrived(on_the_way.popleft())
    while on_the_way:
        _arrived(on_the_way.popleft())


def _send(made: Made) -> list[tuple[dist.Work, torch.Tensor]]:
    """A frame in three parts: the sizes of the other two, what its arrays are, their bytes."""
    described = json.dumps([[str(array.dtype), array.shape] for array in made]).encode()
    content = b"".join(np.ascontiguousarray(array).tobytes() for array in made)
    parts = [torch.tensor([len(described), len(content)])]
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


def _receive(owner: int) -> Made:
    sizes = torch.zeros(2, dtype=torch.int64)
    dist.recv(sizes, owner)
    described, content = (torch.empty(int(size), dtype=torch.uint8) for size in sizes)
    dist.recv(described, owner)
    dist.recv(content, owner)
    arrays, begin, flat = [], 0, content.numpy()
    for kind, shape in json.loads(bytes(described.numpy()).decode()):
        end = begin + int(np.prod(shape)) * np.dtype(kind).itemsize
        arrays.append(flat[begin:end].view(kind).reshape(shape))
        begin = end
    return arrays
