"""Turning the cameras of a data folder."""

from __future__ import annotations

from app.gui.panel.data_view import DataView
from tests.app.gui.panel.test_data_view import report, thumbnails, view  # noqa: F401  (a fixture)
from tests.benchmarks.measuring import Measure


def benchmark_hundred_cameras(view: DataView, measure: Measure) -> None:  # noqa: F811
    view.set_report(report(100))
    view.add_thumbnails(thumbnails(100))
    # 60 frames a second leave 16 ms each.
    measure.milliseconds(view.map.repaint, at_most=16, rounds=30)
