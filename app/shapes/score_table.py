"""Scores of shapes as their authors print them, as CSV, and as a plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from app.shapes.scores import ShapeScores

GAP = "  "
LEAST_OVER_HEAD = 2
"""Characters that a column is wider than its head at least, as the authors' tables have it."""


def text_table(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]], decimals: int) -> str:
    """Names to the left, numbers below one another."""
    cells = [[name, *(_number(value, decimals) for value in values)] for name, values in rows]
    widths = [
        max(len(head) + LEAST_OVER_HEAD, *(len(row[number]) for row in cells)) for number, head in enumerate(heads)
    ]
    lines = [
        [heads[0].ljust(widths[0]), *(head.rjust(width) for head, width in zip(heads[1:], widths[1:], strict=True))]
    ]
    lines.append(["-" * width for width in widths])
    for row in cells:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append([row[0].ljust(widths[0]), *numbers])
    return "\n".join(GAP.join(line) for line in lines)


def _number(value: float, decimals: int) -> str:
    # What is no number stands where whole ones end.
    return f"{value:.{decimals}f}" if value == value else "nan" + " " * (decimals + 1)


def table(scores: ShapeScores) -> str:
    """A text table for people, as the authors' test scripts print it."""
    classes = scores.classes()
    if not scores.thresholds:
        rows = [(name, [scores.depth_of(part)]) for name, part in classes.items()]
        return text_table(["SID", "L1 error"], [*rows, ("Mean", [scores.depth_mean()])], 4)
    parts = list[str]()
    for number, threshold in sorted(enumerate(scores.thresholds), key=lambda each: each[1]):
        # One decimal as theirs, more where it would be another number.
        said = f"{threshold:.1f}" if round(threshold, 1) == threshold else f"{threshold:g}"
        parts.append(f"\n***** IoU Thresh: {said} *****")
        heads = ["", *(str(count + 1) for count in range(scores.photographs))]
        rows = [(name, (scores.iou_of(part)[:, number] * 100).tolist()) for name, part in classes.items()]
        parts.append(text_table(heads, rows, 2))
    return "\n".join(parts)


def to_csv(scores: ShapeScores) -> str:
    """A line per object and threshold, the means of classes, the mean last; empty where a value is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not scores.thresholds:
        writer.writerow(["object", "l1"])
        rows = [(score.name, score.depth) for score in scores.scores]
        rows += [(f"mean of {name}", scores.depth_of(part)) for name, part in scores.classes().items()]
        writer.writerows([name, _cell(value)] for name, value in [*rows, ("mean", scores.depth_mean())])
        return text.getvalue()
    writer.writerow(["object", "threshold", *range(1, scores.photographs + 1)])
    arrays = [(score.name, score.iou) for score in scores.scores]
    arrays += [(f"mean of {name}", scores.iou_of(part)) for name, part in scores.classes().items()]
    for name, iou in [*arrays, ("mean", scores.iou_of(scores.scores))]:
        for number, threshold in enumerate(scores.thresholds):
            if iou is not None:
                writer.writerow([name, f"{threshold:g}", *map(_cell, iou[:, number])])
    return text.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.6f}"
