"""Photographs where something stands in the way, and what a method must make of their masks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines import registry
from engines.core.camera import Array
from engines.core.config import make_options
from engines.core.data.dataset import Dataset
from engines.core.data.images import read_image, to_uint8, write_png
from engines.core.engine import Training
from engines.core.formats import open_dataset
from tests.app.posed_photographs import write_capture

SIZE_PX = (140, 132)
CPU = torch.device("cpu")


def left_out() -> Array:
    """[H, W] bool, what the masks leave out: a left part, and a spot in the middle."""
    width, height = SIZE_PX
    out = np.zeros((height, width), dtype=bool)
    out[:, :53] = out[60:75, 80:95] = True
    return out


def capture(folder: Path, passer_by: int | None, masked: bool = True, count: int = 5) -> Dataset:
    """Photographs where something stands in the way, different for each `passer_by`; its masks are there or not."""
    write_capture(folder, count, SIZE_PX, near=1.0, far=5.0)
    data = json.loads((folder / "transforms.json").read_text())
    (folder / "masks").mkdir()
    for index, frame in enumerate(data["frames"]):
        path = folder / frame["file_path"]
        image = to_uint8(read_image(path))
        if passer_by is not None:
            noise = np.random.default_rng((passer_by, index)).integers(0, 256, image.shape, dtype=np.uint8)
            image = np.where(left_out()[..., None], noise, image)
        write_png(path, image)
        write_png(folder / "masks" / path.name, np.where(left_out(), 0, 255).astype(np.uint8))
        if masked:
            frame["mask_path"] = f"masks/{path.name}"
        # Cameras that look one way, for planes.
        pose = np.eye(4)
        pose[:3, 3] = 0.1 * index, 0.0, 3.0
        frame["transform_matrix"] = pose.tolist()
    (folder / "transforms.json").write_text(json.dumps(data))
    return open_dataset(folder)


def begun(name: str, dataset: Dataset, settings: Mapping[str, Any]) -> Training:
    engine = registry.find_engine(name)
    return engine.train(dataset, make_options(engine.Config, settings), CPU, 0)


def learnt(name: str, dataset: Dataset, settings: Mapping[str, Any]) -> Mapping[str, Tensor]:
    """The weights after three steps."""
    training = begun(name, dataset, settings)
    for _ in range(3):
        losses = training.step()
        assert all(np.isfinite(list(losses.values())))
    weights = training.checkpoint().weights
    training.close()
    return weights


def equal(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def assert_not_learnt(name: str, folder: Path, settings: Mapping[str, Any]) -> None:
    """What masks leave out changes nothing, whatever stands there."""
    first, second = (learnt(name, capture(folder / str(seed), seed), settings) for seed in (1, 2))
    assert equal(first, second)


def assert_learnt_without_masks(name: str, folder: Path, settings: Mapping[str, Any]) -> None:
    """Without masks it would change what is learnt."""
    first, second = (learnt(name, capture(folder / str(seed), seed, masked=False), settings) for seed in (1, 2))
    assert not equal(first, second)


def assert_white_masks_change_nothing(name: str, folder: Path, settings: Mapping[str, Any]) -> None:
    """A mask that leaves nothing out: its losses are summed another way, so that they agree to rounding."""
    white = capture(folder / "white", None)
    for path in (folder / "white" / "masks").iterdir():
        write_png(path, np.full(SIZE_PX[::-1], 255, dtype=np.uint8))
    none = capture(folder / "none", None, masked=False)
    first, second = learnt(name, white, settings), learnt(name, none, settings)
    # Adam turns the sign of a tiny gradient into a whole step: most weights agree, not each.
    apart = torch.cat([(first[key].float() - second[key].float()).abs().flatten() for key in first])
    assert float((apart < 1e-4).float().mean()) > 0.98
