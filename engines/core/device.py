"""Where tensors live."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import psutil
import torch

from engines.core import ranks
from engines.core.errors import UserError


def choose_device(name: str = "auto") -> torch.device:
    """The device for `auto`, `cpu`, `cuda`, `cuda:N` or `mps`; `auto` takes the fastest there is.

    Of several processes of a machine each takes a CUDA device of its own.

    Raises:
        UserError: the name is unknown or this machine lacks the device.
    """
    if (local_rank := ranks.local_rank()) is not None:
        return _device_of_rank(name, local_rank)
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


@contextlib.contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Convolutions in float32 throughout: by itself cuDNN rounds their inputs to 10 bits (TF32), some levels of 255."""
    if device.type != "cuda":
        yield
        return
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that the device, or the machine, has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    # The CPU's and MPS's allocators have no exception of their own.
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        text in words for text in ("can't allocate memory", "cannot allocate memory", "out of memory")
    )


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
