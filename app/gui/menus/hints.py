"""What can be done with a scene, told over the first picture that somebody sees; Help shows it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.gui.menus.command_table import COMMANDS
from app.gui.plain_text import plain_label
from app.gui.qt import (
    QEvent,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QObject,
    QPushButton,
    Qt,
    QVBoxLayout,
    QWidget,
    combined,
)
from app.gui.viewport.viewport import GESTURES, Viewport
from app.settings import RememberedSettings
from app.viewing.session import Session

Row = tuple[str, str]
HAND: Sequence[Row] = [(with_, text.split(":")[0].split(" (")[0]) for with_, text in GESTURES[:7]]
"""Without what the sheet of shortcuts says besides: both columns are to have room at 1280x800 in wide letters, too."""
FIRST_COMMANDS: Mapping[str, str] = {
    "next_channel": "Show depth and what else the scene has",
    "next": "Go to the next view",
    "reset": "Go back to where it begins",
    "compare": "Compare with another scene",
    "timeline": "Make a camera path",
    "export": "Export a video",
    "screenshot": "Save the picture",
    "train": "Train a scene of photographs",
    "shortcuts": "Look up all keys",
}
"""What people look for first, by its command; the sheet of shortcuts has all."""
MARGIN_PX = 12
MOVING = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.Wheel)


def command_rows() -> list[Row]:
    """(keys, text) of the first commands; the keys are those of the menus."""
    keys = {command.id: command.keys[0] for command in COMMANDS}
    native = QKeySequence.SequenceFormat.NativeText
    return [(QKeySequence(keys[id]).toString(native), text) for id, text in FIRST_COMMANDS.items()]


class Hints(QFrame):
    """At the foot of the viewport until a click, Escape, or a hand on the picture; what has no room is left out."""

    def __init__(self, viewport: Viewport, session: Session, settings: RememberedSettings) -> None:
        super().__init__(viewport)
        self._viewport, self._session, self._settings, self._wanted = viewport, session, settings, False
        self.setProperty("role", "card")
        self._hand, self._commands = _section("By hand", HAND), _section("By keys and menus", command_rows())
        self.button = QPushButton("Close")
        self.button.clicked.connect(self.dismiss)
        heading = plain_label("What you can do here")
        heading.setProperty("role", "title")
        across = QHBoxLayout()
        across.setSpacing(28)
        for section in (self._hand, self._commands):
            across.addWidget(section, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 20, 16)
        column.setSpacing(12)
        column.addWidget(heading)
        column.addLayout(across)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignRight)
        viewport.canvas.widget.installEventFilter(self)
        viewport.resized.connect(self._arrange)
        session.scene_changed.connect(self._scene_changed)
        self.hide()

    def _scene_changed(self) -> None:
        if self._session.opened is None:
            self._leave()
        elif self._settings.current.hints:
            self.show_again()

    def _leave(self) -> None:
        self._wanted = False
        self.hide()

    def show_again(self) -> None:
        """Shows them, as at the first start."""
        self._wanted = True
        self._arrange()

    def dismiss(self) -> None:
        """Takes them away, at the next start, too."""
        self._leave()
        self._settings.update(hints=False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.dismiss()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._wanted:
            return False
        if event.type() in MOVING:
            # The hand does with the picture what it wants to.
            self.dismiss()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.dismiss()
            return True
        return False

    def _arrange(self) -> None:
        if not self._wanted:
            return
        room = self._viewport.size()
        for sections in ((self._hand, self._commands), (self._hand,), ()):
            for section in (self._hand, self._commands):
                section.setVisible(section in sections)
            self.layout().activate()
            needed = self.layout().totalSizeHint()
            if needed.width() <= room.width() - 2 * MARGIN_PX and needed.height() <= room.height() - 2 * MARGIN_PX:
                break
        self.setVisible(bool(sections))
        self.resize(needed)
        self.move((room.width() - needed.width()) // 2, room.height() - needed.height() - MARGIN_PX)
        self.raise_()


def _section(title: str, rows: Sequence[Row]) -> QWidget:
    section = QWidget()
    grid = QGridLayout(section)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(6)
    grid.setHorizontalSpacing(10)
    heading = plain_label(title)
    heading.setProperty("role", "heading")
    grid.addWidget(heading, 0, 0, 1, 2)
    for line, (keys, text) in enumerate(rows, start=1):
        key = plain_label(keys)
        key.setProperty("role", "key")
        grid.addWidget(key, line, 0, combined(Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter))
        grid.addWidget(plain_label(text), line, 1)
    return section
