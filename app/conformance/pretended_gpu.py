"""A CUDA device that isn't there: tensors on it are the CPU's in disguise, so that numbers are right, and what a real
one would not do fails as it fails there.

A tensor of it says that it is on `cuda:0`; to torch's own code it is one on `meta`, which no code treats as the CPU's.
Each operation on such tensors is done on what they hide, after a look at what it is given: tensors of the CPU beside
those of the device are a mistake, and so is what another stream may still be writing. What makes the host wait for a
real device is counted: copies from and to memory that isn't pinned, or that don't say `non_blocking`, too.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_flatten, tree_map_only

from app.conformance import pretended_streams
from app.conformance.pretended_streams import Memory, Streams, Unordered, empty_pinned, is_pinned, pinned

DEVICE = "cuda:0"
MEMORY_BYTES = 16 * 2**30
aten = torch.ops.aten

CROSSING = (aten.copy_.default, aten._to_copy.default)
"""What takes tensors of both devices."""
INDEXING = (aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default)
"""What takes places on the CPU for a tensor on the device, too."""
OF_THE_DEVICE = (__file__, pretended_streams.__file__)
WAITING = (
    aten._local_scalar_dense.default,
    aten.nonzero.default,
    aten.masked_select.default,
    aten.equal.default,
    aten._unique2.default,
    aten.unique_dim.default,
    aten.unique_consecutive.default,
    aten.repeat_interleave.Tensor,
    # Of an inverse and the like: whether there is one.
    aten._linalg_check_errors.default,
)
"""What has the host wait for a number, or for how many there are."""


class MixedDevices(RuntimeError):
    """What a real device would have refused."""


class GpuTensor(Tensor):
    """A tensor of the CPU that says it is on the device."""

    hidden: Tensor
    memory: Memory | None = None
    """None: written before anybody looked."""

    @staticmethod
    def __new__(cls, hidden: Tensor) -> GpuTensor:
        """A tensor of the shape of `hidden` [...], one of the CPU, which keeps its numbers."""
        made: GpuTensor = Tensor._make_wrapper_subclass(
            cls,
            hidden.size(),
            strides=hidden.stride(),
            storage_offset=hidden.storage_offset(),
            dtype=hidden.dtype,
            layout=hidden.layout,
            device=torch.device("meta"),
            requires_grad=False,
        )
        made.hidden = hidden
        return made

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        """The pretended device, not "meta", which it is to torch's own code."""
        return torch.device(DEVICE)

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        """Always true: it pretends to be on a CUDA device."""
        return True

    @property
    def is_meta(self) -> bool:  # type: ignore[override]
        """Always false, though to torch's own code it is on "meta"."""
        return False

    def record_stream(self, stream: Any) -> None:
        """Its memory is used there, too; torch's own asks for a stream of a real device."""
        if self.memory is not None:
            self.memory.recorded.add(stream)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        copied = GpuTensor(self.hidden.detach().clone())
        if isinstance(self, torch.nn.Parameter):
            return torch.nn.Parameter(copied, self.requires_grad)
        return copied.requires_grad_(self.requires_grad)

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"{self.hidden!r} on {DEVICE}"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        raise MixedDevices(f"{func} outside of the pretended device")


class Waits:
    """How often the host waited for the device, by what made it wait."""

    def __init__(self) -> None:
        self.by_place = Counter[str]()

    def add(self) -> None:
        """One, of whoever calls."""
        self.by_place[_place()] += 1

    @property
    def count(self) -> int:
        """All of them."""
        return self.by_place.total()


class _Numbered(TorchFunctionMode):
    """Of one thread: "cuda" is the one device, without torch looking for its driver."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is Tensor.cuda:
            return args[0].to(DEVICE)
        if func is Tensor.tolist:
            args = (args[0].cpu(),)
        if func is Tensor.pin_memory:
            return pinned(args[0].clone())
        if func is Tensor.is_pinned:
            return is_pinned(args[0])
        if func is torch.empty and kwargs.pop("pin_memory", False):
            return empty_pinned(*args, **kwargs)
        if func in (Tensor.numpy, Tensor.__array__) and isinstance(args[0], GpuTensor):
            raise MixedDevices(f"numpy is given a tensor on {DEVICE}: bring it over by .cpu() ({_place()})")
        if func is Tensor.new_tensor and isinstance(args[0], GpuTensor):
            kwargs = {"dtype": args[0].dtype, "device": DEVICE} | kwargs
            func, args = torch.tensor, args[1:]
        if func in (torch.tensor, torch.as_tensor, torch.asarray) and _numbered(kwargs.get("device")) == DEVICE:
            if isinstance(args[0], GpuTensor):
                return args[0].to(kwargs.get("dtype"))
            # These make it themselves, where no mode is asked.
            return func(*args, **{**kwargs, "device": "cpu"}).to(DEVICE)
        if func is Tensor.to or "device" in kwargs:
            args = tuple(_numbered(value) for value in args)
            kwargs = {name: _numbered(value) if name == "device" else value for name, value in kwargs.items()}
        return func(*args, **kwargs)


def _numbered(value: Any) -> Any:
    is_device = isinstance(value, torch.device) or (isinstance(value, str) and value.partition(":")[0] == "cuda")
    return DEVICE if is_device and torch.device(value).type == "cuda" else value


class _Pretending(TorchDispatchMode):
    """Of one thread: does what is asked of the device's tensors."""

    def __init__(self, waits: Waits, streams: Streams, doubles: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._waits, self._streams, self._doubles = waits, streams, doubles

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        leaves = [leaf for leaf in tree_flatten((args, kwargs))[0] if isinstance(leaf, Tensor)]
        here = [leaf for leaf in leaves if isinstance(leaf, GpuTensor)]
        asked = kwargs.get("device")
        to_device = asked is not None and torch.device(asked).type in ("cuda", "meta")
        if not here and not to_device:
            return func(*args, **kwargs)
        if here:
            self._look_at(func, args, leaves, here)
        generator = kwargs.get("generator")
        if generator is not None and generator.device.type == "cpu":
            raise MixedDevices(f"{func}: a generator of the CPU for numbers on {DEVICE} ({_place()})")
        to_host = bool(here) and asked is not None and not to_device
        if asked is not None:
            kwargs["device"] = torch.device("cpu")
        kwargs.pop("pin_memory", None)
        overwritten = _overwritten(func, args, kwargs)
        self._give(func, here, overwritten)
        downloads = to_host or (func is aten.copy_.default and bool(here) and not isinstance(args[0], GpuTensor))
        meanwhile = _goes_on(func, args, kwargs, downloads)
        if not meanwhile and self._is_wait(func, args, downloads, to_device):
            self._waits.add()
            self._streams.host_knows(self._streams.current.known)
        plain_args, plain_kwargs = tree_map_only(GpuTensor, lambda tensor: tensor.hidden, (args, kwargs))
        out = func(*plain_args, **plain_kwargs)
        if downloads or func is aten._local_scalar_dense.default:
            if meanwhile:
                self._streams.bring(out, out)
            return args[0] if func is aten.copy_.default else out
        if not self._doubles and any(
            isinstance(leaf, Tensor) and leaf.dtype == torch.float64 for leaf in tree_flatten(out)[0]
        ):
            raise MixedDevices(f"{func}: makes doubles, which the device has not ({_place()})")
        wrapped = tree_map_only(Tensor, _hidden, out)
        self._remember(wrapped, here)
        return return_and_correct_aliasing(func, args, kwargs, wrapped) if here else wrapped

    def _look_at(self, func: Any, args: Any, leaves: list[Tensor], here: list[GpuTensor]) -> None:
        if func in CROSSING or len(here) == len(leaves):
            return
        if (
            func in INDEXING
            and isinstance(args[0], GpuTensor)
            and (len(args) < 3 or isinstance(args[2], GpuTensor) or args[2].dim() == 0)
        ):
            return
        if others := [leaf for leaf in leaves if not isinstance(leaf, GpuTensor) and leaf.dim() > 0]:
            raise MixedDevices(
                f"{func}: a tensor {list(others[0].shape)} of the CPU beside one {list(here[0].shape)} on {DEVICE} "
                f"({_place()})"
            )

    def _give(self, func: Any, here: list[GpuTensor], overwritten: list[Tensor]) -> None:
        """To the current stream, unless nothing is done."""
        if _is_view(func):
            return
        written = [_memory(tensor, self._streams) for tensor in overwritten if isinstance(tensor, GpuTensor)]
        read = [_memory(leaf, self._streams) for leaf in here if not any(leaf is other for other in overwritten)]
        try:
            self._streams.work(read, written, str(func))
        except Unordered as error:
            raise MixedDevices(f"{error} ({_place()})") from error

    def _remember(self, made: Any, here: list[GpuTensor]) -> None:
        """Whose memory the tensors have that were made: that of what they are views of, or their own."""
        of_storage = {_storage(leaf): _memory(leaf, self._streams) for leaf in here}
        for tensor in tree_flatten(made)[0]:
            if isinstance(tensor, GpuTensor) and tensor.memory is None:
                tensor.memory = of_storage.get(_storage(tensor)) or self._streams.memory()

    @staticmethod
    def _is_wait(func: Any, args: Any, downloads: bool, to_device: bool) -> bool:
        if downloads or func in WAITING:
            return True
        if func is aten._to_copy.default:
            return to_device and not isinstance(args[0], GpuTensor) and args[0].numel() > 0
        if func is aten.copy_.default:
            # A number alone goes with what is to be done.
            return not isinstance(args[1], GpuTensor) and args[1].dim() > 0
        return func in INDEXING and any(
            isinstance(place, Tensor) and (not isinstance(place, GpuTensor) or place.dtype in (torch.bool, torch.uint8))
            for place in args[1]
        )


def _goes_on(func: Any, args: Any, kwargs: Any, downloads: bool) -> bool:
    """Whether a copy between both is left to the device, from or to pinned memory."""
    if func not in CROSSING:
        return False
    asked = kwargs.get("non_blocking", False) or (func is aten.copy_.default and len(args) > 2 and args[2])
    if downloads:
        # What is made for it is pinned.
        return bool(asked and (func is aten._to_copy.default or is_pinned(args[0])))
    source = args[1] if func is aten.copy_.default else args[0]
    return bool(asked and not isinstance(source, GpuTensor) and is_pinned(source))


def _is_view(func: Any) -> bool:
    return any(made.alias_info is not None and not made.alias_info.is_write for made in func._schema.returns)


def _overwritten(func: Any, args: Any, kwargs: Any) -> list[Tensor]:
    of_schema = enumerate(func._schema.arguments)
    written = [(place, asked.name) for place, asked in of_schema if asked.alias_info and asked.alias_info.is_write]
    found = [args[place] if place < len(args) else kwargs.get(name) for place, name in written]
    return [leaf for leaf in tree_flatten(found)[0] if isinstance(leaf, Tensor)]


def _memory(tensor: GpuTensor, streams: Streams) -> Memory:
    if tensor.memory is None:
        tensor.memory = Memory(streams.begin())
    return tensor.memory


def _storage(tensor: GpuTensor) -> int:
    return int(tensor.hidden.untyped_storage()._cdata)


def _hidden(tensor: Tensor) -> Tensor:
    return tensor if isinstance(tensor, GpuTensor) else GpuTensor(tensor)


def _place() -> str:
    """The innermost line of a method or of the program."""
    frame = sys._getframe(2)
    while frame.f_back is not None and (
        "/torch/" in frame.f_code.co_filename or frame.f_code.co_filename in OF_THE_DEVICE
    ):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"


@contextlib.contextmanager
def pretended_gpu(doubles: bool = True) -> Iterator[Waits]:
    """One CUDA device is there meanwhile, also for threads that begin.

    Args:
        doubles: whether it has such; Apple's have not.
    """
    waits, run = Waits(), threading.Thread.run
    streams = Streams(waits.add)

    def run_pretending(thread: threading.Thread) -> None:
        with _Pretending(waits, streams, doubles), _Numbered():
            run(thread)

    with ExitStack() as stack:
        stack.enter_context(patch.object(threading.Thread, "run", run_pretending))
        for name, value in {**_stubs(), **streams.stubs()}.items():
            stack.enter_context(patch.object(torch.cuda, name, value))
        # Tensors in disguise can't be inference tensors; without gradients the numbers are the same.
        for name in ("__enter__", "__exit__"):
            stack.enter_context(patch.object(torch.inference_mode, name, getattr(_WithoutGradients, name)))
        stack.enter_context(_Pretending(waits, streams, doubles))
        stack.enter_context(_Numbered())
        yield waits


class _WithoutGradients:
    """What `torch.inference_mode` does meanwhile; its objects are not its own to keep more in."""

    mode: bool
    _inference_mode_context: Any

    def __enter__(self) -> None:
        self._inference_mode_context = torch.set_grad_enabled(torch.is_grad_enabled() and not self.mode)
        self._inference_mode_context.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._inference_mode_context.__exit__(*error)


def _stubs() -> dict[str, Callable[..., Any]]:
    """What `torch.cuda` is asked for."""
    return {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": lambda device: None,
        "get_device_name": lambda device=None: "pretended GPU",
        "get_device_capability": lambda device=None: (9, 0),
        "empty_cache": lambda: None,
        "get_rng_state": lambda device=None: torch.get_rng_state(),
        "set_rng_state": lambda state, device=None: torch.set_rng_state(state),
        "get_rng_state_all": lambda: [torch.get_rng_state()],
        "set_rng_state_all": lambda states: torch.set_rng_state(states[0]),
        "manual_seed": lambda seed: None,
        "manual_seed_all": lambda seed: None,
        "mem_get_info": lambda device=None: (MEMORY_BYTES, MEMORY_BYTES),
        "memory_reserved": lambda device=None: 0,
        "memory_allocated": lambda device=None: 0,
        "max_memory_reserved": lambda device=None: 0,
        "max_memory_allocated": lambda device=None: 0,
        "reset_peak_memory_stats": lambda device=None: None,
    }
