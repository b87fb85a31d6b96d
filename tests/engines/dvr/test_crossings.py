"""Crossings are where the field is 0; where it never is, that is said."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.dvr.crossings import Guess, cross


def guess(low: float, high: float, at: float, rise: float, sure: bool) -> Guess:
    """Of one ray along x, from the origin."""
    one = torch.ones(1)
    along = torch.tensor([[1.0, 0.0, 0.0]])
    return Guess(torch.zeros(1, 3), along, low * one, high * one, at * one, rise * one, torch.tensor([sure]))


def cubic(points: Tensor) -> Tensor:
    return (points[:, 0] - 0.3) ** 3 + 0.1 * (points[:, 0] - 0.3)


def test_finds_the_zero_from_a_poor_guess() -> None:
    for at in (0.9, 0.01, float("nan")):
        found = cross(cubic, guess(0, 1, at, 50.0, False))
        torch.testing.assert_close(found.d, torch.tensor([0.3]), atol=2e-5, rtol=0)
        assert found.seen.all() and 2 <= found.asked <= 16


def test_where_it_never_crosses_nothing_was_seen() -> None:
    found = cross(lambda points: cubic(points) - 1, guess(0, 1, 0.4, 0.1, False))
    assert not found.seen.any()
    # Empty so far, and to be gone on with from there.
    torch.testing.assert_close(found.d, torch.ones(1), atol=1e-4, rtol=0)


def test_what_is_not_finite_is_nowhere() -> None:
    found = cross(lambda points: points[:, 0] * torch.nan, guess(0, 1, 0.4, 0.1, True))
    assert found.d.isnan().all()
