"""Curves of one run, or of several beside each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, QPoint, QPointF, Qt, QWheelEvent
from app.gui.theme import colours_of
from app.gui.training.curves import PSNR, CurvesView, smoothed
from app.training.runs.library import Curves


def curves(**losses: list[float]) -> Curves:
    """Losses at every tenth step, PSNR at every hundredth of four."""
    steps = [10 * (index + 1) for index in range(max(map(len, losses.values()), default=0))]
    return Curves(tuple(steps), {name: (steps[: len(v)], v) for name, v in losses.items()}, ((100, 20.0), (200, 21.0)))


@pytest.fixture
def view(qtbot: QtBot) -> CurvesView:
    made = CurvesView()
    qtbot.addWidget(made)
    made.paint(colours_of("dark", True))
    made.resize(400, 300)
    made.show()
    return made


def drawn(view: CurvesView) -> list[tuple[list[float], list[float]]]:
    """Steps and values of what is plotted, in order."""
    items = view.plot.getPlotItem().listDataItems()
    return [(list(item.xData), list(item.yData)) for item in items]


def choose(view: CurvesView, text: str) -> None:
    """As a user does from the list."""
    view.what.setCurrentText(text)
    view.what.activated.emit(view.what.currentIndex())


def test_the_first_curve_is_the_psnr(view: CurvesView) -> None:
    view.show_curves({"car": curves(l1=[0.5, 0.25])})
    assert view.what.currentText() == PSNR
    assert drawn(view) == [([100, 200], [20.0, 21.0])]
    view.what.setCurrentText("Loss: l1")
    assert drawn(view) == [([10, 20], [0.5, 0.25])]


def test_before_the_first_validation_the_loss_is_shown(view: CurvesView) -> None:
    view.show_curves({"car": Curves((10,), {"l1": ([10], [0.5])}, ())})
    assert view.what.currentText() == "Loss: l1" and len(drawn(view)) == 1


def test_the_psnr_is_shown_once_there_is_a_curve_of_it(view: CurvesView) -> None:
    losses = {"l1": ([10, 20], [0.5, 0.25])}
    for psnr in ((), ((10, 20.0),)):
        view.show_curves({"car": Curves((10, 20), losses, psnr)})
        assert view.what.currentText() == "Loss: l1"
    view.show_curves({"car": Curves((10, 20), losses, ((10, 20.0), (20, 21.0)))})
    assert view.what.currentText() == PSNR and drawn(view) == [([10, 20], [20.0, 21.0])]


def test_a_choice_is_kept_for_runs_that_have_it(view: CurvesView) -> None:
    view.show_curves({"car": curves(l1=[0.5], total=[1.0])})
    choose(view, "Loss: l1")
    view.show_curves({"van": curves(total=[1.0])})
    assert view.what.currentText() == PSNR
    view.show_curves({"car": curves(l1=[0.5], total=[1.0])})
    assert view.what.currentText() == "Loss: l1"


def test_what_was_chosen_stays_as_the_run_goes_on(view: CurvesView) -> None:
    view.show_curves({"car": curves(l1=[0.5], total=[1.0])})
    choose(view, "Loss: total")
    view.show_curves({"car": curves(l1=[0.5, 0.4], total=[1.0, 0.9], adversarial=[0.1])})
    assert view.what.currentText() == "Loss: total" and drawn(view) == [([10, 20], [1.0, 0.9])]


def test_runs_are_set_beside_each_other(view: CurvesView) -> None:
    view.show_curves({"car": curves(l1=[0.5]), "van": curves(l1=[0.25], depth=[1.0]), "new": Curves((), {}, ())})
    assert len(drawn(view)) == 2 and view._legend.isVisible()
    view.what.setCurrentText("Loss: depth")
    assert drawn(view) == [([10], [1.0])]
    view.show_curves({"car": curves(l1=[0.5])})
    assert not view._legend.isVisible()


def test_nothing_is_there_yet(view: CurvesView) -> None:
    for found in ({}, {"car": Curves((), {}, ())}):
        view.show_curves(found)
        assert drawn(view) == [] and view.what.currentText() == PSNR


@pytest.mark.parametrize("values", [[0.0, 0.0], [-1.0, -2.0], [1e-300, 1e300], [0.5, -0.5, 0.0, 0.25], [3.0]])
def test_values_without_a_logarithm_are_left_out(view: CurvesView, values: list[float]) -> None:
    view.show_curves({"car": curves(l1=values)})
    view.what.setCurrentText("Loss: l1")
    view.log.setChecked(True)
    view.smoothing.setValue(50)
    assert not view.grab().isNull()
    # Behind, before smoothing.
    raw = next((y for _, y in drawn(view)), [])
    assert [y for y in raw if not math.isnan(y)] == [value for value in values if value > 0]


def test_smoothing_draws_the_curve_as_it_was_behind(view: CurvesView) -> None:
    values = [1.0, 0.0] * 30
    view.show_curves({"car": curves(l1=values)})
    view.what.setCurrentText("Loss: l1")
    assert len(drawn(view)) == 1
    view.smoothing.setValue(100)
    (_, raw), (_, smooth) = drawn(view)
    assert raw == values and np.ptp(smooth[40:]) < 0.05 and smooth[-1] == pytest.approx(0.5, abs=0.05)


def test_smoothing_by_hand() -> None:
    assert smoothed([], 0.5).size == 0
    assert smoothed([2.0, 4.0], 0.0).tolist() == [2.0, 4.0]
    # (0.5 * 2 * 0.5 + 0.5 * 4) / 0.75
    assert smoothed([2.0, 4.0], 0.5).tolist() == pytest.approx([2.0, 10 / 3])
    assert smoothed([3.0] * 5, 0.99).tolist() == pytest.approx([3.0] * 5)
    found = smoothed([math.nan, 2.0, math.nan, 4.0], 0.5)
    assert math.isnan(found[0]) and found[1:].tolist() == pytest.approx([2.0, 2.0, 10 / 3])


def test_axes_are_of_what_is_shown(view: CurvesView) -> None:
    box = view.plot.getPlotItem().getViewBox()
    view.show_curves(
        {"long": Curves(tuple(range(100)), {"l1": (list(range(100)), [5.0] * 100)}, ((50, 19.0), (99, 20.0)))}
    )
    assert box.viewRange()[0][1] > 90
    view.show_curves({"empty": Curves((), {}, ())})
    (_, right), (low, high) = box.viewRange()
    assert right < 2 and low >= -0.2 and high <= 1.2
    view.show_curves({"one": Curves((10,), {"l1": ([10], [3.0])}, ())})
    assert box.viewRange()[0][0] >= -1 and box.viewRange()[0][1] >= 10


def test_what_was_zoomed_is_shown_whole_again_by_a_button_that_is_there_then(view: CurvesView, qtbot: QtBot) -> None:
    box = view.plot.getPlotItem().getViewBox()
    view.show_curves({"car": curves(l1=[0.5, 0.25])})
    whole = box.viewRange()[0]
    assert not view.fit.isVisible()
    at = QPointF(view.plot.viewport().rect().center())
    turned = QWheelEvent(
        at, QPointF(view.plot.viewport().mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 480),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.plot.viewport(), turned)
    assert box.viewRange()[0] != whole and view.fit.isVisible()
    # A curve that grows meanwhile leaves it.
    view.show_curves({"car": curves(l1=[0.5, 0.25, 0.2])})
    assert view.fit.isVisible()
    qtbot.mouseClick(view.fit, Qt.MouseButton.LeftButton)
    assert box.viewRange()[0] == whole and not view.fit.isVisible()


def test_what_was_chosen_by_hand_stays(view: CurvesView) -> None:
    view.show_curves({"run": Curves((), {}, ())})
    view.what.activated.emit(0)
    view.show_curves({"run": Curves((1, 2), {"l1": ([1, 2], [3.0, 2.0])}, ())})
    assert view.what.currentText() == "Held-out PSNR"
