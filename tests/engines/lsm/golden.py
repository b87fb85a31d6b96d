"""Outputs of the authors' code (TensorFlow) beside networks of ours that have its weights."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engines.core.config import make_options
from engines.core.storage.tensor_bundle import find_bundle, read_bundle
from engines.lsm import upstream
from engines.lsm.config import LsmConfig
from engines.lsm.network import Lsm

SCOPES = {"im_net": "ImNet_UNet", "grid_net": "Grid_Unet", "depth_net": "DepthNet"}
"""The authors' names of what their layers give, and ours of the layers."""


@dataclass(frozen=True)
class Golden:
    """A checkpoint, what it was given, and what every layer of the authors' code made of it."""

    network: Lsm
    arrays: dict[str, np.ndarray]
    described: dict[str, Any]

    @property
    def given(self) -> tuple[Tensor, Tensor, Tensor]:
        """Photographs [1, V, 3, H, W], intrinsics [1, V, 3, 3], world to camera [1, V, 3, 4]."""
        photographs = torch.from_numpy(self.arrays["ims_u8"]).float() / 255
        K, R = (torch.from_numpy(self.arrays[name]).float() for name in ("K", "R"))
        return photographs.movedim(-1, 2), K, R

    def sliced(self, name: str, whole: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """The part that is kept of [B, C, ...] of ours, and the authors'."""
        expression = self.described["slices"][name]
        part = tuple(slice(*map(_number, each.split(":"))) if ":" in each else int(each)
                     for each in re.sub(r"^\(.*?\)|[\[\] ]", "", expression).split(","))  # fmt: skip
        return whole.movedim(1, -1).numpy()[part], self.arrays[f"s/{name}"]

    def layers(self) -> Iterator[tuple[str, str]]:
        """The authors' names of activations that are layers of ours, and our names."""
        for name in self.arrays:
            scope, _, layer = name.removeprefix("s/").partition("/")
            if scope in SCOPES:
                # What they keep as `deconv` may be a layer `upconv`.
                ours = f"{SCOPES[scope]}.{layer}"
                modules = dict(self.network.named_modules())
                yield name.removeprefix("s/"), ours if ours in modules else ours.replace("deconv", "upconv")


def _number(text: str) -> int | None:
    return int(text) if text else None


def golden(shared: Path, kind: str) -> Golden:
    """What is there of `vlsm` or `dlsm`."""
    folder = shared / "golden" / "lsm"
    index = find_bundle(folder / kind)
    assert index is not None
    checkpoint = upstream.read(read_bundle(index), index)
    network = Lsm(make_options(LsmConfig, checkpoint.config))
    network.load_state_dict(dict(checkpoint.weights))
    with np.load(folder / f"{kind}.npz") as arrays:
        kept = {name: arrays[name] for name in arrays.files}
    return Golden(network, kept, json.loads((folder / f"{kind}.json").read_text()))


def activations(network: nn.Module) -> dict[str, Tensor]:
    """Is filled with what every layer gives, by its name, as the network runs."""
    found: dict[str, Tensor] = {}
    for name, module in network.named_modules():
        module.register_forward_hook(lambda _, __, out, name=name: found.__setitem__(name, out))
    return found
