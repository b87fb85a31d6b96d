"""The panel's part for cleaning: a filter and its numbers, what it finds, what is removed."""

from __future__ import annotations

from collections.abc import Mapping

from app.cleaning.edits import MOST_NEIGHBOURS, Side
from app.gui.panel.panel_parts import Card, Choice, Slider, guard_wheel, label
from app.gui.qt import (
    QAction,
    QCheckBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    Qt,
    QWidget,
    Signal,
)

NO_FILTER = ""
FILTERS: Mapping[str, str] = {
    NO_FILTER: "Choose…",
    "opacity": "Low opacity",
    "size": "Large size",
    "floaters": "Floaters",
    "box": "Box",
    "sphere": "Sphere",
    "lasso": "Lasso",
}
SIDES: Mapping[str, str] = {"outside": "Outside", "inside": "Inside"}
HINTS: Mapping[str, str] = {
    "box": "The box under Crop and background: type it there, or drag its handles with Crop to a box on.",
    "sphere": "About the pivot: double-click on what it is to be about.",
    "lasso": "Draw around it with the mouse. Return removes, Esc ends.",
}
STEPS = 1000
"""Of a slider."""


class NumberRow(QWidget):
    """A slider and a field for one number; moving either moves the other."""

    changed = Signal(float)

    def __init__(self, tip: str, decimals: int, power: float = 1.0) -> None:
        """`power`: the slider's first half is for smaller numbers the larger it is."""
        super().__init__()
        self._power = power
        self.slider, self.field = Slider(Qt.Orientation.Horizontal), QDoubleSpinBox()
        self.slider.setRange(0, STEPS)
        self.field.setDecimals(decimals)
        self.field.setKeyboardTracking(False)
        self.field.setMinimumWidth(74)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        for widget in (self.slider, self.field):
            widget.setToolTip(tip)
            widget.setAccessibleName(tip)
            guard_wheel(widget)
        self.slider.valueChanged.connect(self._slid)
        self.field.valueChanged.connect(self._typed)

    def set_range(self, low: float, high: float, value: float) -> None:
        """Has other bounds, and a value; tells nobody."""
        self.field.blockSignals(True)
        self.field.setRange(low, high)
        self.field.setSingleStep((high - low) / 100)
        self.field.setValue(value)
        self.field.blockSignals(False)
        self._follow()

    @property
    def value(self) -> float:
        """The number."""
        return float(self.field.value())

    def _slid(self, step: int) -> None:
        low, high = self.field.minimum(), self.field.maximum()
        self.field.setValue(low + (high - low) * (step / STEPS) ** self._power)

    def _typed(self, value: float) -> None:
        self._follow()
        self.changed.emit(value)

    def _follow(self) -> None:
        low, high = self.field.minimum(), self.field.maximum()
        share = (self.value - low) / max(high - low, 1e-12)
        step = round(STEPS * min(max(share, 0.0), 1.0) ** (1 / self._power))
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(step)
            self.slider.blockSignals(False)


class CleanCard(Card):
    """Hidden where the scene has nothing to be cleaned of."""

    filter_chosen = Signal(str)
    """Of `FILTERS`, by the user."""
    adjusted = Signal()
    """A number, or a side, of the chosen filter is another."""

    def __init__(self) -> None:
        super().__init__("Clean")
        self.counts, self.found = label("", wrap=True), label("", "muted", wrap=True)
        self.filters, self.sides = Choice(), Choice()
        self.filters.offer(FILTERS, NO_FILTER)
        self.filters.setToolTip("What is to be found")
        self.sides.offer(SIDES, "outside")
        self.sides.setToolTip("Which side is removed")
        self.opacity = NumberRow("Least opacity that is kept", 3, 2.0)
        self.percent = NumberRow("Percent of the sizes that are kept, from the smallest", 2, 0.3)
        self.absolute = NumberRow("Largest size that is kept: standard deviation, world units", 4, 3.0)
        self.multiple = NumberRow("So many times the mean distance to the neighbours is too far", 2, 2.0)
        self.radius = NumberRow("Radius of the sphere, world units", 4, 2.0)
        self.by_percent, self.neighbours = QCheckBox("By percent"), QSpinBox()
        self.by_percent.setChecked(True)
        self.by_percent.setToolTip("By a share of all, or else by a size in world units")
        self.neighbours.setRange(1, MOST_NEIGHBOURS)
        self.neighbours.setValue(8)
        self.neighbours.setKeyboardTracking(False)
        self.neighbours.setToolTip("How many of the nearest are looked at")
        self.visible_only = QCheckBox("Visible surface only")
        self.visible_only.setToolTip("Leave what lies behind the surface that is seen in the outline")
        self.hint = label("", "muted", wrap=True)
        for widget in (self.filters, self.sides, self.neighbours):
            guard_wheel(widget)
        # Rows of a grid that are hidden take no room, those of a form do.
        self._rows, self._titles = QGridLayout(), dict[QWidget, QWidget]()
        self._rows.setHorizontalSpacing(12)
        self._rows.setVerticalSpacing(5)
        self._rows.setColumnStretch(1, 1)
        self._parts: dict[str, tuple[QWidget, ...]] = {
            "opacity": (self.opacity,),
            "size": (self.by_percent, self.percent, self.absolute),
            "floaters": (self.neighbours, self.multiple),
            "box": (self.sides,),
            "sphere": (self.sides, self.radius),
            "lasso": (self.sides, self.visible_only),
        }
        titles: Mapping[str, QWidget] = {
            "Filter": self.filters, "Opacity": self.opacity, "": self.by_percent, "Percent": self.percent,
            "Size": self.absolute, "Neighbours": self.neighbours, "Times mean": self.multiple, "Remove": self.sides,
            "Radius": self.radius, " ": self.visible_only,
        }  # fmt: skip
        for row, (title, widget) in enumerate(titles.items()):
            name = self._titles[widget] = label(title, "muted")
            name.setBuddy(widget)
            self._rows.addWidget(name, row, 0)
            self._rows.addWidget(widget, row, 1)
        self.remove, self.cancel = QPushButton("Remove"), QPushButton("Cancel")
        self.invert, self.restore, self.save = QPushButton("Invert"), QPushButton("Restore all"), QPushButton("Save…")
        self.shown = QCheckBox("Show what is removed")
        self._lay_out()
        self._connect()
        self.show_filter(NO_FILTER)
        self.hide()

    def _lay_out(self) -> None:
        self.body.addWidget(self.counts)
        self.body.addLayout(self._rows)
        self.body.addWidget(self.hint)
        self.body.addWidget(self.found)
        grid = QGridLayout()
        grid.addWidget(self.remove, 0, 0, 1, 3)
        grid.addWidget(self.cancel, 0, 3, 1, 3)
        for column, button in enumerate((self.invert, self.restore, self.save)):
            grid.addWidget(button, 1, 2 * column, 1, 2)
        self.body.addLayout(grid)
        self.body.addWidget(self.shown)

    def _connect(self) -> None:
        self.filters.activated.connect(lambda _: self.filter_chosen.emit(self.filters.currentData()))
        self.sides.activated.connect(lambda _: self.adjusted.emit())
        self.by_percent.toggled.connect(lambda _: self.show_filter(self.chosen))
        for signal in (self.by_percent.toggled, self.visible_only.toggled, self.neighbours.valueChanged):
            signal.connect(lambda _: self.adjusted.emit())
        for row in (self.opacity, self.percent, self.absolute, self.multiple, self.radius):
            row.changed.connect(lambda _: self.adjusted.emit())

    @property
    def chosen(self) -> str:
        """The filter, of `FILTERS`."""
        return str(self.filters.currentData())

    @property
    def side(self) -> Side:
        """Which side of a box, a sphere or an outline is removed."""
        return "inside" if self.sides.currentData() == "inside" else "outside"

    def connect_commands(self, commands: Mapping[str, QAction]) -> None:
        """Its buttons do what the commands do."""
        buttons = {
            "clean_apply": self.remove,
            "clean_cancel": self.cancel,
            "clean_invert": self.invert,
            "clean_restore": self.restore,
            "clean_save": self.save,
        }
        for id, button in buttons.items():
            action = commands[id]
            button.setToolTip(action.toolTip())
            button.clicked.connect(action.trigger)
            action.changed.connect(lambda button=button, action=action: button.setEnabled(action.isEnabled()))
        show = commands["clean_show"]
        self.shown.setToolTip(show.toolTip())
        self.shown.toggled.connect(lambda on: show.trigger() if show.isChecked() != on else None)
        show.toggled.connect(self.shown.setChecked)

    def show_filter(self, name: str) -> None:
        """Shows the numbers of a filter."""
        self.filters.setCurrentIndex(self.filters.findData(name))
        hidden = {self.absolute if self.by_percent.isChecked() else self.percent}
        shown = set(self._parts.get(name, ())) - hidden
        for widget in {part for parts in self._parts.values() for part in parts}:
            widget.setVisible(widget in shown)
            self._titles[widget].setVisible(widget in shown)
        self.hint.setText(HINTS.get(name, ""))
        self.hint.setVisible(bool(self.hint.text()))
        for button in (self.remove, self.cancel):
            button.setVisible(name != NO_FILTER)

    def show_counts(self, removed: int, count: int, unsaved: bool) -> None:
        """How many of how many are removed, and whether that is nowhere saved."""
        mark = " – not saved" if unsaved else ""
        self.counts.setText(f"Removed {removed:,} of {count:,}{mark}" if count else "Looking at the scene…")

    def show_found(self, found: int | None, left: int, searching: bool) -> None:
        """How many of those that are left the filter finds; None: nothing was looked for."""
        text = "Searching…" if searching else "" if found is None else f"Finds {found:,} of {left:,}, shown in red"
        self.found.setText(text)
        self.found.setVisible(bool(text))
