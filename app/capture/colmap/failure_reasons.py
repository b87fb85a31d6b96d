"""Why no cameras, or few, were found: in the photographs' own terms, each with the way out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2

from app.capture.colmap.colmap_job import ColmapJob, ColmapOutcome
from engines.core.camera import Array
from engines.core.data.images import read_image, shrunk
from engines.core.errors import UserError
from engines.core.reading import naming

LOOKED_AT, LOOKED_AT_PX = 24, 640
"""Photographs without features that are looked at, and their size then."""
DARK, EVEN = 0.12, 0.04
"""Of brightness in [0, 1]: the mean, and the deviation from it."""
MANY_LENSES = 3


def reasons(outcome: ColmapOutcome, job: ColmapJob, images: Path) -> tuple[str, ...]:
    """What was found that explains photographs without a camera; empty where nothing was."""
    told = []
    if outcome.unread:
        told.append(f"COLMAP can't read {len(outcome.unread)} of them ({naming(outcome.unread)}); save them anew")
    if outcome.plain:
        told.append(_of_plain(outcome.plain, images))
    alone = [name for name in outcome.alone if name not in outcome.plain]
    if alone:
        told.append(
            f"{len(alone)} show nothing that another shows ({naming(alone)}); each point needs to be seen in three, "
            "from places a few steps apart"
        )
    if len(outcome.islands) > 1:
        sizes = ", ".join(map(str, outcome.islands[:6]))
        told.append(f"they fall into groups that don't overlap (of {sizes}); photographs between them are missing")
    if not told and len(job.lenses) > max(MANY_LENSES, len(job.names) / 2):
        told.append(f"they were taken with {len(job.lenses)} lenses or cut to as many sizes; one lens for all is surer")
    if not told:
        told.append("too few of their points agree; walk around what is seen instead of turning on the spot")
    return tuple(told)


def _of_plain(names: Sequence[str], images: Path) -> str:
    """What photographs with hardly any features have in common."""
    kinds: Counter[str] = Counter()
    for name in names[:LOOKED_AT]:
        try:
            kinds[_kind(read_image(images / name))] += 1
        except UserError:
            continue
    what = kinds.most_common(1)[0][0] if kinds else "empty"
    return f"{len(names)} have hardly a detail to go by, most of them {what} ({naming(names)})"


def _kind(picture: Array) -> str:
    """Of [H, W, 3] in [0, 1]: what keeps features away."""
    small = shrunk(picture, LOOKED_AT_PX)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    if float(grey.std()) < EVEN:
        return "dark" if float(grey.mean()) < DARK else "without texture"
    return "blurred or plain"
