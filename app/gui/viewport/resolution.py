"""The resolution of pictures as it is chosen: by commands, on a card; remembered, and in use at once."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.host import Host
from app.gui.menus.command_table import LARGEST_PX
from app.gui.panel.drawing_card import DrawingCard
from app.gui.qt import QScrollArea, Qt
from app.rendering.dynamic_resolution import ResolutionPolicy
from app.settings import Settings


class Resolution:
    """Brings the settings of the resolution to the session, and to what shows them."""

    def __init__(self, window: Host) -> None:
        self._window = window
        self.card = DrawingCard({px: text.replace("&", "") for px, text in LARGEST_PX.items()})
        self.card.chosen.connect(self._choose)
        window.settings.changed.connect(lambda settings, _: self._follow(settings))
        self._apply(window.settings.current)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        handlers: dict[str, Callable[..., None]] = {
            "native_size": lambda on: self._window.settings.update(never_reduced=on),
            "target_rate": self._show_card,
        }
        return handlers | {f"largest_{px}": (lambda _, px=px: self._choose("largest_px", px)) for px in LARGEST_PX}

    def restore(self) -> None:
        """Shows what was chosen the last time."""
        self.card.add_native(self._window.commands["native_size"])
        self._follow(self._window.settings.current)

    def _choose(self, field: str, value: float) -> None:
        self._window.settings.update(**{field: int(value) if field == "largest_px" else value})

    def _follow(self, settings: Settings) -> None:
        self._apply(settings)
        px, commands = settings.largest_px, self._window.commands
        commands[f"largest_{px if px in LARGEST_PX else 0}"].setChecked(True)
        commands["native_size"].setChecked(settings.never_reduced)
        self.card.show_chosen(px, settings.target_rate, settings.smallest_share, settings.never_reduced)

    def _apply(self, settings: Settings) -> None:
        session = self._window.session
        session.eye.size.limit(settings.largest_px)
        policy = ResolutionPolicy(settings.target_rate, settings.smallest_share, settings.never_reduced)
        if policy != session.view.resolution:
            session.view.resolution = policy

    def _show_card(self) -> None:
        if not (panel := self._window.commands["panel"]).isChecked():
            panel.trigger()
        first = self.card.rate if self.card.rate.isEnabled() else self.card.largest
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)
        above = self.card.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None:
            above.ensureWidgetVisible(self.card)
