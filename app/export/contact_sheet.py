"""A short video of a scene and a contact sheet: something to look at where there is no window."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from app.camera.fitting import fit_cameras
from app.export.export_request import Export
from app.export.exporter import run_export
from app.export.frame_times import playing
from app.export.progress import OnProgress, Progress
from app.rendering.display import Pixels, channel_limits, has_limits, shade
from engines.core.camera import Camera
from engines.core.data.images import shrunk, write_png
from engines.core.engine import Scene, never_stop, whole_controls
from engines.core.paths.generators import camera_path, usual_path
from engines.core.rendering import rendered

COLUMNS, VIEWS = 4, 12
GAP_PX = 6
CELL_PX = 256
PAPER_RGB = (24, 24, 27)


def preview_path(scene: Scene, frames: int | None = None) -> tuple[Camera, ...]:
    """Around the scene; for a capture that faces one way, LLFF's spiral."""
    return camera_path(usual_path(scene.cameras), scene.start, scene.cameras, scene.bounds, scene.up, frames)


def write_preview_video(scene: Scene, path: Path, on_progress: OnProgress) -> Path:
    """The whole path as a video; a recording plays.

    Raises:
        UserError: the place can't be written.
    """
    cameras = preview_path(scene)
    controls = whole_controls(scene, {})
    frames = playing(scene, controls, len(cameras))
    return run_export(scene, Export(cameras, path, controls=frames), on_progress, never_stop)


def write_contact_sheet(scene: Scene, path: Path, on_progress: OnProgress) -> Path:
    """A PNG of `VIEWS` views along the path, each row with its depth under it where the scene gives one.

    Raises:
        UserError: the place can't be written.
    """
    channels = [channel for channel in ("rgb", "depth") if channel in scene.channels]
    controls = whole_controls(scene, {})
    rows: list[list[Pixels]] = [[] for _ in range(VIEWS // COLUMNS * len(channels))]
    limits: dict[str, tuple[float, float]] = {}
    began = time.monotonic()
    for index, camera in enumerate(fit_cameras(scene, preview_path(scene, VIEWS), None)):
        frame = rendered(scene, camera, controls, never_stop)
        for layer, channel in enumerate(channels):
            if has_limits(frame, channel):
                limits.setdefault(channel, channel_limits(frame, channel))
            rows[index // COLUMNS * len(channels) + layer].append(
                shrunk(shade(frame, channel, limits.get(channel)), CELL_PX)
            )
        left = (time.monotonic() - began) / (index + 1) * (VIEWS - index - 1)
        on_progress(Progress(index + 1, VIEWS, left, None))
    write_png(path, grid(rows))
    return path


def grid(rows: list[list[Pixels]]) -> Pixels:
    """[H, W, 3] equal pictures in rows, with a gap around each."""
    height, width = rows[0][0].shape[:2]
    columns = max(len(row) for row in rows)
    size = (len(rows) * (height + GAP_PX) + GAP_PX, columns * (width + GAP_PX) + GAP_PX, 3)
    sheet = np.full(size, PAPER_RGB, dtype=np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            top, left = GAP_PX + i * (height + GAP_PX), GAP_PX + j * (width + GAP_PX)
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet
