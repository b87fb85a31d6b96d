"""Losses against the paper's formulas, written out number by number."""

from __future__ import annotations

import math

import numpy as np
import torch

from engines.dvr import losses


def test_colours_are_compared_by_the_sum_of_their_channels() -> None:
    predicted, photographed = torch.tensor([[0.5, 0.25, 1.0], [0, 0, 0]]), torch.tensor([[0.25, 0.5, 0.5], [0, 0, 0]])
    assert losses.photo_consistency(predicted, photographed).tolist() == [1.0, 0.0]


def test_image_gradients_are_those_from_the_first_pixel_of_a_patch() -> None:
    random = np.random.default_rng(0)
    drawn, photo = random.random((2, 4, 2, 2, 3))
    expected = []
    for one, other in zip(drawn, photo, strict=True):
        length = 0.0
        for channel in range(3):
            across = (one[0, 0] - one[0, 1] - other[0, 0] + other[0, 1])[channel]
            down = (one[0, 0] - one[1, 0] - other[0, 0] + other[1, 0])[channel]
            length += math.hypot(across, down)
        expected.append(length)
    found = losses.image_gradients(torch.from_numpy(drawn), torch.from_numpy(photo))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    # In larger patches the same three pixels count.
    larger = torch.zeros(1, 3, 3, 3, dtype=torch.float64)
    larger[:, :2, :2] = torch.from_numpy(drawn[:1])
    larger[:, 2] = 9.0
    of_larger = losses.image_gradients(larger, torch.zeros_like(larger))
    torch.testing.assert_close(of_larger, losses.image_gradients(larger[:, :2, :2], torch.zeros(1, 2, 2, 3)))


def test_gradients_of_patches_that_agree_are_finite() -> None:
    patches = torch.full((1, 2, 2, 3), 0.5, requires_grad=True)
    losses.image_gradients(patches, torch.full((1, 2, 2, 3), 0.25)).sum().backward()
    assert patches.grad is not None and patches.grad.tolist() == torch.zeros(1, 2, 2, 3).tolist()


def test_free_and_occupied_points_have_the_cross_entropy_of_their_probability() -> None:
    logits = torch.tensor([-3.0, 0.0, 2.0], dtype=torch.float64)
    probability = 1 / (1 + np.exp(-logits.numpy()))
    np.testing.assert_allclose(losses.freespace(logits).numpy(), -np.log(1 - probability), rtol=1e-12)
    np.testing.assert_allclose(losses.occupied(logits).numpy(), -np.log(probability), rtol=1e-12)
    # No overflow where the network is quite sure, and wrong.
    assert losses.freespace(torch.tensor([200.0])).tolist() == [200.0]


def test_normals_are_compared_as_unit_vectors() -> None:
    here, there = torch.tensor([[3.0, 0, 0], [0, 2, 0], [0, 0, 0]]), torch.tensor([[0.0, 4, 0], [0, 5, 0], [0, 0, 0]])
    torch.testing.assert_close(losses.normal_smoothness(here, there), torch.tensor([math.sqrt(2), 0, 0]))


def test_depths_are_compared_in_lengths_of_a_step() -> None:
    found = losses.depth(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 1.0]), torch.tensor([2.0, 3.0]))
    assert found.tolist() == [1.0, 3.0]
