"""Rows of the export dialog for a second scene in the same pictures, and for names that are written into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.export.scene_pair import DIFFERENCE, LAYOUTS, SIDE_BY_SIDE, WIPE, ScenePair
from app.gui.dialog_parts import below, row
from app.gui.export.export_settings import ExportSettings
from app.gui.panel.panel_parts import Choice, guard_wheel, label
from app.gui.qt import QCheckBox, QFormLayout, QSpinBox
from app.rendering.display import OWN_COLOURS
from app.viewing.opening import Opened, title_of
from app.viewing.scene_comparison import ComparedScene

ALONE = ""
LAYOUT_TITLES = {
    ALONE: "This scene alone",
    SIDE_BY_SIDE: "Side by side",
    WIPE: "A line between them",
    DIFFERENCE: "Where they differ",
}


class ComparisonRows:
    """The rows; whoever made them hears of each change, and asks what is chosen."""

    def __init__(
        self,
        rows: QFormLayout,
        opened: Opened,
        compared: ComparedScene | None,
        settings: ExportSettings,
        changed: Callable[[], None],
    ) -> None:
        """`compared`: the second scene that is open, if there is one."""
        self._opened, self._compared = opened, compared
        self.layout, self.wipe_at, self.unit = Choice(), QSpinBox(), label("% of the width", "muted")
        self.layout.offer(LAYOUT_TITLES, settings.compare if settings.compare in LAYOUTS else ALONE)
        self.wipe_at.setRange(0, 100)
        self.wipe_at.setToolTip("Where the line is; at first where it is in the window")
        self.wipe_at.setValue(round(100 * (settings.wipe_at if compared is None else compared.share)))
        guard_wheel(self.layout)
        guard_wheel(self.wipe_at)
        if compared is not None:
            name = title_of(compared.opened.path)
            self.layout.setToolTip(f"With {name}, under the same cameras")
            line = row()
            for part in (self.layout, self.wipe_at, self.unit):
                line.addWidget(part)
            line.addStretch(1)
            rows.addRow("Compare", line)
        self.labels = QCheckBox("Names of scenes and channels in the pictures")
        self.labels.setToolTip("Where there are several")
        self.labels.setChecked(settings.labels)
        self.bars = QCheckBox("Colour bars of depth and other values")
        self.bars.setToolTip("The scale of the colours, with ticks at round numbers")
        self.bars.setChecked(settings.colour_bars)
        self.bars.toggled.connect(changed)
        rows.addRow("Labels", below(self.labels, self.bars))
        self.layout.currentIndexChanged.connect(changed)
        self.wipe_at.valueChanged.connect(changed)

    def chosen(self) -> dict[str, Any]:
        """What of `ExportSettings` is chosen here."""
        return {
            "compare": (self.layout.currentData() or ALONE) if self._compared is not None else ALONE,
            "wipe_at": self.wipe_at.value() / 100,
            "labels": self.labels.isChecked(),
            "colour_bars": self.bars.isChecked(),
        }

    def follow(self, settings: ExportSettings) -> None:
        """Offers what fits what is chosen."""
        for part in (self.wipe_at, self.unit):
            part.setVisible(settings.compare == WIPE)
        self.labels.setEnabled(bool(settings.compare) or len(settings.channels) > 1)
        self.bars.setEnabled(settings.compare == DIFFERENCE or bool(set(settings.channels) - set(OWN_COLOURS)))

    def pair(self, settings: ExportSettings) -> ScenePair | None:
        """The two scenes as they are chosen to be seen, those of the window; None of one alone."""
        if self._compared is None or not settings.compare:
            return None
        return ScenePair(self._opened, self._compared.opened, settings.compare, settings.wipe_at)
