"""How the timeline's strip is painted: ruler, legs, diamonds, end and playhead."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from app.gui.qt import QColor, QLineF, QPainter, QPalette, QPen, QPointF, QPolygonF, QRectF, Qt, QWidget, draw_lines
from app.gui.timeline.time_scale import TimeScale
from app.path_editing.document import PathDocument
from app.path_editing.preview import PathPreview

RULER_PX, LANE_PX = 20, 34
DIAMOND_PX = 7
"""From its middle to each corner."""
FAINT = 0.35
"""Opacity of what lies beyond the end."""


@dataclass(frozen=True, eq=False)
class StripState:
    """What is seen of a path in time.

    Attributes:
        times: when each key is passed.
        hovered: the key under the mouse.
    """

    document: PathDocument
    preview: PathPreview
    scale: TimeScale
    times: tuple[float, ...]
    hovered: int | None


def paint_strip(widget: QWidget, state: StripState) -> None:
    """Paints it in the colours of the widget's palette."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    lane = QRectF(0, RULER_PX, widget.width(), LANE_PX)
    _paint_ground(painter, widget, state, lane)
    _paint_ruler(painter, widget, state)
    _paint_legs(painter, widget, state, lane)
    _paint_keys(painter, widget, state, lane)
    _paint_playhead(painter, widget, state)
    painter.end()


def _colour(widget: QWidget, role: QPalette.ColorRole, opacity: float = 1.0) -> QColor:
    colour = QColor(widget.palette().color(role))
    colour.setAlphaF(opacity)
    return colour


def _paint_ground(painter: QPainter, widget: QWidget, state: StripState, lane: QRectF) -> None:
    """The lane; lighter as long as the video is."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_colour(widget, QPalette.ColorRole.Window))
    painter.drawRoundedRect(lane, 4, 4)
    if not state.times:
        painter.setPen(_colour(widget, QPalette.ColorRole.PlaceholderText))
        text = "No keys yet: go to a view and press Ctrl+K, or turn once around the scene"
        painter.drawText(lane, int(Qt.AlignmentFlag.AlignCenter), text)
        return
    left, right = state.scale.x_of(0.0), state.scale.x_of(state.document.path.duration_s)
    painter.setBrush(_colour(widget, QPalette.ColorRole.Highlight, 0.10))
    painter.drawRect(QRectF(left, lane.top(), max(right - left, 1.0), lane.height()))
    painter.setPen(QPen(_colour(widget, QPalette.ColorRole.Highlight, 0.6), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QLineF(right, lane.top(), right, lane.bottom()))


def _paint_ruler(painter: QPainter, widget: QWidget, state: StripState) -> None:
    painter.setPen(QPen(_colour(widget, QPalette.ColorRole.Mid), 1))
    labelled, ticks = [], []
    for time, text in state.scale.ticks(state.document.path.fps):
        x = round(state.scale.x_of(time)) + 0.5
        if not 0 <= x <= widget.width():
            continue
        ticks.append(QLineF(x, 4 if text else RULER_PX - 4, x, RULER_PX - 1))
        if text:
            labelled.append((x, text))
    draw_lines(painter, ticks)
    font = painter.font()
    small = painter.font()
    small.setPointSizeF(font.pointSizeF() * 0.85)
    painter.setFont(small)
    painter.setPen(_colour(widget, QPalette.ColorRole.PlaceholderText))
    for x, text in labelled:
        # Beside its tick, on which the playhead may stand; one that would be cut off at the end is left out.
        if x + 4 + painter.fontMetrics().horizontalAdvance(text) <= widget.width():
            painter.drawText(QPointF(x + 4, RULER_PX - 8), text)
    painter.setFont(font)


def _paint_legs(painter: QPainter, widget: QWidget, state: StripState, lane: QRectF) -> None:
    """A line from key to key; dashed where the camera holds; back to the beginning of a loop."""
    path, middle = state.document.path, lane.center().y()
    places = [state.scale.x_of(time) for time in state.times]
    if path.loop and len(places) > 1:
        first_again = state.times[0] + path.period_s
        places.append(state.scale.x_of(first_again))
        _diamond(painter, QPointF(places[-1], middle), QPen(_colour(widget, QPalette.ColorRole.Mid), 1.4), None)
    for number, (begin, end) in enumerate(itertools.pairwise(places)):
        holds = path.keys[number].ease == "hold" and not path.constant_speed
        style = Qt.PenStyle.DotLine if holds else Qt.PenStyle.SolidLine
        painter.setPen(QPen(_colour(widget, QPalette.ColorRole.Mid), 2, style))
        line = QLineF(begin + DIAMOND_PX, middle, end - DIAMOND_PX, middle)
        if line.dx() > 0:
            painter.drawLine(line)
            _paint_ease(painter, widget, line, path.keys[number].ease if not path.constant_speed else "linear")


def _paint_ease(painter: QPainter, widget: QWidget, line: QLineF, ease: str) -> None:
    """Thicker towards where the leg is slow."""
    if ease not in ("ease in", "ease out", "ease in-out") or line.dx() < 12:
        return
    reach = min(0.4 * line.dx(), 26.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_colour(widget, QPalette.ColorRole.Mid))
    ends = []
    if ease != "ease out":
        ends.append((line.x1(), reach))
    if ease != "ease in":
        ends.append((line.x2(), -reach))
    for x, along in ends:
        wedge = [QPointF(x, line.y1() - 4.5), QPointF(x + along, line.y1()), QPointF(x, line.y1() + 4.5)]
        painter.drawPolygon(QPolygonF(wedge))


def _paint_keys(painter: QPainter, widget: QWidget, state: StripState, lane: QRectF) -> None:
    path, selected = state.document.path, set(state.document.selected)
    # Those that are selected lie above the others.
    for number in sorted(range(len(state.times)), key=lambda number: number in selected):
        time = state.times[number]
        beyond = path.end_s is not None and time > path.end_s + 0.5 / path.fps
        opacity = FAINT if beyond else 1.0
        fill = _colour(widget, QPalette.ColorRole.PlaceholderText, opacity)
        edge = _colour(widget, QPalette.ColorRole.Window, opacity)
        if number in selected:
            fill, edge = (
                _colour(widget, QPalette.ColorRole.Highlight, opacity),
                _colour(widget, QPalette.ColorRole.Text, opacity),
            )
        elif number == state.hovered:
            fill = _colour(widget, QPalette.ColorRole.Text, opacity)
        _diamond(painter, QPointF(state.scale.x_of(time), lane.center().y()), QPen(edge, 1.4), fill)


def _diamond(painter: QPainter, at: QPointF, pen: QPen, fill: QColor | None) -> None:
    painter.setPen(pen)
    if fill is None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        painter.setBrush(fill)
    corners = ((0, -DIAMOND_PX), (DIAMOND_PX, 0), (0, DIAMOND_PX), (-DIAMOND_PX, 0))
    painter.drawPolygon(QPolygonF([QPointF(at.x() + x, at.y() + y) for x, y in corners]))


def _paint_playhead(painter: QPainter, widget: QWidget, state: StripState) -> None:
    x = round(state.scale.x_of(state.preview.time_s)) + 0.5
    colour = _colour(widget, QPalette.ColorRole.BrightText)
    painter.setPen(QPen(colour, 1.4))
    painter.drawLine(QLineF(x, RULER_PX - 6, x, RULER_PX + LANE_PX))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    handle = ((-5, -13), (5, -13), (5, -7), (0, -1), (-5, -7))
    painter.drawPolygon(QPolygonF([QPointF(x + dx, RULER_PX + dy) for dx, dy in handle]))
    if widget.hasFocus():
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_colour(widget, QPalette.ColorRole.Highlight), 1.4))
        painter.drawRoundedRect(QRectF(0.7, RULER_PX + 0.7, widget.width() - 1.4, LANE_PX - 1.4), 4, 4)
