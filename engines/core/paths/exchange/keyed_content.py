"""Frames of files that hold keys: the keys themselves where they follow like frames, else those between them."""

from __future__ import annotations

from engines.core.paths.keyed_motion import path_frames
from engines.core.paths.keyframes import KeyedPath
from engines.core.paths.path_content import PathContent, frame_rate


def content_of_keys(keyed: KeyedPath, fps_said: bool = True) -> PathContent:
    """What a file of keys holds.

    Args:
        fps_said: whether the rate of `keyed` is the file's own; else keys that follow evenly and fast are its frames.
    """
    if not fps_said:
        rate = frame_rate([key.time_s for key in keyed.keys])
        if rate is not None:
            return PathContent(tuple(key.camera for key in keyed.keys), rate)
    return PathContent(path_frames(keyed).cameras, keyed.fps, None, keyed, interpolated=True)
