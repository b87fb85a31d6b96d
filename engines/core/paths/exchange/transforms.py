"""`transforms.json` of instant-ngp and nerfstudio, for photographs that are still to be drawn."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from engines.core.camera import Camera
from engines.core.formats.transforms_frames import OPENGL_TO_OPENCV
from engines.core.paths.path_content import Keeps, PathContent

KEEPS = Keeps(lens="whole", size=True)
DIGITS = 5


def write_transforms_path(path: Path, content: PathContent) -> list[str]:
    """Writes a frame for each camera, named by its number as the images of an export; a lens that all share once."""
    lenses = [_lens(camera) for camera in content.cameras]
    shared = lenses[0] if all(lens == lenses[0] for lens in lenses) else {}
    digits = max(DIGITS, len(str(len(lenses) - 1)))
    frames = [
        {
            "file_path": f"images/{index:0{digits}}.png",
            **({} if shared else lens),
            "transform_matrix": (camera.camera_to_world * OPENGL_TO_OPENCV).tolist(),
        }
        for index, (camera, lens) in enumerate(zip(content.cameras, lenses, strict=True))
    ]
    path.write_text(json.dumps({"camera_model": "OPENCV", **shared, "frames": frames}, indent=1), encoding="utf-8")
    return []


def _lens(camera: Camera) -> dict[str, Any]:
    (fl_x, fl_y), (cx, cy), (w, h) = camera.focal_px, camera.centre_px, camera.size_px
    angles = {"camera_angle_x": 2 * math.atan(w / (2 * fl_x)), "camera_angle_y": 2 * math.atan(h / (2 * fl_y))}
    return {"fl_x": fl_x, "fl_y": fl_y, "cx": cx, "cy": cy, "w": w, "h": h, **angles}
