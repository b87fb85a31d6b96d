"""Presets by name, by file, and in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import presets
from app.presets import FOLDER, preset_names, presets_of, read_preset
from engines import registry
from engines.core.config import make_options
from engines.core.errors import UserError


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_options_of_its_engine(name: str) -> None:
    (preset,) = [each for engine in registry.all_engines() for each in presets_of(engine) if each.name == name]
    # Learning codes alone takes a class to learn them for, which no preset can name.
    own = {"checkpoint": "class.pth"} if preset.settings.get("freeze_networks") else {}
    make_options(registry.find_engine(preset.engine).Config, {**preset.settings, **own})
    assert read_preset(name, preset.engine) == preset.settings
    assert preset.title and preset.about


def test_the_quickest_comes_first() -> None:
    titles = [preset.title for preset in presets_of("deepvoxels")]
    assert [title.split(" (")[0] for title in titles[:2]] == ["Preview", "Standard"]
    assert all(preset.engine == "srn" for preset in presets_of("srn"))
    assert presets_of("unknown") == []


def test_a_title_says_how_thorough_and_what_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presets, "FOLDER", tmp_path)
    for name in ("srn_published_cars", "srn_odd", "srn_preview", "other_preview"):
        engine = name.split("_")[0]
        (tmp_path / f"{name}.yaml").write_text(f"# First,\n# second.\nengine: {engine}\nlr: 0.5\n")
    found = presets_of("srn")
    assert [preset.title for preset in found] == ["Preview", "As published (cars)", "Odd"]
    assert found[0].about == "First, second." and found[0].settings == {"lr": 0.5}


def test_a_preset_of_another_engine_is_refused() -> None:
    with pytest.raises(UserError, match="is for the engine deepvoxels, not srn"):
        read_preset("deepvoxels_preview", "srn")


def test_a_field_that_is_none_is_told_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("lr: 0.1\n1: 2\n")
    with pytest.raises(UserError, match=r"own\.yaml: no field 1; there are max_steps, "):
        read_preset(str(tmp_path / "own.yaml"), "srn")


def test_a_file_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("deepvoxels_preview").write_text("lr: 0.25\n")
    assert read_preset("deepvoxels_preview", "deepvoxels") == {"lr": 0.25}
    assert (FOLDER / "deepvoxels_preview.yaml").is_file()


@pytest.mark.parametrize("name", ["", ".", "nothing", "/"])
def test_what_is_not_there_lists_what_is(name: str) -> None:
    with pytest.raises(UserError, match=r"no such file; the presets are .*deepvoxels_preview"):
        read_preset(name, "deepvoxels")
