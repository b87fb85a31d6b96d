"""Small captures for the tests of learning: a card before a wall, photographed by cameras beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import to_uint8, write_png
from engines.core.data.views import View, Views
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import Checkpoint
from engines.mask_volume.config import MaskVolumeConfig
from engines.mask_volume.training import MaskVolumeObjective

CPU = torch.device("cpu")
SIDE_PX = 32
WALL, CARD = 6.0, 2.5
"""Depths."""
UP = np.array([0.0, -1.0, 0.0])


def camera(x: float, y: float = 0.0, side_px: int = SIDE_PX) -> Camera:
    """Looks along +z."""
    pose = np.eye(4)
    pose[:2, 3] = x, y
    return Camera(pose, (side_px * 1.1,) * 2, (side_px / 2,) * 2, (side_px, side_px))


def photograph(camera: Camera, card_x: float | None) -> tuple[Array, Array]:
    """[H, W, 3] in [0, 1], and [H, W] bool where the card is; None: there is none."""
    width, height = camera.size_px
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    ray = np.stack([columns - camera.centre_px[0], rows - camera.centre_px[1]], axis=-1) / camera.focal_px[0]
    at = {depth: ray * depth + camera.position[:2] for depth in (WALL, CARD)}
    wall = 0.5 + 0.3 * np.stack([np.sin(at[WALL] @ wave) for wave in ((2.5, 0.5), (0.7, 2.2), (-1.9, 1.7))], axis=-1)
    if card_x is None:
        return wall, np.zeros((height, width), dtype=bool)
    on_card = np.abs(at[CARD] - (card_x, 0.0)).max(axis=-1) < 0.5
    card = np.stack([0.8 + 0.2 * np.sin(9 * at[CARD][..., 0]), 0.2 + 0 * rows, 0.1 + 0 * rows], axis=-1)
    return np.where(on_card[..., None], card, wall), on_card


def _view(folder: Path, name: str, at: Camera, card_x: float | None, **where: Any) -> View:
    picture, moves = photograph(at, card_x)
    path, mask_path = folder / f"{name}.png", folder / f"{name}.mask.png"
    write_png(path, to_uint8(picture))
    write_png(mask_path, (moves * np.uint8(255)).astype(np.uint8))
    return View(at, name, image_path=path, mask_path=mask_path, **where)


def _dataset(folder: Path, views: list[View], kind: str, **more: Any) -> Dataset:
    bounds = np.array([[-1, -1, CARD], [1, 1, WALL]])
    depths = [[CARD, WALL]] * (max(view.instance for view in views) + 1)
    return Dataset(Views.of(views), folder, kind, bounds, UP, {"near": CARD, "far": WALL, "ranges": depths}, **more)


def recording(folder: Path, time_steps: int = 3, cameras: int = 4, side_px: int = SIDE_PX) -> Dataset:
    """A rig of two rows; the card goes from left to right."""
    rig = [camera(0.25 * (number // 2), 0.2 * (number % 2), side_px) for number in range(cameras)]
    views = [
        _view(folder, f"{time}_{number}", at, 0.6 * time - 0.5, time=time, camera_index=number)
        for time in range(time_steps)
        for number, at in enumerate(rig)
    ]
    backgrounds = [_view(folder, f"still_{n}", at, None, camera_index=n) for n, at in enumerate(rig)]
    return _dataset(folder, views, "recording", backgrounds=Views.of(backgrounds))


def clips(folder: Path, lengths: tuple[int, ...]) -> Dataset:
    """Films of a camera that goes to the right."""
    views = [
        _view(folder, f"{clip}_{frame:03d}", camera(0.05 * frame), 0.3, instance=clip)
        for clip, length in enumerate(lengths)
        for frame in range(length)
    ]
    return _dataset(folder, views, "realestate10k", instances=tuple(f"clip{n}" for n in range(len(lengths))))


def config(**settings: Any) -> MaskVolumeConfig:
    """Whole small pictures in their own colours, compared by L1."""
    small = {"crop_px": 0, "augment": False, "loss_type": "l1", "lr": 2e-3, "max_steps": 1000, "img_wh": (64, 64)}
    return MaskVolumeConfig(**{**small, **settings})


def begun(dataset: Dataset, seed: int = 0, **settings: Any) -> Optimisation[MaskVolumeObjective]:
    return Optimisation(MaskVolumeObjective, Setup("mask_volume", dataset, config(**settings), CPU, seed))


def resumed(dataset: Dataset, checkpoint: Checkpoint) -> Optimisation[MaskVolumeObjective]:
    return Optimisation(MaskVolumeObjective, Setup.resumed(checkpoint, MaskVolumeConfig, dataset, CPU))


def equal(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)
