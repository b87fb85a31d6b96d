"""The names of what is compared, at the upper corners of the picture."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.panel.panel_parts import Elided
from app.gui.qt import QObject, Qt
from app.gui.viewport.viewport import Viewport

MARGIN = 10
MOST_SHARE = 0.45
"""Of the viewport's width, that one name has room for."""


class NameTags(QObject):
    """One at the left and one at the right; what has no name is hidden. They lie over the picture, not in its files."""

    def __init__(self, viewport: Viewport, leave_room: Callable[[int], None]) -> None:
        """`leave_room`: told how much of the top they take, in pixels."""
        super().__init__(viewport)
        self._viewport, self._leave_room = viewport, leave_room
        self.left, self.right = (self._make() for _ in range(2))
        viewport.resized.connect(self._arrange)

    def _make(self) -> Elided:
        tag = Elided("", "tag")
        tag.setParent(self._viewport)
        tag.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        tag.hide()
        return tag

    def show_names(self, left: str, right: str) -> None:
        """Shows other names; "": none."""
        if (left, right) == (self.left.text(), self.right.text()):
            return
        for tag, text in ((self.left, left), (self.right, right)):
            tag.setText(text)
            tag.setVisible(bool(text))
        self._arrange()
        self._leave_room(MARGIN + self.left.height() if left or right else 0)

    def _arrange(self) -> None:
        room = self._viewport.width()
        for tag in (self.left, self.right):
            # Over a second picture, too, which came later.
            tag.raise_()
            tag.resize(min(tag.sizeHint().width(), round(MOST_SHARE * room)), tag.sizeHint().height())
        self.left.move(MARGIN, MARGIN)
        self.right.move(room - self.right.width() - MARGIN, MARGIN)
