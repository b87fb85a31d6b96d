"""Camera path > Generate: a turn, one of LLFF's paths, or a run through the training views, as keys."""

from __future__ import annotations

from dataclasses import dataclass

from app.gui.dialog_parts import finish, fit_to_screen
from app.gui.panel.panel_parts import Choice, form
from app.gui.qt import QDialog, QDoubleSpinBox, QWidget
from app.path_editing import generated
from app.path_editing.generated import Place
from engines.core.paths.keyframes import KeyedPath

TURN, VIEWS, RUN = "turn", "views", "run"
TITLES = {
    TURN: "Orbit: around the pivot",
    "spiral": "Spiral (LLFF)",
    "circle": "Circle (LLFF)",
    "x": "Left to right (LLFF x)",
    "y": "Up and down (LLFF y)",
    "z": "Dolly in/out (LLFF z)",
    VIEWS: "Through the training views",
    RUN: "Smoothed run along the training views",
}
SECONDS = {TURN: 6.0, "spiral": 4.0, "circle": 2.0, "x": 2.0, "y": 2.0, "z": 2.0, VIEWS: 1.0, RUN: 0.25}
"""Of the whole path, but of the last two for each view."""


@dataclass(frozen=True)
class Generated:
    """What was chosen."""

    kind: str = TURN
    degrees: float = 360.0
    seconds: float = SECONDS[TURN]

    def path(self, place: Place) -> KeyedPath:
        """The keys of it.

        Raises:
            UserError: it can't be made here, and why.
        """
        if self.kind == TURN:
            return generated.turn(place, self.degrees, self.seconds)
        if self.kind == VIEWS:
            return generated.through_views(place, self.seconds)
        if self.kind == RUN:
            return generated.smoothed_run(place, self.seconds)
        return generated.llff(place, self.kind, self.seconds)


class GenerateDialog(QDialog):
    """Asks which path, how far and how long."""

    def __init__(self, parent: QWidget, has_views: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("Generate camera path")
        self.setMinimumWidth(420)
        self._rows = form()
        self._rows.setVerticalSpacing(10)
        self.kind = Choice()
        for kind, title in TITLES.items():
            if has_views or kind not in (VIEWS, RUN):
                self.kind.addItem(title, kind)
        self.degrees, self.seconds = QDoubleSpinBox(), QDoubleSpinBox()
        self.degrees.setRange(-3600, 3600)
        self.degrees.setSuffix("°")
        self.degrees.setValue(360)
        self.degrees.setToolTip("How far around; negative is the other way, 360 is once around and loops")
        self.seconds.setRange(0.01, 3600)
        self.seconds.setSuffix(" s")
        self._rows.addRow("Path", self.kind)
        self._rows.addRow("Angle", self.degrees)
        self._rows.addRow("Length", self.seconds)
        self.note, self.start = finish(self, self._rows, "Generate")
        self.kind.currentIndexChanged.connect(self._follow)
        for box in (self.degrees, self.seconds):
            box.valueChanged.connect(lambda _: self._check())
        self._follow()
        fit_to_screen(self)

    def _follow(self) -> None:
        kind = self.kind.currentData()
        self.seconds.setValue(SECONDS[kind])
        self.seconds.setSuffix(" s a view" if kind in (VIEWS, RUN) else " s")
        self._check()

    def _check(self) -> None:
        turn = self.kind.currentData() == TURN
        self.degrees.setEnabled(turn)
        wrong = "A turn needs an angle." if turn and self.degrees.value() == 0 else ""
        self.note.setText(wrong or "It takes the place of the keys there are; Undo brings them back.")
        self.start.setEnabled(not wrong)

    def chosen(self) -> Generated:
        """What is chosen now."""
        return Generated(self.kind.currentData(), self.degrees.value(), self.seconds.value())


def ask_generated(parent: QWidget, has_views: bool) -> Generated | None:
    """Runs the dialog; None where it was cancelled."""
    dialog = GenerateDialog(parent, has_views)
    return dialog.chosen() if dialog.exec() == QDialog.DialogCode.Accepted else None
