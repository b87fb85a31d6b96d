"""Scores of one mesh or of many as a table, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.mesh.scoring import MeshScore

METRICS = {
    "accuracy": "accuracy",
    "completeness": "completeness",
    "chamfer_l1": "Chamfer-L1",
    "chamfer_l2": "Chamfer-L2",
    "normal_consistency": "normal consistency",
    "iou": "volumetric IoU",
}
"""What people call each."""
SHORT = {"completeness": "complete", "normal_consistency": "normals", "iou": "IoU"}
MORE = ("accuracy_squared", "completeness_squared", "normal_accuracy", "normal_completeness", "floor", "side")
"""What JSON has besides."""


@dataclass(frozen=True)
class Scored:
    """A mesh's scores.

    Attributes:
        name: its own, or `category/name`.
        mesh, reference: what they are, in a few words.
    """

    name: str
    score: MeshScore
    mesh: str
    reference: str

    def values(self) -> dict[str, float | None]:
        """The scores by the names of their columns; None where one is not known."""
        f_scores = {f"f_score@{each.threshold.name}": each.value for each in self.score.f_scores}
        return {name: getattr(self.score, name) for name in METRICS} | f_scores

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        more = {name: getattr(self.score, name) for name in (*METRICS, *MORE)}
        return {
            "mesh": self.name,
            **more,
            "f_scores": [each.to_json() for each in self.score.f_scores],
            "notes": list(self.score.notes),
        }


Means = Mapping[str, float | None]


def means(scored: Sequence[Scored]) -> Means:
    """The mean of each column, over those meshes of which it is known; None where it is of none."""
    # A reference of points that are inside or outside alone has fewer columns.
    columns = dict.fromkeys(column for each in scored for column in each.values())
    found: dict[str, float | None] = {}
    for column in columns:
        known = [value for each in scored if (value := each.values().get(column)) is not None]
        found[column] = sum(known) / len(known) if known else None
    return found


def parts(scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    """The meshes of each category; those whose names have none are left out."""
    of: dict[str, list[Scored]] = {}
    for each in scored:
        category, slash, _ = each.name.rpartition("/")
        if slash:
            of.setdefault(category, []).append(each)
    return of


def _rows(scored: Sequence[Scored]) -> list[tuple[str, Means]]:
    rows: list[tuple[str, Means]] = [(each.name, each.values()) for each in scored]
    rows += [(f"mean of {name}", means(part)) for name, part in parts(scored).items()]
    return [*rows, ("mean", means(scored))] if len(scored) > 1 else rows


def to_json(scored: Sequence[Scored], several: bool) -> dict[str, Any]:
    """Plain data: of one mesh its values, of several the means and each one's."""
    if not several:
        values = scored[0].to_json()
        return {name: value for name, value in values.items() if name != "mesh"}
    categories = {name: dict(means(part)) for name, part in parts(scored).items()}
    return {
        **means(scored),
        **({"categories": categories} if categories else {}),
        "meshes": [each.to_json() for each in scored],
    }


def to_csv(scored: Sequence[Scored]) -> str:
    """A line per mesh, the means of categories, the mean last; empty where a value is not known."""
    columns = list(means(scored))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["mesh", *columns])
    for name, values in _rows(scored):
        known = (values.get(column) for column in columns)
        writer.writerow([name, *("" if value is None else f"{value:.9g}" for value in known)])
    return text.getvalue()


def single_rows(scored: Scored) -> list[tuple[str, str]]:
    """Name and value for each line of the table of one mesh."""
    score = scored.score
    rows = [("mesh", scored.mesh), ("reference", f"{scored.reference}; longest side {score.side:.6g}")]
    notes = {"chamfer_l2": "squared", "iou": ""}
    if score.floor is not None:
        notes["chamfer_l1"] = f"two drawings of the reference itself are {score.floor:.4g} apart"
    for name, label in METRICS.items():
        value = getattr(score, name)
        note = f"   ({notes[name]})" if notes.get(name) else ""
        rows.append((label, "-" if value is None else _number(name, value) + note))
    for each in score.f_scores:
        at = f"F-score @ {each.threshold.name}"
        distance = f"within {each.distance:.4g}: " if each.threshold.relative else ""
        rows.append((at, f"{each.value:.4f}   ({distance}precision {each.precision:.4f}, recall {each.recall:.4f})"))
    return rows


def many_rows(scored: Sequence[Scored]) -> str:
    """A line per mesh, the means of categories, the mean last."""
    columns = [column for column in means(scored) if column != "chamfer_l2"]
    rows = _rows(scored)
    heads = [SHORT.get(column, METRICS.get(column, column.replace("f_score@", "F@"))) for column in columns]
    width = max(len("mesh"), *(len(name) for name, _ in rows))
    lines = ["  ".join([f"{'mesh':<{width}}", *(f"{head:>12}" for head in heads)])]
    for name, values in rows:
        cells = ["-" if (value := values.get(column)) is None else _number(column, value) for column in columns]
        lines.append("  ".join([f"{name:<{width}}", *(f"{cell:>12}" for cell in cells)]))
    return "\n".join(lines) + "\n"


def _number(name: str, value: float) -> str:
    """Shares with four decimals, distances with as many digits as say something."""
    share = name in ("normal_consistency", "iou") or name.startswith("f_score")
    return f"{value:.4f}" if share else f"{value:.4g}"
