"""How soon there is something to see: after the start of the program, and after another scene was chosen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.demos import demo_scenes
from app.gui.window import Window
from tests.app.gui.benchmark_dragging import DEMO_PX, large_window  # noqa: F401
from tests.app.gui.conftest import NEVER
from tests.benchmarks.measuring import Measure, seconds

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 5
FIRST_S: Mapping[str, float] = {"toys": 1.07, "street": 0.3}
"""A third of what they took once."""


def begun(*words: str) -> None:
    """A process of Python, until its end."""
    # As it is where nobody forbids it: else all of the program is compiled at each start.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=True, stderr=subprocess.DEVNULL)


def benchmark_first_picture(qtbot: QtBot, measure: Measure) -> None:
    """From nothing to the demo's exact picture on the screen; the files lie in the system's memory."""

    def of_torch() -> float:
        return seconds(window) / seconds(lambda: begun("-c", "import torch"))

    def window() -> None:
        begun("-m", "tests.app.gui.first_picture")

    window()
    measure.figure("of import torch", measure.rounds(of_torch, ROUNDS), "x", at_most=2)


@pytest.mark.parametrize("path", demo_scenes(), ids=lambda path: path.stem)
def benchmark_scene(path: Path, large_window: Window, qtbot: QtBot, measure: Measure) -> None:  # noqa: F811
    """To its first picture, coarse or exact, where another scene was open; not the first time in the process."""
    others = [other for other in demo_scenes() if other != path][:1]

    def took() -> float:
        given = [opening_s(large_window, qtbot, each) for each in (*others, path)]
        return given[-1]

    took()
    measure.figure("", measure.rounds(took, ROUNDS), "s", at_most=FIRST_S.get(path.stem, 1.0))


def opening_s(window: Window, qtbot: QtBot, path: Path) -> float:
    began = time.perf_counter()
    window.files.open(path, None)

    def shown() -> bool:
        opened = window.session.opened
        return opened is not None and opened.path == path and window.looking.shown.picture is not None

    qtbot.waitUntil(shown, timeout=NEVER)
    return time.perf_counter() - began
