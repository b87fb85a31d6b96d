"""What is there before anything is open: ways to open something."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.gui.panel.panel_parts import Card, Elided, clear, label
from app.gui.plain_text import tip
from app.gui.qt import QAction, QFrame, QHBoxLayout, QPushButton, QScrollArea, Qt, QVBoxLayout, QWidget, Signal
from app.settings import Recent, RememberedSettings, Settings
from app.viewing.opening import title_of

SHOWN = 6
WIDEST = 620


class StartPage(QScrollArea):
    """Open, the demo, the recent scenes, and a hint that dropping works."""

    recent_chosen = Signal(object)

    def __init__(
        self, settings: RememberedSettings, open_action: QAction, train_action: QAction, demo_action: QAction
    ) -> None:
        super().__init__()
        title = label("Vantage", "title")
        hint = label(
            "Open a trained scene and walk around in it, or train one from images or a video. You can also drop "
            "a checkpoint, a run folder, a folder of images or a video anywhere on this window.",
            "muted",
            wrap=True,
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for action, text, primary in (
            (open_action, "Open…", True),
            (train_action, "Train a scene…", False),
            (demo_action, "Open demo scene", False),
        ):
            button = QPushButton(text)
            button.setToolTip(action.toolTip())
            button.setEnabled(action.isEnabled())
            action.changed.connect(lambda action=action, button=button: button.setEnabled(action.isEnabled()))
            button.setProperty("primary", primary)
            button.clicked.connect(action.trigger)
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._card = Card("Recent")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self._card.body.addLayout(self._rows)
        column = QVBoxLayout()
        column.setSpacing(14)
        column.addStretch(2)
        for part in (title, hint):
            column.addWidget(part)
        column.addLayout(buttons)
        column.addSpacing(10)
        column.addWidget(self._card)
        column.addStretch(3)
        inner = QWidget()
        inner.setLayout(column)
        inner.setMaximumWidth(WIDEST)
        page = QWidget()
        across = QHBoxLayout(page)
        across.addStretch(1)
        across.addWidget(inner, 1000)
        across.addStretch(1)
        # The window must not become as high as the list is long.
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        settings.changed.connect(self._settings_changed)
        self._show_recent(settings.current.recent)

    def _settings_changed(self, settings: Settings, before: Settings) -> None:
        if settings.recent != before.recent:
            self._show_recent(settings.recent)

    def _show_recent(self, recent: Sequence[Recent]) -> None:
        clear(self._rows)
        for entry in recent[:SHOWN]:
            path = Path(entry.path)
            name = title_of(path)
            button = _row(name, str(path.parent))
            beside = [f"with {each}" for each in (entry.data, entry.photograph) if each]
            button.setToolTip(tip("\n".join((entry.path, *beside))))
            button.clicked.connect(lambda _, entry=entry: self.recent_chosen.emit(entry))
            self._rows.addWidget(button)
        self._card.setVisible(bool(recent))


def _row(name: str, folder: str) -> QPushButton:
    """A button of two lines, the second muted."""
    button = QPushButton()
    button.setProperty("row", True)
    column = QVBoxLayout(button)
    column.setContentsMargins(10, 6, 10, 7)
    column.setSpacing(1)
    for line in (Elided(name), Elided(folder, "muted")):
        line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column.addWidget(line)
    button.setMinimumHeight(button.layout().sizeHint().height())
    return button
