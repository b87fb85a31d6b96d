"""A device that this machine lacks: its tensors are kept on the CPU, but mix with the CPU's no more than a GPU's do.

Everything that is evaluated within `absent_device()` is looked at operator by operator: one that is given tensors of
both sides fails, as it would on CUDA, and so does one that makes a double on the device, as it would on MPS.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

DEVICE = torch.device("meta")
"""The one whose tensors torch lets be wrapped, on every machine."""
MOVES = ("aten::_to_copy", "aten::copy_")


class _Kept(torch.Tensor):
    """A tensor of the device, and where it really is."""

    kept: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls, kept: torch.Tensor) -> _Kept:
        made: _Kept = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, kept.size(), kept.stride(), kept.storage_offset(), dtype=kept.dtype, device=DEVICE
        )
        made.kept = kept
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _evaluated(func, args, kwargs or {})


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _evaluated(func, args, kwargs or {})


def _evaluated(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    given = [each for each in tree_flatten((args, dict(kwargs)))[0] if isinstance(each, torch.Tensor)]
    there = [each for each in given if isinstance(each, _Kept)]
    # Numbers of no dimension go with either side.
    here = [each for each in given if not isinstance(each, _Kept) and each.dim()]
    if there and here and not func.name().startswith(MOVES):
        raise RuntimeError(f"{func.name()}: {[*map(_told, there)]} of the device, {[*map(_told, here)]} of the CPU")
    asked = kwargs.get("device")
    to_device = asked is not None and torch.device(asked) == DEVICE
    sent = {name: torch.device("cpu") if name == "device" else value for name, value in kwargs.items()}
    out = func(*tree_map(_really, args), **tree_map(_really, sent))
    if not to_device and (asked is not None or not there):
        return out
    changed = {id(each.kept): each for each in there} if func._schema.is_mutable else {}
    return tree_map(lambda each: _wrapped(func, each, changed), out)


def _really(value: Any) -> Any:
    return value.kept if isinstance(value, _Kept) else value


def _wrapped(func: Any, value: Any, changed: Mapping[int, _Kept]) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    if id(value) in changed:
        return changed[id(value)]
    if value.dtype == torch.float64:
        raise RuntimeError(f"{func.name()}: makes {_told(value)} of doubles on the device")
    return _Kept(value)


def _told(tensor: torch.Tensor) -> list[int]:
    return list(tensor.shape)


@contextlib.contextmanager
def absent_device(monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.device]:
    """The device, to be given to what is tried."""
    tensor = torch.tensor

    def made(*args: Any, device: Any = None, **kwargs: Any) -> torch.Tensor:
        # torch's own doesn't come by.
        found = tensor(*args, **kwargs)
        return found if device is None else found.to(device)

    class Ungraded(torch.no_grad):
        def __init__(self, mode: bool = True) -> None:
            super().__init__()

    monkeypatch.setattr(torch, "tensor", made)
    # Whose tensors can't be wrapped.
    monkeypatch.setattr(torch, "inference_mode", Ungraded)
    with _Mode():
        yield DEVICE
