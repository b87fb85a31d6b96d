"""Damaged scene files, and torch files that look like the authors' at first: each is one line that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from app.demos import DEMO_FOLDER
from engines.core.storage.scene_file import read_scene_file
from tests.app.damaging import BYTES, TORCH_COMMANDS, Workshop, scene_files, torch_contents, try_cases

DEMO = DEMO_FOLDER / "toys.safetensors"
CONFIGS = (
    {"img_sidelength": "x"}, {"num_grid_feats": 100_000}, {"num_grid_feats": 10**9}, {"sampling_pattern": "x" * 10**6},
)  # fmt: skip
GRID = torch.zeros(1, 8, 4, 4, 4)


@pytest.mark.slow
def test_damaged_scene_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = list(scene_files(Workshop(tmp_path, 2), DEMO, "deepvoxels", CONFIGS))
    assert try_cases(cases, capsys).total() >= 100


@pytest.mark.damaged_files
@pytest.mark.timeout(3000)
def test_many_more_damaged_scene_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = list(scene_files(Workshop(tmp_path, 20), DEMO, "deepvoxels", CONFIGS))
    assert try_cases(cases, capsys).total() >= 500


@pytest.mark.slow
def test_damaged_files_of_the_authors_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop, sound = Workshop(tmp_path, 2), tmp_path / "sound.pth"
    weights = read_scene_file(DEMO).weights
    torch.save({"model": {name: tensor for name, tensor in weights.items() if tensor.numel() < 10_000}}, sound)
    cases = [case for words in TORCH_COMMANDS for case in shop.damaged("a", "a.pth", sound.read_bytes(), BYTES, *words)]
    contents = ({"model": {"deepvoxels": GRID}}, {"model": {"deepvoxels": GRID, "rendering_net.a": 3}})
    try_cases([*cases, *torch_contents(shop, contents)], capsys)
