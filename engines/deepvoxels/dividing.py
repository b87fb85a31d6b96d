"""A step whose targets are divided among ranks leaves what one process would leave that draws all of them.

What dropout would have drawn for the others' targets is drawn and thrown away, and the running statistics that these
would have left are put together afterwards. In a single process nothing of this happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engines.core import distributed
from engines.core.distributed import Share


class Chance:
    """What dropout draws in one pass of a network."""

    def __init__(self, draws: Sequence[Callable[[], Tensor]] = ()) -> None:
        """`draws`: of each dropout layer in turn, what draws which channels it keeps, [B, C]."""
        self._draws = tuple(draws)

    @staticmethod
    def of(network: nn.Module, like: Tensor) -> Chance:
        """The draws of a pass over `like`, an input [1, C, H, W] of the network; one is made, which leaves no trace."""
        draws: list[Callable[[], Tensor]] = []

        def listen(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            (batch, channels), kept = arguments[0].shape[:2], 1 - float(module.p)  # type: ignore[arg-type]
            if kept < 1:
                # As torch does it: a number for each feature.
                draws.append(lambda: like.new_empty(batch, channels).bernoulli_(kept))

        dropouts = [part for part in network.modules() if isinstance(part, nn.Dropout2d | nn.Dropout3d)]
        handles = [part.register_forward_pre_hook(listen) for part in dropouts]
        was_training = network.training
        try:
            with torch.no_grad():
                network.eval()(like)
        finally:
            network.train(was_training)
            for handle in handles:
                handle.remove()
        return Chance(draws)

    def pass_over(self) -> None:
        """Draws it for a pass that another rank makes."""
        for draw in self._draws:
            draw()


class Statistics:
    """Running means and variances through a step.

    Each pass makes them (1 - m) * old + m * new, in order. That is linear: where every rank begins at 0, and what it
    has then fades by the passes that come after its own, the sum over ranks is what one process would have.
    """

    def __init__(self, share: Share, parts: Sequence[tuple[nn.Module, int]], alike: Sequence[Tensor]) -> None:
        """Begins at 0 in `parts`, modules that make so many passes for each target.

        Args:
            alike: tensors of any shape, which each rank works out by itself; the first rank's are taken, as GPUs differ
                in the last bits.
        """
        self._share, self._alike = share, alike
        self._norms = [(norm, passes) for part, passes in parts for norm in _norms(part)]
        if distributed.here().count > 1:
            self._before = [[tensor.clone() for tensor in _running(norm)] for norm, _ in self._norms]
            for norm, _ in self._norms:
                for tensor in _running(norm):
                    tensor.zero_()

    @torch.no_grad()
    def put_together(self, *alike: Tensor) -> None:
        """After the step: makes them, on every rank, what one process would have; `alike` as in the beginning."""
        share, is_first = self._share, distributed.here().is_first
        if distributed.here().count == 1:
            return
        common = [*self._alike, *alike]
        own = [tensor if is_first else torch.zeros_like(tensor) for tensor in common]
        for norm, passes in self._norms:
            own += [tensor * _fading(norm, passes * (share.total - share.end)) for tensor in _running(norm)]
        flat = distributed.all_reduce(torch.cat([tensor.flatten() for tensor in own]))
        sums = iter(torch.split(flat, [tensor.numel() for tensor in own]))
        for tensor in common:
            tensor.copy_(next(sums).view_as(tensor))
        for (norm, passes), before in zip(self._norms, self._before, strict=True):
            for tensor, old in zip(_running(norm), before, strict=True):
                tensor.copy_(old * _fading(norm, passes * share.total) + next(sums))
            if norm.num_batches_tracked is not None:
                norm.num_batches_tracked += passes * (share.total - (share.end - share.begin))


def _norms(network: nn.Module) -> Iterator[_BatchNorm]:
    yield from (part for part in network.modules() if isinstance(part, _BatchNorm))


def _running(norm: _BatchNorm) -> list[Tensor]:
    return [tensor for tensor in (norm.running_mean, norm.running_var) if tensor is not None]


def _fading(norm: _BatchNorm, passes: int) -> float:
    """What is left of a number after so many passes."""
    return (1 - (norm.momentum or 0.0)) ** passes
