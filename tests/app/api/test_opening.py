"""Opening a scene from a script, and the name that it is imported by."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vantage
from colour_grid.scene import ColourGridScene

import app.api
from app import __version__, demos
from engines.core.errors import UserError
from engines.core.storage.scene_file import write_scene_file
from tests.engines.core.examples import checkpoint

ROOT = Path(__file__).resolve().parents[3]


def test_all_that_is_promised_is_there() -> None:
    assert vantage.__all__ == app.api.__all__ == sorted(vantage.__all__)
    assert [name for name in vantage.__all__ if getattr(vantage, name) is not getattr(app.api, name)] == []
    assert vantage.__version__ == __version__ and vantage.UserError is UserError
    assert (ROOT / "app" / "python" / "vantage" / "py.typed").is_file()
    assert (ROOT / "app" / "py.typed").is_file() and (ROOT / "engines" / "py.typed").is_file()


@pytest.mark.slow
def test_importing_it_opens_no_window_and_no_command() -> None:
    code = (
        "import sys, vantage\n"
        "names = [name for name in sys.modules if name.startswith(('app.gui', 'app.commands', 'PyQt5', 'vispy'))]\n"
        "assert not names, names\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == "" and done.stdout == "" and done.returncode == 0


def test_it_is_opened_as_it_is_asked_for(run: vantage.TrainingRun, photographs: Path) -> None:
    scene = vantage.open(str(run.folder), data=photographs, device="cpu", up=np.array([0, 0, -2]), samples=np.int64(3))
    opened = scene._opened.scene
    assert isinstance(opened, ColourGridScene)
    assert scene.up.tolist() == [0, 0, -1] and opened.options.samples == 3
    assert len(scene.views("train")) == 6 and scene.views("test")[0].image().shape == (128, 128, 3)
    assert vantage.open(run.folder, device="cpu", up="-y").up.tolist() == [0, -1, 0]


def test_methods_are_named() -> None:
    assert vantage.methods()["colour_grid"] == "Colour grid"


def test_demos_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demos, "DEMO_FOLDER", tmp_path)
    write_scene_file(tmp_path / "cup.safetensors", checkpoint())
    with pytest.raises(UserError, match=r"^demo toys: there are "):
        vantage.demo()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"path": "nowhere.pth"}, "nowhere.pth: no such file"),
        ({"device": "abacus"}, "device abacus: unknown; use auto, cpu"),
        ({"data": "nowhere"}, "nowhere: no such folder"),
        ({"shine": 3}, "options: no field shine; there are samples, side_px"),
        ({"samples": object()}, "samples: can't be written as plain data"),
        ({"input": "a.png"}, "input a.png: this scene is not made of a photograph; leave it out"),
        ({"up": [0, 0]}, "up "),
    ],
)
def test_what_is_wrong_is_one_line(run: vantage.TrainingRun, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        vantage.open(**{"path": run.folder, "device": "cpu", **arguments})
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)
