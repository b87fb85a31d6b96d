"""The demo's picture at the window's size, in rounds, against one that is drawn at once."""

from __future__ import annotations

from tests.benchmarks.measuring import Measure
from tests.benchmarks.refining import measure_refining


def benchmark_window(measure: Measure) -> None:
    measure_refining("car_surface", measure, times=3)
