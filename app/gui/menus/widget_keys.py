"""Keys that widgets need for themselves: while one of them has the focus, the window's commands of these keys rest.

Qt asks first whether a key is to be no shortcut this time (`ShortcutOverride`): the widget with the focus, then those
that it stands in. Fields of text say so of what is typed; combo boxes, lists, tables, spin boxes and sliders do not.
"""

from __future__ import annotations

from app.gui.qt import (
    ERASING,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QEvent,
    QKeyEvent,
    QKeySequence,
    QMainWindow,
    QObject,
    Qt,
    QWidget,
    combined,
)

WALKING = frozenset(
    (
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    )
)
"""From an entry, or a value, to another."""
SEARCHING = (QComboBox, QAbstractItemView)
"""Go to what begins with the letters that are typed."""
STEPPING = (QAbstractSpinBox, QAbstractSlider)
WITHOUT_TEXT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.MetaModifier,
)
COPYING = (QKeySequence.StandardKey.Copy, QKeySequence.StandardKey.SelectAll)


def needs_key(widget: QWidget | None, event: QKeyEvent) -> bool:
    """Whether the widget does something of its own with a key."""
    if not isinstance(widget, (*SEARCHING, *STEPPING)):
        return False
    if isinstance(widget, QAbstractItemView) and any(event.matches(each) for each in COPYING):
        return True
    if event.modifiers() & combined(*WITHOUT_TEXT):
        return False
    if event.key() in ERASING:
        # With Shift they are commands that say what they remove.
        return isinstance(widget, SEARCHING) and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier
    return event.key() in WALKING or (
        isinstance(widget, SEARCHING) and event.text().isprintable() and event.text() != ""
    )


class WidgetKeys(QObject):
    """Leaves keys to the widget of a window that has the focus, where it needs them."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        needed = needs_key(QApplication.focusWidget(), event)
        if needed:
            event.accept()
        return needed
