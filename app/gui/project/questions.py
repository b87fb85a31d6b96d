"""Questions before a project's changes are lost."""

from __future__ import annotations

from typing import Literal

from app.gui.plain_text import is_sure, tip
from app.gui.qt import QMessageBox, QWidget, combined


def ask_what_of_changes(parent: QWidget, name: str) -> Literal["save", "discard", "cancel"]:
    """What is to become of changes that are not saved, of the project of a name."""
    buttons = QMessageBox.StandardButton
    answer = QMessageBox.question(
        parent,
        "Project not saved",
        tip(f"{name} has changes that are not saved.\n\nSave it first?"),
        combined(buttons.Save, buttons.Discard, buttons.Cancel),
        buttons.Save,
    )
    if answer == buttons.Save:
        return "save"
    return "discard" if answer == buttons.Discard else "cancel"


def may_overwrite(parent: QWidget, name: str) -> bool:
    """Whether a project is to be replaced that somebody else wrote since it was opened."""
    text = f"{name} was changed by another program since it was opened here.\n\nReplace it?"
    return is_sure(parent, "Project changed elsewhere", text)
