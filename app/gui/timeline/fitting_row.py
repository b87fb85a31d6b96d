"""A row of widgets that leaves out the least needed where there is no room for all."""

from __future__ import annotations

from app.gui.qt import QHBoxLayout, QResizeEvent, QSize, QWidget


class FittingRow(QWidget):
    """Shows as many of its widgets as have room; those of the highest rank go first, those of rank 0 never."""

    def __init__(self, spacing: int, height: int = 0) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(spacing)
        # Else the layout would ask for the width of all.
        self.setMinimumSize(1, height)
        self._ranks: list[tuple[QWidget, int]] = []
        self._unwanted: set[QWidget] = set()

    def add(self, widget: QWidget, rank: int = 0, stretch: int = 0) -> None:
        """Puts a widget at the right end."""
        self.row.addWidget(widget, stretch)
        self._ranks.append((widget, rank))

    def clear(self) -> None:
        """Takes all widgets out, and ends them."""
        for widget, _ in self._ranks:
            self.row.removeWidget(widget)
            widget.setParent(None)
            widget.deleteLater()
        self._ranks, self._unwanted = [], set()

    def set_wanted(self, widget: QWidget, wanted: bool) -> None:
        """Says whether a widget is shown where there is room; `fit` does so."""
        (self._unwanted.discard if wanted else self._unwanted.add)(widget)

    def fit(self) -> None:
        """Shows what is wanted and has room."""
        shown = [(widget, rank) for widget, rank in self._ranks if widget not in self._unwanted]
        while self._needed(shown) > self.width() and (most := max((rank for _, rank in shown), default=0)) > 0:
            shown = [(widget, rank) for widget, rank in shown if rank < most]
        kept = {widget for widget, _ in shown}
        # First what goes, so that the row is never wider than it may be.
        for widget, _ in sorted(self._ranks, key=lambda entry: entry[0] in kept):
            if widget.isHidden() == (widget in kept):
                widget.setVisible(widget in kept)

    def _needed(self, shown: list[tuple[QWidget, int]]) -> int:
        widths = [max(widget.minimumSizeHint().width(), widget.minimumWidth()) for widget, _ in shown]
        return sum(widths) + self.row.spacing() * max(len(widths) - 1, 0)

    def minimumSizeHint(self) -> QSize:
        least = [(widget, rank) for widget, rank in self._ranks if rank == 0 and widget not in self._unwanted]
        return QSize(self._needed(least), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
