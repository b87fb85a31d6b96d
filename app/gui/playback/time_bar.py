"""The time of a recording: play, pause, a slider through the time steps, loop, time steps a second."""

from __future__ import annotations

from collections.abc import Sequence

from app.gui.panel.panel_parts import Choice, Slider, guard_wheel, label
from app.gui.qt import (
    QAction,
    QFrame,
    QHBoxLayout,
    QPainter,
    QPaintEvent,
    QPalette,
    QRectF,
    QSize,
    Qt,
    QToolButton,
    QVBoxLayout,
    QWidget,
    Signal,
)
from app.viewing.playback import FPS_CHOICES

STRIP_PX = 3
WIDEST_STATE = "Caching 0000 · 000 of 000 ready"
HANDLE_PX = 14
"""As wide as the slider's handle in the stylesheet: its middle goes from half of it to half of it before the end."""


class ReadyStrip(QWidget):
    """Under the slider: which time steps can be drawn at once."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(STRIP_PX)
        self.setToolTip("Filled where the frame is ready to be drawn")
        self._ready: Sequence[bool] = ()

    def set_ready(self, ready: Sequence[bool]) -> None:
        """One value a time step."""
        if ready != self._ready:
            self._ready = ready
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._ready:
            return
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        # A time step is as wide as the handle's way from one to the next.
        step = (self.width() - HANDLE_PX) / max(len(self._ready) - 1, 1)
        for index, ready in enumerate(self._ready):
            colour = self.palette().color(QPalette.ColorRole.Highlight if ready else QPalette.ColorRole.Mid)
            painter.setBrush(colour)
            left = HANDLE_PX / 2 + (index - 0.5) * step
            painter.drawRect(QRectF(left + 0.5, 0, max(step - 1, 1), STRIP_PX))
        painter.end()


class TimeBar(QFrame):
    """Hidden where a scene has no time."""

    chosen = Signal(int, bool)
    """Time step, and whether the hand is still on the slider."""
    fps_chosen = Signal(float)

    def __init__(self, before: QAction, play: QAction, after: QAction, loop: QAction) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.slider, self.strip = Slider(Qt.Orientation.Horizontal), ReadyStrip()
        self.slider.setToolTip("Go through the frames")
        guard_wheel(self.slider)
        self.slider.valueChanged.connect(lambda value: self.chosen.emit(value, self.slider.isSliderDown()))
        self.slider.sliderReleased.connect(lambda: self.chosen.emit(self.slider.value(), False))
        self.place, self.state = label(), label("", "muted")
        # As wide as all that it says, so that the slider's handle stays where it is under the hand.
        self.state.setFixedWidth(self.state.fontMetrics().horizontalAdvance(WIDEST_STATE))
        self.fps = Choice()
        guard_wheel(self.fps)
        self.fps.setToolTip("Frames per second")
        for fps in FPS_CHOICES:
            self.fps.addItem(f"{fps:g} fps", fps)
        self.fps.currentIndexChanged.connect(lambda index: self.fps_chosen.emit(self.fps.itemData(index)))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 10, 5)
        row.setSpacing(4)
        for action in (before, play, after):
            row.addWidget(_button(action))
        middle = QVBoxLayout()
        middle.setSpacing(2)
        middle.addWidget(self.slider)
        middle.addWidget(self.strip)
        row.addLayout(middle, 1)
        for widget in (self.place, self.state, _button(loop), self.fps):
            row.addWidget(widget)
        self.hide()

    def set_time_steps(self, first: int, last: int, time_step: int, fps: float) -> None:
        """Another scene; hidden where it has one time step only."""
        self.slider.blockSignals(True)
        self.slider.setRange(first, last)
        self.slider.setPageStep(max(1, (last - first) // 10))
        self.slider.blockSignals(False)
        self.fps.blockSignals(True)
        if self.fps.findData(fps) < 0:
            self.fps.addItem(f"{fps:g} fps", fps)
        self.fps.setCurrentIndex(self.fps.findData(fps))
        self.fps.blockSignals(False)
        # As wide as its longest text, so that nothing moves while it plays.
        self.place.setFixedWidth(self.place.fontMetrics().horizontalAdvance(f"{last} / {last}") + 6)
        self.show_time_step(time_step)
        self.setVisible(last > first)

    def show_state(self, text: str, tip: str) -> None:
        """What is being made ready; the tool tip has more."""
        room = self.state.width() - 4
        self.state.setText(self.state.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))
        self.state.setToolTip(tip)

    def show_time_step(self, time_step: int) -> None:
        """The slider follows; nothing is told."""
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(time_step)
            self.slider.blockSignals(False)
        self.place.setText(f"{time_step} / {self.slider.maximum()}")


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(18, 18))
    # Space and the arrows are the viewport's.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
