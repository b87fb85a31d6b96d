"""The pages in the middle of the window: the start page or the viewport, with bars below them."""

from __future__ import annotations

from app.gui.feedback.banner import Banner
from app.gui.feedback.busy import Busy
from app.gui.main_window.start_page import StartPage
from app.gui.qt import QStackedWidget, QVBoxLayout, QWidget
from app.gui.viewport.viewport import Viewport


class PageStack(QWidget):
    """Shows one page; messages lie over each, what is waited for over the viewport."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__()
        self._viewport = viewport
        self._start: StartPage | None = None
        self._stack = QStackedWidget()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._stack, 1)
        self._bars = QWidget()
        self._bar_column = QVBoxLayout(self._bars)
        self._bar_column.setContentsMargins(0, 0, 0, 0)
        self._bar_column.setSpacing(0)
        self._column.addWidget(self._bars)
        self.banner, self.busy = Banner(self._stack), Busy(viewport)

    def add_bars(self, *bars: QWidget) -> None:
        """Puts bars below, from the top."""
        for bar in bars:
            self._bar_column.addWidget(bar)

    def set_bare(self, bare: bool) -> None:
        """Shows the page alone: no bars, and no messages until it is over."""
        self._bars.setVisible(not bare)
        self.banner.set_silent(bare)
        self.busy.set_silent(bare)

    def add_start(self, start: StartPage) -> None:
        """Takes the start page, which is shown first."""
        self._start = start
        for page in (start, self._viewport):
            self._stack.addWidget(page)

    def show_start(self) -> None:
        """Shows the start page: nothing is open."""
        if self._start is not None:
            self._stack.setCurrentWidget(self._start)

    def show_viewport(self) -> None:
        """Shows the viewport, where the picture is or will be, and gives it the keyboard."""
        self._stack.setCurrentWidget(self._viewport)
        self._viewport.focus()
