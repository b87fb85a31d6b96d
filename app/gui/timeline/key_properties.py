"""What the selected keys hold: time, ease, field of view, roll, and the scene's controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.camera.navigation import NARROWEST_DEG, WIDEST_DEG
from app.camera.orientation import roll_deg
from app.gui.panel.panel_parts import Choice, Elided, guard_wheel, label
from app.gui.qt import (
    QAbstractSpinBox,
    QCheckBox,
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QSizePolicy,
    Qt,
    QVBoxLayout,
    QWidget,
    Signal,
)
from app.gui.timeline.fitting_row import FittingRow
from app.path_editing.document import PathDocument
from engines.core.camera import Array
from engines.core.engine import Control
from engines.core.paths.keyframes import EASES, MOST_SECONDS, Keyframe

EASE_TITLES = {
    "linear": "Linear",
    "ease in": "Ease in",
    "ease out": "Ease out",
    "ease in-out": "Ease in-out",
    "hold": "Hold",
}
EASE_TIPS = (
    "How the camera moves from this key to the next: evenly, from rest, to rest, from rest to rest, or not at all "
    "until the next key"
)
NONE_SELECTED = "No key selected: click on one to edit it, double click beside them to add one"
NO_KEYS = "Keys are views with times; the camera moves smoothly from one to the next"
ROW_PX = 30
RANKS = {"time": 0, "ease": 1, "leg": 2, "fov": 3, "roll": 4}
"""Which go first where there is no room."""
CONTROL = "control:"
"""Before the names of the scene's controls, in what is told."""


class KeyProperties(QFrame):
    """Shows the last selected key; what is changed is changed in all that are selected."""

    edited = Signal(str, object)
    """Which property, and its new value: "time", "leg", "ease", "fov", "roll", or `CONTROL` and a name."""
    ended = Signal()
    """What was changed is what it is to be."""

    def __init__(self, document: PathDocument) -> None:
        super().__init__()
        self._document = document
        self._showing = False
        self._controls: Sequence[Control] = ()
        self.fields: dict[str, QDoubleSpinBox | Choice] = {}
        self.keyed: dict[str, QCheckBox] = {}
        self._shown: list[QWidget] = []
        """What there is of a key only."""
        self.title = Elided("", "muted")
        # As high without fields.
        self._row, self._control_row = FittingRow(6, ROW_PX), FittingRow(6, ROW_PX)
        self._row.add(self.title)
        self._add_number("time", "Time", " s", (0, MOST_SECONDS), "When this key is reached")
        self._add_number("leg", "To next", " s", (0.01, MOST_SECONDS), "Seconds to the next key; later ones move along")
        self._add_ease()
        self._add_number("fov", "FOV", "°", (NARROWEST_DEG, WIDEST_DEG), "Vertical field of view")
        self._add_number("roll", "Roll", "°", (-180, 180), "Tilt about the direction of view; 0 is level")
        self._row.row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._row)
        column.addWidget(self._control_row)
        self._control_row.hide()

    def _add_number(self, name: str, title: str, unit: str, limits: tuple[float, float], tip: str) -> None:
        box = self._number(name, unit, limits, 2 if unit == "°" else 3)
        self._place(name, label(title, "muted"), box, tip)

    def _place(self, name: str, text: QLabel, field: QWidget, tip: str) -> None:
        for widget in (text, field):
            widget.setToolTip(tip)
            self._row.add(widget, RANKS[name])
            self._shown.append(widget)
        text.setBuddy(field)

    def _number(self, name: str, unit: str, limits: tuple[float, float], digits: int) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setDecimals(digits)
        box.setRange(*limits)
        box.setSuffix(unit)
        box.setKeyboardTracking(False)
        box.setAccelerated(True)
        box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        box.setAlignment(Qt.AlignmentFlag.AlignRight)
        box.setFixedWidth(box.fontMetrics().horizontalAdvance(f"{'0' * (digits + 3)}.{unit}") + 22)
        guard_wheel(box)
        box.valueChanged.connect(lambda value: self._tell(name, value))
        box.editingFinished.connect(self.ended)
        self.fields[name] = box
        return box

    def _add_ease(self) -> None:
        box = self._choice("ease", [(EASE_TITLES[ease], ease) for ease in EASES])
        self._place("ease", label("Ease", "muted"), box, EASE_TIPS)

    def _choice(self, name: str, choices: Sequence[tuple[str, object]]) -> Choice:
        box = Choice()
        guard_wheel(box)
        for title, value in choices:
            box.addItem(title, value)
        box.activated.connect(lambda index: self._tell(name, box.itemData(index)))
        box.activated.connect(lambda _: self.ended.emit())
        self.fields[name] = box
        return box

    def set_controls(self, controls: Sequence[Control]) -> None:
        """The open scene's; none are shown where it has none."""
        for control in self._controls:
            self.fields.pop(CONTROL + control.name, None)
        self.keyed.clear()
        self._control_row.clear()
        self._controls = tuple(controls)
        for rank, control in enumerate(controls):
            self._add_control(control, rank)
        end = QWidget()
        self._control_row.add(end, stretch=1)
        self._control_row.setVisible(bool(controls))

    def _add_control(self, control: Control, rank: int) -> None:
        name = CONTROL + control.name
        box = QCheckBox(control.label)
        box.setToolTip(f"{control.label} is part of this key; otherwise it follows the keys around it")
        box.toggled.connect(lambda checked: self._toggle(control, checked))
        self.keyed[control.name] = box
        self._control_row.add(box, rank)
        if control.kind == "choice" and control.choices:
            choices: list[tuple[str, object]] = [(title, float(index)) for index, title in enumerate(control.choices)]
            field: QWidget = self._choice(name, choices)
            field.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        else:
            field = self._number(name, "", (control.low, control.high), 3 if control.kind == "number" else 0)
        field.setToolTip(control.label)
        self._control_row.add(field, rank)

    def _toggle(self, control: Control, checked: bool) -> None:
        if not self._showing:
            field = self.fields[CONTROL + control.name]
            value = field.currentData() if isinstance(field, Choice) else field.value()
            self.edited.emit(CONTROL + control.name, value if checked else None)
            self.ended.emit()

    def _tell(self, name: str, value: object) -> None:
        if not self._showing:
            self.edited.emit(name, value)

    def focus_time(self) -> None:
        """Has the time of the key typed."""
        field = self.fields["time"]
        field.setFocus()
        if isinstance(field, QDoubleSpinBox):
            field.selectAll()

    def show_keys(self, up: Array, shown: Mapping[str, float]) -> None:
        """Shows the selection.

        Args:
            up: [3] world, what is level for a roll of 0.
            shown: the scene's controls as they are looked at, for keys that don't name them.
        """
        path, selected = self._document.path, self._document.selected
        self._showing = True
        for widget in self._shown:
            self._row.set_wanted(widget, bool(selected))
        # The row stays: a picture that changed its size with each selection would be drawn anew.
        for widget in (*self.keyed.values(), *(self.fields[CONTROL + control.name] for control in self._controls)):
            self._control_row.set_wanted(widget, bool(selected))
        if not selected:
            self.title.setText(NONE_SELECTED if path.keys else NO_KEYS)
        elif len(selected) == 1:
            self.title.setText(f"Key {selected[0] + 1} of {len(path.keys)}")
        else:
            self.title.setText(f"{len(selected)} of {len(path.keys)} keys")
        if selected:
            self._show_key(selected[-1], path.keys[selected[-1]], up, shown)
        alone = len(selected) == 1
        last = alone and selected[0] == len(path.keys) - 1
        for name, field in self.fields.items():
            field.setEnabled(bool(selected))
            if name.startswith(CONTROL) and selected:
                field.setEnabled(self.keyed[name.removeprefix(CONTROL)].isChecked())
        self.fields["time"].setEnabled(alone and not path.constant_speed)
        self.fields["leg"].setEnabled(alone and not path.constant_speed and (not last or path.loop))
        self.fields["ease"].setEnabled(bool(selected) and not path.constant_speed)
        for box in self.keyed.values():
            box.setEnabled(bool(selected))
        self._row.fit()
        self._control_row.fit()
        self._showing = False

    def _show_key(self, number: int, key: Keyframe, up: Array, shown: Mapping[str, float]) -> None:
        path = self._document.path
        following = path.keys[number + 1].time_s if number + 1 < len(path.keys) else key.time_s + path.closing_s
        values = {
            "time": key.time_s,
            "leg": following - key.time_s,
            "fov": key.camera.fov_y_deg,
            "roll": roll_deg(key.camera, up),
        }
        for control in self._controls:
            self.keyed[control.name].setChecked(control.name in key.controls)
            values[CONTROL + control.name] = key.controls.get(control.name, shown.get(control.name, control.default))
        for name, value in values.items():
            field = self.fields[name]
            if isinstance(field, Choice):
                field.setCurrentIndex(min(max(round(value), 0), field.count() - 1))
            # What is being typed is not written over by its own value, rounded.
            elif abs(field.value() - value) > 0.5 * 10 ** -field.decimals():
                field.setValue(value)
        ease = self.fields["ease"]
        if isinstance(ease, Choice):
            ease.setCurrentIndex(ease.findData(key.ease))
