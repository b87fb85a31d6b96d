"""The scenes that ship."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app import demos
from app.viewing.opening import open_scene
from engines.core.errors import UserError
from engines.core.scene_abilities import ChoosesSources
from engines.core.storage.scene_file import write_scene_file
from tests.engines.core.examples import checkpoint


def write(folder: Path, name: str, engine: str) -> None:
    write_scene_file(folder / f"{name}.safetensors", replace(checkpoint(), engine=engine))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for demo scenes."""
    monkeypatch.setattr(demos, "DEMO_FOLDER", tmp_path)
    return tmp_path


def test_the_fastest_comes_first(folder: Path) -> None:
    assert demos.demo_scenes() == ()
    for name in ("toy_cars", "toys", "street"):
        write(folder, name, "colour_grid")
    (folder / "README.md").touch()
    assert [path.stem for path in demos.demo_scenes()] == ["toys", "street", "toy_cars"]
    assert [demos.demo_title(path) for path in demos.demo_scenes()] == ["Toys", "Street", "Toy cars"]


def test_what_no_installed_method_draws_is_left_out_and_what_is_damaged_says_so(folder: Path) -> None:
    write(folder, "toys", "a_method_that_is_gone")
    write(folder, "toy_cars", "colour_grid")
    (folder / "street.safetensors").write_bytes(b"version https://git-lfs")
    assert [path.stem for path in demos.demo_scenes()] == ["street", "toy_cars"]
    with pytest.raises(UserError, match=r"street\.safetensors: not a scene file, or damaged"):
        open_scene(demos.demo_scenes()[0], None, "cpu")


def test_only_headers_are_read(folder: Path) -> None:
    write(folder, "toys", "colour_grid")
    content = (folder / "toys.safetensors").read_bytes()
    (folder / "toys.safetensors").write_bytes(content[: 8 + int.from_bytes(content[:8], "little")])
    assert len(demos.demo_scenes()) == 1


@pytest.mark.parametrize("path", demos.demo_scenes(), ids=lambda path: path.stem)
def test_each_opens_by_itself_and_is_small(path: Path) -> None:
    scene = open_scene(path, None, "cpu").scene
    # Which photographs are chosen is said where there are more.
    assert scene.cameras and (isinstance(scene, ChoosesSources) or not scene.assumptions)
    assert path.stat().st_size <= 12e6
