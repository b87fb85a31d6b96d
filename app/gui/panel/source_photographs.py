"""The photographs that the open scene is made of: shown, and others chosen, of methods that can be made of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.gui.host import Host
from app.gui.panel.panel_parts import Card, label
from app.gui.panel.photograph_list import PICTURE_PX, PhotographList
from app.gui.qt import QHBoxLayout, QPushButton
from app.viewing.chosen_sources import chooser_of, source_fields
from app.viewing.small_pictures import SmallPictures, small_photograph
from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.views import View
from engines.core.engine import INSTANCE

SIDE_PX = 2 * PICTURE_PX
"""Of the small pictures: on screens of twice the usual resolution."""


class PhotographCard(Card):
    """Hidden where nothing is to be chosen."""

    def __init__(self) -> None:
        super().__init__("Source photographs")
        self.used, self.list = label("", "muted", wrap=True), PhotographList()
        self.automatic = QPushButton("Default")
        self.automatic.setToolTip("The photographs that the method takes by itself")
        row = QHBoxLayout()
        row.addWidget(self.used, 1)
        row.addWidget(self.automatic)
        self.body.addLayout(row)
        self.body.addWidget(self.list)
        self.list.setToolTip("Click a photograph to use it, or to leave it out; the numbers say in which order")
        self.hide()


@dataclass(frozen=True, eq=False)
class _Shown:
    """One object's photographs."""

    views: Sequence[View]
    names: dict[int, str] = field(default_factory=dict)


class SourcePhotographs:
    """Connects the card with the session."""

    def __init__(self, window: Host) -> None:
        self._window, self._session = window, window.session
        self.card = PhotographCard()
        self.card.list.ticked.connect(window.notifications.guarded(self._tick))
        self.card.list.looked_at.connect(self._look)
        self.card.automatic.clicked.connect(window.notifications.guarded(lambda *_: self._choose(None)))
        self._of: tuple[Dataset | None, int] | None = None
        self._shown = _Shown(())
        self._chosen: tuple[int, ...] = ()
        """As the ticks are: the scene of them may still be on its way."""
        post = window.session.post
        self._small = SmallPictures[tuple[_Shown, int]](
            _small, lambda key, pixels: post(lambda: self._take_picture(*key, pixels))
        )

    def show(self) -> None:
        """A scene was adopted or closed, or another object chosen."""
        chooser, opened = chooser_of(self._session.opened), self._session.opened
        self.card.setVisible(chooser is not None)
        if chooser is None or opened is None:
            self._of, self._shown, self._chosen = None, _Shown(()), ()
            return
        controls = self._session.view.controls
        of = opened.dataset, round(controls.get(INSTANCE, 0))
        if self._of != of:
            # Else the pictures stay, and what is scrolled to.
            self._of, self._shown = of, _Shown(chooser.source_views(controls))
            self.card.list.show_photographs(len(self._shown.views))
        self._chosen = chooser.chosen_sources(controls)
        (name,) = source_fields(opened)
        self.card.automatic.setEnabled(getattr(opened.options, name) is not None)
        self._show_chosen(chooser.least_sources)
        self._look()

    def shut_down(self) -> None:
        """Ends what is under way."""
        self._small.close()

    def _show_chosen(self, least: int) -> None:
        self.card.list.show_chosen(self._chosen)
        count = len(self._chosen)
        text = f"{count} of {len(self._shown.views)} used"
        if count == least:
            text += f"; needs {'one' if least == 1 else least} at least"
        self.card.used.setText(text)

    def _tick(self, row: int) -> None:
        chooser = chooser_of(self._session.opened)
        if chooser is None:
            return
        if row not in self._chosen:
            self._choose((*self._chosen, row))
        elif len(self._chosen) > chooser.least_sources:
            self._choose(tuple(number for number in self._chosen if number != row))

    def _choose(self, numbers: tuple[int, ...] | None) -> None:
        chooser = chooser_of(self._session.opened)
        if chooser is None:
            return
        self._session.loader.choose_sources(numbers)
        self._window.notifications.hide()
        if numbers is not None:
            self._chosen = numbers
            self._show_chosen(chooser.least_sources)

    def _look(self) -> None:
        """Makes the pictures that are to be seen and not there."""
        self._small.want([(self._shown, row) for row in self.card.list.missing()])

    def _take_picture(self, shown: _Shown, row: int, pixels: Array | None) -> None:
        if shown is self._shown:
            self.card.list.show_picture(row, shown.names.get(row, ""), pixels)


def _small(key: tuple[_Shown, int]) -> Array:
    """A photograph of those, [h, w, 3] uint8; on a thread of its own."""
    shown, row = key
    view = shown.views[row]
    shown.names[row] = view.name
    return small_photograph(view, SIDE_PX)
