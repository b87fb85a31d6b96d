"""File > Export mesh: the file, how fine, how many triangles; of depths from how many cameras, or a surface itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.gui.dialog_parts import add_place, finish, fit_to_screen, row, what_is_replaced
from app.gui.export.mesh_settings import MeshSettings, possible_source
from app.gui.panel.panel_parts import Choice, form, guard_wheel, label
from app.gui.qt import QCheckBox, QDialog, QSpinBox, QWidget, present
from app.mesh.axes import AXES
from app.mesh.cameras import FEWEST_CAMERAS
from app.mesh.mesh_export import DEPTH, MOST_VIEWS, RESOLUTIONS, SURFACE, mesh_source
from app.mesh.mesh_file import MESH_SUFFIXES
from app.viewing.opening import Opened
from engines.core.engine import Scene
from engines.core.errors import UserError

MESH_FILTER = "Meshes ({})".format(" ".join("*" + suffix for suffix in MESH_SUFFIXES))
AXES_NAMES = {
    "auto": "By format (GLB, OBJ: +Y; PLY: as in the scene)",
    "world": "As in the scene (world axes)",
    "y-up": "+Y",
    "z-up": "+Z",
}
SOURCE_NAMES = {SURFACE: "The surface that the scene is", DEPTH: "Its depths, fused"}
MOST_FACES = 10_000_000
FACES_STEP = 10_000


@dataclass(frozen=True)
class _Row:
    """A row that comes and goes.

    Attributes:
        name: its label.
        before: the field of the row that it stands before.
    """

    name: QWidget | None
    field: QWidget
    before: Callable[[], QWidget]


class MeshDialog(QDialog):
    """Filled with the last mesh's values."""

    def __init__(self, parent: QWidget, opened: Opened, settings: MeshSettings) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export mesh")
        self.setMinimumWidth(480)
        self._rows = form()
        self._rows.setVerticalSpacing(10)
        # Rows that mean something for one kind of mesh only, and the row of all kinds that each comes before.
        self._only: dict[str, list[_Row]] = {SURFACE: [], DEPTH: []}
        self._make_source(opened.scene, settings)
        self._make_numbers(opened, settings)
        self._make_choices(settings)
        self.out = add_place(self._rows, settings.out, MESH_FILTER)
        self.note, self.start = finish(self, self._rows, "Export")
        self.out.textChanged.connect(self._check)
        self.source.currentIndexChanged.connect(self._fit_source)
        self._check()
        self._fit_source()

    def settings(self) -> MeshSettings:
        """The values as they stand."""
        return MeshSettings(
            out=self.out.text(),
            resolution=self.resolution.value(),
            views=self.views.value(),
            faces=self.faces.value(),
            closed=self.closed.isChecked(),
            keep_background=self.keep_background.isChecked(),
            axes=self.axes.currentData(),
            source=self.source.currentData() if self.source.count() > 1 else self._wanted,
            cells=self.cells.value(),
            refine=self.refine.isChecked(),
            all_pieces=self.all_pieces.isChecked(),
        )

    def _make_source(self, scene: Scene, settings: MeshSettings) -> None:
        """What there is to choose from; a scene of one kind leaves the choice for others as it was."""
        self._wanted, self.source = settings.source, Choice()
        for source in SOURCE_NAMES:
            with contextlib.suppress(UserError):
                self.source.addItem(SOURCE_NAMES[mesh_source(scene, source)], source)
        self.source.setCurrentIndex(max(self.source.findData(possible_source(scene, settings.source)), 0))
        self.source.setToolTip("The surface itself is exact; its depths show what the cameras see of it")
        guard_wheel(self.source)
        if self.source.count() > 1:
            self._rows.addRow("Made of", self.source)

    def _fit_source(self) -> None:
        """Has those rows that mean something for a mesh of the chosen kind; hidden ones would leave gaps."""
        for source, rows in self._only.items():
            chosen = source == self.source.currentData()
            for each in rows:
                if not chosen and self._place(each.field) >= 0:
                    self._rows.takeRow(each.field)
                for part in (each.name, each.field):
                    if part is not None:
                        part.setVisible(chosen)
                if chosen and self._place(each.field) < 0:
                    self._rows.insertRow(self._place(each.before()), each.name or "", each.field)
        self._rows.activate()
        # What lies around the form keeps its hints until the next turn of the event loop.
        around = self._rows.parentWidget()
        while around is not self:
            around.updateGeometry()
            around = around.parentWidget()
        fit_to_screen(self, self.minimumWidth())

    def _place(self, field: QWidget) -> int:
        """Which row it is in; -1 in none."""
        row, _ = self._rows.getWidgetPosition(field)
        return present(row)

    def _make_numbers(self, opened: Opened, settings: MeshSettings) -> None:
        along = "along the longest side"
        self.resolution = self._number(
            "Resolution", RESOLUTIONS[DEPTH], settings.resolution, f"voxels {along}", 16, DEPTH
        )
        self.cells = self._number("Resolution", RESOLUTIONS[SURFACE], settings.cells, f"cells {along}", 16, SURFACE)
        known = len(opened.scene.cameras)
        where = f"at most, of {known}" if known >= FEWEST_CAMERAS else "all around the scene"
        self.views = self._number("Views", (1, MOST_VIEWS), settings.views, where, 10, DEPTH)
        self.faces = self._number("Target faces", (0, MOST_FACES), settings.faces, "triangles", FACES_STEP)
        self.faces.setSpecialValueText("(no limit)")
        self.faces.setGroupSeparatorShown(True)

    def _number(
        self, name: str, limits: tuple[int, int], value: int, unit: str, step: int, source: str | None = None
    ) -> QSpinBox:
        """A row; `source`: the kind of mesh that it is for, None: all."""
        box = QSpinBox()
        box.setRange(*limits)
        box.setSingleStep(step)
        box.setValue(value)
        whole = QWidget()
        line = row(whole)
        line.addWidget(box)
        line.addWidget(label(unit, "muted"))
        line.addStretch(1)
        self._rows.addRow(name, whole)
        if source is not None:
            title, before = self._rows.labelForField(whole), lambda: present(self.faces.parentWidget())
            self._only[source].append(_Row(title, whole, before))
        return box

    def _make_choices(self, settings: MeshSettings) -> None:
        self.axes = Choice()
        self.axes.offer({axes: AXES_NAMES[axes] for axes in AXES}, settings.axes)
        self.axes.setToolTip("GLB and OBJ are read with +Y up; the scene is turned until its own up is there")
        guard_wheel(self.axes)
        self._rows.addRow("Up axis", self.axes)
        self.closed = self._option("Fill holes (watertight)", settings.closed, DEPTH)
        self.closed.setToolTip("A solid body, for printing; else the surface is open where no camera saw anything")
        self.keep_background = self._option("Keep background", settings.keep_background, DEPTH)
        self.keep_background.setToolTip("Else one plain colour all around the images is taken for empty space")
        self.refine = self._option("Refine by the field's gradient", settings.refine, SURFACE)
        self.refine.setToolTip("Triangles nearer to the surface, edges too; takes as long again")
        self.all_pieces = self._option("Keep small pieces", settings.all_pieces)
        self.all_pieces.setToolTip("Else those of less than 2 % of the largest one's area are left out")

    def _option(self, name: str, value: bool, source: str | None = None) -> QCheckBox:
        """A box to tick; `source`: the kind of mesh that it is for, None: all."""
        box = QCheckBox(name)
        box.setChecked(value)
        self._rows.addRow("", box)
        if source is not None:
            self._only[source].append(_Row(None, box, lambda: self.all_pieces))
        return box

    def _check(self) -> None:
        """Says what is missing, or would be replaced."""
        out, missing = self.out.text(), ""
        if not out:
            missing = "Choose where to write."
        elif Path(out).suffix.lower() not in MESH_SUFFIXES:
            missing = f"Name a mesh file: {', '.join(MESH_SUFFIXES)}."
        self.note.setText(missing or what_is_replaced(out))
        self.start.setEnabled(not missing)


def ask_mesh(parent: QWidget, opened: Opened, settings: MeshSettings) -> MeshSettings | None:
    """Runs the dialog; None where it was cancelled."""
    dialog = MeshDialog(parent, opened, settings)
    return dialog.settings() if dialog.exec() == QDialog.DialogCode.Accepted else None
