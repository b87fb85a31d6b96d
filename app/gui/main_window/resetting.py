"""Help > Reset settings: everything as at a first start, at once."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.host import Host
from app.gui.plain_text import plain_box
from app.gui.qt import QCheckBox, QIcon, QMessageBox, combined
from app.settings import Settings, reset

QUESTION = "Have all settings as at a first start? Files of scenes, runs and presets are not touched."
FORGET = "Also forget recent scenes, input photographs and known runs"
CHECKED = {
    "panel": True, "loop": True, "training": False, "timeline": False, "view_strip": False, "sharp": False,
    "colour_bar": False, "momentum": False, "invert_look": False, "invert_zoom": False,
    "cameras": False, "box": False, "axes": False, "grid": False, "native_size": False,
}  # fmt: skip
CHOSEN = ("theme_system", "orbit", "largest_0")
"""Commands, and how they stand at a first start."""


class Resetting:
    """Asks, and does so."""

    def __init__(self, window: Host, show_playback: Callable[[], object]) -> None:
        self._window, self._show_playback = window, show_playback

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the command does."""
        return {"reset_settings": self.ask}

    def ask(self) -> None:
        """Asks, and resets where that is wanted."""
        box = plain_box(
            QMessageBox(
                QMessageBox.Icon.Question,
                "Reset settings",
                QUESTION,
                combined(QMessageBox.StandardButton.Reset, QMessageBox.StandardButton.Cancel),
                self._window.widget,
            )
        )
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        for button in box.buttons():
            button.setIcon(QIcon())
        forget = QCheckBox(FORGET)
        box.setCheckBox(forget)
        if box.exec() == QMessageBox.StandardButton.Reset:
            self.reset(forget.isChecked())
            self._window.notifications.tell("info", "Settings are as at a first start.")

    def reset(self, forget: bool) -> None:
        """Resets what can be seen, too; `forget`: also what was opened and trained."""
        commands, session = self._window.commands, self._window.session
        for name, checked in CHECKED.items():
            if commands[name].isChecked() != checked:
                commands[name].trigger()
        for name in CHOSEN:
            commands[name].trigger()
        usual = Settings()
        session.view.colour_maps = usual.colour_maps
        session.timeline.playback.fps, session.timeline.playback.loop = usual.fps, usual.loop
        self._show_playback()
        self._window.settings.change(reset(self._window.settings.current, forget))
