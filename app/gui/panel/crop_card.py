"""The panel's part for the crop box, and for what is behind pictures."""

from __future__ import annotations

from collections.abc import Mapping

from app.gui.panel.panel_parts import Card, Choice, guard_wheel, label
from app.gui.qt import (
    QAbstractSpinBox,
    QAction,
    QCheckBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    Qt,
    QToolButton,
    Signal,
)
from app.rendering.compositing import AS_IT_IS, CHECKERBOARD
from app.rendering.crop_box import AXES, CropBox
from engines.core.errors import UserError

FARTHEST = 1e9
OWN = "own"
"""Of the choices of backgrounds: a colour that is asked for."""
BACKGROUND_TITLES = {
    AS_IT_IS: "As the scene has it",
    "white": "White",
    "black": "Black",
    CHECKERBOARD: "Checkerboard",
    OWN: "Own colour…",
}
NAMED = {name: title for name, title in BACKGROUND_TITLES.items() if name != OWN}


class CropCard(Card):
    """Six numbers, on and off, reset; a choice of backgrounds."""

    box_typed = Signal(object)
    """A `CropBox`, in the world."""
    refused = Signal(object)
    """A `UserError`: what was typed is no box."""
    background_chosen = Signal(str)
    """Of `BACKGROUND_TITLES`."""

    def __init__(self) -> None:
        super().__init__("Crop and background")
        self.on, self.reset = QCheckBox("Crop to a box"), QPushButton("Reset")
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(5)
        grid.addWidget(self.on, 0, 0, 1, 2)
        grid.addWidget(self.reset, 0, 2)
        self.sides: list[tuple[QDoubleSpinBox, QDoubleSpinBox]] = []
        for axis, name in enumerate(AXES):
            title = label(name, "muted")
            grid.addWidget(title, axis + 1, 0)
            pair = self._side(axis, False), self._side(axis, True)
            title.setBuddy(pair[0])
            for column, side in enumerate(pair, 1):
                grid.addWidget(side, axis + 1, column)
            self.sides.append(pair)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        self.background = Choice()
        self.background.offer(NAMED, AS_IT_IS)
        self.background.setToolTip("Behind scenes that have an opacity, and outside of the crop box")
        guard_wheel(self.background)
        self.background.activated.connect(lambda _: self.background_chosen.emit(self.background.currentData()))
        title = label("Background", "muted")
        title.setBuddy(self.background)
        grid.addWidget(title, 4, 0)
        # Keys walk through a list; a dialog must not come of that.
        self.own = QToolButton()
        self.own.setText("…")
        self.own.setToolTip("Another colour behind scenes")
        self.own.clicked.connect(lambda: self.background_chosen.emit(OWN))
        line = QHBoxLayout()
        line.addWidget(self.background, 1)
        line.addWidget(self.own)
        grid.addLayout(line, 4, 1, 1, 2)
        self.body.addLayout(grid)
        self._box: CropBox | None = None

    def _side(self, axis: int, upper: bool) -> QDoubleSpinBox:
        side = QDoubleSpinBox()
        side.setDecimals(4)
        side.setRange(-FARTHEST, FARTHEST)
        side.setKeyboardTracking(False)
        side.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        side.setAlignment(Qt.AlignmentFlag.AlignRight)
        side.setMinimumWidth(60)
        side.setToolTip(f"{'Highest' if upper else 'Lowest'} {AXES[axis]} that is shown, in world units")
        guard_wheel(side)
        side.valueChanged.connect(lambda value: self._typed(axis, upper, value))
        return side

    def connect_commands(self, commands: Mapping[str, QAction]) -> None:
        """Its parts do what the commands do."""
        crop, reset = commands["crop"], commands["crop_reset"]
        self.on.setToolTip(crop.toolTip())
        self.on.toggled.connect(lambda on: crop.trigger() if crop.isChecked() != on else None)
        crop.toggled.connect(self.on.setChecked)
        self.reset.setToolTip(reset.toolTip())
        self.reset.clicked.connect(reset.trigger)

    def show_box(self, box: CropBox | None, can_be: bool) -> None:
        """The box, in the world; `can_be`: whether the scene can be cropped."""
        self._box = box
        for widget in (self.on, self.reset, *(side for pair in self.sides for side in pair)):
            widget.setEnabled(can_be)
        if box is None:
            return
        largest = max(high - low for low, high in zip(box.low, box.high, strict=True))
        for pair, values in zip(self.sides, zip(box.low, box.high, strict=True), strict=True):
            for side, value in zip(pair, values, strict=True):
                side.blockSignals(True)
                side.setSingleStep(largest / 100)
                side.setValue(value)
                side.blockSignals(False)

    def show_background(self, background: str) -> None:
        """Which background is chosen, of `compositing.read_background`."""
        while self.background.count() > len(NAMED):
            self.background.removeItem(len(NAMED))
        if background not in NAMED:
            self.background.addItem(f"Own colour ({background})", background)
        self.background.setCurrentIndex(self.background.findData(background))

    def _typed(self, axis: int, upper: bool, value: float) -> None:
        if self._box is None:
            return
        try:
            box = self._box.with_side(axis, upper, value)
        except ValueError as error:
            box = self._box
            self.show_box(box, can_be=True)
            self.refused.emit(UserError(str(error)))
            return
        self.box_typed.emit(box)
