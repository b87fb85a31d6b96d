"""Asks for the photograph that a scene is to be made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.gui.dialog_parts import make_default
from app.gui.main_window.dropping import dropped_paths
from app.gui.panel.input_strip import InputStrip
from app.gui.panel.panel_parts import label
from app.gui.qt import (
    QDialog,
    QDragEnterEvent,
    QDropEvent,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    Qt,
    QVBoxLayout,
    QWidget,
    Signal,
    present,
)
from app.gui.words import breakable
from engines.core.camera import Array
from engines.core.data.images import IMAGE_SUFFIXES

WIDTH_PX = 480
TITLE = "Input photograph"
FILTER = f"Photographs (*{' *'.join(IMAGE_SUFFIXES)});;All files (*)"


class InputDialog(QDialog):
    """A photograph, a folder, or one of those before; also what is dropped on it."""

    chosen = Signal(object)
    """The path; the dialog closes with it."""

    def __init__(self, parent: QWidget, texts: Sequence[str], folder: str) -> None:
        """`texts`: paragraphs, what is asked for and why; `folder`: where the file dialogs begin."""
        super().__init__(parent)
        self._folder = folder
        self.setWindowTitle(TITLE)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        for number, text in enumerate(texts):
            column.addWidget(label(breakable(text), "" if number == 0 else "muted", wrap=True))
        self.recent, self.strip = label("Recent", "muted"), InputStrip()
        self.strip.chosen.connect(self._choose)
        column.addWidget(self.recent)
        column.addWidget(self.strip)
        column.addWidget(label("Or drop one here.", "muted"))
        self.photograph, self.several = QPushButton("Photograph…"), QPushButton("Folder…")
        self.photograph.setProperty("primary", True)
        self.photograph.clicked.connect(self._ask_photograph)
        self.several.clicked.connect(self._ask_folder)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self.photograph, self.several, cancel):
            buttons.addWidget(button)
        column.addLayout(buttons)
        make_default(self, self.photograph)
        self.photograph.setFocus()
        self._fit()

    def show_inputs(self, paths: Sequence[Path], pictures: Mapping[Path, Array | None], shown: Path | None) -> None:
        """Shows recent photographs, [H, W, 3] uint8 each, as `InputStrip.show_inputs`; hidden where there is none."""
        self.strip.show_inputs(paths, pictures, shown)
        self.recent.setVisible(not self.strip.isHidden())
        self._fit()

    def _fit(self) -> None:
        # Wrapped texts ask for more height than they need where nothing says how wide they are.
        self.setFixedSize(WIDTH_PX, self.layout().totalHeightForWidth(WIDTH_PX))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(present(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := dropped_paths(present(event.mimeData())):
            self._choose(paths[0])

    def _ask_photograph(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, TITLE, self._folder, FILTER)
        if chosen:
            self._choose(Path(chosen))

    def _ask_folder(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Folder of photographs", self._folder):
            self._choose(Path(chosen))

    def _choose(self, path: Path) -> None:
        self.accept()
        self.chosen.emit(path)
