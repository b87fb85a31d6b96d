"""Where the field is 0 on rays, between two places that have it between them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engines.dvr.marching import Logits

TOLERANCE = 2e-5
"""Of a secant step, in the field's unit: the next one would be a hundredth of it."""
STEPS = 16
"""Until a ray counts as astray; mostly 2 are made."""


@dataclass(frozen=True, eq=False)
class Guess:
    """Stretches of rays within which they may cross the surface, and what is known about each.

    Attributes:
        origins, directions: [M, 3].
        low, high: [M] d between which they do; empty at the first, occupied at the second.
        at: [M] d that is tried first, of any value; where it isn't between both, their middle is.
        rise: [M] the field's, by d, about there.
        sure: [M] whether it is known to be occupied at `high`.
    """

    origins: Tensor
    directions: Tensor
    low: Tensor
    high: Tensor
    at: Tensor
    rise: Tensor
    sure: Tensor


@dataclass(frozen=True, eq=False)
class Crossed:
    """What was found of rays' crossings of the surface.

    Attributes:
        d: [M]; NaN where the field isn't finite, or goes up and down.
        seen: [M] whether they surely do; else the field was empty all along, up to `d` at least.
        asked: at how many points the field was.
    """

    d: Tensor
    seen: Tensor
    asked: int


def cross(logits: Logits, guess: Guess) -> Crossed:
    """Looks for the crossings.

    The secant method on the last two points, begun with the rise that is guessed; where it leaves the two places that
    have the crossing between them, they are halved.
    """
    found, seen, asked = torch.full_like(guess.at, torch.nan), guess.sure.clone(), 0
    rays, low, high = torch.arange(len(found), device=found.device), guess.low, guess.high
    at, rise = _within(guess.at, low, high), guess.rise
    former, former_value = torch.full_like(at, torch.nan), torch.full_like(at, torch.nan)
    lengths = guess.directions.norm(dim=1)
    for _ in range(STEPS):
        if not len(rays):
            break
        value = logits(guess.origins[rays] + at[:, None] * guess.directions[rays])
        asked += len(rays)
        low, high = torch.where(value < 0, at, low), torch.where(value < 0, high, at)
        slope = (value - former_value) / (at - former)
        rise = torch.where(slope.isfinite() & (slope != 0), slope, rise)
        by_secant = at - value / rise
        following = _within(by_secant, low, high)
        within = by_secant == following
        close = torch.where(within, (following - at).abs(), high - low) * lengths[rays] < TOLERANCE
        # A field that isn't finite is nowhere 0.
        close &= value.isfinite()
        found[rays[close]] = following[close]
        seen[rays] |= (value > 0) | within & close
        on = ~close & value.isfinite()
        rays, low, high, rise = rays[on], low[on], high[on], rise[on]
        former, former_value, at = at[on], value[on], following[on]
    return Crossed(found, seen, asked)


def _within(at: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """`at` where it is between both, else their middle."""
    return torch.where((at >= low) & (at <= high), at, (low + high) / 2)
