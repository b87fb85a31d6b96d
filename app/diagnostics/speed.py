"""How fast this machine multiplies, convolves and copies: what a second or two can tell of why pictures are slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

MATRIX = 768
"""Rows and columns of the matrices: large enough for all cores, small enough for a tenth of a second on one."""
CHANNELS, PICTURE_PX = 32, 192
"""Of what is convolved, by 3x3: a layer such as networks that draw pictures have."""
COPIED = 64 * 1024 * 1024
"""Bytes: more than processors keep beside themselves."""
ROUNDS = 5


def speed_facts() -> dict[str, Any]:
    """GFLOP/s of one thread and of all, and of the device where it is a GPU; GB/s of copies."""
    import torch

    from engines.core.device import choose_device

    threads, device = torch.get_num_threads(), choose_device()
    facts: dict[str, Any] = {"threads": threads, "device": device.type}
    with torch.inference_mode():
        cpu = torch.device("cpu")
        facts |= {"product": _product(cpu), "convolution": _convolution(cpu), "copy": _copy(cpu)}
        if device.type != "cpu":
            facts |= {"device_product": _product(device), "device_convolution": _convolution(device)}
        if threads > 1:
            torch.set_num_threads(1)
            facts["product_of_one_thread"] = _product(cpu)
            torch.set_num_threads(threads)
    return facts


def _product(device: torch.device) -> float:
    import torch

    left = torch.ones(MATRIX, MATRIX, device=device)
    return 2 * MATRIX**3 / _seconds(lambda: left @ left, device) / 1e9


def _convolution(device: torch.device) -> float:
    import torch

    picture = torch.ones(1, CHANNELS, PICTURE_PX, PICTURE_PX, device=device)
    kernel = torch.ones(CHANNELS, CHANNELS, 3, 3, device=device)
    seconds = _seconds(lambda: torch.nn.functional.conv2d(picture, kernel, padding=1), device)
    return 2 * 9 * CHANNELS**2 * PICTURE_PX**2 / seconds / 1e9


def _copy(device: torch.device) -> float:
    import torch

    source = torch.ones(COPIED // 4, device=device)
    target = torch.empty_like(source)
    # Each byte is read once and written once.
    return 2 * COPIED / _seconds(lambda: target.copy_(source), device) / 1e9


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """The best of some rounds, after one that warms up: what else the machine does only makes it slower."""
    import torch

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        elif device.type == "mps":
            torch.mps.synchronize()

    work()
    best = float("inf")
    for _ in range(ROUNDS):
        wait()
        began = time.perf_counter()
        work()
        wait()
        best = min(best, time.perf_counter() - began)
    return max(best, 1e-9)
