"""The report: what a developer needs, and nothing that is nobody's business."""

from __future__ import annotations

import builtins
import importlib.metadata
import logging
from pathlib import Path
from typing import Any

import pytest

from app import __version__
from app.diagnostics.log_file import logged
from app.diagnostics.report import changed_settings, ffmpeg_version, machine_rows, report_text, without_home
from app.settings import Recent, Settings


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of one's own, reached through a link."""
    (tmp_path / "real" / "ada").mkdir(parents=True)
    (tmp_path / "home").symlink_to(tmp_path / "real")
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "ada"))
    return tmp_path / "home" / "ada"


def test_it_has_what_a_developer_asks_for(home: Path) -> None:
    with logged("view", ["scene.pth"]):
        logging.getLogger("app").warning("the disk is full")
        text = report_text({"OpenGL": "llvmpipe", "Nothing": ""}, Settings(theme="dark"), ["KeyError: 3"])
    assert text.startswith("KeyError: 3\n") and "Nothing" not in text
    for part in (__version__, "torch", "Qt", "VisPy", "ffmpeg", "Python", "cores", "free", "theme=dark", "llvmpipe"):
        assert part in text, part
    assert "view scene.pth" in text and "the disk is full" in text


def test_no_path_of_the_home_is_in_it(home: Path) -> None:
    used = Settings(
        theme="dark",
        recent=(Recent(str(home / "secret.pth")),),
        runs_home=str(home / "runs"),
        export={"path": str(home / "path.json"), "fps": 12.0, "more": [str(home)]},
        folders={"open": str(home)},
    )
    with logged("view", [str(home / "scene.pth")]):
        logging.getLogger("app").error("%s: no such file", home.resolve() / "data" / "a.png")
        text = report_text({"Not available: toy": f"failed ({home}/toy.py, line 3)"}, used)
    assert "ada" not in text
    assert "~/scene.pth" in text and "~/data/a.png: no such file" in text and "(~/toy.py, line 3)" in text
    assert "'fps': 12.0" in text and "path.json" not in text and "secret" not in text


def test_a_home_is_no_other_that_begins_like_it(home: Path) -> None:
    assert without_home(f"{home}beth/x {home}-2 {home}.old") == f"{home}beth/x {home}-2 {home}.old"
    assert without_home(f"'{home}' {home}, {home}. {home}/x\n{home}") == "'~' ~, ~. ~/x\n~"


def test_of_a_service_whose_home_is_the_root_nothing_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")
    assert without_home("/data/x") == "/data/x"


def test_only_settings_that_were_changed_are_told() -> None:
    assert changed_settings(Settings()) == "as at a first start"
    assert changed_settings(Settings(panel=False, fly_speed=2.0)) == "fly_speed=2.0, panel=False"


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", gone)
    assert "VisPy missing" in machine_rows()["Libraries"]
    own = builtins.__import__

    def without_ffmpeg(name: str, *rest: Any, **more: Any) -> Any:
        if name == "imageio_ffmpeg":
            raise ModuleNotFoundError("No module named 'imageio_ffmpeg'")
        return own(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_ffmpeg)
    assert ffmpeg_version().startswith("missing (ModuleNotFoundError")
