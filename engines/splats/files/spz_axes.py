"""Which way a `.spz` lies that does not say its axes: by the cameras that it was trained with.

By the format's page it is right, up, back; programs that copy a `.ply`'s numbers leave them right, down, forward. These
two are half a turn about x apart. What was trained lies in the picture of some camera: where one of the two has clearly
more there, it is the right one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engines.core.camera import Array, Camera, project
from engines.splats.files.axes import UP_BACK
from engines.splats.splats import Splats

MOST_CAMERAS, MOST_SPLATS = 100, 5000
"""That are asked, evenly spread."""
FAINT = -2.0
"""The logit of an opacity of 0.12; fainter ones may be anywhere."""
CLEARLY = 0.1
"""Of the splats: by so much more one way has to have in pictures."""


def is_copied(splats: Splats, cameras: Sequence[Camera]) -> bool | None:
    """Whether splats that were read as right, up, back are a `.ply`'s numbers; None where the cameras don't tell."""
    solid = splats.positions[splats.opacity_logits > FAINT].astype(np.float64)
    if not len(solid) or not cameras:
        return None
    some = solid[:: -(-len(solid) // MOST_SPLATS)]
    asked = cameras[:: -(-len(cameras) // MOST_CAMERAS)]
    as_read, copied = (_share_seen(places, asked) for places in (some, some * np.array(UP_BACK)))
    return None if abs(as_read - copied) < CLEARLY else copied > as_read


def _share_seen(places: Array, cameras: Sequence[Camera]) -> float:
    """Of places [N, 3] those that are in the picture of a camera at least."""
    seen = np.zeros(len(places), dtype=bool)
    for camera in cameras:
        pixels, depths = project(camera, places)
        seen |= (depths > 0) & (pixels >= 0).all(axis=1) & (pixels <= np.array(camera.size_px)).all(axis=1)
    return float(seen.mean())
