"""Weights out of foreign files: all there, of the right shapes, and plain finite numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from engines.core.errors import UserError
from engines.core.storage.upstream_state import checked_weights, is_finite

NETWORK = torch.nn.Linear(3, 2)
PATH = Path("weights.pth")


def with_weight(tensor: object) -> dict[str, object]:
    return {**NETWORK.state_dict(), "weight": tensor}


def test_what_the_network_needs_is_taken_and_no_more() -> None:
    weights = checked_weights({**NETWORK.state_dict(), "step": 3}, NETWORK, PATH)
    assert set(weights) == {"weight", "bias"} and torch.equal(weights["weight"], NETWORK.weight)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_taken_as_they_are(kind: torch.dtype) -> None:
    assert checked_weights(with_weight(torch.ones(2, 3, dtype=kind)), NETWORK, PATH)["weight"].dtype == kind


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        ("text", "tensor weight is missing"),
        (torch.ones(3, 2), r"tensor weight is \[3, 2\]; the network needs \[2, 3\]"),
        (torch.ones(2, 3).to_sparse(), "no plain array of numbers"),
        (torch.ones(2, 3, device="meta"), "no plain array of numbers"),
        (torch.ones(2, 3, dtype=torch.complex64), "no plain array of numbers"),
        (torch.tensor([[1.0, 2, 3], [4, torch.nan, 6]]), "holds values that are not finite"),
        (torch.full((2, 3), torch.inf), "holds values that are not finite"),
    ],
)
def test_what_can_not_be_weights_is_named(tensor: Tensor | str, message: str) -> None:
    with pytest.raises(UserError, match=rf"weights\.pth: .*{message}"):
        checked_weights(with_weight(tensor), NETWORK, PATH)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 0.0])
def test_one_value_that_is_no_number_is_found(kind: torch.dtype, value: float) -> None:
    tensor = torch.linspace(-3, 3, 1001).to(kind)
    tensor[700] = value
    assert is_finite(tensor) == is_finite(tensor[::7]) == is_finite(tensor[700]) == (value == 0)
    assert is_finite(tensor[:0]) and is_finite(tensor[:700])
