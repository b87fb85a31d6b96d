"""Presets by name, by file, and in order: an engine's own, and the user's."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from app.training import presets
from app.training.presets import FOLDER, about, preset_names, presets_of, read_preset, refusals
from engines import registry
from engines.core.config import check_fields
from engines.core.errors import UserError

PREVIEW = "# A handful of voxels, for a test\n# that has no time.\nengine: colour_grid\ngrid_dim: 5\n"


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the user's presets."""
    monkeypatch.setattr(presets, "FOLDER", tmp_path / "configs")
    (tmp_path / "configs").mkdir()
    return tmp_path / "configs"


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_options_of_its_engine(name: str) -> None:
    (preset,) = [each for engine in registry.all_engines() for each in presets_of(engine) if each.name == name]
    check_fields(registry.find_engine(preset.engine).Config, preset.settings, name)
    assert read_preset(name, preset.engine) == preset.settings
    assert preset.title and preset.about


@pytest.mark.parametrize("engine", sorted(registry.all_engines()))
def test_the_quickest_comes_first(engine: str) -> None:
    found = presets_of(engine)
    words = ("preview", "standard", "published")
    levels = [next((words.index(word) for word in words if word in preset.name), 3) for preset in found]
    assert levels == sorted(levels) and all(preset.engine == engine for preset in found)


def test_an_installed_package_brings_presets_in_its_own_folder() -> None:
    first, second, third = presets_of("colour_grid")
    assert (first.name, first.title, first.settings["grid_dim"]) == ("colour_grid_preview", "Preview", 6)
    assert first.about == "A handful of voxels, for a test that has no time."
    assert (second.name, second.title) == ("colour_grid_fine_standard", "Standard (fine)")
    assert (third.name, third.title) == ("colour_grid_colours_only", "Colours only")
    assert read_preset("colour_grid_preview", "colour_grid") == {"grid_dim": 6, "max_steps": 5000, "lr": 0.02}
    # Its neighbour in the package has the same folder, under its own name.
    assert [preset.engine for preset in presets_of("colour_film")] == ["colour_film"] * 3
    assert presets_of("unknown") == []


@pytest.fixture
def lone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An engine in a module of no package, with a folder of others' beside it."""
    (tmp_path / "lone_method.py").write_text(
        "from colour_grid.engine import ColourGrid\nclass Lone(ColourGrid):\n    name = 'lone'\nENGINE = Lone()\n"
    )
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "theirs.yaml").write_text("voices: 4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = [importlib.metadata.EntryPoint("lone", "lone_method", registry.ENTRY_POINTS)]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: entries)
    registry._found.cache_clear()
    yield
    sys.modules.pop("lone_method", None)
    registry._found.cache_clear()


def test_what_lies_beside_a_module_of_no_package_is_not_its_own(lone: None) -> None:
    assert registry.find_engine("lone").name == "lone" and presets_of("lone") == []


def test_the_users_own_are_offered_with_the_engines(users: Path) -> None:
    (users / "README.md").write_text("# not one")
    (users / "cups_published.yaml").write_text(PREVIEW)
    (users / "odd.yaml").write_text("engine: colour_grid\nlr: 0.5\n")
    titles = [preset.title for preset in presets_of("colour_grid")]
    assert titles == ["Preview", "Standard (fine)", "As published (cups)", "Colours only", "Odd"]
    own = presets_of("colour_grid")[2]
    assert own.name == "cups_published" and own.settings == {"grid_dim": 5}
    assert own.about == "A handful of voxels, for a test that has no time."
    assert read_preset("odd", "colour_grid") == read_preset("odd.yaml", "colour_grid") == {"lr": 0.5}
    assert {"odd", "cups_published", "colour_grid_preview"} <= set(preset_names()) and refusals() == ()


def test_a_name_that_an_engines_preset_has_is_refused(users: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = users / "colour_grid_preview.yaml"
    taken.write_text(PREVIEW)
    said = f"{taken}: a preset of Colour grid is called colour_grid_preview; rename the file"
    assert refusals() == (said,) and about(None) == said
    assert [preset.settings.get("grid_dim") for preset in presets_of("colour_grid")] == [6, 16, None]
    words = ["train", "data", "--method", "colour_grid", "--out", "run", "--config", "colour_grid_preview"]
    assert cli.main(words) == 1
    assert capsys.readouterr().err == f"vantage: {said}\n"
    # By its place it can be had.
    assert read_preset(str(taken), "colour_grid") == {"grid_dim": 5}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lr: 0.1\n", "its field engine must name a method: .*colour_grid"),
        ("engine: nope\n", "its field engine must name a method: .*colour_grid"),
        ("engine: [1]\n", "its field engine must name a method"),
        ("engine: colour_grid\nlr: -1\n", r"lr=-1"),
        ("engine: colour_grid\nvoices: 4\n", r"no field voices"),
        ("engine: colour_grid\n1: 4\n", r"no field 1"),
        ("a: [", "not YAML"),
    ],
)
def test_what_can_not_be_offered_is_said_in_a_line_and_the_rest_is(users: Path, text: str, told: str) -> None:
    (users / "a.yaml").write_text(text)
    (users / "b.yaml").write_text(PREVIEW)
    (line,) = refusals()
    assert re.fullmatch(rf"{users / 'a.yaml'}: .*{told}.*", line)
    assert "b" in [preset.name for preset in presets_of("colour_grid")]


def test_a_preset_of_another_engine_is_refused(users: Path) -> None:
    with pytest.raises(UserError, match="is for the engine colour_grid, not colour_film"):
        read_preset("colour_grid_preview", "colour_film")
    (users / "mine.yaml").write_text(PREVIEW)
    with pytest.raises(UserError, match="is for the engine colour_grid, not colour_film"):
        read_preset("mine", "colour_film")


def test_a_field_that_is_none_is_told_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("lr: 0.1\n1: 2\n")
    with pytest.raises(UserError, match=r"own\.yaml: no field 1; there are max_steps, "):
        read_preset(str(tmp_path / "own.yaml"), "colour_grid")


def test_a_file_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("colour_grid_preview").write_text("lr: 0.25\n")
    assert read_preset("colour_grid_preview", "colour_grid") == {"lr": 0.25}


def test_no_preset_of_an_engine_lies_in_the_users_folder() -> None:
    assert FOLDER.is_dir() and not refusals()


@pytest.mark.parametrize("name", ["", ".", "nothing", "/"])
def test_what_is_not_there_lists_what_is(name: str) -> None:
    with pytest.raises(UserError, match=r"no such file; the presets are .*colour_grid_preview"):
        read_preset(name, "colour_grid")
