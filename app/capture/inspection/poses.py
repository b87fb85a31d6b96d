"""Doubts about cameras: what stands or looks quite unlike the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.capture.inspection.report import Finding, InspectedCamera
from engines.core.camera import Array, project
from engines.core.data.dataset import Dataset
from engines.core.reading import counted, naming
from engines.core.upright import AGAINST

FAR = 6.0
"""Times the median distance from the middle of the capture: on a line the outermost is at 2, of a bell curve at 3."""
FEW_OF = 0.1
"""Of the cameras: more of a kind are how the scene was taken, not mistakes."""
FEWEST = 5
"""Cameras, to say what is usual among them."""
UPSIDE_DOWN_DEG = 135.0
"""By which a picture is rolled against up: a quarter is how people hold a camera for portraits."""
GRID = 3
"""Points along each side of the box, of which a camera should see one."""
LEAST_PARALLAX_PX = 8.0
"""By which the nearest things move between the outermost cameras: photographs are matched to half a pixel or so, so
with less a depth is known to no better than a tenth."""
FEW_VIEWS, TOO_FEW = 20, 3
"""LLFF's authors advise 20 to 30 photographs; of two, distances are anybody's guess."""


def camera_findings(dataset: Dataset, cameras: Sequence[InspectedCamera]) -> list[Finding]:
    """What is doubtful about the cameras of one scene at one time step."""
    found = [*_few(dataset, len(cameras)), *_place(dataset, cameras)]
    if len(cameras) >= FEWEST:
        found += [*_far(cameras), *_upside_down(cameras, dataset.up), *_looking_away(cameras, dataset.bounds)]
    return found


def _few(dataset: Dataset, cameras: int) -> list[Finding]:
    train = dataset.split("train").photographed
    objects = len(np.unique(train.instances))
    if dataset.time_steps > 1:
        # A rig of any number can be drawn from; to train on it a third camera says what is right.
        few = f"{counted(cameras, 'camera')} saw it; a third one is needed to train on" if cameras < TOO_FEW else ""
        return [Finding("note", few)] if few else []
    if objects == 0 or objects > 1:
        return []
    if len(train) < TOO_FEW:
        return [Finding("warning", f"{counted(len(train), 'photograph')} to train on; of so few no depth can be told")]
    if len(train) < FEW_VIEWS:
        text = f"{len(train)} photographs to train on are few; {FEW_VIEWS} to 30 of one side, or dozens all around, do"
        return [Finding("note", text)]
    return []


def _place(dataset: Dataset, cameras: Sequence[InspectedCamera]) -> list[Finding]:
    """All in one place, or so near to each other that nothing moves between their pictures."""
    if len(cameras) < 2:
        return []
    positions = _positions(cameras)
    # Twice the way from the middle is across, near enough.
    across = 2 * float(np.linalg.norm(positions - np.median(positions, axis=0), axis=1).max())
    names = tuple(seen.name for seen in cameras)
    if across <= 1e-9 * max(1.0, float(np.abs(positions).max())):
        return [Finding("warning", "all cameras stand in one place; depth can't be told without walking about", names)]
    near = dataset.hints.get("near")
    if near is None:
        near = float(np.median(np.linalg.norm(positions - dataset.bounds.mean(axis=0), axis=1)))
    focal = float(np.median([max(seen.camera.focal_px) for seen in cameras]))
    parallax = focal * across / max(float(near), 1e-12)
    if parallax >= LEAST_PARALLAX_PX:
        return []
    text = f"the cameras stand so close together that the nearest things move by {parallax:.2g} pixels between them"
    return [Finding("warning", text, names)]


def _far(cameras: Sequence[InspectedCamera]) -> list[Finding]:
    positions = _positions(cameras)
    away = np.linalg.norm(positions - np.median(positions, axis=0), axis=1)
    usual = float(np.median(away))
    far = _few_of(cameras, away > FAR * usual) if usual > 0 else ()
    if not far:
        return []
    text = f"{counted(len(far), 'camera')} far outside the others, {away.max() / usual:.0f} times as far as most"
    return [Finding("warning", f"{text}: {naming(far)}", far)]


def _upside_down(cameras: Sequence[InspectedCamera], up: Array) -> list[Finding]:
    upper, forward = (np.stack(each) for each in zip(*((s.upper_edge, s.camera.forward) for s in cameras), strict=True))
    across, upwards = np.cross(forward, upper) @ up, upper @ up
    # What looks along up, or down, has no edge that is the upper one.
    rolled = (np.abs(np.degrees(np.arctan2(across, upwards))) > UPSIDE_DOWN_DEG) & (np.hypot(across, upwards) > AGAINST)
    turned = _few_of(cameras, rolled)
    if not turned:
        return []
    return [
        Finding("warning", f"{counted(len(turned), 'camera')} upside down against the others: {naming(turned)}", turned)
    ]


def _looking_away(cameras: Sequence[InspectedCamera], bounds: Array) -> list[Finding]:
    steps = np.linspace(0, 1, GRID)
    points = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3) * (bounds[1] - bounds[0]) + bounds[0]
    away = _few_of(cameras, ~np.array([_sees(seen, points) for seen in cameras]))
    if not away:
        return []
    text = f"{counted(len(away), 'camera')} looking away from what the others see: {naming(away)}"
    return [Finding("warning", text, away)]


def _sees(seen: InspectedCamera, points: Array) -> bool:
    pixels, depth = project(seen.camera, points)
    return bool(((depth > 0) & (pixels >= 0).all(axis=1) & (pixels <= seen.camera.size_px).all(axis=1)).any())


def _few_of(cameras: Sequence[InspectedCamera], which: Array) -> tuple[str, ...]:
    """Names of those, if they are few among all; one may always be a mistake."""
    count = int(which.sum())
    few = count <= max(1, FEW_OF * len(cameras))
    return tuple(seen.name for seen, one in zip(cameras, which, strict=True) if one) if few else ()


def _positions(cameras: Sequence[InspectedCamera]) -> Array:
    return np.stack([seen.camera.position for seen in cameras])
