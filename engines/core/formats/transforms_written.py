"""Writes `transforms.json` as instant-ngp, nerfstudio and this program read it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engines.core.data.undistortion import DISTORTION
from engines.core.data.views import View
from engines.core.files import replacing
from engines.core.formats.transforms_frames import OPENGL_TO_OPENCV
from engines.core.formats.transforms_lens import FULL_OPENCV, OPENCV

LENS = ("fl_x", "fl_y", "cx", "cy", "w", "h", *DISTORTION)
POLYNOMIAL = 5
"""So many of OpenCV's coefficients are those of the model OPENCV, as others read it; k4 is another thing there."""


def write_transforms(
    path: Path, views: Sequence[View], depths: tuple[float, float] | None = None, points: str = ""
) -> None:
    """Writes the file beside the views' photographs, or above them, atomically.

    The lens is that of the photographs on the disk. Where it has OpenCV's k4, k5 or k6 the file names its model as
    FULL_OPENCV, as COLMAP calls it: others refuse that by name rather than take k4 for a fourth radial term.

    Args:
        depths: nearest and farthest that they see, for methods that need to know; other programs pass over it.
        points: the file beside it with places on the scene's surfaces, as nerfstudio begins splats with; "" for none.

    Raises:
        UserError: the place can't be written.
        ValueError: a view without a photograph, or one whose distortion the file has no words for.
    """
    frames = [_frame(path.parent, view) for view in views]
    full = any(any(view.taken_with.distortion[POLYNOMIAL:]) for view in views)
    data: dict[str, Any] = {"camera_model": FULL_OPENCV if full else OPENCV}
    if depths is not None:
        data |= {"near": depths[0], "far": depths[1]}
    if points:
        data["ply_file_path"] = points
    lenses = [{key: value for key, value in frame.items() if key in LENS} for frame in frames]
    if lenses and all(lens == lenses[0] for lens in lenses):
        # One lens for all, where programs that know no other look for it.
        angles = {
            f"camera_angle_{axis}": 2 * math.atan(lenses[0][side] / (2 * lenses[0][f"fl_{axis}"]))
            for axis, side in (("x", "w"), ("y", "h"))
        }
        data |= lenses[0] | angles
        frames = [{key: value for key, value in frame.items() if key not in LENS} for frame in frames]
    with replacing(path) as temporary:
        temporary.write_text(json.dumps({**data, "frames": frames}, indent=1), encoding="utf-8")


def _frame(folder: Path, view: View) -> dict[str, Any]:
    if view.image_path is None:
        raise ValueError(f"view {view.name} has no photograph")
    lens = view.taken_with
    if any(lens.distortion[len(DISTORTION) :]):
        raise ValueError(f"view {view.name} has thin prism or tilt in its distortion, which no field is for")
    (fl_x, fl_y), (cx, cy), (w, h) = lens.focal_px, lens.centre_px, lens.size_px
    return {
        "file_path": view.image_path.relative_to(folder).as_posix(),
        **{"fl_x": fl_x, "fl_y": fl_y, "cx": cx, "cy": cy, "w": w, "h": h},
        **dict(zip(DISTORTION, lens.distortion, strict=False)),
        "transform_matrix": (view.camera.camera_to_world * OPENGL_TO_OPENCV).tolist(),
    }
