"""States of dialogs and of exports, and how each is reached from the one before."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from app.gui.main_window.fault_dialog import FaultDialog
from app.gui.qt import QDialog, QDialogButtonBox, QLineEdit
from engines.core.camera import Camera
from engines.core.engine import Stop
from engines.core.frame import Frame
from tests.pictures.scene import PicturedScene
from tests.pictures.stage import SCENE, Reach, Shot, Stage, Walk
from tests.pictures.window_states import with_photographs

FOR_EVER_S = 1e6
REPORT = (
    "Traceback (most recent call last):\n"
    '  File "~/vantage/app/gui/viewport/looking.py", line 12, in draw\n'
    "KeyError: 'normals'\n\n"
    "Vantage    1.0.0, Python 3.13.0\n"
    "OpenGL     a graphics card\n"
    "Settings   theme=dark\n\n"
    "Log, the last 60 lines\n"
    "2026-01-02 03:04:05,678 9 INFO app.diagnostics.log_file: Vantage 1.0.0: view\n"
)


class HaltingScene(PicturedScene):
    """Draws three frames, and is at the fourth until it is stopped."""

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        self.seconds = FOR_EVER_S if self.rendered >= 3 else 0.0
        return super().render(camera, controls, stop)


def dialog(keys: str) -> Reach:
    """The dialog that keys open."""
    return lambda hand: hand.of_modal(lambda: hand.press(keys))


def export(hand: Stage, out: str, frames: int) -> None:
    """Orders an export in its dialog."""

    def order(asked: QDialog) -> None:
        hand.type(asked.out, out)
        asked.frames.setValue(frames)
        box = asked.findChild(QDialogButtonBox)
        next(button for button in box.buttons() if button.text() == "Export").click()

    hand.of_modal(lambda: hand.press("Ctrl+E"), order)


def exported(hand: Stage) -> Shot:
    """A folder of two images is written."""
    export(hand, "frames", 2)
    hand.wait(lambda: not hand.window.commands["cancel_export"].isEnabled())
    # The current folder is another each time.
    hand.window.export_bar.left.setText("/home/ada/videos")
    return hand.window.export_bar


def exporting(hand: Stage) -> Shot:
    """Three of thirty frames of a video are drawn."""
    hand.shelf.scenes[SCENE.name] = HaltingScene
    export(hand, "orbit.mp4", 30)
    bar = hand.window.export_bar
    hand.wait(lambda: bar.progress.value() == 3)
    # How long the rest takes is told by the clock.
    bar.left.setText("3 of 30  ·  12 s left")
    return None


def choose_file(hand: Stage) -> Shot:
    """The export dialog, on a path of cameras in a file that is still to be chosen."""

    def choose(asked: QDialog) -> None:
        path = asked.path
        path.setCurrentIndex(path.findData("file"))
        taken.append(hand.picture(asked))
        asked.reject()

    taken: list[Shot] = []
    hand.of_modal(lambda: hand.press("Ctrl+E"), choose)
    return taken[0]


def find(hand: Stage) -> Shot:
    """The shortcut sheet, narrowed by a word."""

    def search(asked: QDialog) -> None:
        hand.type(asked.findChild(QLineEdit), "mesh")
        taken.append(hand.picture(asked))
        asked.reject()

    taken: list[Shot] = []
    hand.of_modal(lambda: hand.press("F1"), search)
    return taken[0]


def dark_export(hand: Stage) -> Shot:
    """The export dialog in the dark theme."""
    hand.press("Ctrl+Alt+D")
    return dialog("Ctrl+E")(hand)


def closing(hand: Stage) -> Shot:
    """The question that closing the window asks while an export is under way."""
    return hand.of_modal(lambda: hand.window.close())


def software(hand: Stage) -> Shot:
    """The status line where OpenGL is drawn by the processor."""
    hand.renderer = "llvmpipe"
    return None


def reset_question(hand: Stage) -> Shot:
    """What Help > Reset settings asks."""
    return hand.of_modal(lambda: hand.press("Ctrl+Shift+F2"))


def fault(hand: Stage) -> Shot:
    """The dialog that a fault ends in, with a report that is the same everywhere."""
    reporting = hand.window.reporting
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "text", lambda above: REPORT)
        reporting.show(KeyError("normals"))
    shown = hand.window.findChild(FaultDialog)
    shown.activateWindow()
    hand.wait(lambda: shown.isActiveWindow())
    taken = hand.picture(shown)
    shown.close()
    return taken


DIALOGS = {
    "dialogs": Walk(
        {
            "export_dialog": lambda hand: with_photographs(hand) or dialog("Ctrl+E")(hand),
            "export_dialog_file": choose_file,
            "mesh_dialog": dialog("Ctrl+Shift+E"),
            "shortcut_sheet": dialog("F1"),
            "shortcut_search": find,
            "about": dialog("Shift+F1"),
            "fault": fault,
            "reset_question": reset_question,
            "software_opengl": software,
            "dark_export_dialog": dark_export,
        }
    ),
    "exports": Walk(
        {
            "exported": lambda hand: with_photographs(hand) or exported(hand),
            "export_running": exporting,
            "quit_question": closing,
        }
    ),
}
