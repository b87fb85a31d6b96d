"""Settings: what is kept, and what happens to damaged files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.settings import (
    FILE_NAME,
    INPUT_COUNT,
    RECENT_COUNT,
    VERSION,
    Recent,
    RememberedSettings,
    Settings,
    config_folder,
    load_settings,
    reset,
    save_settings,
)
from engines.core.errors import UserError


def test_a_first_start_has_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none") == Settings()


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    settings = Settings(
        theme="dark",
        navigation="fly",
        fly_speed=2.5,
        overlays=("box", "axes"),
        sharp_pixels=True,
        recent=(Recent("/a.pth", "/data"), Recent("/b.pth"), Recent("/c.pt", None, "/car.png")),
        inputs=("/car.png", "/photographs"),
        geometry="AAAA",
        panel=False,
        panel_width=321,
        export={"fps": 24.0},
        folders={"open": "/scenes"},
    )
    save_settings(settings, tmp_path)
    assert load_settings(tmp_path) == settings


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"theme": 3}', '{"recent": [1]}', '{"overlays": 1}', '{"inputs": 1}', "\xff"]
)
def test_a_damaged_file_gives_defaults_and_is_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text, encoding="latin-1")
    assert load_settings(tmp_path) == Settings()
    assert (tmp_path / "settings.json.bad").read_text(encoding="latin-1") == text
    assert not (tmp_path / FILE_NAME).exists()


def test_fields_of_a_newer_version_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps({"theme": "light", "holograms": True, "fly_speed": 2}))
    assert load_settings(tmp_path) == Settings(theme="light", fly_speed=2.0)


def test_recent_scenes_are_newest_first_and_few(tmp_path: Path) -> None:
    settings = Settings()
    for index in range(RECENT_COUNT + 3):
        settings = settings.with_recent(tmp_path / f"{index}.pth", None)
    settings = settings.with_recent(tmp_path / "5.pth", tmp_path)
    assert len(settings.recent) == RECENT_COUNT
    assert settings.recent[0] == Recent(str(tmp_path / "5.pth"), str(tmp_path))
    assert sum(recent.path.endswith("5.pth") for recent in settings.recent) == 1


def test_recent_scenes_of_an_older_version_have_no_photograph(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps({"recent": [{"path": "/a.pth", "data": None}]}))
    assert load_settings(tmp_path).recent == (Recent("/a.pth"),)


def test_input_photographs_are_newest_first_and_few(tmp_path: Path) -> None:
    settings = Settings()
    for index in range(INPUT_COUNT + 3):
        settings = settings.with_input(tmp_path / f"{index}.png")
    settings = settings.with_input(tmp_path / "7.png")
    assert len(settings.inputs) == INPUT_COUNT and settings.inputs[:2] == tuple(
        str(tmp_path / f"{index}.png") for index in (7, INPUT_COUNT + 2)
    )
    assert len(set(settings.inputs)) == INPUT_COUNT
    scene = settings.with_recent(tmp_path / "a.pt", None, tmp_path / "7.png")
    assert scene.recent[0].photograph == str(tmp_path / "7.png")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="can't be written"):
        save_settings(Settings(), tmp_path / "file")


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VANTAGE_CONFIG_DIR", str(tmp_path))
    save_settings(replace(Settings(), theme="dark"))
    assert config_folder() == tmp_path
    assert load_settings().theme == "dark"


def test_the_file_tells_its_version(tmp_path: Path) -> None:
    save_settings(Settings(), tmp_path)
    assert json.loads((tmp_path / FILE_NAME).read_text())["version"] == VERSION
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_the_file_of_a_newer_program_is_kept_beside(tmp_path: Path) -> None:
    newer = json.dumps({"version": VERSION + 1, "theme": "dark", "holograms": {"on": True}})
    (tmp_path / FILE_NAME).write_text(newer)
    settings = load_settings(tmp_path)
    save_settings(settings, tmp_path)
    assert settings == Settings(theme="dark")
    assert (tmp_path / f"settings.{VERSION + 1}.json").read_text() == newer
    # Once more: what this program wrote itself takes nobody's place.
    assert load_settings(tmp_path) == settings
    assert (tmp_path / f"settings.{VERSION + 1}.json").read_text() == newer


def test_settings_of_a_safe_start_are_not_written(own_settings: Path) -> None:
    settings = RememberedSettings(Settings(), kept=False)
    settings.update(theme="dark")
    settings.save()
    assert list(own_settings.iterdir()) == []
    RememberedSettings(Settings(theme="dark")).save()
    assert load_settings().theme == "dark"


def test_a_reset_keeps_what_was_made_unless_it_is_to_be_forgotten() -> None:
    used = Settings(theme="dark", panel=False, recent=(Recent("/a.pth"),), runs=("/run",), inputs=("/car.png",))
    assert reset(used) == Settings(recent=used.recent, runs=used.runs, inputs=used.inputs)
    assert reset(used, forget=True) == Settings()
