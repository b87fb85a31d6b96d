"""Loss and validation of one run, or of several beside each other, over steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.gui.qt import QCheckBox, QColor, QHBoxLayout, QPushButton, Qt, QVBoxLayout, QWidget, combined

# isort: split
# After Qt: it takes the one that is imported.
import pyqtgraph as pg

from app.gui.panel.panel_parts import Choice, Slider, guard_wheel, label
from app.gui.theme import Colours
from app.training.runs.library import Curves

PSNR = "Held-out PSNR"
SMOOTHEST = 0.99
FIT_MARGINS = (0, 0, 10, 32)
"""Of the plot's corner: above the axis."""
RAW_ALPHA = 70
"""Of the curve before smoothing, drawn behind it."""


def smoothed(values: Sequence[float], weight: float) -> np.ndarray:
    """The moving average with `weight` on the past, as TensorBoard's: its beginning does not lean to 0."""
    average, total, result = 0.0, 0.0, np.empty(len(values))
    for index, value in enumerate(values):
        if np.isfinite(value):
            average = weight * average + (1 - weight) * value
            total = weight * total + (1 - weight)
        result[index] = average / total if total > 0 else value
    return result


class CurvesView(QWidget):
    """A plot, and above it what is plotted and how."""

    def __init__(self) -> None:
        super().__init__()
        self.what = Choice()
        guard_wheel(self.what)
        self.what.set_narrowest(PSNR)
        self.what.addItem(PSNR)
        self.smoothing = Slider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 100)
        self.smoothing.setMaximumWidth(110)
        self.smoothing.setMinimumWidth(40)
        self.smoothing.setToolTip("Moving average over the curve")
        self.log = QCheckBox("Log")
        self.log.setToolTip("Logarithmic values")
        guard_wheel(self.smoothing)
        self._chosen = ""
        """What somebody chose to have plotted; where a run has it, it stays."""
        self.what.activated.connect(self._choose)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.what, 1)
        top.addWidget(label("Smooth", "muted"))
        top.addWidget(self.smoothing)
        top.addWidget(self.log)
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.setMinimumSize(200, 100)
        self.plot.getPlotItem().setClipToView(True)
        self.plot.getPlotItem().setDownsampling(auto=True, mode="peak")
        self.plot.getPlotItem().buttonsHidden = True
        self._add_fit()
        self._legend = self.plot.getPlotItem().addLegend(offset=(-8, 8), labelTextSize="8pt")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.plot, 1)
        self._curves: Mapping[str, Curves] = {}
        self._fitted: object = None
        self._colours: Colours | None = None
        self.what.currentIndexChanged.connect(self._draw)
        self.smoothing.valueChanged.connect(self._draw)
        self.log.toggled.connect(self._draw)

    def _add_fit(self) -> None:
        """In the corner of the plot, while it was dragged or zoomed."""
        self.fit = QPushButton("Fit", self.plot)
        self.fit.setToolTip("Show the whole curve again")
        self.fit.clicked.connect(self._fit)
        corner = QVBoxLayout(self.plot)
        corner.setContentsMargins(*FIT_MARGINS)
        corner.addWidget(self.fit, 0, combined(Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignBottom))
        self.fit.hide()
        self.plot.getPlotItem().getViewBox().sigRangeChangedManually.connect(lambda _: self.fit.show())

    def paint(self, colours: Colours) -> None:
        """Takes a theme's colours."""
        self._colours = colours
        self.plot.setBackground(colours.field)
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(colours.border)
            axis.setTextPen(colours.muted)
        self._legend.setLabelTextColor(colours.text)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self._draw()

    def show_curves(self, curves: Mapping[str, Curves]) -> None:
        """Draws the curves of runs, by name, the first in the accent colour."""
        self._curves = curves
        names = dict.fromkeys(name for each in curves.values() for name in each.losses)
        wanted = [PSNR, *(f"Loss: {name}" for name in names)]
        # Before the second validation there is only the loss to see.
        scored = any(len(each.psnr) > 1 for each in curves.values())
        shown = self._chosen if self._chosen in wanted else wanted[0 if scored else -1]
        self.what.blockSignals(True)
        if [self.what.itemText(index) for index in range(self.what.count())] != wanted:
            self.what.clear()
            self.what.addItems(wanted)
        self.what.setCurrentText(shown)
        self.what.blockSignals(False)
        self._draw()

    def _refit(self) -> None:
        """The axes of another run, or of another value, are not this one's."""
        values = any(self._points(curves)[0] for curves in self._curves.values())
        shown = (self.what.currentText(), tuple(self._curves), values)
        if shown != self._fitted:
            self._fitted = shown
            self._fit()

    def _choose(self, index: int) -> None:
        self._chosen = self.what.itemText(index)

    def _fit(self) -> None:
        """Axes from the first step on, around all that is plotted; of no values at all from 0 to 1."""
        self.fit.hide()
        item = self.plot.getPlotItem()
        last = max(
            (steps[-1] for curves in self._curves.values() for steps in self._points(curves)[:1] if steps), default=0
        )
        if last == 0:
            item.setRange(xRange=(0, 1), yRange=(0, 1), padding=0)
        item.enableAutoRange(axis="y", enable=last > 0)
        item.getViewBox().setLimits(xMin=-0.05 * max(last, 1))
        item.setXRange(0, max(last, 1), padding=0.03)
        item.enableAutoRange(axis="x", enable=last > 1)

    def _points(self, curves: Curves) -> tuple[Sequence[float], Sequence[float]]:
        name = self.what.currentText().removeprefix("Loss: ")
        if self.what.currentText() == PSNR:
            return [step for step, _ in curves.psnr], [psnr for _, psnr in curves.psnr]
        return curves.losses.get(name, ([], []))

    def _draw(self, *_: object) -> None:
        item, colours = self.plot.getPlotItem(), self._colours
        if colours is None:
            return
        item.clear()
        self._refit()
        log = self.log.isChecked()
        item.setLogMode(x=False, y=log)
        palette = (colours.accent, colours.warning, colours.good, colours.error, colours.text)
        self._legend.setVisible(len(self._curves) > 1)
        for index, (name, curves) in enumerate(self._curves.items()):
            steps, values = self._points(curves)
            if not steps:
                continue
            shown = np.asarray(values, dtype=float)
            if log:
                shown = np.where(shown > 0, shown, np.nan)
            if not np.isfinite(shown).any():
                continue
            colour = QColor(palette[index % len(palette)])
            weight = SMOOTHEST * self.smoothing.value() / 100
            few = len(steps) <= 40
            if weight > 0:
                faint = QColor(colour)
                faint.setAlpha(RAW_ALPHA)
                item.plot(steps, shown, pen=pg.mkPen(faint, width=1))
                shown = smoothed(shown.tolist(), weight)
            item.plot(
                steps,
                shown,
                pen=pg.mkPen(colour, width=2),
                name=name,
                symbol="o" if few else None,
                symbolSize=5,
                symbolBrush=colour,
                symbolPen=None,
            )
