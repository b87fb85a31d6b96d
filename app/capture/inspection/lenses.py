"""Findings about lenses: numbers that no camera has, whatever layout they came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.capture.inspection.report import Finding
from engines.core.data.dataset import Dataset
from engines.core.data.undistortion import LensModel
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.reading import counted, naming

FIELD_DEG = (1.0, 170.0)
"""Field of view, along a side: beyond it are telescopes, and no pinhole comes near to it."""
OFF_MIDDLE = 0.35
"""Of a side, from the middle of the picture to its principal point: what was cut out of a larger picture may have it
nearer to the edge; a point in the corner is one that was left out."""
STRETCH = 2.05
"""Times one focal length is the other: anamorphic lenses double one, and no more."""
MOST_LOOKED_AT = 200
STEPS = 4000
FARTHEST = 3.0
"""Times the distance of the corner, as far as directions are followed to where a polynomial turns back."""


def lens_findings(views: Sequence[View]) -> list[Finding]:
    """What is doubtful about the lenses of these photographs, as the folder describes them."""
    kinds: list[tuple[str, Callable[[LensModel], str]]] = [
        ("field of view", _field),
        ("principal point", _centre),
        ("pixels", _stretch),
        ("distortion", _fold),
    ]
    lenses = [(view.name, view.taken_with) for view in views]
    findings = []
    for what, judge in kinds:
        known: dict[LensModel, str] = {lens: judge(lens) for lens in {lens for _, lens in lenses}}
        doubted = [(name, known[lens]) for name, lens in lenses if known[lens]]
        if doubted:
            names = tuple(name for name, _ in doubted)
            which = (
                f"all {len(names)} photographs" if len(names) == len(lenses) > 1 else counted(len(names), "photograph")
            )
            text = f"no camera has such a lens, by the {what} of {which}: {doubted[0][1]} ({naming(names)})"
            findings.append(Finding("warning", text, names))
    return findings


def notes_on_lenses(dataset: Dataset) -> tuple[str, ...]:
    """Notes on the doubtful lenses of a data folder, by a sample of its photographs, before they are trained on."""
    views = dataset.views
    count = min(len(views), MOST_LOOKED_AT)
    some = []
    for at in (np.arange(count) * len(views) // max(count, 1)).tolist():
        try:
            some.append(views[at])
        except UserError:
            # What can't be read is named where it is needed.
            continue
    return tuple(finding.text for finding in lens_findings(some))


def _field(lens: LensModel) -> str:
    fields_deg = [
        float(np.degrees(2 * np.arctan(size / (2 * focal))))
        for size, focal in zip(lens.size_px, lens.focal_px, strict=True)
    ]
    if FIELD_DEG[0] <= min(fields_deg) and max(fields_deg) <= FIELD_DEG[1]:
        return ""
    across, down = fields_deg
    return (
        f"{across:.3g} degrees across and {down:.3g} down, from focal lengths of {lens.focal_px[0]:.4g} and "
        f"{lens.focal_px[1]:.4g} pixels in pictures of {lens.size_px[0]}x{lens.size_px[1]}"
    )


def _centre(lens: LensModel) -> str:
    off = max(abs(centre / size - 0.5) for centre, size in zip(lens.centre_px, lens.size_px, strict=True))
    if off <= OFF_MIDDLE:
        return ""
    x, y = lens.centre_px
    return f"at ({x:.4g}, {y:.4g}) of pictures of {lens.size_px[0]}x{lens.size_px[1]}, far from their middle"


def _stretch(lens: LensModel) -> str:
    fx, fy = lens.focal_px
    if max(fx, fy) <= STRETCH * min(fx, fy):
        return ""
    return f"focal lengths of {fx:.4g} across and {fy:.4g} down, {max(fx, fy) / min(fx, fy):.3g} times as long"


def _fold(lens: LensModel) -> str:
    """Where the radial part stops rising before it comes to the picture's corner, two directions fall on one place."""
    if not lens.distortion:
        return ""
    corner = lens.corner_radius
    distorted, turns = lens.radial_part(np.linspace(0.0, FARTHEST * corner, STEPS))
    if not turns.any():
        return ""
    reached = float(distorted[int(np.argmax(turns))])
    if reached >= corner:
        return ""
    return (
        f"it turns back at {reached / corner:.0%} of the way from the middle to the corner, so that places beyond are "
        "seen twice or never"
    )
