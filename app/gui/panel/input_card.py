"""The panel's part for scenes that are made of a photograph: of which, and of which others they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.gui.panel.input_strip import InputStrip
from app.gui.panel.map_painting import as_image
from app.gui.panel.panel_parts import Card, Elided, label
from app.gui.qt import QAction, QHBoxLayout, QLabel, QPixmap, QPushButton, Qt, QVBoxLayout, Signal
from app.viewing.inputs import input_of, takes_input
from app.viewing.instances import trained_instances
from app.viewing.opening import Opened
from engines.core.camera import Array

PICTURE_PX = 64


class InputCard(Card):
    """Hidden where the scene is not made of a photograph."""

    own_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Input photograph")
        self.picture, self.name, self.kind = QLabel(), Elided(), label("", "muted", wrap=True)
        self.picture.setFixedSize(PICTURE_PX, PICTURE_PX)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose, self.own = QPushButton("Choose…"), QPushButton("Its own objects")
        self.own.setToolTip("Show the objects of the data folder, or of the file, again")
        self.own.clicked.connect(self.own_wanted)
        self.recent, self.strip = label("Recent", "muted"), InputStrip()
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.name)
        texts.addWidget(self.kind)
        texts.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.picture)
        top.addLayout(texts, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.choose)
        buttons.addWidget(self.own)
        buttons.addStretch(1)
        self.body.addLayout(top)
        self.body.addLayout(buttons)
        self.body.addWidget(self.recent)
        self.body.addWidget(self.strip)
        self.hide()

    def connect_command(self, command: QAction) -> None:
        """Its button does what the command does."""
        self.choose.setToolTip(command.toolTip())
        self.choose.clicked.connect(command.trigger)

    def show_scene(self, opened: Opened | None, has_own: bool) -> None:
        """Describes what a scene is made of.

        Args:
            has_own: whether it has objects without a photograph that is named, to go back to.
        """
        self.setVisible(takes_input(opened))
        if opened is None or not takes_input(opened):
            return
        photograph, objects = input_of(opened), len(trained_instances(opened.scene))
        folder = photograph is not None and photograph.is_dir()
        if photograph is None:
            inside = opened.dataset is not None
            self.name.setText(opened.dataset.source.name if opened.dataset is not None else opened.path.name)
            self.kind.setText(f"{objects} objects of the {'data folder' if inside else 'file'}")
        else:
            self.name.setText(photograph.name)
            self.kind.setText(f"Folder of {objects}, an object each" if folder else "One object")
        self.name.setToolTip(str(photograph or opened.path))
        self.own.setVisible(has_own and photograph is not None)

    def show_pictures(self, paths: Sequence[Path], pictures: Mapping[Path, Array | None], shown: Path | None) -> None:
        """Shows recent photographs, [H, W, 3] uint8 each, as `InputStrip.show_inputs`; the scene's also above."""
        self.strip.show_inputs(paths, pictures, shown)
        self.recent.setVisible(not self.strip.isHidden())
        pixels = pictures.get(shown) if shown is not None else None
        self.picture.setVisible(pixels is not None)
        if pixels is not None:
            image = as_image(pixels)
            ratio = self.devicePixelRatioF()
            side = round(PICTURE_PX * ratio)
            pixmap = QPixmap.fromImage(
                image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
            )
            pixmap.setDevicePixelRatio(ratio)
            self.picture.setPixmap(pixmap)
