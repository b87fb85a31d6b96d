"""The panel's part for a mesh that is shown with the scene."""

from __future__ import annotations

from collections.abc import Mapping

from app.gui.panel.panel_parts import Card, Choice, Elided, Slider, form, guard_wheel, label
from app.gui.qt import QAction, QCheckBox, QHBoxLayout, Qt, QToolButton, Signal, present
from app.mesh.drawing import LoadedMesh
from app.mesh.showing import MeshLook

STYLE_NAMES = {
    "colours": "Vertex colours",
    "shaded": "Shaded",
    "normals": "Normals",
    "wireframe": "Wireframe",
}
LAYOUT_NAMES = {"over": "Over the picture", "wipe": "Wipe", "side": "Side by side"}


class MeshCard(Card):
    """What is shown, and how; hidden where there is none."""

    opacity_chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__("Mesh")
        self.name, self.facts = Elided(), label("", "muted", wrap=True)
        self.close_button = QToolButton()
        row = QHBoxLayout()
        row.setSpacing(3)
        row.addWidget(self.name, 1)
        row.addWidget(self.close_button)
        self.body.addLayout(row)
        self.body.addWidget(self.facts)
        self.shown, self.depth_test = QCheckBox("Show"), QCheckBox("Depth test")
        self.style_choice, self.layout_choice = Choice(), Choice()
        self.opacity = Slider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setToolTip("How much of the mesh is seen over the picture")
        self.opacity.valueChanged.connect(lambda value: self.opacity_chosen.emit(value / 100))
        for widget in (self.style_choice, self.layout_choice, self.opacity):
            guard_wheel(widget)
        self._rows = form()
        self._rows.addRow(label("Style", "muted"), self.style_choice)
        self._rows.addRow(label("Layout", "muted"), self.layout_choice)
        self._rows.addRow(label("Opacity", "muted"), self.opacity)
        self.body.addLayout(self._rows)
        boxes = QHBoxLayout()
        boxes.addWidget(self.shown)
        boxes.addWidget(self.depth_test, 1)
        self.body.addLayout(boxes)
        self.hide()

    def connect_commands(self, commands: Mapping[str, QAction]) -> None:
        """Its parts do what the commands do."""
        close = commands["close_mesh"]
        self.close_button.setText("✕")
        self.close_button.setToolTip(close.toolTip())
        self.close_button.clicked.connect(close.trigger)
        for box, id in ((self.shown, "show_mesh"), (self.depth_test, "mesh_depth")):
            action = commands[id]
            box.setToolTip(action.toolTip())
            box.toggled.connect(lambda on, action=action: action.trigger() if action.isChecked() != on else None)
            action.toggled.connect(box.setChecked)
        for choice, names in ((self.style_choice, STYLE_NAMES), (self.layout_choice, LAYOUT_NAMES)):
            for name, title in names.items():
                choice.addItem(title, name)
            choice.activated.connect(lambda _, choice=choice: commands[f"mesh_{choice.currentData()}"].trigger())

    def show_mesh(self, mesh: LoadedMesh | None) -> None:
        """Describes it; None: there is none."""
        self.setVisible(mesh is not None)
        if mesh is None:
            return
        surface = mesh.full.surface
        self.name.setText(mesh.path.name)
        self.name.setToolTip(str(mesh.path))
        facts = [f"{len(surface.vertices):,} vertices, {len(surface.faces):,} faces", *mesh.notes]
        self.facts.setText("\n".join(facts))

    def show_look(self, look: MeshLook) -> None:
        """How it is shown."""
        self.style_choice.setCurrentIndex(self.style_choice.findData(look.style))
        self.layout_choice.setCurrentIndex(self.layout_choice.findData(look.layout))
        self.opacity.blockSignals(True)
        self.opacity.setValue(round(100 * look.opacity))
        self.opacity.blockSignals(False)
        over = look.layout == "over"
        row = present(self._rows.labelForField(self.opacity))
        for widget in (self.opacity, row, self.depth_test):
            widget.setVisible(over)
