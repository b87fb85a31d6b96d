"""The scenes that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import demos
from app.opening import open_scene


def test_the_fastest_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demos, "DEMO_FOLDER", tmp_path)
    assert demos.demo_scenes() == ()
    for name in ("toy_cars.safetensors", "toys.safetensors", "README.md"):
        (tmp_path / name).touch()
    assert [path.stem for path in demos.demo_scenes()] == ["toys", "toy_cars"]
    assert [demos.demo_title(path) for path in demos.demo_scenes()] == ["Toys", "Toy cars"]


@pytest.mark.parametrize("path", demos.demo_scenes(), ids=lambda path: path.stem)
def test_each_opens_by_itself_and_is_small(path: Path) -> None:
    scene = open_scene(path, None, "cpu").scene
    assert scene.cameras and not scene.assumptions
    assert path.stat().st_size <= 12e6
