"""File > Export mesh: the file, how fine, how many triangles, from how many cameras."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.gui.dialog_parts import finish, fit_to_screen, row
from app.gui.mesh_order import MeshOrder
from app.gui.panel_parts import Choice, form, guard_wheel, label
from app.mesh.axes import AXES
from app.mesh.cameras import FEWEST_CAMERAS
from app.mesh.mesh_file import MESH_SUFFIXES
from app.mesh.meshing import MOST_VIEWS, RESOLUTIONS
from app.opening import Opened

MESH_FILTER = "Meshes ({})".format(" ".join("*" + suffix for suffix in MESH_SUFFIXES))
AXES_NAMES = {
    "auto": "By format (GLB, OBJ: +Y; PLY: as in the scene)",
    "world": "As in the scene (world axes)",
    "y-up": "+Y",
    "z-up": "+Z",
}
MOST_FACES = 10_000_000
FACES_STEP = 10_000


class MeshDialog(QDialog):
    """Filled with the last mesh's values."""

    def __init__(self, parent: QWidget, opened: Opened, order: MeshOrder) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export mesh")
        self.setMinimumWidth(480)
        self._rows = form()
        self._rows.setVerticalSpacing(10)
        self._make_numbers(opened, order)
        self._make_choices(order)
        self._make_out(order)
        self.note, self.start = finish(self, self._rows, "Export")
        self.out.textChanged.connect(self._check)
        self._check()
        fit_to_screen(self)

    def order(self) -> MeshOrder:
        """The values as they stand."""
        return MeshOrder(
            out=self.out.text(),
            resolution=self.resolution.value(),
            views=self.views.value(),
            faces=self.faces.value(),
            closed=self.closed.isChecked(),
            keep_background=self.keep_background.isChecked(),
            axes=self.axes.currentData(),
        )

    def _make_numbers(self, opened: Opened, order: MeshOrder) -> None:
        self.resolution = self._number("Resolution", RESOLUTIONS, order.resolution, "voxels along the longest side", 16)
        known = len(opened.scene.cameras)
        where = f"of {known}" if known >= FEWEST_CAMERAS else "all around the scene"
        self.views = self._number("Views", (1, MOST_VIEWS), order.views, where, 10)
        self.faces = self._number("Target faces", (0, MOST_FACES), order.faces, "triangles", FACES_STEP)
        self.faces.setSpecialValueText("(no limit)")
        self.faces.setGroupSeparatorShown(True)

    def _number(self, name: str, limits: tuple[int, int], value: int, unit: str, step: int) -> QSpinBox:
        box = QSpinBox()
        box.setRange(*limits)
        box.setSingleStep(step)
        box.setValue(value)
        line = row()
        line.addWidget(box)
        line.addWidget(label(unit, "muted"))
        line.addStretch(1)
        self._rows.addRow(name, line)
        return box

    def _make_choices(self, order: MeshOrder) -> None:
        self.axes = Choice()
        for axes in AXES:
            self.axes.addItem(AXES_NAMES[axes], axes)
        self.axes.setCurrentIndex(max(self.axes.findData(order.axes), 0))
        self.axes.setToolTip("GLB and OBJ are read with +Y up; the scene is turned until its own up is there")
        guard_wheel(self.axes)
        self._rows.addRow("Up axis", self.axes)
        self.closed = QCheckBox("Fill holes (watertight)")
        self.closed.setToolTip("A solid body, for printing; else the surface is open where no camera saw anything")
        self.closed.setChecked(order.closed)
        self.keep_background = QCheckBox("Keep background")
        self.keep_background.setToolTip("Else one plain colour all around the images is taken for empty space")
        self.keep_background.setChecked(order.keep_background)
        self._rows.addRow("", self.closed)
        self._rows.addRow("", self.keep_background)

    def _make_out(self, order: MeshOrder) -> None:
        self.out = QLineEdit(order.out)
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse)
        line = row()
        line.addWidget(self.out, 1)
        line.addWidget(browse)
        self._rows.addRow("Write to", line)

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Write to", self.out.text(), MESH_FILTER)
        if chosen:
            self.out.setText(chosen)

    def _check(self) -> None:
        """Says what is missing, or would be replaced."""
        out, missing, remark = self.out.text(), "", ""
        if not out:
            missing = "Choose where to write."
        elif Path(out).suffix.lower() not in MESH_SUFFIXES:
            missing = f"Name a mesh file: {', '.join(MESH_SUFFIXES)}."
        elif Path(out).expanduser().is_file():
            remark = "This file is there already and will be replaced."
        self.note.setText(missing or remark)
        self.start.setEnabled(not missing)


def ask_mesh(parent: QWidget, opened: Opened, order: MeshOrder) -> MeshOrder | None:
    """Runs the dialog; None where it was cancelled."""
    dialog = MeshDialog(parent, opened, order)
    return dialog.order() if dialog.exec_() == QDialog.Accepted else None
