"""Where tensors live."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psutil
import torch
from torch import Tensor

from engines.core import distributed
from engines.core.errors import UserError

if TYPE_CHECKING:
    from engines.core.engine import Stop

MOST_AHEAD = 2
"""Parts of a picture that a device has been given and not done yet."""
OUT_OF_MEMORY = (
    "can't allocate memory",
    "cannot allocate memory",
    "out of memory",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "cusolver_status_alloc_failed",
    # What cuBLAS says where there is no room for its own workspace.
    "cublas_status_not_initialized",
)
"""What errors say that have no class of their own: of the CPU's and MPS's allocators, of CUDA's libraries."""


def choose_device(name: str = "auto") -> torch.device:
    """The device for `auto`, `cpu`, `cuda`, `cuda:N` or `mps`; `auto` takes the fastest there is.

    Of several processes of a machine each takes a CUDA device of its own.

    Raises:
        UserError: the name is unknown or this machine lacks the device.
    """
    local_rank = distributed.local_rank()
    device = _device(name) if local_rank is None else _device_of_rank(name, local_rank)
    if device.type == "cuda":
        _round_nothing()
    return device


def _device(name: str) -> torch.device:
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UserError(f"--device {name}: unknown; use auto, cpu, cuda, cuda:N or mps") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UserError(f"--device {name}: torch sees {torch.cuda.device_count()} CUDA devices here; use --device auto")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UserError(f"--device {name}: not available here; use --device auto")
    if device.type not in ("cpu", "cuda", "mps"):
        raise UserError(f"--device {name}: unknown; use auto, cpu, cuda, cuda:N or mps")
    return device


def _device_of_rank(name: str, local_rank: int) -> torch.device:
    """Of the process with this number on its machine."""
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if name not in ("auto", "cuda"):
        raise UserError(f"--device {name}: several processes take auto, cpu or cuda, which gives each its own device")
    if torch.cuda.device_count() == 1 and "CUDA_VISIBLE_DEVICES" in os.environ:
        # Whoever began the processes, such as Slurm, shows each its own device only.
        return torch.device("cuda", 0)
    if local_rank >= torch.cuda.device_count():
        raise UserError(
            f"process {local_rank + 1} of this machine has no CUDA device, torch sees {torch.cuda.device_count()}; "
            "begin as many processes as there are (--nproc-per-node), or use --device cpu"
        )
    return torch.device("cuda", local_rank)


def describe_device(device: torch.device) -> str:
    """The name a person knows it by."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return {"mps": "Apple GPU", "cpu": f"CPU, {threads} thread{'' if threads == 1 else 's'}"}.get(
        device.type, str(device)
    )


def _round_nothing() -> None:
    """Has products in float32 throughout: by itself cuDNN rounds their inputs to 10 bits (TF32), some levels of 255.

    Once for the process: pictures are drawn in several threads, and two that set such a flag and put it back leave it
    as neither wants it.
    """
    torch.backends.cudnn.allow_tf32 = False
    # A variable of the environment may have turned this one on.
    torch.backends.cuda.matmul.allow_tf32 = False


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """`values`, of any shape, on `device`.

    For what begins in the CPU's memory the host waits for no GPU, and may change it at once. A plain copy
    would wait until all is done that the device was given before. Pinned memory it reads by itself, and torch gives
    that to others only when it was read.
    """
    if device.type != "cuda" or values.device.type != "cpu" or not values.numel():
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


def to_host(values: Tensor) -> Tensor:
    """`values`, of any shape, in the CPU's memory: a picture's one wait, for all that this thread's stream was given.

    Not for what is kept in numbers: of pinned memory other programs get none back.
    """
    if values.device.type != "cuda":
        return values.cpu()
    there = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    there.copy_(values, non_blocking=True)
    done = torch.cuda.Event()
    done.record(torch.cuda.current_stream(values.device))
    # Before that there is nonsense in it.
    done.synchronize()
    return there


@contextlib.contextmanager
def rounded_convolutions(device: torch.device) -> Iterator[None]:
    """Convolutions as cuDNN does them by itself, for steps of a training, in which nothing else is drawn."""
    if device.type != "cuda":
        yield
        return
    before, torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.allow_tf32, True
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def in_step(stop: Stop, device: torch.device) -> Stop:
    """`stop` for what is drawn on `device`: asked only when all but the last parts that were begun are done there.

    A CUDA device is given work far faster than it does it, so that `stop` would have been asked for the last time long
    before anything was drawn, and would stop nothing.
    """
    if device.type != "cuda":
        return stop
    begun = deque[torch.cuda.Event]()

    def asked() -> bool:
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(device))
        begun.append(event)
        if len(begun) > MOST_AHEAD:
            begun.popleft().synchronize()
        return stop()

    return asked


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that the device, or the machine, has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(text in words for text in OUT_OF_MEMORY)


def memory_used(device: torch.device) -> int:
    """Bytes that this process holds on `device`; on the CPU what it occupies of the machine's memory."""
    if device.type == "cuda":
        return int(torch.cuda.memory_reserved(device))
    if device.type == "mps":
        return int(torch.mps.driver_allocated_memory())
    return int(psutil.Process().memory_info().rss)


def memory_there(device: torch.device) -> int | None:
    """Bytes of `device` that this process could hold, those that it holds included; None where nobody says."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free) + int(torch.cuda.memory_reserved(device))
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory())
    return int(psutil.virtual_memory().available) + int(psutil.Process().memory_info().rss)


def usable_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
