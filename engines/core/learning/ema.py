"""The moving average of weights: what a training shows, steadier than its latest step."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

WARM_UP_STEPS = 10
"""The average follows faster at first, when the weights at the start still weigh in it."""


class ExponentialMovingAverage:
    """An exponential moving average over optimisation steps (Polyak averaging)."""

    def __init__(self, weights: Mapping[str, Tensor], decay: float) -> None:
        """Begins at a copy of `weights`, tensors of any shape by name.

        Args:
            decay: of each step, in (0, 1); the average covers about 1 / (1 - decay) steps.
        """
        self._average = {name: tensor.detach().clone() for name, tensor in weights.items()}
        self._decay = decay

    def update(self, weights: Mapping[str, Tensor], step: int) -> None:
        """Takes in the weights after `step` steps, of the shapes it began with; whole numbers are copied."""
        share = 1 - min(self._decay, (1 + step) / (WARM_UP_STEPS + step))
        for name, tensor in weights.items():
            if tensor.is_floating_point():
                self._average[name].lerp_(tensor.detach(), share)
            else:
                self._average[name].copy_(tensor)

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """The average; changes with `update`."""
        return self._average

    @torch.no_grad()
    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Goes on from an average that `weights` gave, of the same names and shapes."""
        for name, tensor in weights.items():
            self._average[name].copy_(tensor)
