"""Our own paths: keys, where a path was made of such; else a list of cameras, all of each.

Beside a camera stand the time step of a recording and the frame rate, where they are known.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engines.core.paths.keyed_json import keyed_text
from engines.core.paths.path_content import Keeps, PathContent

KEEPS = Keeps(lens="whole", size=True, fps=True, times=True, keys=True, controls=True)


def write_own(path: Path, content: PathContent) -> list[str]:
    """Writes the keys, or a list with an entry for each camera; keys whose frames are another program's are lost."""
    if content.keyed is not None and content.interpolated:
        path.write_text(keyed_text(content.keyed), encoding="utf-8")
        return []
    data: list[dict[str, Any]] = [camera.to_json() for camera in content.cameras]
    if content.times is not None:
        data = [camera | {"time": time} for camera, time in zip(data, content.times, strict=True)]
    if content.fps is not None:
        data = [camera | {"fps": content.fps} for camera in data]
    path.write_text(json.dumps(data), encoding="utf-8")
    return [] if content.keyed is None else ["the keys (all frames are written)"]
