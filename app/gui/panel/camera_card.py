"""The camera in numbers that can be typed, and which way is up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.camera.camera_place import CameraPlace
from app.camera.numeric_camera import numbers_of
from app.camera.orientation import compass
from app.gui.panel.panel_parts import Card, Choice, guard_wheel, label
from app.gui.qt import QAction, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, Signal
from engines.core.camera import Array

AXIS_NAMES = ("x", "y", "z")
COLUMNS = 3
NARROWEST_PX = 40
TITLES: Mapping[str, str] = {
    "x": "Position x",
    "y": "y",
    "z": "z",
    "heading": "Heading",
    "pitch": "Pitch",
    "roll": "Roll",
    "fov": "Field of view",
    "distance": "Distance",
}
TIPS: Mapping[str, str] = {
    "x": "Where the camera stands, in world units; the pivot moves along",
    "y": "Where the camera stands, in world units; the pivot moves along",
    "z": "Where the camera stands, in world units; the pivot moves along",
    "pitch": "Degrees of the view above the horizon: 90 looks straight up, −90 straight down",
    "roll": "Degrees that the camera is tilted clockwise about its view; 0 is level",
    "fov": "Degrees of the picture from top to bottom",
    "distance": "From the camera to the pivot, what dragging turns about, in world units",
}
ROUNDING = 1e-9
"""Of the largest length: what is left of a zero by arithmetic."""
DEGREES = ("heading", "pitch", "roll", "fov")


def axis_name(axis: Array) -> str:
    """The name of a unit vector [3], as "+z" of (0, 0, 1); its numbers where it is no world axis."""
    for index, name in enumerate(AXIS_NAMES):
        if abs(abs(float(axis[index])) - 1) < 1e-6:
            return ("+" if axis[index] > 0 else "−") + name
    return "(" + ", ".join(f"{value:.2f}" for value in axis) + ")"


def written(name: str, value: float) -> str:
    """A number of the camera as the card has it."""
    # Nothing is not below zero.
    return f"{value + 0.0:.2f}°".replace("-0.00", "0.00") if name in DEGREES else f"{value + 0.0:.5g}"


class CameraCard(Card):
    """Position, angles, field of view and distance of the camera, which follow it and can be typed."""

    typed = Signal(str, str)
    """The name of a number, of `TITLES`, and what was typed for it."""
    up_chosen = Signal(object)
    """[3], the world axis that was chosen."""

    def __init__(self) -> None:
        super().__init__("Camera")
        self.fields: dict[str, QLineEdit] = {}
        self._axes: list[Array] = []
        self._compass_of: Array | None = None
        self.up = Choice()
        self.up.set_narrowest("+z")
        guard_wheel(self.up)
        self.up.setToolTip("Which way is up in the world: what the eye turns about. Kept in the scene's file")
        self.up.activated.connect(lambda index: self.up_chosen.emit(self._axes[index]))
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        for index, name in enumerate(TITLES):
            self._place(grid, index, TITLES[name], self._field(name))
        self._place(grid, len(TITLES), "Up axis", self.up)
        self.body.addLayout(grid)
        self.fixed = label("", "muted", wrap=True)
        self.body.addWidget(self.fixed)
        self._buttons = QHBoxLayout()
        self.body.addLayout(self._buttons)
        self.set_fixed_lens("")

    def _place(self, grid: QGridLayout, index: int, title: str, field: QLineEdit | Choice) -> None:
        """A field, below its name."""
        row, column = divmod(index, COLUMNS)
        name = label(title, "muted")
        name.setToolTip(field.toolTip())
        name.setBuddy(field)
        # Some air above each name; the heading of the card has its own.
        name.setContentsMargins(0, 5 if row else 0, 0, 0)
        grid.addWidget(name, 2 * row, column)
        grid.addWidget(field, 2 * row + 1, column)
        grid.setColumnStretch(column, 1)

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(name)
        field.setMinimumWidth(NARROWEST_PX)
        field.setToolTip(TIPS.get(name, ""))
        field.setAccessibleName(TITLES[name])
        field.editingFinished.connect(lambda: self._finished(name))
        self.fields[name] = field
        return field

    def _finished(self, name: str) -> None:
        field = self.fields[name]
        # Also emitted where the focus only passes by.
        if field.isModified():
            field.setModified(False)
            self.typed.emit(name, field.text())

    def add_commands(self, actions: Sequence[QAction]) -> None:
        """A button for each, of half the width."""
        for action in actions:
            button = QPushButton(action.text().replace("&", ""))
            button.setToolTip(action.toolTip())
            button.setEnabled(action.isEnabled())
            action.changed.connect(lambda action=action, button=button: button.setEnabled(action.isEnabled()))
            button.clicked.connect(action.trigger)
            self._buttons.addWidget(button, 1)

    def set_fixed_lens(self, why: str) -> None:
        """Why the field of view can't be set; "": it can."""
        self.fields["fov"].setEnabled(not why)
        self.fields["fov"].setToolTip(why or TIPS["fov"])
        self.fixed.setText(why)
        self.fixed.setVisible(bool(why))

    def show_camera(self, place: CameraPlace | None) -> None:
        """Shows where the eye is, but for what somebody is typing."""
        if place is None:
            return
        self._show_up(place.up)
        self._show_compass(place.up)
        numbers = numbers_of(place)
        smallest = ROUNDING * max(abs(numbers[name]) for name in (*AXIS_NAMES, "distance"))
        for name, value in numbers.items():
            field, text = self.fields[name], written(name, value if abs(value) > smallest else 0.0)
            # To set the same text again would take the mark out of it that somebody made.
            if not field.isModified() and field.text() != text:
                field.setText(text)
                field.setCursorPosition(0)

    def _show_up(self, up: Array) -> None:
        """The axis in use, then every world axis that is another."""
        if self._axes and np.allclose(self._axes[self.up.currentIndex()], up):
            return
        worlds = [*np.eye(3)[::-1], *-np.eye(3)[::-1]]
        if not any(np.allclose(axis, up) for axis in self._axes):
            own = [] if any(np.allclose(axis, up) for axis in worlds) else [np.array(up, dtype=np.float64)]
            self._axes = [*own, *worlds]
            self.up.clear()
            self.up.addItems([axis_name(axis) for axis in self._axes])
        self.up.setCurrentIndex(int(np.argmin([np.linalg.norm(axis - up) for axis in self._axes])))

    def _show_compass(self, up: Array) -> None:
        if self._compass_of is None or not np.array_equal(self._compass_of, up):
            self._compass_of = up
            north, east = (axis_name(axis) for axis in compass(up))
            tip = f"Degrees to the right of {north}: 0 looks along {north}, 90 along {east}"
            self.fields["heading"].setToolTip(tip)
