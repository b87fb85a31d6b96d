"""Distributed runs: several processes that do one command together, as `torchrun` begins them; each is a rank.

Without torchrun, and with one process only, there is no process group, and every function here gives at once what a
single process knows. What ranks tell each other is plain data (JSON) or numbers, never pickles.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import socket
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from engines.core.errors import Unreadable, UserError

ENVIRONMENT = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What torchrun tells each process of the others."""
WAIT_MINUTES = 30
"""That one rank waits for another; one that has ended is noticed at once."""
REPORTED = "vantage/reported"
LOST = re.compile(r"gloo|nccl|connection (closed|reset|refused)|broken pipe", re.IGNORECASE)
"""What torch says, in many ways, where another rank is gone."""

T = TypeVar("T")


@dataclass(frozen=True)
class Share:
    """Those that are one rank's of `total` things in a row."""

    begin: int
    end: int
    total: int

    @property
    def rows(self) -> slice:
        """The slice that takes them out of all."""
        return slice(self.begin, self.end)

    @property
    def part(self) -> float:
        """The share as a fraction, in [0, 1]: what the mean over these weighs in the mean over all."""
        return (self.end - self.begin) / self.total


@dataclass(frozen=True)
class Rank:
    """One of `count` processes."""

    number: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """The one that writes and reports."""
        return self.number == 0

    def share(self, total: int) -> Share:
        """A run of `total` things; those of two ranks differ by one at most."""
        return Share(self.number * total // self.count, (self.number + 1) * total // self.count, total)

    def share_of_batch(self, total: int, option: str) -> Share:
        """This rank's share of a training step's batch, which the option of that name makes as large as it is.

        Raises:
            UserError: a rank would have nothing to do.
        """
        if total < self.count:
            raise UserError(
                f"{option}={total} can't be divided among {self.count} processes: set it to {self.count} or more "
                f"(--set {option}=...), or begin fewer (--nproc-per-node)"
            )
        return self.share(total)


ALONE = Rank()


def launched() -> int:
    """How many processes torchrun began; 1 without it."""
    if any(name not in os.environ for name in ENVIRONMENT):
        return 1
    return int(os.environ["WORLD_SIZE"])


def is_begun_first() -> bool:
    """Whether this process is the one that is going to write and report, also before it has met the others."""
    return launched() == 1 or os.environ["RANK"] == "0"


def here() -> Rank:
    """This process among those that have joined."""
    if dist.is_available() and dist.is_initialized():
        return Rank(dist.get_rank(), dist.get_world_size())
    return ALONE


def join(device: torch.device) -> Rank:
    """Meets the other ranks; all of them call it, and again does nothing.

    Raises:
        UserError: the device can't do it.
    """
    if launched() == 1 or dist.is_initialized():
        return here()
    if device.type == "mps":
        raise UserError("--device mps: several processes can't share it; use --device cpu, or leave torchrun out")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # What is agreed upon goes by gloo also then: it waits for nothing that a GPU does.
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    rank, count = int(os.environ["RANK"]), launched()
    dist.init_process_group(
        backend, store=_store(), rank=rank, world_size=count, timeout=timedelta(minutes=WAIT_MINUTES)
    )
    return here()


def leave() -> None:
    """Ends the meeting when every rank has done its work; none leaves before, as torchrun takes that for a failure."""
    if here().count > 1:
        barrier()
        dist.destroy_process_group()


def local_rank() -> int | None:
    """The number of this process on its machine; None without torchrun."""
    return int(os.environ.get("LOCAL_RANK", "0")) if launched() > 1 else None


def restarted() -> bool:
    """Whether torchrun began the processes again after one of them failed."""
    return launched() > 1 and int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


def launch() -> str:
    """What names this start of torchrun, the same in all its restarts; empty without it."""
    if launched() == 1:
        return ""
    name = os.environ.get("TORCHELASTIC_RUN_ID", "none")
    # Where nobody named it, the process that restarts us is another each time.
    return name if name != "none" else f"{socket.gethostname()} {os.getppid()}"


@lru_cache(maxsize=1)
def _store() -> Any:
    """Where ranks leave word for each other, group or no group."""
    # Here, not above: a torch built without torch.distributed lacks it.
    from torch.distributed.rendezvous import rendezvous

    # torchrun's store outlives a restart, and in it the addresses of processes that are gone.
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    store = next(iter(rendezvous("env://")))[0]
    return dist.PrefixStore(f"vantage/{attempt}", store)  # type: ignore[attr-defined]


def require_divided(method: str, divides_steps: bool) -> None:
    """Several processes that each did all of a training would but be in each other's way.

    Raises:
        UserError: there are several, and they can't divide its steps.
    """
    if here().count > 1 and not divides_steps:
        raise UserError(f"{method} learns in one process, whose steps can't be divided: leave torchrun out")


# Who reports what went wrong


def reports_first() -> bool:
    """Whether nobody has said yet what went wrong: of several ranks one does, and the others end silently."""
    if launched() == 1:
        return True
    try:
        return int(_store().add(REPORTED, 1)) == 1
    except Exception:  # the store's many ways to be gone
        # Where the first rank keeps it, that one has ended, and has said why; where torchrun does, nobody else may.
        return os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == str(True)


def is_loss_of_another(error: BaseException) -> bool:
    """Whether it is what torch raises where another rank has ended."""
    return launched() > 1 and isinstance(error, RuntimeError) and LOST.search(str(error)) is not None


# What ranks agree on


def any_of(said: bool) -> bool:
    """Whether one rank says so; all ranks ask at the same place."""
    if here().count == 1:
        return said
    flag = torch.tensor([int(said)], dtype=torch.int32)
    dist.all_reduce(flag, dist.ReduceOp.MAX)
    return bool(flag.item())


def barrier() -> None:
    """Goes on when all ranks have come here, as `torch.distributed.barrier`, for plain processes, too."""
    any_of(False)


def together(read: Callable[[], T]) -> T:
    """What `read` gives, where it gives something on every rank.

    Raises:
        Unreadable: it could not on some rank; on all ranks with the words of the first of these.
    """
    if here().count == 1:
        return read()
    failure: Unreadable | None = None
    taken: T | None = None
    try:
        taken = read()
    except Unreadable as error:
        failure = error
    if any_of(failure is not None):
        said = [text for text in all_gather(None if failure is None else str(failure)) if text is not None]
        raise Unreadable(said[0]) from failure
    return cast(T, taken)


def all_gather(value: Any) -> list[Any]:
    """What every rank brought, in their order, on all ranks; plain data."""
    count = here().count
    if count == 1:
        return [value]
    own = torch.frombuffer(bytearray(json.dumps(value).encode()), dtype=torch.uint8)
    sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(count)]
    dist.all_gather(sizes, torch.tensor([len(own)]))
    longest = max(int(size) for size in sizes)
    padded = torch.zeros(longest, dtype=torch.uint8)
    padded[: len(own)] = own
    rows = [torch.empty_like(padded) for _ in range(count)]
    dist.all_gather(rows, padded)
    return [json.loads(bytes(row[: int(size)].numpy()).decode()) for row, size in zip(rows, sizes, strict=True)]


def broadcast(value: T) -> T:
    """What the first rank says, on all; plain data."""
    return cast(T, all_gather(value if here().is_first else None)[0])


def broadcast_bytes(content: bytes) -> bytes:
    """What the first rank has read, on all; the others bring nothing."""
    rank = here()
    if rank.count == 1:
        return content
    size = torch.tensor([len(content)])
    dist.broadcast(size, 0)
    moved = torch.frombuffer(bytearray(content), dtype=torch.uint8) if rank.is_first else None
    moved = moved if moved is not None else torch.empty(int(size), dtype=torch.uint8)
    dist.broadcast(moved, 0)
    return content if rank.is_first else bytes(moved.numpy())


def shared_counter() -> Callable[[], int]:
    """What gives numbers from 0 on, each to one rank only; all ranks ask for it at the same place."""
    if here().count == 1:
        return itertools.count().__next__
    store, name = _store(), f"counter/{next(_counters())}"
    return lambda: int(store.add(name, 1)) - 1


@lru_cache(maxsize=1)
def _counters() -> Iterator[int]:
    """Numbers the counters, on each rank alike."""
    return itertools.count()


# What a training adds up


def all_reduce(values: Tensor) -> Tensor:
    """The sum of `values`, of any shape, over ranks, in place; every rank gets the same bits."""
    if here().count > 1:
        dist.all_reduce(values)
    return values


def mean_of(values: Tensor, share: Share) -> Tensor:
    """The mean over all, of any shape, made of `values`, each rank's mean over its share."""
    return values if here().count == 1 else all_reduce(values * share.part)


def data_parallel(module: nn.Module) -> nn.Module:
    """The module, its gradients summed over ranks while they are made; every parameter must take part in every step.

    A rank's losses must be its part of the sum: those of its share, divided by the total. (Not the mean of means, as
    usual: what a network clamps within `backward` must be as large as in one process.) Buffers are the caller's.
    """
    if here().count == 1:
        return module
    with warnings.catch_warnings():
        # Its new name is not known to torch before 2.13.
        warnings.filterwarnings("ignore", "`broadcast_buffers` is deprecated", FutureWarning)
        wrapped = DistributedDataParallel(module, broadcast_buffers=False, gradient_as_bucket_view=True)
    # A lambda: torch looks at annotations, and does not know them as text.
    wrapped.register_comm_hook(None, lambda state, bucket: _sum(bucket))
    return wrapped


def _sum(bucket: Any) -> torch.futures.Future[Tensor]:
    work = dist.all_reduce(bucket.buffer(), async_op=True)
    return work.get_future().then(lambda done: done.value()[0])  # type: ignore[no-any-return]


@contextlib.contextmanager
def no_sync(module: nn.Module, more_to_come: bool) -> Iterator[None]:
    """Keeps a `backward`'s gradients on their rank if more are to come in the step; the last one moves them all."""
    if more_to_come and isinstance(module, DistributedDataParallel):
        with module.no_sync():
            yield
    else:
        yield
