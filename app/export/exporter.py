"""A path of cameras into a video or a folder of images: the same for `main.py render` and the window.

A video shows its channels side by side. A folder holds `rgb_00000.png`, and every other channel as numbers
(`depth_00000.npy`, `normals_00000.npy`), or what `frame_files` has for another format, with `cameras.json` beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.camera.fitting import fit_cameras
from app.export.distributed_frames import Made, joined
from app.export.drawn_frames import DrawnFrames, shown_part
from app.export.export_request import Export, check_export
from app.export.frame_files import FramePart
from app.export.image_folder import CAMERAS_NAME, replacing_folder
from app.export.progress import ExportClock, OnProgress
from app.export.video import ThreadedCalls, VideoWriter
from engines.core import distributed
from engines.core.data.origin import in_world
from engines.core.engine import TIME, Scene, Stop
from engines.core.paths.generators import write_path

# PNG takes several times as long as rendering does on a fast device.
PNG_THREADS = 4


def run_export(scene: Scene, export: Export, on_progress: OnProgress, stop: Stop) -> Path:
    """Renders every camera and writes the result; while one frame is encoded the next is rendered.

    The result appears when it is complete. After an error or a stop there is nothing of it.

    Args:
        on_progress: called after each frame, on this thread.

    Returns:
        The video or folder.

    Raises:
        UserError: a size or channel the scene has not, or a place that can't be written.
        Cancelled: `stop` said so.
    """
    out = Path(export.out)
    cameras = fit_cameras(scene, export.cameras, export.size_px, export.fit)
    check_export(scene, export)
    drawn = DrawnFrames(scene, export, cameras, stop)
    if export.is_video:
        _export_video(drawn, on_progress)
    else:
        _export_folder(drawn, on_progress)
    return out


def _export_video(drawn: DrawnFrames, on_progress: OnProgress) -> None:
    export, count = drawn.export, len(drawn.cameras)
    limits = drawn.video_limits()
    made = joined(count, drawn.owners, lambda index: [drawn.picture(index, limits)])
    if not distributed.here().is_first:
        _make_all(made)
        return
    width, height = drawn.size_px
    size_px = width * len(export.channels), height
    clock = ExportClock(count, on_progress)
    writer = VideoWriter(export.out, size_px, export.fps, export.quality, export.codec, drawn.is_transparent)
    with writer, ThreadedCalls() as background:
        for (picture,) in made:
            background.submit(writer.write, picture)
            clock.tick(picture)


def _export_folder(drawn: DrawnFrames, on_progress: OnProgress) -> None:
    parts = drawn.parts()
    made = joined(len(drawn.cameras), drawn.owners, lambda index: drawn.arrays(index, parts))
    if not distributed.here().is_first:
        _make_all(made)
        return
    _write_folder(drawn, parts, made, on_progress)


def _make_all(made: Iterator[Made]) -> None:
    """On a rank whose frames another one writes."""
    for _ in made:
        pass


def _write_folder(
    drawn: DrawnFrames, parts: Sequence[FramePart], made: Iterator[Made], on_progress: OnProgress
) -> None:
    export = drawn.export
    clock = ExportClock(len(drawn.cameras), on_progress)
    with replacing_folder(export.out) as folder, ThreadedCalls(PNG_THREADS, 2 * PNG_THREADS) as background:
        write_path(folder / CAMERAS_NAME, in_world(drawn.cameras, export.origin), _times(export))
        for index, arrays in enumerate(made):
            for part, array in zip(parts, arrays, strict=False):
                background.submit(part.write, folder / part.file_name(index), array)
            clock.tick(shown_part(arrays))


def _times(export: Export) -> list[int] | None:
    """The time step of each frame, of a recording."""
    times = [frame[TIME] for frame in export.controls or () if TIME in frame]
    return [round(time) for time in times] if times and len(times) == len(export.cameras) else None
