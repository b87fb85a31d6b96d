"""What is there before anything is open: what can be begun, demo scenes, what was open before, where help is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.demos import demo_hint, demo_scenes, demo_title
from app.gui.main_window.start_parts import Tile, TileGrid
from app.gui.main_window.thumbnails import thumbnail
from app.gui.panel.panel_parts import Card, label
from app.gui.plain_text import tip
from app.gui.qt import (
    QAction,
    QFrame,
    QHBoxLayout,
    QKeySequence,
    QPushButton,
    QScrollArea,
    QShowEvent,
    Qt,
    QVBoxLayout,
    QWidget,
    Signal,
)
from app.settings import Recent, RememberedSettings, Settings
from app.viewing.opening import title_of

SHOWN = 6
WIDEST = 920
DEMO_PX, RECENT_PX = (152, 114), (64, 48)
BEGINNINGS = (
    ("open", "Open a scene…", "A checkpoint, or a scene file"),
    ("train", "Train a scene…", "From photographs, or a video"),
    ("project_open", "Open a project…", "A scene with all that was worked on"),
)
HELPS = (("manual", "Guide"), ("shortcuts", "All keys"))
HINT = "Or drop a checkpoint, a run folder, a folder of photographs or a video anywhere on this window."


class StartPage(QScrollArea):
    """Ways to begin; every one of them is reached by Tab, and has its key told where it is a command."""

    recent_chosen = Signal(object)
    demo_chosen = Signal(object)
    """The file of a demo scene."""

    def __init__(self, settings: RememberedSettings, command: Callable[[str], QAction]) -> None:
        """`command`: by its id."""
        super().__init__()
        self._settings = settings
        begin = TileGrid(240, len(BEGINNINGS))
        begin.show_tiles([_command_tile(command(id), title, note) for id, title, note in BEGINNINGS])
        self._demos, self._recent = Card("Demo scenes"), Card("Recent")
        demos = demo_scenes()
        rows = TileGrid(DEMO_PX[0] + 20, max(len(demos), 1))
        rows.show_tiles([self._demo_tile(path) for path in demos])
        self._demos.body.addWidget(rows)
        self._demos.setVisible(bool(demos))
        self._rows = TileGrid(340, 2)
        self._recent.body.addWidget(self._rows)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(label("Vantage", "title"))
        column.addWidget(
            label("Walk around in trained neural scenes, or train one from photographs.", "muted", wrap=True)
        )
        column.addWidget(begin)
        for card in (self._demos, self._recent):
            column.addWidget(card)
        column.addLayout(_helps(command))
        column.addStretch(3)
        self._set_column(column)
        settings.changed.connect(self._settings_changed)
        self._show_recent()

    def _set_column(self, column: QVBoxLayout) -> None:
        """Has it in the middle; the window must not become as high as the list is long."""
        inner, page = QWidget(), QWidget()
        inner.setLayout(column)
        inner.setMaximumWidth(WIDEST)
        across = QHBoxLayout(page)
        across.addStretch(1)
        across.addWidget(inner, 1000)
        across.addStretch(1)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def showEvent(self, event: QShowEvent) -> None:
        # A scene that was open meanwhile has a thumbnail now.
        self._show_recent()
        super().showEvent(event)

    def _settings_changed(self, settings: Settings, before: Settings) -> None:
        if settings.recent != before.recent and self.isVisible():
            self._show_recent()

    def _show_recent(self) -> None:
        recent = self._settings.current.recent[:SHOWN]
        self._rows.show_tiles([self._recent_tile(entry) for entry in recent])
        self._recent.setVisible(bool(recent))

    def _recent_tile(self, entry: Recent) -> Tile:
        path = Path(entry.path)
        tile = Tile(title_of(path), str(path.parent))
        tile.lay_out(thumbnail(path), RECENT_PX)
        beside = [f"with {each}" for each in (entry.data, entry.photograph) if each]
        tile.setToolTip(tip("\n".join((entry.path, *beside))))
        tile.clicked.connect(lambda: self.recent_chosen.emit(entry))
        return tile

    def _demo_tile(self, path: Path) -> Tile:
        tile = Tile(demo_title(path), demo_hint(path))
        tile.lay_out(thumbnail(path), DEMO_PX, above=True)
        tile.setToolTip(tip(f"Open the demo scene “{demo_title(path)}”\n{demo_hint(path)}"))
        tile.clicked.connect(lambda: self.demo_chosen.emit(path))
        return tile


def _command_tile(action: QAction, title: str, note: str) -> Tile:
    """A tile that gives a command, and tells its key."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    tile = Tile(f"{title}   {keys}", note)
    tile.lay_out(None, None)
    tile.setProperty("beginning", True)
    tile.setToolTip(action.toolTip())
    tile.setEnabled(action.isEnabled())
    action.changed.connect(lambda: tile.setEnabled(action.isEnabled()))
    tile.clicked.connect(action.trigger)
    return tile


def _helps(command: Callable[[str], QAction]) -> QHBoxLayout:
    """What can be dropped, and where help is."""
    line = QHBoxLayout()
    line.setSpacing(6)
    line.addWidget(label(HINT, "muted", wrap=True), 1)
    for id, text in HELPS:
        action = command(id)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        button = QPushButton(f"{text}  {keys}")
        button.setToolTip(action.toolTip())
        button.clicked.connect(action.trigger)
        line.addWidget(button)
    return line
