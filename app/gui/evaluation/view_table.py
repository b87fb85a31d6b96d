"""The views of an evaluation as rows: a thumbnail, a name, the scores of each scene; sorted by what is clicked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from app.gui.plain_text import tip
from app.gui.qt import (
    QAbstractItemView,
    QHeaderView,
    QIcon,
    QPixmap,
    QSize,
    Qt,
    QTreeWidget,
    QTreeWidgetItem,
    Signal,
    image_of,
)
from app.report.judging import ViewKey
from app.training.evaluation import Score
from engines.core.camera import Array

THUMBNAIL_PX = 44
KEY, VALUE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
DIFFERENCE = "Difference, dB"


class _Row(QTreeWidgetItem):
    """A view; sorted by numbers, what has none last in a rising order."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else 0
        own, others = (row.data(column, VALUE) for row in (self, other))
        return (math.inf if own is None else own) < (math.inf if others is None else others)


class ViewTable(QTreeWidget):
    """Rows come one by one, each of a view that any of the scenes was judged by."""

    wanted = Signal(object)
    """The key of the view to be gone to."""

    def __init__(self) -> None:
        super().__init__()
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSortingEnabled(True)
        self.setMinimumWidth(240)
        self._rows: dict[ViewKey, _Row] = {}
        self._scores: dict[ViewKey, dict[int, Score]] = {}
        self._scenes = 1
        self.begin(("",))
        self.itemClicked.connect(lambda item, _: self.wanted.emit(item.data(0, KEY)))
        # The keys that walk through a list go to what they reach, too.
        self.itemActivated.connect(lambda item, _: self.wanted.emit(item.data(0, KEY)))

    def begin(self, names: Sequence[str]) -> None:
        """No rows, for scenes of these names."""
        self.clear()
        self._rows, self._scores, self._scenes = {}, {}, len(names)
        several = len(names) > 1
        titles = ["View"]
        for name in names:
            titles += [f"PSNR, {name}", f"SSIM, {name}"] if several else ["PSNR, dB", "SSIM"]
        titles += [DIFFERENCE] if len(names) == 2 else []
        self.setColumnCount(len(titles))
        self.setHeaderLabels(titles)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(60)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(titles)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
            self.headerItem().setTextAlignment(column, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)

    def add(self, key: ViewKey, scene: int, score: Score, thumbnail: Array | None) -> None:
        """A view of one of the scenes is judged; `thumbnail` [H, W, 3] uint8 of what was drawn."""
        self._scores.setdefault(key, {})[scene] = score
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _Row()
            row.setData(0, KEY, key)
            row.setData(0, VALUE, float(len(self._rows)))
            instance, name, time = key
            shown = " · ".join(part for part in (instance, name, f"time step {time}" if time else "") if part)
            row.setText(0, shown)
            row.setToolTip(0, tip(f"{shown}\nA click goes there"))
            if thumbnail is not None:
                row.setIcon(0, QIcon(QPixmap.fromImage(image_of(thumbnail))))
            self.addTopLevelItem(row)
        self._fill(row, self._scores[key])

    @property
    def shown(self) -> list[tuple[ViewKey, Mapping[int, Score]]]:
        """The rows from the top: the view, and the scores of each scene by number."""
        rows = (self.topLevelItem(index) for index in range(self.topLevelItemCount()))
        keys = [row.data(0, KEY) for row in rows if row is not None]
        return [(key, self._scores[key]) for key in keys]

    def _fill(self, row: _Row, scores: Mapping[int, Score]) -> None:
        for scene, score in scores.items():
            _set(row, 1 + 2 * scene, score.psnr, f"{score.psnr:.2f}")
            _set(row, 2 + 2 * scene, score.ssim, f"{score.ssim:.4f}")
        if self._scenes == 2 and len(scores) == 2:
            by = scores[1].psnr - scores[0].psnr
            _set(row, 5, by if math.isfinite(by) else None, f"{by:+.2f}" if math.isfinite(by) else "–")


def _set(row: _Row, column: int, value: float | None, text: str) -> None:
    row.setData(column, VALUE, value)
    row.setText(column, text)
    row.setTextAlignment(column, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
