"""A path of cameras into a video or a folder of images: the same for `main.py render` and the window.

A video shows its channels side by side. A folder holds `rgb_00000.png`, and every other channel as numbers
(`depth_00000.npy`, `normals_00000.npy`), or what `frame_files` has for another format, with `cameras.json` beside them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.export.disk_space import DiskWatch, require_room
from app.export.distributed_frames import Made, joined
from app.export.drawn_frames import DrawnFrames, export_cameras, shown_part
from app.export.export_request import Export, check_export
from app.export.fingerprint import export_facts
from app.export.frame_files import FramePart
from app.export.frame_keeping import FrameKeeper, kept_picture
from app.export.image_folder import CAMERAS_NAME, require_free, take_place
from app.export.kept_frames import ExportFacts, KeptFrames, find_kept, keeping
from app.export.progress import ExportClock, OnProgress
from app.export.video import ThreadedCalls, VideoWriter
from app.rendering.display import Pixels
from engines.core import distributed
from engines.core.camera import Array
from engines.core.data.origin import in_world
from engines.core.engine import TIME, Scene, Stop
from engines.core.paths.generators import write_path

logger = logging.getLogger(__name__)

# PNG takes several times as long as rendering does on a fast device.
PNG_THREADS = 4


def run_export(scene: Scene, export: Export, on_progress: OnProgress, stop: Stop) -> Path:
    """Renders every camera and writes the result; while one frame is encoded the next is rendered.

    The result appears when it is complete. After a stop, or a mistake of the user's, there is nothing of it; where the
    process ends before it is complete, or something else goes wrong, finished frames stay for an export that resumes.

    Args:
        on_progress: called after each frame, on this thread.

    Returns:
        The video or folder.

    Raises:
        UserError: a size or channel the scene has not, or a place that can't be written, or what is to be resumed is
            another export.
        Cancelled: `stop` said so.
    """
    out = Path(export.out)
    cameras = export_cameras(scene, export)
    check_export(scene, export)
    drawn = DrawnFrames(scene, export, cameras, stop)
    logger.info("exporting %d frames of %s to %s", len(cameras), ", ".join(export.channels), out)
    if distributed.here().is_first:
        if not export.is_video:
            require_free(out)
        facts = export_facts(export, cameras)
        # The others hear of it where the first says what is left to draw.
        kept = find_kept(out, facts, export.resume)
        require_room(export, drawn.size_px, len(cameras) - len(kept.finished), drawn.is_transparent)
        with keeping(kept, out, export.resume, bool(export.scene)):
            (_export_video if export.is_video else _export_folder)(drawn, facts, kept, on_progress)
    else:
        _draw_for_first(drawn)
    logger.info("exported %s", out)
    return out


def _to_draw(drawn: DrawnFrames, kept: KeptFrames | None) -> list[int]:
    """The frames that are not there yet, on all ranks."""
    finished = kept.finished if kept is not None else set()
    return distributed.broadcast([index for index in range(len(drawn.cameras)) if index not in finished])


def _joined(drawn: DrawnFrames, to_draw: Sequence[int], make: Callable[[int], Made]) -> Iterator[Made]:
    owners = None if drawn.owners is None else [drawn.owners[index] for index in to_draw]
    return joined(len(to_draw), owners, lambda number: make(to_draw[number]))


def _draw_for_first(drawn: DrawnFrames) -> None:
    """On a rank whose frames the first one writes."""
    if drawn.export.is_video:
        limits = drawn.video_limits()
        for _ in _joined(drawn, _to_draw(drawn, None), lambda index: [drawn.picture(index, limits)]):
            pass
    else:
        parts = drawn.parts()
        for _ in _joined(drawn, _to_draw(drawn, None), lambda index: drawn.arrays(index, parts)):
            pass


def _export_video(drawn: DrawnFrames, facts: ExportFacts, kept: KeptFrames, on_progress: OnProgress) -> None:
    export, count = drawn.export, len(drawn.cameras)
    width, height = drawn.size_px
    size_px = width * len(export.channels), height
    shape = (size_px[1], size_px[0], 4 if drawn.is_transparent else 3)
    form = (export.codec, drawn.is_transparent, export.spatial)
    writer = VideoWriter(export.out, size_px, export.fps, export.quality, *form)
    with writer:
        limits = drawn.video_limits(kept.limits)
        kept.begin(facts, limits, export.note)
        to_draw = _to_draw(drawn, kept)
        made = _joined(drawn, to_draw, lambda index: [drawn.picture(index, limits)])
        clock, watch = ExportClock(count, on_progress, count - len(to_draw)), DiskWatch(export.out, count)
        finished = kept.finished - set(to_draw)
        with ThreadedCalls() as background, FrameKeeper(kept, shape[0] * shape[1] * shape[2], count) as keeper:
            for index in range(count):
                if index in finished:
                    picture: Pixels = kept_picture(kept, index, shape)
                else:
                    began = time.perf_counter()
                    (picture,) = next(made)
                    keeper.offer(index, picture, time.perf_counter() - began)
                background.submit(writer.write, picture)
                clock.tick(picture, index not in finished, watch.warning(index, writer.written_bytes))
            # The others' threads are ended by its end.
            next(made, None)


def _export_folder(drawn: DrawnFrames, facts: ExportFacts, kept: KeptFrames, on_progress: OnProgress) -> None:
    export, count = drawn.export, len(drawn.cameras)
    parts = drawn.parts(kept.limits)
    kept.begin(facts, drawn.path_limits, export.note)
    write_path(kept.folder / CAMERAS_NAME, in_world(drawn.cameras, export.origin), _times(export))
    to_draw = _to_draw(drawn, kept)
    clock = ExportClock(count, on_progress, count - len(to_draw))
    for _ in range(count - len(to_draw)):
        clock.tick(None, is_drawn=False)
    made, watch = _joined(drawn, to_draw, lambda index: drawn.arrays(index, parts)), DiskWatch(export.out, len(to_draw))
    with ThreadedCalls(PNG_THREADS, 2 * PNG_THREADS) as background:
        for index, arrays in zip(to_draw, made, strict=True):
            background.submit(_write_parts, kept, index, parts, arrays)
            clock.tick(shown_part(arrays), warning=watch.warning(*kept.told_frames))
    require_free(export.out)
    kept.leave_files_alone()
    take_place(kept.folder, export.out)


def _write_parts(kept: KeptFrames, index: int, parts: Sequence[FramePart], arrays: Sequence[Array]) -> None:
    for part, array in zip(parts, arrays, strict=False):
        part.write(kept.folder / part.file_name(index), array)
    kept.add(index, [part.file_name(index) for part in parts])


def _times(export: Export) -> list[int] | None:
    """The time step of each frame, of a recording."""
    times = [frame[TIME] for frame in export.controls or () if TIME in frame]
    return [round(time) for time in times] if times and len(times) == len(export.cameras) else None
