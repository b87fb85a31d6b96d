"""The runs there are, as rows: those under way and waiting first, then what lies on the disk."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from app.gui.plain_text import tip
from app.gui.qt import (
    QAbstractItemView,
    QColor,
    QHeaderView,
    QKeyEvent,
    QPoint,
    QResizeEvent,
    Qt,
    QTreeWidget,
    QTreeWidgetItem,
    Signal,
    present,
)
from app.gui.theme import Colours
from app.gui.words import in_window
from app.training.runs.rows import RunRow

COLUMNS = ("Run", "Method", "Steps", "PSNR", "State")
METHOD, NARROW_PX = 1, 420
"""The column that a narrow list does without."""


class RunsList(QTreeWidget):
    """Rows that can be chosen, several at once to compare them."""

    chosen = Signal()
    opened = Signal(object)
    menu_wanted = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(len(COLUMNS))
        self.setHeaderLabels(COLUMNS)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(COLUMNS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.setMinimumWidth(240)
        # What tells names apart is often their end.
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header.setMinimumSectionSize(48)
        self._colours: Colours | None = None
        self._rows: list[RunRow] = []
        self.itemSelectionChanged.connect(self.chosen)
        self.itemDoubleClicked.connect(lambda item, _: self.opened.emit(item.data(0, Qt.ItemDataRole.UserRole)))
        self.customContextMenuRequested.connect(self.menu_wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current is not None:
            self.opened.emit(current.data(0, Qt.ItemDataRole.UserRole))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Names need the room more; the method is in the tool tip as well, and most often in the name.
        self.setColumnHidden(METHOD, self.width() < NARROW_PX)

    def paint(self, colours: Colours) -> None:
        """Takes a theme's colours."""
        self._colours = colours
        self._fill()

    def show_rows(self, rows: Sequence[RunRow]) -> None:
        """Shows rows in this order; what was chosen stays so."""
        self._rows = list(rows)
        self._fill()

    @property
    def rows(self) -> list[RunRow]:
        """Those that are chosen, from the top."""
        items = (self.topLevelItem(index) for index in range(self.topLevelItemCount()))
        return [item.data(0, Qt.ItemDataRole.UserRole) for item in items if item.isSelected()]

    def choose(self, folder: Path) -> None:
        """Chooses one run."""
        self.clearSelection()
        for index in range(self.topLevelItemCount()):
            item = self.topLevelItem(index)
            if item.data(0, Qt.ItemDataRole.UserRole).folder == folder:
                item.setSelected(True)
                self.scrollToItem(item)

    def _fill(self) -> None:
        chosen = {row.folder for row in self.rows}
        self.blockSignals(True)
        # Rows are kept where they are: a list made anew each second would lose its place.
        while self.topLevelItemCount() > len(self._rows):
            self.takeTopLevelItem(self.topLevelItemCount() - 1)
        while self.topLevelItemCount() < len(self._rows):
            self.addTopLevelItem(QTreeWidgetItem())
        for index, row in enumerate(self._rows):
            self._show(present(self.topLevelItem(index)), row, row.folder in chosen)
        self.blockSignals(False)
        if chosen != {row.folder for row in self.rows}:
            self.chosen.emit()

    def _show(self, item: QTreeWidgetItem, row: RunRow, chosen: bool) -> None:
        psnr = "" if row.psnr is None else f"{row.psnr:.2f} dB"
        for column, text in enumerate((row.folder.name, row.engine, row.steps, psnr, row.state)):
            if item.text(column) != text:
                item.setText(column, text)
        item.setData(0, Qt.ItemDataRole.UserRole, row)
        item.setTextAlignment(2, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
        item.setTextAlignment(3, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
        item.setToolTip(0, tip(_tip(row)))
        item.setToolTip(4, tip(in_window(row.job.text) if row.job is not None else ""))
        if self._colours is not None:
            failed = row.job is not None and row.job.status == "failed"
            colour = self._colours.error if failed else self._colours.accent if row.under_way else self._colours.muted
            item.setForeground(4, QColor(colour))
        item.setSelected(chosen)


def _tip(row: RunRow) -> str:
    lines = [str(row.folder), f"method: {row.engine}"]
    if row.run is not None:
        lines.append(f"data: {row.run.data}")
        if row.run.best_psnr is not None:
            lines.append(f"best PSNR: {row.run.best_psnr:.2f} dB")
        lines.append(time.strftime("%Y-%m-%d %H:%M", time.localtime(row.run.changed_s)))
    lines.append("Double-click opens it, the right button has more.")
    return "\n".join(lines)
