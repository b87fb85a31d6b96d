"""How large pictures are drawn, and how they are reduced while the camera moves."""

from __future__ import annotations

from collections.abc import Mapping

from app.gui.panel.panel_parts import Card, Choice, form, guard_wheel, label
from app.gui.qt import QAction, QCheckBox, Signal

RATES: Mapping[float, str] = {
    0.0: "Automatic",
    10.0: "10 frames/s",
    20.0: "20 frames/s",
    30.0: "30 frames/s",
    60.0: "60 frames/s",
}
SHARES: Mapping[float, str] = {1 / 32: "3 %", 1 / 16: "6 %", 1 / 8: "12 %", 1 / 4: "25 %", 1 / 2: "50 %"}
SIZE_TIP = (
    "The longer side of pictures, of methods that draw any size.\n"
    "Half the side is drawn in a quarter of the time, and shows half as much detail."
)
RATE_TIP = (
    "How many pictures a second are aimed at while the camera moves.\n"
    "More are smoother; a slow scene is reduced further for them.\n"
    "Automatic: 20 where each is drawn, 60 where the last one is re-projected."
)
SHARE_TIP = (
    "No picture is reduced below this share of its width and height,\n"
    "even where the target rate is missed for it: twice the share takes four times as long."
)


class DrawingCard(Card):
    """The picture's size, the target rate, the smallest share, and whether anything is reduced at all."""

    chosen = Signal(str, float)
    """A field of the settings, and its new value."""

    def __init__(self, sizes: Mapping[int, str]) -> None:
        """`sizes`: of the longer side in pixels, and what they are called; 0: the window's."""
        super().__init__("Drawing")
        rows = form()
        self.largest = self._choice("largest_px", sizes, SIZE_TIP)
        self.rate = self._choice("target_rate", RATES, RATE_TIP)
        self.smallest = self._choice("smallest_share", SHARES, SHARE_TIP)
        for name, choice in (("Size", self.largest), ("Target rate", self.rate), ("Reduced to", self.smallest)):
            rows.addRow(label(name, "muted"), choice)
        self.body.addLayout(rows)

    def _choice(self, field: str, titles: Mapping[int, str] | Mapping[float, str], tip: str) -> Choice:
        choice = Choice()
        guard_wheel(choice)
        choice.setToolTip(tip)
        choice.setAccessibleName(tip.partition("\n")[0])
        for value, title in titles.items():
            # Of the smallest share more is allowed.
            choice.addItem(f"{title} or more" if field == "smallest_share" else title, float(value))
        choice.activated.connect(lambda _: self.chosen.emit(field, choice.currentData()))
        return choice

    def add_native(self, action: QAction) -> None:
        """A check box for the command that nothing is reduced."""
        box = QCheckBox("Never reduce (native size)")
        box.setToolTip(action.toolTip())
        box.setChecked(action.isChecked())
        box.toggled.connect(lambda on: action.trigger() if action.isChecked() != on else None)
        action.toggled.connect(box.setChecked)
        self.body.addWidget(box)

    def show_chosen(self, largest_px: int, rate: float, smallest: float, native: bool) -> None:
        """Shows what is chosen; what came from elsewhere and is none of the choices is shown as the nearest."""
        for choice, value in ((self.largest, largest_px), (self.rate, rate), (self.smallest, smallest)):
            values = [choice.itemData(index) for index in range(choice.count())]
            choice.setCurrentIndex(min(range(len(values)), key=lambda index: abs(values[index] - value)))
        self.rate.setDisabled(native)
        self.smallest.setDisabled(native)
