"""Photographs that scenes were made of, in small, to be taken again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.gui.panel.map_painting import as_image
from app.gui.plain_text import tip
from app.gui.qt import QGridLayout, QIcon, QPixmap, QSize, Qt, QToolButton, QWidget, Signal
from app.settings import INPUT_COUNT
from engines.core.camera import Array

COLUMNS = 5
BUTTON_PX, ICON_PX, GAP_PX = 48, 40, 5


class InputStrip(QWidget):
    """A button for each, the newest first; those that are gone are left out."""

    chosen = Signal(object)
    """The path."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP_PX)
        grid.setColumnStretch(COLUMNS, 1)
        self.buttons = [self._button() for _ in range(INPUT_COUNT)]
        for place, button in enumerate(self.buttons):
            grid.addWidget(button, place // COLUMNS, place % COLUMNS)
        self._paths: list[Path] = []

    def _button(self) -> QToolButton:
        button = QToolButton()
        button.setProperty("picture", True)
        button.setCheckable(True)
        button.setFixedSize(BUTTON_PX, BUTTON_PX)
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.hide()
        button.clicked.connect(lambda: self._clicked(button))
        return button

    def show_inputs(self, paths: Sequence[Path], pictures: Mapping[Path, Array | None], shown: Path | None) -> None:
        """Shows these paths that are there, each with its picture as far as it is made.

        Args:
            pictures: [H, W, 3] uint8; None of what is gone.
            shown: what the scene is made of now; it stands out.
        """
        self._paths = [path for path in paths if pictures.get(path, True) is not None]
        for button, path in zip(self.buttons, self._paths, strict=False):
            pixels = pictures.get(path)
            button.setIcon(QIcon() if pixels is None else QIcon(QPixmap.fromImage(as_image(pixels))))
            button.setToolTip(tip(str(path)))
            button.setAccessibleName(path.name)
            button.setChecked(path == shown)
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(self._paths))
        self.setVisible(bool(self._paths))

    def _clicked(self, button: QToolButton) -> None:
        # Which one is shown is told by the scene, not by the click.
        button.setChecked(not button.isChecked())
        path = self._paths[self.buttons.index(button)]
        if not button.isChecked():
            self.chosen.emit(path)
