"""Navigate > Mouse and keys > Speeds: how fast the hand moves the camera, and the turntable the scene."""

from __future__ import annotations

from collections.abc import Mapping

from app.camera.hand_settings import FASTEST, SLOWEST
from app.gui.dialog_parts import finish, fit_to_screen
from app.gui.panel.panel_parts import form, guard_wheel, label
from app.gui.qt import QDialog, QDoubleSpinBox, QWidget
from app.settings import Settings

TURNTABLE = "turntable_speed"
FASTEST_TURNTABLE = 180.0
"""Degrees a second: faster nothing is seen."""
ROWS: Mapping[str, tuple[str, str]] = {
    "orbit_speed": ("Orbit and look", "Drags that turn the scene, or the head"),
    "pan_speed": ("Pan", "Drags that slide the scene; at 1 it sticks to the cursor"),
    "zoom_speed": ("Zoom", "The wheel, and drags with Ctrl"),
    "fly_speed": ("Fly", "W A S D Q E; also Alt+Up and Alt+Down"),
    TURNTABLE: ("Turntable", "Anticlockwise seen from above; below 0 the other way round"),
}


class SpeedsDialog(QDialog):
    """A field for each speed."""

    def __init__(self, parent: QWidget, settings: Settings) -> None:
        super().__init__(parent)
        self.setWindowTitle("Speeds")
        self.fields: dict[str, QDoubleSpinBox] = {}
        rows = form()
        for name, (title, tip) in ROWS.items():
            box = QDoubleSpinBox()
            turns = name == TURNTABLE
            box.setRange(-FASTEST_TURNTABLE if turns else SLOWEST, FASTEST_TURNTABLE if turns else FASTEST)
            box.setDecimals(1 if turns else 2)
            box.setSingleStep(1.0 if turns else 0.1)
            box.setSuffix(" °/s" if turns else " ×")
            box.setValue(getattr(settings, name))
            box.setToolTip(tip)
            guard_wheel(box)
            self.fields[name] = box
            title_label = label(title, "muted")
            title_label.setToolTip(tip)
            rows.addRow(title_label, box)
        note, _ = finish(self, rows, "Set")
        note.hide()
        fit_to_screen(self, 300)

    def speeds(self) -> dict[str, float]:
        """What was chosen, by the names of the settings."""
        return {name: box.value() for name, box in self.fields.items()}
