"""What a scene lets its viewer vary, as sliders and lists made from `scene.controls`."""

from __future__ import annotations

from collections.abc import Sequence

from app.gui.panel.panel_parts import Card, Choice, Slider, clear, guard_wheel, label
from app.gui.qt import QComboBox, QCompleter, QHBoxLayout, Qt, QVBoxLayout, QWidget, Signal
from engines.core.engine import Control

STEPS = 1000
"""How finely a slider of real numbers divides its range."""


MANY_CHOICES = 12
"""More than these are searched by typing."""


def _make_searchable(box: QComboBox) -> None:
    """Any part of a name that is typed finds it; what is no name is put back."""
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.completer().setFilterMode(Qt.MatchFlag.MatchContains)
    box.completer().setCompletionMode(QCompleter.CompletionMode.PopupCompletion)

    def settle() -> None:
        found = box.findText(box.currentText(), Qt.MatchFlag.MatchFixedString)
        if found >= 0:
            box.setCurrentIndex(found)
        box.setEditText(box.itemText(box.currentIndex()))

    box.lineEdit().editingFinished.connect(settle)


class ControlsCard(Card):
    """Hidden where a scene has nothing to vary."""

    changed = Signal(str, float, bool)
    """Name, value, and whether the hand is still on it."""

    def __init__(self) -> None:
        super().__init__("Controls")
        self._titles_px = 0
        self._rows = QVBoxLayout()
        self.body.addLayout(self._rows)
        self.hide()

    def set_controls(self, controls: Sequence[Control]) -> None:
        """Makes the widgets anew, at the defaults."""
        clear(self._rows)
        # Time has a bar of its own.
        controls = [control for control in controls if control.kind != "time"]
        # Lists stand below each other, whatever their names are.
        metrics = self.fontMetrics()
        titles = [control.label for control in controls if control.kind == "choice"]
        self._titles_px = max((metrics.horizontalAdvance(title) for title in titles), default=0) + 2
        for control in controls:
            self._rows.addWidget(self._choice(control) if control.kind == "choice" else self._slider(control))
        self.setVisible(bool(controls))

    def _choice(self, control: Control) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        box = Choice()
        guard_wheel(box)
        box.addItems(control.choices)
        box.setCurrentIndex(round(control.default))
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        if len(control.choices) > MANY_CHOICES:
            _make_searchable(box)
        box.currentIndexChanged.connect(lambda index: self.changed.emit(control.name, float(index), False))
        title = label(control.label, "muted")
        title.setMinimumWidth(self._titles_px)
        row.addWidget(title)
        row.addWidget(box, 1)
        return widget

    def _slider(self, control: Control) -> QWidget:
        whole = control.kind == "integer"
        span = control.high - control.low
        steps = max(round(span), 1) if whole else STEPS
        widget = QWidget()
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        top = QHBoxLayout()
        number = label()
        top.addWidget(label(control.label, "muted"))
        top.addStretch(1)
        top.addWidget(number)
        slider = Slider(Qt.Orientation.Horizontal)
        guard_wheel(slider)
        slider.setRange(0, steps)
        column.addLayout(top)
        column.addWidget(slider)

        def value() -> float:
            return control.low + span * slider.value() / steps

        def tell(moving: bool) -> None:
            number.setText(f"{value():.0f}" if whole else f"{value():.3g}")
            self.changed.emit(control.name, value(), moving)

        slider.setValue(round((control.default - control.low) / span * steps) if span else 0)
        number.setText(f"{value():.0f}" if whole else f"{value():.3g}")
        slider.valueChanged.connect(lambda _: tell(slider.isSliderDown()))
        slider.sliderReleased.connect(lambda: tell(False))
        return widget
