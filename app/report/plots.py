"""Plots of scores as SVG, to be written into a page; each point tells its view, and leads to it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 860, 270
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 44
"""Room about the axes."""
COLOURS = ("#2f7fd6", "#d1495b", "#2e933c", "#8b5fbf", "#d08a1d", "#1c9a9a")
MOST_POINTS = 400
"""Of a curve; of more only the line is drawn."""
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def colour_of(number: int) -> str:
    """The colour of a scene in all plots and tables, as CSS has it."""
    return COLOURS[number % len(COLOURS)]


@dataclass(frozen=True)
class Curve:
    """Points of one scene.

    Attributes:
        xs, ys: where they are; what is not finite is left out.
        told: of each what it is.
        links: of each where it leads; empty: nowhere.
    """

    colour: str
    xs: Sequence[float]
    ys: Sequence[float]
    told: Sequence[str]
    links: Sequence[str] = ()
    joined: bool = True


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    begin_px: float
    end_px: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.begin_px + share * (self.end_px - self.begin_px)

    def ticks(self, most: int, whole: bool = False) -> list[float]:
        """Round numbers within."""
        least = max((self.high - self.low) / most, 1.0 if whole else 0.0)
        power = 10.0 ** math.floor(math.log10(least))
        step = next(power * each for each in STEPS if power * each >= least * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def plot(curves: Sequence[Curve], across: str, up: str, span_x: tuple[float, float] | None = None) -> str:
    """An SVG element of curves with axes; "" where there is nothing to draw.

    Args:
        across, up: what the axes are called.
        span_x: what the lower axis reaches over; None: what there is.
    """
    places = [
        [(x, y, number) for number, (x, y) in enumerate(zip(curve.xs, curve.ys, strict=True)) if math.isfinite(y)]
        for curve in curves
    ]
    found = [place for each in places for place in each]
    if not found:
        return ""
    low_x, high_x = span_x or _span([x for x, _, _ in found])
    x_axis = _Axis(low_x, high_x, LEFT, WIDTH - RIGHT)
    y_axis = _Axis(*_span([y for _, y, _ in found]), HEIGHT - BOTTOM, TOP)
    parts = [*_rules(x_axis, y_axis, all(x == int(x) for x, _, _ in found)), *_titles(across, up)]
    for curve, own in zip(curves, places, strict=True):
        parts += _drawn(curve, own, x_axis, y_axis)
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{_text(f"{up} by {across}")}">'
    return f"{head}{''.join(parts)}</svg>"


def _span(values: Sequence[float]) -> tuple[float, float]:
    """A little more than what the values reach over."""
    low, high = float(np.min(values)), float(np.max(values))
    room = 0.06 * (high - low) or max(abs(low), 1e-6) * 0.05
    return low - room, high + room


def _rules(x_axis: _Axis, y_axis: _Axis, whole_x: bool) -> list[str]:
    parts = []
    for value in y_axis.ticks(6):
        y = y_axis.at(value)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{value:.6g}</text>')
    for value in x_axis.ticks(10, whole_x):
        x = x_axis.at(value)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{value:.6g}</text>')
    bottom = HEIGHT - BOTTOM
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>')
    return parts


def _titles(across: str, up: str) -> list[str]:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{_text(across)}</text>',
        f'<text x="13" y="{middle}" text-anchor="middle" transform="rotate(-90 13 {middle})">{_text(up)}</text>',
    ]


def _drawn(curve: Curve, places: Sequence[tuple[float, float, int]], x_axis: _Axis, y_axis: _Axis) -> list[str]:
    points = [(x_axis.at(x), y_axis.at(y), number) for x, y, number in places]
    parts = []
    if curve.joined and len(points) > 1:
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{curve.colour}" stroke-width="1.6"/>')
    if len(points) > MOST_POINTS:
        return parts
    for x, y, number in points:
        circle = (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3.2 if curve.joined else 6}" fill="{curve.colour}">'
            f"<title>{_text(curve.told[number])}</title></circle>"
        )
        parts.append(f'<a href="{_text(curve.links[number])}">{circle}</a>' if curve.links else circle)
    return parts


def _text(text: str) -> str:
    return html.escape(text, quote=True)
