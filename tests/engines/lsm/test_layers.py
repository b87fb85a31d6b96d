"""Each layer alone is TensorFlow's: the outputs of its own operations, on odd sizes too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engines.lsm import upstream
from engines.lsm.layers import (
    BatchNorm,
    Convolution,
    Enlarged,
    InstanceNorm,
    Separable,
    Transposed,
    same_padding,
    same_transposed,
)
from engines.lsm.projection import slice_grids, unproject
from engines.lsm.recurrent import ConvGru, ConvLstm

# A few units in the last place of values of about 5.
assert_close = partial(torch.testing.assert_close, atol=3e-6, rtol=0.0)


Layer = TypeVar("Layer", bound=nn.Module)


class Operations:
    """What the authors' operations gave."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as arrays:
            self.arrays = {name: torch.from_numpy(arrays[name]) for name in arrays.files}

    def given(self, case: str) -> Tensor:
        """[B, C, ...]."""
        return self.arrays[f"{case}/x"].movedim(-1, 1)

    def gave(self, case: str) -> Tensor:
        """[B, C, ...]."""
        return self.arrays[f"{case}/y"].movedim(-1, 1)

    def loaded(self, module: Layer, case: str, scope: str = "c/") -> Layer:
        """With the weights of a case."""
        prefix = f"w/{case}/{scope}"
        names = [name.removeprefix(prefix) for name in self.arrays if name.startswith(prefix)]
        state = {name.replace("/", "."): upstream.to_torch(name, self.arrays[prefix + name]) for name in names}
        module.load_state_dict(state)
        return module


@pytest.fixture(scope="module")
def operations(shared: Path) -> Operations:
    return Operations(shared / "golden" / "lsm" / "ops.npz")


@pytest.fixture(autouse=True)
def looked_at_only() -> Iterator[None]:
    with torch.no_grad():
        yield


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "conv2d_k3_s2": lambda: Convolution(2, 3, 3, 5, 2, "none", activate=False),
    "conv2d_k3_s2_odd": lambda: Convolution(2, 3, 3, 5, 2, "none", activate=False),
    "conv2d_k5_s2_relu_in": lambda: Convolution(2, 5, 3, 4, 2, "IN"),
    "conv2d_k1_s1": lambda: Convolution(2, 1, 6, 4, 1, "IN"),
    "deconv2d_k5_s1": lambda: Transposed(2, 5, 3, 4, 1, "none"),
    "conv3d_k4_s2_in": lambda: Convolution(3, 4, 3, 5, 2, "IN"),
    "deconv3d_k4_s2": lambda: Transposed(3, 4, 5, 3, 2, "IN"),
    "deconv3d_k4_s1": lambda: Transposed(3, 4, 4, 1, 1, "none"),
    "sepconv_k3": lambda: Separable(3, 4, 5, "IN", multiplier=2),
    "resizeconv_k3": lambda: Enlarged(3, 3, 4, "IN"),
}


@pytest.mark.parametrize("case", LAYERS)
def test_layers(operations: Operations, case: str) -> None:
    layer = operations.loaded(LAYERS[case](), case)
    assert_close(layer(operations.given(case)), operations.gave(case))


def test_transposed_convolutions_cut_the_end(operations: Operations) -> None:
    # Without the activation that comes before it in the networks.
    layer = operations.loaded(Transposed(2, 3, 3, 4, 2, "none"), "deconv2d_k3_s2")
    found = same_transposed(operations.given("deconv2d_k3_s2"), layer.weights, 2)
    assert layer.bias is not None
    found = found + layer.bias[:, None, None]
    assert_close(found, operations.gave("deconv2d_k3_s2"))


@pytest.mark.parametrize("case", ["instance_norm4", "instance_norm5"])
def test_instance_norms(operations: Operations, case: str) -> None:
    layer = operations.loaded(InstanceNorm(3), case, "InstanceNorm/")
    assert_close(layer(operations.given(case)), operations.gave(case))


@pytest.mark.parametrize(("case", "scope", "cell"), [
    ("convgru", "ConvGRUCell", ConvGru), ("convlstm", "ConvLSTMCell", ConvLstm),
])  # fmt: skip
def test_recurrent_units(operations: Operations, case: str, scope: str, cell: type[ConvGru | ConvLstm]) -> None:
    unit = operations.loaded(cell(7, 6), case, f"rnn/{scope}/")
    grids, gave = (operations.arrays[f"{case}/{which}"].movedim(-1, 2) for which in "xy")
    state = unit.initial(grids[:, 0])
    for number in range(3):
        state = unit.after(grids[:, number], state)
        assert_close(state[-1], gave[:, number])


def test_halves_are_rounded_to_even(operations: Operations) -> None:
    assert torch.equal(operations.arrays["round/x"].round(), operations.arrays["round/y"])


def test_unprojection_of_places(operations: Operations) -> None:
    # Features are rows and columns; the second camera is so close that some voxels lie beside its picture.
    K, R = (operations.arrays[f"proj/{name}"][0] for name in "KR")
    grids = unproject(operations.given("proj_splat"), K, R, 8, (24, 24))
    # 5 units in the last place of a hundred times the view's number.
    torch.testing.assert_close(grids, operations.arrays["proj_splat/y"][0].movedim(-1, 1), atol=5e-5, rtol=0)


def test_a_voxel_in_the_cameras_plane_is_a_number() -> None:
    K, R = torch.eye(3)[None], torch.eye(4)[None, :3].clone()
    R[0, 2, 3] = 0.25  # its plane, z = -0.25, is that of half the centres of a grid of 2
    grids = unproject(torch.rand(1, 2, 4, 4), K, R, 2, (8, 8))
    assert (grids[0, 2] == 0).any() and grids.isfinite().all()


def test_slices_of_numbered_voxels(operations: Operations) -> None:
    # Some samples lie in the middle between two voxels, exactly.
    K, R = (operations.arrays[f"proj/{name}"][0] for name in "KR")
    numbered = operations.arrays["proj_slice/x"][0].movedim(-1, 1)
    found = slice_grids(numbered, K, R, 6, 24, 65, 8).unflatten(2, (3, 65))
    # (time, view, row, column, channel, sample)
    assert torch.equal(found.permute(0, 1, 4, 5, 2, 3), operations.arrays["proj_slice/y"][0])


def test_batch_norms_are_slims() -> None:
    torch.manual_seed(0)
    norm, features = BatchNorm(3), torch.randn(4, 3, 5, 6)
    norm.beta.copy_(torch.tensor([0.5, 0, -1]))
    mean, variance = features.mean(dim=(0, 2, 3)), features.var(dim=(0, 2, 3), unbiased=False)
    by_hand = (features - mean[:, None, None]) / (variance[:, None, None] + 1e-3).sqrt() + norm.beta[:, None, None]
    torch.testing.assert_close(norm(features), by_hand)
    torch.testing.assert_close(norm.moving_mean, 0.001 * mean)
    norm.eval()
    mean, variance = norm.get_buffer("moving_mean"), norm.get_buffer("moving_variance")
    remembered = (features - mean[:, None, None]) / (variance[:, None, None] + 1e-3).sqrt()
    torch.testing.assert_close(norm(features), remembered + norm.beta[:, None, None])


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), [
    # By hand: outputs ceil(size / stride), the least that is padded for them, the odd one behind.
    (224, 5, 2, (1, 2)), (112, 3, 2, (0, 1)), (11, 3, 2, (1, 1)), (32, 4, 2, (1, 1)), (32, 4, 1, (1, 2)),
    (9, 1, 1, (0, 0)),
])  # fmt: skip
def test_padding_is_the_least(size: int, kernel: int, stride: int, padding: tuple[int, int]) -> None:
    assert same_padding(size, kernel, stride) == padding
