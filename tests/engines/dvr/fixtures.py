"""What the authors' code gave for their fixtures, and the same rays in their own convention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array
from engines.dvr.config import DvrConfig
from engines.dvr.marching import Logits, RaySampling
from engines.dvr.network import Dvr

SAMPLES = {"dvr_rgb": 128, "dvr_cond": 64}
"""Samples per ray with which the authors' code drew them."""


@dataclass(frozen=True, eq=False)
class FixtureView:
    """One picture of the authors' code.

    Attributes:
        origins, directions: [N, 3] rays in the field's coordinates, row by row; d is depth.
        code: [1, c_dim].
        expected: arrays [N, ...] by name, without the model's prefix.
    """

    origins: Tensor
    directions: Tensor
    code: Tensor
    expected: dict[str, Array]


def fixture_network(shared: Path, name: str) -> Dvr:
    """Their trained networks."""
    state = torch.load(shared / "golden" / "dvr" / name / "model.pt", weights_only=True)["model"]
    conditional = "decoder.fc_c.0.weight" in state
    config = DvrConfig(
        hidden_size=len(state["decoder.fc_p.weight"]),
        c_dim=state["decoder.fc_c.0.weight"].shape[1] if conditional else 0,
        encoder="simple_conv" if conditional else None,
    )
    network = Dvr(config)
    network.load_state_dict(state)
    return network.eval().requires_grad_(False)


def fixture_views(shared: Path, name: str, every: int = 1) -> Iterator[FixtureView]:
    """Every picture of a fixture; of its pixels, row by row, only each nth one."""
    folder = shared / "golden" / "dvr" / name
    with np.load(folder / "outputs.npz") as file:
        outputs = dict(file)
    for number, cameras_file in enumerate(sorted(folder.glob("data/*/*/cameras.npz"))):
        with np.load(cameras_file) as file:
            cameras = dict(file)
        code = torch.from_numpy(outputs[f"m{number}_c"])
        for view, mask in enumerate(outputs[f"m{number}_mask_pred"]):
            names = ("mask_pred", "mask_zero_occupied", "depth_cam", "p_world", "rgb", "normals_inward")
            expected = {key: _rows(outputs[f"m{number}_{key}"][view], mask.size)[::every] for key in names}
            origins, directions = _rays(cameras, view, mask.shape)
            yield FixtureView(origins[::every].contiguous(), directions[::every].contiguous(), code, expected)


def sampling_of(name: str) -> RaySampling:
    """As the authors' code was told to draw it."""
    return RaySampling(SAMPLES[name])


def logits_of(network: Dvr, code: Tensor) -> Logits:
    """The field of the trained networks as they are."""
    return lambda points: network.decoder(points, code)[:, 0]


def _rows(picture: Array, pixels: int) -> Array:
    return picture.reshape(pixels, -1).squeeze(-1) if picture.ndim == 2 else picture.reshape(pixels, -1)


def _rays(cameras: dict[str, Array], view: int, size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Pixels span [-1, 1], its ends at the middles of the outermost ones; a picture point has depth 1."""
    height, width = size
    scale = cameras.get(f"scale_mat_{view}", np.eye(4))
    to_field = np.linalg.inv(cameras[f"camera_mat_{view}"] @ cameras[f"world_mat_{view}"] @ scale)
    v, u = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    ends = np.stack([u, v, np.ones_like(u), np.ones_like(u)], axis=-1).reshape(-1, 4) @ to_field.T
    origin = to_field[:3, 3]
    directions = torch.from_numpy((ends[:, :3] - origin).astype(np.float32))
    return torch.from_numpy(origin.astype(np.float32)).expand_as(directions).contiguous(), directions
