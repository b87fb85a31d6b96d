"""The measurements in numbers: their distances and offsets, and how long a world unit is."""

from __future__ import annotations

from app.gui.panel.panel_parts import Card, label
from app.gui.qt import (
    ERASING,
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QKeyEvent,
    QLineEdit,
    QPushButton,
    Qt,
    QTreeWidget,
    QTreeWidgetItem,
    Signal,
    present,
)
from app.viewing.lengths import length_text
from app.viewing.measurements import Measurements

MOST_ROWS = 6
COLUMNS = ("Distance", "dx", "dy", "dz")
UNMODIFIED = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


class _Table(QTreeWidget):
    """Tells when its marked row is to go."""

    erased = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ERASING and event.modifiers() in UNMODIFIED:
            self.erased.emit()
        else:
            super().keyPressEvent(event)


class MeasureCard(Card):
    """A row for each measurement; hidden where there is nothing to tell."""

    selected = Signal(int)
    scale_typed = Signal(str)
    """The real length of the marked one, as "2.5 m"; "": not known any more."""

    def __init__(self) -> None:
        super().__init__("Measurements")
        self.table = _Table()
        self.table.setHeaderLabels(list(COLUMNS))
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setAccessibleName("Measurements")
        header = present(self.table.header())
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(30)
        self.table.currentItemChanged.connect(self._item_chosen)
        self.hint = label("", "muted", wrap=True)
        self.length = QLineEdit()
        self.length.setPlaceholderText("2.5 m")
        self.length.setToolTip(
            "How long the marked distance really is: all lengths are told in this unit, too. Empty: in world units only"
        )
        self.length.editingFinished.connect(self._typed)
        self.delete, self.clear = QPushButton("Delete"), QPushButton("Delete all")
        self.table.erased.connect(self.delete.click)
        scale, buttons = QHBoxLayout(), QHBoxLayout()
        self._scale_label = label("Marked is", "muted")
        scale.addWidget(self._scale_label)
        scale.addWidget(self.length, 1)
        for button in (self.delete, self.clear):
            buttons.addWidget(button)
        self.body.addWidget(self.table)
        self.body.addWidget(self.hint)
        self.body.addLayout(scale)
        self.body.addLayout(buttons)
        self.hide()

    def show_measurements(self, measurements: Measurements, is_on: bool) -> None:
        """Shows them anew; `is_on`: more can be picked."""
        whole = measurements.whole
        self.setVisible(is_on or bool(whole))
        self.hint.setText(_hint(measurements, is_on))
        self.hint.setVisible(bool(self.hint.text()))
        self._fill(measurements)
        for widget in (self.table, self._scale_label, self.length, self.delete, self.clear):
            widget.setVisible(bool(whole))
        self.length.setEnabled(measurements.marked is not None)
        self.delete.setEnabled(measurements.selected is not None)
        scale, marked = measurements.scale, measurements.marked
        if not self.length.isModified():
            told = "" if scale is None or marked is None else f"{marked.distance * scale.per_unit:.4g} {scale.unit}"
            self.length.setText(told)

    def _fill(self, measurements: Measurements) -> None:
        self.table.blockSignals(True)
        self.table.clear()
        for each in measurements.whole:
            texts = [length_text(each.distance, measurements.scale), *(f"{value:.4g}" for value in each.offset)]
            item = QTreeWidgetItem(self.table, texts)
            for column, text in enumerate(texts):
                item.setToolTip(column, text)
        if measurements.marked is not None and measurements.selected is not None:
            self.table.setCurrentItem(self.table.topLevelItem(measurements.selected))
        self.table.blockSignals(False)
        rows = min(max(len(measurements.whole), 1), MOST_ROWS)
        row_px = self.table.sizeHintForRow(0) if measurements.whole else 0
        self.table.setFixedHeight(present(self.table.header()).sizeHint().height() + rows * max(row_px, 1) + 4)

    def _item_chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.length.setModified(False)
            self.selected.emit(self.table.indexOfTopLevelItem(item))

    def _typed(self) -> None:
        # Also emitted where the focus only passes by.
        if self.length.isModified():
            self.length.setModified(False)
            self.scale_typed.emit(self.length.text())


def _hint(measurements: Measurements, is_on: bool) -> str:
    if not is_on:
        return ""
    if measurements.begun is not None:
        return "Click the second point; Esc drops the first."
    return "Click two points of the surface. Points can be dragged; Del removes, Esc ends."
