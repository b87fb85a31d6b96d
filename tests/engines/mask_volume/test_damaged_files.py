"""Torch files that look like the authors' at first: each is one line that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.app.damaging import Workshop, torch_contents, try_cases


@pytest.mark.slow
def test_damaged_files_of_the_authors_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = {"state_dict": {"models.mpi_net.conv1_1.model.0.weight": torch.zeros(8, 6, 7, 7, 7)}}
    assert try_cases(list(torch_contents(Workshop(tmp_path, 1), [content])), capsys).total() == 2
