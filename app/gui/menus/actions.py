"""The commands as Qt actions: menus, toolbar and shortcuts are made from their table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from app.gui.menus.command import Command
from app.gui.menus.command_table import COMMANDS, FILE
from app.gui.menus.icons import make_icon
from app.gui.menus.widget_keys import WidgetKeys
from app.gui.qt import (
    QAction,
    QActionGroup,
    QKeySequence,
    QMainWindow,
    QMenu,
    QSize,
    Qt,
    QToolBar,
    first_combination,
    present,
)
from app.gui.theme import Colours

TOOLBAR = (
    ("open", "train", "screenshot", "export"),
    ("orbit", "fly", "trackball"),
    ("reset", "frame"),
    ("previous", "nearest", "next"),
    ("cameras", "box", "axes", "grid"),
    ("training", "panel", "shortcuts"),
)


class Actions:
    """The table as Qt actions of one window."""

    def __init__(
        self,
        window: QMainWindow,
        handlers: Mapping[str, Callable[..., None]],
        available: Callable[[], tuple[Mapping[str, bool], Mapping[str, str]]],
    ) -> None:
        """`available`: what is there of that which commands need, and by what is needed, why it is not."""
        self._available = available
        self._actions: dict[str, QAction] = {}
        self.local_keys: dict[int, QAction] = {}
        """By key and modifiers, what they do while the viewport has the focus."""
        self._icons: dict[str, str] = {}
        self._colours: Colours | None = None
        self.menus: dict[str, QMenu] = {}
        groups: dict[str, QActionGroup] = {}
        for command in COMMANDS:
            action = QAction(command.text, window)
            action.setObjectName(command.id)
            if command.local:
                # No shortcuts of Qt's: those would be taken from an open menu, which is walked through by arrows.
                action.setText(
                    f"{command.text}\t{QKeySequence(command.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)}"
                )
                self.local_keys |= {first_combination(QKeySequence(key)): action for key in command.keys}
            else:
                action.setShortcuts([QKeySequence(key) for key in command.keys])
            action.setCheckable(command.checkable)
            action.setToolTip(_tip(command, command.tip))
            # macOS moves actions by what they are called, unless told not to.
            action.setMenuRole(QAction.MenuRole.QuitRole if command.id == "quit" else QAction.MenuRole.NoRole)
            if command.group:
                groups.setdefault(command.group, QActionGroup(window)).addAction(action)
            handler = handlers[command.id]
            if command.checkable:
                action.triggered.connect(handler)
            else:
                action.triggered.connect(lambda _checked=False, handler=handler: handler())
            self._actions[command.id] = action
            self._place(window, command, action)
        WidgetKeys(window)
        # For the reason why an input photograph is of no use.
        self.menus[FILE].setToolTipsVisible(True)

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def _place(self, window: QMainWindow, command: Command, action: QAction) -> None:
        menu = self._menu(window, command.menu)
        if command.separated:
            menu.addSeparator()
        menu.addAction(action)
        # Keys of a menu bar that is hidden would do nothing.
        window.addAction(action)

    def _menu(self, window: QMainWindow, path: str) -> QMenu:
        if path not in self.menus:
            parent, _, name = path.rpartition("/")
            above = self._menu(window, parent) if parent else present(window.menuBar())
            self.menus[path] = present(above.addMenu(name))
        return self.menus[path]

    def make_toolbar(self, window: QMainWindow) -> QToolBar:
        """The commands with icons, in their groups."""
        toolbar = present(window.addToolBar("Tools"))
        toolbar.setObjectName("tools")
        toolbar.setMovable(False)
        toolbar.setIconSize(QSize(20, 20))
        toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for index, group in enumerate(TOOLBAR):
            if index:
                toolbar.addSeparator()
            for id in group:
                toolbar.addAction(self._actions[id])
        return toolbar

    def paint(self, colours: Colours) -> None:
        """Draws the icons in a theme's colours."""
        self._colours = colours
        for command in COMMANDS:
            if command.icon:
                self.set_icon(command.id, self._icons.get(command.id, command.icon))

    def set_icon(self, id: str, icon: str) -> None:
        """Gives a command another icon from now on."""
        self._icons[id] = icon
        if self._colours is not None:
            self._actions[id].setIcon(make_icon(icon, self._colours))

    def refresh(self) -> None:
        """Greys what needs something that is not there, and says why."""
        have, reasons = self._available()
        for command in COMMANDS:
            if not command.needs:
                continue
            action = self._actions[command.id]
            action.setEnabled(have[command.needs])
            if command.needs in reasons:
                action.setToolTip(_tip(command, command.tip if have[command.needs] else reasons[command.needs]))


def _tip(command: Command, text: str) -> str:
    keys = QKeySequence(command.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
    name = command.text.replace("&", "").rstrip("…")
    return f"{name}  ({keys})\n{text}"
