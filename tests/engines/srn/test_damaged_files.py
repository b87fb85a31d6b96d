"""Torch files that look like the authors' at first: each is one line that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.app.damaging import Workshop, torch_contents, try_cases


@pytest.mark.slow
def test_damaged_files_of_the_authors_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = {"model": {"ray_marcher.lstm.weight_ih": torch.zeros(1), "phi.net.0": 1}}
    assert try_cases(list(torch_contents(Workshop(tmp_path, 1), [content])), capsys).total() == 2
