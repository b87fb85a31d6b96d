"""What is waited for, over the picture: a bar that runs, and in words what is being made."""

from __future__ import annotations

from app.gui.panel.panel_parts import label
from app.gui.qt import QEvent, QFrame, QObject, QProgressBar, Qt, QVBoxLayout, QWidget

MARGIN = 14
BAR_PX = 220


class Busy(QFrame):
    """At the foot of its parent, in the middle; hidden where nothing is waited for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._silent = False
        self.setProperty("role", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.text = label()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedWidth(BAR_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.addWidget(self.text)
        column.addWidget(bar, 0, Qt.AlignmentFlag.AlignHCenter)
        parent.installEventFilter(self)
        self.hide()

    def show_doing(self, text: str) -> None:
        """Says what is waited for; "" for nothing."""
        if text != self.text.text():
            self.text.setText(text)
            self._arrange()
        shown = bool(text) and not self._silent
        if shown != self.isVisible():
            self.setVisible(shown)
            self.raise_()
            self._arrange()

    def set_silent(self, silent: bool) -> None:
        """Shows nothing from now on, whatever is waited for."""
        self._silent = silent
        self.show_doing(self.text.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._arrange()
        return False

    def _arrange(self) -> None:
        self.adjustSize()
        parent = self.parentWidget()
        self.move((parent.width() - self.width()) // 2, max(parent.height() - self.height() - MARGIN, 0))
