"""Our own list of cameras: all of each, and beside it the time step of a recording and the frame rate, where known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engines.core.paths.path_content import Keeps, PathContent

KEEPS = Keeps(lens="whole", size=True, fps=True, times=True)


def write_own(path: Path, content: PathContent) -> list[str]:
    """Writes a list with an entry for each camera."""
    data: list[dict[str, Any]] = [camera.to_json() for camera in content.cameras]
    if content.times is not None:
        data = [camera | {"time": time} for camera, time in zip(data, content.times, strict=True)]
    if content.fps is not None:
        data = [camera | {"fps": content.fps} for camera in data]
    path.write_text(json.dumps(data), encoding="utf-8")
    return []
