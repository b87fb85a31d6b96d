"""A message over the viewport: seen, not in the way, gone with a click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PyQt5.QtCore import QEvent, QObject, Qt, QTimer
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

Kind = Literal["info", "warning", "error"]
INFO_MS = 6000
MARGIN = 12
WIDEST = 720


class Banner(QFrame):
    """One message at the top of its parent; a new one takes its place. Infos leave by themselves."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Preferred)
        self.button = QPushButton()
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Dismiss")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(10)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        layout.addWidget(close, 0, Qt.AlignTop)
        self._act: Callable[[], None] | None = None
        self.button.clicked.connect(self._pressed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def tell(self, kind: Kind, text: str, button: str = "", act: Callable[[], None] | None = None) -> None:
        """Shows a message, with a button where there is something to do about it."""
        self.text.setText(text)
        self.setProperty("banner", kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._act = act
        self.button.setVisible(act is not None)
        self.button.setText(button)
        self._timer.stop()
        if kind == "info":
            self._timer.start(INFO_MS)
        self.show()
        self.raise_()
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Resize and self.isVisible():
            self._arrange()
        return False

    def _pressed(self) -> None:
        self.hide()
        if self._act is not None:
            self._act()

    def _arrange(self) -> None:
        parent = self.parentWidget()
        width = min(parent.width() - 2 * MARGIN, WIDEST)
        self.setFixedWidth(width)
        self.setFixedHeight(max(self.layout().totalHeightForWidth(width), 40))
        self.move((parent.width() - width) // 2, MARGIN)
