"""Which of many are chosen: a GPU is waited for once to know how many, or not at all where that is known about."""

from __future__ import annotations

import torch
from torch import Tensor


def numbers_of(*chosen: Tensor) -> list[Tensor]:
    """[M] numbers of those that are chosen, of each mask [N]; one wait for all."""
    if chosen[0].device.type == "cpu":
        return [mask.nonzero()[:, 0] for mask in chosen]
    return [first_of(mask, count) for mask, count in zip(chosen, counts_of(*chosen), strict=True)]


def counts_of(*chosen: Tensor) -> list[int]:
    """How many each mask [N] chooses; one wait for all."""
    counts: list[int] = torch.stack([mask.sum() for mask in chosen]).tolist()
    return counts


def first_of(chosen: Tensor, most: int) -> Tensor:
    """[most] numbers of the first that the mask [N] chooses, and N where there are fewer; nobody waits."""
    every, place = torch.arange(len(chosen), device=chosen.device), chosen.cumsum(0) - 1
    numbers = torch.full((most + 1,), len(chosen), device=chosen.device)
    return numbers.scatter_(0, place.masked_fill(~chosen | (place >= most), most), every)[:most]
