"""`cameras.json` of 3D Gaussian Splatting (Inria): camera to world in OpenCV's axes, two focal lengths, the size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Camera
from engines.core.paths.path_camera import checked_camera, number_of, numbers_of
from engines.core.paths.path_content import Keeps, PathContent

KEEPS = Keeps(lens="focal lengths", size=True)


def inria_camera(where: str, item: Mapping[str, Any], like: Camera) -> Camera:
    """The camera of an entry; its lens is in the picture's middle.

    Raises:
        UserError: begins with `where`.
    """
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = numbers_of(where, item, "rotation", 3, 3), numbers_of(where, item, "position", 3)
    if not {"fx", "fy", "width", "height"} <= item.keys():
        return checked_camera(where, pose, like)
    fx, fy, width, height = (number_of(where, item, name) for name in ("fx", "fy", "width", "height"))
    return checked_camera(where, pose, like, (fx, fy), None, (round(width), round(height)))


def write_inria(path: Path, content: PathContent) -> list[str]:
    """Writes an entry for each camera, named by its number."""
    entries = [
        {
            "id": index,
            "img_name": f"{index:05}",
            "width": camera.size_px[0],
            "height": camera.size_px[1],
            "position": camera.position.tolist(),
            "rotation": camera.camera_to_world[:3, :3].tolist(),
            "fy": camera.focal_px[1],
            "fx": camera.focal_px[0],
        }
        for index, camera in enumerate(content.cameras)
    ]
    path.write_text(json.dumps(entries), encoding="utf-8")
    return []
