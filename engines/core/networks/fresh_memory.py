"""Memory for large tensors, fetched from the system in large pieces, and copied in small ones."""

from __future__ import annotations

import contextlib
import math
import mmap

import numpy as np
import torch
from torch import Tensor

LEAST_BYTES = 1 << 23
"""Less comes of memory that the program had before."""


def fresh(like: Tensor, *shape: int) -> Tensor:
    """A tensor of that shape, of `like`'s type and device, with whatever is in it.

    Where it is large, on the CPU of a Linux: in pages of 2 MB, if the system has such. It gives pages when they are
    touched first; the usual ones of 4 kB take seven times as long as to write into them (measured).
    """
    size = math.prod(shape) * like.element_size()
    large = like.device.type == "cpu" and like.dtype == torch.float32 and size >= LEAST_BYTES
    if not large or not hasattr(mmap, "MADV_HUGEPAGE"):
        return like.new_empty(shape)
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    # A system without such pages says no; what was mapped serves as well.
    with contextlib.suppress(OSError):
        memory.madvise(mmap.MADV_HUGEPAGE)
    # The array holds the memory, and gives it back when the tensor goes.
    return torch.from_numpy(np.frombuffer(memory, dtype=np.float32).reshape(shape))


def copy_runs(into: Tensor, of: Tensor) -> None:
    """Copies a tensor to one of its shape, whose last axis is short and alone lies together in memory.

    On a CPU several times as fast as torch, which takes as long for eight numbers as for sixty-four.
    """
    if into.device.type != "cpu" or into.dtype != torch.float32:
        into.copy_(of)
        return
    run = np.dtype((np.void, into.shape[-1] * into.element_size()))
    np.copyto(into.numpy().view(run), of.numpy().view(run))
