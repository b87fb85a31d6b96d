"""Text that comes from files: Qt guesses whether a text is HTML, and would draw the pictures that it names."""

from __future__ import annotations

import html
from typing import Literal

from app.gui.qt import QLabel, QMessageBox, Qt, QWidget, combined, might_be_rich_text

MOST_TOLD, MOST_OF_TIP = 600, 1500
"""Characters that a message, or a tool tip, has room for."""


def plain_label(text: str = "") -> QLabel:
    """A label that draws what it is given as it stands."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def plain_box(box: QMessageBox) -> QMessageBox:
    """Has a message box draw its text as it stands, cut to the room there is, and gives the box back."""
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(cut(box.text()))
    return box


def cut(text: str, most: int = MOST_TOLD) -> str:
    """The text, or its beginning where it is longer than there is room for."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def tip(text: str) -> str:
    """A tool tip that shows `text` as it stands: they have no other way to say that it is no HTML."""
    text = cut(text, MOST_OF_TIP)
    if not might_be_rich_text(text):
        return text
    lines = html.escape(text).replace("\n", "<br>")
    return f"<qt>{lines}</qt>"


def is_sure(parent: QWidget, title: str, text: str) -> bool:
    """Whether a question that No is the safe answer to is answered by Yes."""
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    return bool(QMessageBox.question(parent, title, tip(text), combined(yes, no), no) == yes)


def ask_to_save(parent: QWidget, title: str, text: str) -> Literal["save", "discard", "cancel"]:
    """What is to become of changes that are in no file."""
    buttons = QMessageBox.StandardButton
    choices = combined(buttons.Save, buttons.Discard, buttons.Cancel)
    answer = QMessageBox.question(parent, title, tip(f"{text}\n\nSave it first?"), choices, buttons.Save)
    if answer == buttons.Save:
        return "save"
    return "discard" if answer == buttons.Discard else "cancel"
