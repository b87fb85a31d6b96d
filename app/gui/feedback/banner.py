"""A message over the viewport: seen, not in the way, gone with a click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from app.gui.plain_text import cut, plain_label
from app.gui.qt import QEvent, QFrame, QHBoxLayout, QObject, QPushButton, QSizePolicy, Qt, QTimer, QToolButton, QWidget
from app.gui.words import breakable, in_window

Kind = Literal["info", "warning", "error"]
Message = tuple[Kind, str, str, Callable[[], object] | None, bool]
INFO_MS = 6000
MOST_KEPT = 3
MARGIN = 12
WIDEST = 720


class Banner(QFrame):
    """One message at the top of its parent; infos leave by themselves.

    A new one takes its place; an error or warning that was not dismissed comes back after it.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = plain_label()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = QPushButton()
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Dismiss")
        close.clicked.connect(self._leave)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(10)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._act: Callable[[], object] | None = None
        self._message: Message | None = None
        self._undismissed: list[Message] = []
        self._silent, self._top = False, MARGIN
        self.button.clicked.connect(self._pressed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._leave)
        parent.installEventFilter(self)
        self.hide()

    def tell(
        self,
        kind: Kind,
        text: str,
        button: str = "",
        act: Callable[[], object] | None = None,
        lasting: bool = False,
    ) -> None:
        """Shows a message, with a button where there is something to do about it; `lasting`: until it is dismissed."""
        before, self._message = self._message, (kind, text, button, act, lasting)
        if before is not None and before[0] != "info" and (self.isVisible() or self._silent) and before[1] != text:
            others = [kept for kept in self._undismissed if kept[1] != before[1]]
            self._undismissed = [*others[-MOST_KEPT:], before]
        self._show(kind, text, button, act)

    def set_silent(self, silent: bool) -> None:
        """Shows nothing from now on; what is more than an info is shown when that is over."""
        self._silent = silent
        if silent:
            super().hide()
        elif self._message is not None and self._message[0] != "info":
            self._show(*self._message[:4])

    def leave_room(self, height_px: int) -> None:
        """Stands below what is as high at the top of the picture from now on; 0: nothing is."""
        self._top = MARGIN + height_px
        self._arrange()

    def withdraw(self, text: str) -> None:
        """What was told is settled, even if it lasts."""
        self._undismissed = [message for message in self._undismissed if message[1] != text]
        if self._message is not None and self._message[1] == text:
            self._leave()

    def hide(self) -> None:
        """What was told is of no use any more, but for what lasts."""
        told = [*self._undismissed, *([self._message] if self._message is not None else [])]
        self._message, self._undismissed = None, [message for message in told if message[-1]]
        self._leave()

    def _leave(self) -> None:
        self._message = None
        if self._undismissed:
            self.tell(*self._undismissed.pop())
        else:
            super().hide()

    def _show(self, kind: Kind, text: str, button: str, act: Callable[[], object] | None) -> None:
        self.text.setText(breakable(in_window(cut(text))))
        self.setProperty("banner", kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._act = act
        self.button.setVisible(act is not None)
        self.button.setText(button)
        self._timer.stop()
        if kind == "info":
            self._timer.start(INFO_MS)
        self.setVisible(not self._silent)
        self.raise_()
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._arrange()
        return False

    def _pressed(self) -> None:
        act = self._act
        self._leave()
        if act is not None:
            act()

    def _arrange(self) -> None:
        parent = self.parentWidget()
        width = min(parent.width() - 2 * MARGIN, WIDEST)
        self.setFixedWidth(width)
        self.setFixedHeight(max(self.layout().totalHeightForWidth(width), 40))
        self.move((parent.width() - width) // 2, self._top)
