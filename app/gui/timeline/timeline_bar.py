"""The timeline's bar: commands, the strip, and what the selected keys hold."""

from __future__ import annotations

from collections.abc import Mapping

from app.gui.panel.panel_parts import Elided, guard_wheel, label
from app.gui.qt import (
    QAbstractSpinBox,
    QAction,
    QDoubleSpinBox,
    QFrame,
    QSize,
    Qt,
    QToolButton,
    QVBoxLayout,
    Signal,
)
from app.gui.timeline.fitting_row import FittingRow
from app.gui.timeline.key_properties import KeyProperties
from app.gui.timeline.key_strip import KeyStrip
from app.gui.timeline.time_scale import clock
from app.path_editing.document import PathDocument
from app.path_editing.preview import PathPreview

GROUPS = (
    (("path_key_before", "path_frame_before", "path_play", "path_frame_after", "path_key_after"), 0),
    (("path_add", "path_overwrite", "path_duplicate", "path_delete"), 0),
    (("path_turn", "path_generate", "path_record"), 3),
    (("path_loop", "path_constant_speed"), 2),
)
"""Commands that are buttons here, in their groups, and their ranks: all are in the menu, too."""
HIGHEST_FPS = 240


class TimelineBar(QFrame):
    """Under the viewport; hidden until it is asked for."""

    fps_chosen = Signal(float)

    def __init__(self, document: PathDocument, preview: PathPreview, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._document, self._preview = document, preview
        self.strip, self.properties = KeyStrip(document, preview), KeyProperties(document)
        self.place, self.name = label(), Elided("", "muted")
        self.name.setContentsMargins(8, 0, 4, 0)
        self.place.setToolTip("Where the playhead is, and how long the video is")
        self.place.setFixedWidth(self.place.fontMetrics().horizontalAdvance("00.00 s / 00.00 s  ·  0000 / 0000"))
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.fps = QDoubleSpinBox()
        self.fps.setRange(1, HIGHEST_FPS)
        self.fps.setDecimals(2)
        self.fps.setSuffix(" fps")
        self.fps.setKeyboardTracking(False)
        self.fps.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.fps.setToolTip("Frames per second of the video")
        self.fps.setFixedWidth(self.fps.fontMetrics().horizontalAdvance("000.00 fps") + 20)
        guard_wheel(self.fps)
        self.fps.valueChanged.connect(self._choose_fps)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 5, 10, 7)
        column.setSpacing(5)
        column.addWidget(self._buttons(actions))
        column.addWidget(self.strip)
        column.addWidget(self.properties)
        self.hide()
        self.refresh()

    def _buttons(self, actions: Mapping[str, QAction]) -> FittingRow:
        row = FittingRow(2)
        for number, (group, rank) in enumerate(GROUPS):
            if number:
                row.add(_rule(), rank)
            for id in group:
                row.add(_button(actions[id]), rank)
            if not number:
                row.add(self.place, 1)
        row.add(_rule(), 4)
        row.add(self.fps, 4)
        row.add(self.name, stretch=1)
        row.add(_button(actions["path_export"]))
        return row

    def _choose_fps(self, fps: float) -> None:
        if abs(fps - self._document.path.fps) > 1e-9:
            self.fps_chosen.emit(fps)

    def refresh(self) -> None:
        """The path is another, or the playhead moved."""
        path = self._document.path
        if abs(self.fps.value() - path.fps) > 0.005:
            self.fps.blockSignals(True)
            self.fps.setValue(path.fps)
            self.fps.blockSignals(False)
        frame, count = round(self._preview.time_s * path.fps), max(path.frame_count - 1, 0)
        self.place.setText(f"{clock(self._preview.time_s)} / {clock(path.duration_s)}  ·  {frame} / {count}")
        file = self._document.file
        name = file.name if file is not None else "Unsaved" if path.keys and self._document.unsaved else ""
        self.name.setText(f"{name} •" if name and self._document.unsaved and file is not None else name)
        self.name.setToolTip("Changed since it was saved" if self._document.unsaved else "")


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(18, 18))
    # Space and the arrows are the viewport's.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _rule() -> QFrame:
    rule = QFrame()
    rule.setProperty("role", "rule")
    rule.setFixedSize(13, 18)
    return rule
