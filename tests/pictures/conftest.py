"""What tests of pictures share: the judge of each picture, and a window to be pictured."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pytestqt.qtbot import QtBot
from torch.torch_version import TorchVersion

from app.gui.qt import QApplication, QFontInfo
from app.gui.viewport.gl import OpenGl
from app.training.runs.measure import Estimate
from engines import registry
from engines.core.camera import Array
from engines.core.data.images import write_png
from engines.core.storage.scene_file import write_scene_file
from tests.app.gui.conftest import Shelf, shelf  # noqa: F401 - a fixture
from tests.app.gui.training.conftest import FakeRun, runs  # noqa: F401 - a fixture
from tests.engines.core.examples import checkpoint
from tests.pictures import album
from tests.pictures.contents import ALL
from tests.pictures.scene import PicturedScene
from tests.pictures.stage import HOME, SCENE, Stage, World, stage_for

FONTS = Path("tests/fonts.conf")
MEASURED = Estimate(7260.0, (0.5,), 2.0, 2 * 10**9, 8 * 10**9, 10**8, 10**10, ("the grid was made to fit",))
PATIENCE_MS = 3_600_000
"""For scenes as they are, which take what they take."""
MakeStage = Callable[[tuple[int, int]], AbstractContextManager[Stage]]


@pytest.fixture(scope="module", autouse=True)
def seen_only(uncounted: None) -> None:
    """That a line ran on the way to a picture says little."""


def other_display() -> str:
    """Why windows don't look here as where they were pictured; "" where they do."""
    if not os.environ.get("FONTCONFIG_FILE", "").endswith(str(FONTS)):
        return "windows are compared with their pictures on the virtual display only (Xvfb)"
    if QFontInfo(QApplication.font()).family() != "DejaVu Sans":
        return "no DejaVu Sans: install it (apt-get install fonts-dejavu-core)"
    return ""


class Judge:
    """Compares pictures with the stored ones, and fails at the end with all that differ."""

    def __init__(self) -> None:
        self.verdicts: list[album.Verdict] = []

    def __call__(self, name: str, pixels: Array) -> None:
        folder = album.drawing_to()
        if folder is not None:
            write_png(folder / f"{name}.png", pixels)
        else:
            self.verdicts.append(album.judge(name, pixels, ALL[name].tolerance))

    def conclude(self) -> None:
        """Fails where a picture differs."""
        told = [verdict for verdict in self.verdicts if verdict.text]
        if told:
            names = " ".join(verdict.name for verdict in told)
            lines = "\n".join(verdict.text for verdict in told)
            pytest.fail(
                f"{lines}\nLook: {album.COMMAND} {names}; take the new ones over: {album.COMMAND} --accept {names}",
                pytrace=False,
            )


@pytest.fixture
def judge() -> Judge:
    """To be called with each picture, and asked at the end."""
    return Judge()


@pytest.fixture
def stage(
    qtbot: QtBot,
    shelf: Shelf,  # noqa: F811
    runs: list[FakeRun],  # noqa: F811
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> MakeStage:
    """Gives the window at a size; it opens the balls."""
    if reason := other_display():
        pytest.skip(reason)
    shelf.scenes[SCENE.name] = PicturedScene
    tell_of_no_machine(monkeypatch, tmp_path)
    # The methods of the tests alone, whichever others there are.
    choose_methods(monkeypatch, packaged=True)
    demos = tmp_path_factory.mktemp("demos")
    for name in ("toys", "toy_cars", "street"):
        write_scene_file(demos / f"{name}.safetensors", replace(checkpoint(), engine="colour_grid"))
    monkeypatch.setattr("app.demos.DEMO_FOLDER", demos)
    monkeypatch.setattr("app.gui.training.dialog.measure_request", lambda order, stop: MEASURED)
    # What About tells of this machine.
    monkeypatch.setattr("platform.python_version", lambda: "3.13.0")
    monkeypatch.setattr(torch, "__version__", TorchVersion("2.13.0"))
    monkeypatch.setattr("app.gui.menus.about.__version__", "1.0.0")
    monkeypatch.setattr("app.gui.menus.about.BINDING_TITLE", "PyQt 5.15.0")
    # Told as a part of the device's name.
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    return lambda size_px: stage_for(qtbot, World(shelf, runs, tmp_path), size_px)


@pytest.fixture
def guide(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeStage:
    """Gives the window at a size, with the program's own methods and demo scenes."""
    if reason := other_display():
        pytest.skip(reason)
    tell_of_no_machine(monkeypatch, tmp_path)
    choose_methods(monkeypatch, packaged=False)
    # How many threads there are would change what is drawn by them.
    monkeypatch.setattr("app.gui.panel.scene_panel.describe_device", lambda device: "CPU, 8 threads")
    return lambda size_px: stage_for(qtbot, World(Shelf(), (), tmp_path), size_px, PATIENCE_MS)


def tell_of_no_machine(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """What is written of folders and of OpenGL is the same everywhere; `folder`: the current one."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(HOME))
    # Tests' displays have none, whose pictures would all say so.
    monkeypatch.setattr("app.gui.main.probe_opengl", lambda: OpenGl("a graphics card"))
    monkeypatch.setenv("VANTAGE_CANVAS", "painter")


def choose_methods(monkeypatch: pytest.MonkeyPatch, packaged: bool) -> None:
    """Of all methods those of installed packages, which the tests bring, or the program's own."""
    found = registry._found()
    chosen = {name: engine for name, engine in found.working.items() if bool(found.origins[name].package) == packaged}
    monkeypatch.setattr(registry, "_found", lambda: replace(found, working=chosen))
