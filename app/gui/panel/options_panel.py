"""How the open scene is drawn: the engine's own options."""

from __future__ import annotations

from app.gui.panel.options_form import OptionsForm
from app.gui.panel.panel_parts import Card
from app.gui.qt import QLineEdit, Signal
from app.viewing.chosen_sources import source_fields
from app.viewing.inputs import input_fields
from app.viewing.opening import Opened

SEARCHED = 6
"""Options from which on there is a field to search them by."""


class OptionsCard(Card):
    """Hidden where the engine has no options."""

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__("Options")
        self._form = OptionsForm()
        self._form.changed.connect(self.changed)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search options")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._form.narrow)
        self.body.addWidget(self.search)
        self.body.addWidget(self._form)
        self.hide()

    def show_scene(self, opened: Opened | None) -> None:
        """At the values that the scene was opened with; None empties the card."""
        # What it is made of has cards of its own.
        without = (*input_fields(opened), *source_fields(opened)) if opened is not None else ()
        shown = opened is not None and bool(set(type(opened.options).model_fields) - set(without))
        if opened is not None and shown:
            self._form.set_options(opened.options, without)
            many = len(self._form.values()) >= SEARCHED
            self.search.setVisible(many)
            self._form.narrow(self.search.text() if many else "")
        self.setVisible(shown)
