from __future__ import annotations

import torch

from engines.core.learning.ema import ExponentialMovingAverage


def test_a_steady_weight_is_its_own_average() -> None:
    weights = {"a": torch.tensor([1.0, 2.0])}
    average = ExponentialMovingAverage(weights, 0.9)
    for step in range(1, 20):
        average.update(weights, step)
    assert torch.equal(average.weights["a"], weights["a"])


def test_noise_is_averaged_out_and_the_start_forgotten() -> None:
    generator = torch.Generator().manual_seed(0)
    average = ExponentialMovingAverage({"a": torch.full((1000,), 100.0)}, 0.98)
    for step in range(1, 600):
        average.update({"a": 3 + torch.randn(1000, generator=generator)}, step)
    error = average.weights["a"] - 3
    assert abs(float(error.mean())) < 0.02
    # (1 - d) / (1 + d) of the variance is left
    assert 0.05 < float(error.std()) < 0.15


def test_the_first_steps_follow_faster() -> None:
    average = ExponentialMovingAverage({"a": torch.full((1,), 100.0)}, 0.999)
    for step in range(1, 60):
        average.update({"a": torch.zeros(1)}, step)
    # At the full decay 94 of the 100 would be left.
    assert abs(float(average.weights["a"])) < 0.01


def test_whole_numbers_are_copied() -> None:
    average = ExponentialMovingAverage({"batches": torch.tensor(0)}, 0.9)
    average.update({"batches": torch.tensor(7)}, 1)
    assert average.weights["batches"].item() == 7


def test_the_average_is_a_copy() -> None:
    weights = {"a": torch.zeros(2)}
    average = ExponentialMovingAverage(weights, 0.9)
    weights["a"] += 1
    assert torch.equal(average.weights["a"], torch.zeros(2))


def test_it_goes_on_from_what_it_gave() -> None:
    first = ExponentialMovingAverage({"a": torch.zeros(3)}, 0.9)
    first.update({"a": torch.ones(3)}, 1)
    second = ExponentialMovingAverage({"a": torch.full((3,), 9.0)}, 0.9)
    second.restore(first.weights)
    for average in (first, second):
        average.update({"a": torch.full((3,), 2.0)}, 2)
    assert torch.equal(first.weights["a"], second.weights["a"])
