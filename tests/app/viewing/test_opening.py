"""What a scene is called, wherever it was opened from."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.viewing.opening import stem_of, title_of


@pytest.mark.parametrize(
    ("path", "title", "stem"),
    [
        ("scenes/toys.safetensors", "toys.safetensors", "toys"),
        ("runs/toys/scene.safetensors", "toys", "toys"),
        ("runs/toys v1.2/.live.safetensors", "toys v1.2", "toys v1.2"),
        ("runs/toys v1.2", "toys v1.2", "toys v1.2"),
    ],
)
def test_a_run_is_called_by_its_folder(path: str, title: str, stem: str, tmp_path: Path) -> None:
    where = tmp_path / path
    where.mkdir(parents=True) if not where.suffix.startswith(".s") else where.parent.mkdir(parents=True)
    assert (title_of(where), stem_of(where)) == (title, stem)
