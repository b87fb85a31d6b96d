"""Scores of shapes as a picture: IoU against the number of photographs, or bars of depth errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.shapes.scores import ShapeScores
from engines.core.camera import Array
from engines.core.reading import counted

SIZE_PX = (880, 560)
LEFT, TOP, RIGHT, BOTTOM = 78, 56, 210, 64
"""Room about the axes, pixels; names stand to the right."""
TWICE = 2
"""So much larger it is drawn, and made smaller then: lines are smooth."""
COLOURS = ("#1b6ca8", "#d1495b", "#2e933c", "#8b5fbf", "#e09f3e", "#3aa6a6", "#7a5c45", "#c46fa0")
INK, FAINT = "#222222", "#dddddd"
MOST_NAMED = 16
"""Classes that have a line of their own."""
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class _Axes:
    """Where values stand."""

    most_x: float
    most_y: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of x in [0, most_x] and y in [0, most_y]."""
        width, height = SIZE_PX[0] - LEFT - RIGHT, SIZE_PX[1] - TOP - BOTTOM
        return TWICE * (LEFT + x / self.most_x * width), TWICE * (TOP + height - y / self.most_y * height)


class _Drawing:
    """A white sheet with axes."""

    def __init__(self, title: str, across: str, up: str, axes: _Axes) -> None:
        self._sheet = Image.new("RGB", (SIZE_PX[0] * TWICE, SIZE_PX[1] * TWICE), "white")
        self.draw, self.axes = ImageDraw.Draw(self._sheet), axes
        self.text((LEFT * TWICE, 14 * TWICE), title, 17)
        (left, bottom), (right, _) = axes.at(0, 0), axes.at(axes.most_x, 0)
        self.text(((left + right) / 2, bottom + 34 * TWICE), across, 14, "mt")
        self.text((LEFT * TWICE, 36 * TWICE), up, 13)

    def text(self, place: tuple[float, float], text: str, size: int, anchor: str = "lt", colour: str = INK) -> None:
        self.draw.text(place, text, fill=colour, font=ImageFont.load_default(size * TWICE), anchor=anchor)

    def rules(self, decimals: int) -> None:
        """Lines across, and what each stands for."""
        step = _step(self.axes.most_y)
        for number in range(round(self.axes.most_y / step) + 1):
            left, right = self.axes.at(0, number * step), self.axes.at(self.axes.most_x, number * step)
            self.draw.line([left, right], fill=INK if number == 0 else FAINT, width=TWICE)
            self.text((left[0] - 8 * TWICE, left[1]), f"{number * step:.{decimals}f}", 13, "rm")

    def named(self, row: int, name: str, colour: str) -> None:
        """A line of what colours stand for."""
        x, y = (SIZE_PX[0] - RIGHT + 26) * TWICE, (TOP + 14 + 24 * row) * TWICE
        self.draw.rectangle([x, y - 5 * TWICE, x + 18 * TWICE, y + 5 * TWICE], fill=colour)
        self.text((x + 26 * TWICE, y), name if len(name) <= 18 else name[:17] + "…", 13, "lm")

    def pixels(self) -> Array:
        return np.asarray(self._sheet.resize(SIZE_PX, Image.Resampling.LANCZOS))


def _step(most: float) -> float:
    """Between lines: a round number of which at most six fit."""
    least = most / 6
    power = 10 ** np.floor(np.log10(least))
    return float(next(power * step for step in STEPS if power * step >= least * (1 - 1e-9)))


def _rounded_up(value: float) -> float:
    step = _step(value)
    return float(np.ceil(value / step - 1e-9) * step)


def plot(scores: ShapeScores) -> Array:
    """[H, W, 3] uint8."""
    return _lines(scores) if scores.thresholds else _bars(scores)


def _lines(scores: ShapeScores) -> Array:
    """The mean of each class at the first threshold; of several classes the mean of all objects, too."""
    count, threshold = scores.photographs, scores.thresholds[0]
    curves = [(name, scores.iou_of(part)[:, 0] * 100) for name, part in list(scores.classes().items())[:MOST_NAMED]]
    if len(curves) > 1:
        curves.append(("mean of objects", scores.iou_of(scores.scores)[:, 0] * 100))
    highest = max((float(v) for _, curve in curves for v in curve if np.isfinite(v)), default=0.0)
    axes = _Axes(count + 0.5, min(_rounded_up(max(highest * 1.05, 10.0)), 100.0))
    title = f"{counted(len(scores.scores), 'object')}, filled above {threshold:g}"
    drawing = _Drawing(title, "photographs", "intersection over union, %", axes)
    drawing.rules(0)
    for number in range(1, count + 1):
        x, y = axes.at(number, 0)
        drawing.text((x, y + 10 * TWICE), str(number), 13, "mt")
    for row, (name, curve) in enumerate(curves):
        colour = INK if len(curves) > 1 and row == len(curves) - 1 else COLOURS[row % len(COLOURS)]
        places = [axes.at(number + 1, value) for number, value in enumerate(curve.tolist()) if np.isfinite(value)]
        _curve(drawing, places, colour)
        drawing.named(row, name, colour)
    return drawing.pixels()


def _curve(drawing: _Drawing, places: Sequence[tuple[float, float]], colour: str) -> None:
    if len(places) > 1:
        drawing.draw.line(places, fill=colour, width=3 * TWICE, joint="curve")
    for x, y in places:
        reach = 5 * TWICE
        drawing.draw.ellipse([x - reach, y - reach, x + reach, y + reach], fill=colour)


def _bars(scores: ShapeScores) -> Array:
    parts = [(name, scores.depth_of(part)) for name, part in list(scores.classes().items())[:MOST_NAMED]]
    parts.append(("Mean", scores.depth_mean()))
    highest = max((value for _, value in parts if np.isfinite(value)), default=0.0)
    axes = _Axes(float(len(parts)), _rounded_up(max(highest * 1.05, 1e-3)))
    title = f"{counted(len(scores.scores), 'object')}, {counted(scores.photographs, 'photograph')} of each"
    drawing = _Drawing(title, "", "L1 error of depths, sides of the cube", axes)
    drawing.rules(max(2, -int(np.floor(np.log10(_step(axes.most_y))))))
    for row, (name, value) in enumerate(parts):
        colour = INK if row == len(parts) - 1 else COLOURS[row % len(COLOURS)]
        drawing.named(row, name, colour)
        if np.isfinite(value):
            drawing.draw.rectangle([axes.at(row + 0.2, value), axes.at(row + 0.8, 0)], fill=colour)
            x, y = axes.at(row + 0.5, value)
            drawing.text((x, y - 6 * TWICE), f"{value:.4f}", 12, "mb")
    return drawing.pixels()
