"""What a trained scene is written into: videos, folders, cameras, meshes. `TrainedScene` has these as its methods."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.api.requests import AnyPath, CamerasLike, ControlValue, Framing, PathRequest, control_choices, place
from app.api.scene_work import Drawing, box_asked, export_path, no_progress, write_scene_mesh
from app.api.wording import python_worded, reworded
from app.camera.fitting import Fit
from app.export.export_request import Export, Limits
from app.export.fingerprint import scene_digest
from app.export.named_controls import still_controls
from app.export.progress import OnProgress
from app.export.scene_pair import LAYOUTS, ScenePair
from app.mesh.mesh_export import AUTO, VIEWS, MeshExport
from app.mesh.meshing import MeshResult
from app.viewing.opening import Opened
from engines.core.camera import Array
from engines.core.engine import Stop, never_stop


class DrawnScene(Protocol):
    """What is needed of a trained scene."""

    @property
    def _opened(self) -> Opened: ...

    @property
    def _drawing(self) -> Drawing: ...


@dataclass(frozen=True)
class ExportResult:
    """What an export has written; wherever a path is taken, this is one.

    Attributes:
        path: the video, the folder or the file of cameras.
        notes: in plain words, a line each: what the path's file could not tell or keep, what was cut off or shown
            besides, what had no effect.
    """

    path: Path
    notes: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return str(self.path)


@python_worded
def export(
    self: DrawnScene, out: AnyPath, path: CamerasLike = None, *, frames: int | None = None,
    channels: str | Sequence[str] = ("rgb",), fps: float | None = None, quality: int = 8, codec: str | None = None,
    format: str | None = None, width: int | None = None, height: int | None = None, fit: Fit | None = None,
    background: str | None = None, limits: Mapping[str, Limits] | None = None,
    colour_maps: Mapping[str, str] | None = None, depth: str = "z", supersample: int = 1, projection: str = "pinhole",
    stereo: float | None = None, compare_with: DrawnScene | None = None, layout: str = LAYOUTS[0],
    wipe_at: float = 0.5, labels: bool = False, colour_bars: bool = False, resume: bool = False,
    overwrite: bool = False, on_progress: OnProgress = no_progress, stop: Stop = never_stop, **controls: ControlValue,
) -> ExportResult:  # fmt: skip
    """Renders a path into a file or folder: byte for byte what `main.py render` writes.

    Args:
        out: a video (.mp4, .webm, .mov, .gif), a folder of images, or cameras (.json, .txt, .npy, .chan, .glb).
        path, frames: as in `camera_path`.
        channels: side by side in a video, files of their own in a folder.
        fps, quality, codec: frames a second (None: as the path's file says, else 30); 1 to 10; "h264", "vp9", "prores"
            and so on (None: the suffix's usual one), of a video.
        format: of a folder's files: "exr", "exr16", "png", "png16", "npy"; None: colours as PNG, all else as .npy.
        width, height, fit: as in `render`.
        background: a colour, "checkerboard", or "transparent", which .mov, .webm and folders keep.
        limits, colour_maps: of channels in a video, by name; None: the first frame's, and the usual ones.
        depth, supersample, projection, stereo: as of `main.py render`.
        compare_with, layout, wipe_at: a second scene in the same pictures: "side-by-side", "wipe" (at a share of the
            width), "difference".
        labels: whether names of scenes, and of several channels, are written into pictures.
        colour_bars: whether pictures of single values have the scale of their colours.
        resume: takes over the frames that an export of the same which was killed has finished.
        overwrite: of cameras: whether a model of COLMAP may be replaced.
        on_progress: called after each frame with `done`, `total`, `seconds_left`, `picture` and `warning`.
        stop: asked often; where it gives True, nothing is written, and `vantage.Cancelled` is raised.

    Raises:
        UserError: as `camera_path` and `render`, or the place can't be written, or holds another export to be resumed.
    """
    pair = None
    if compare_with is not None:
        opened = compare_with._opened
        pair = ScenePair(self._opened, opened, layout, wipe_at, scene_digest(opened))
    asked = Export(
        (), place(out), quality=quality, channels=(channels,) if isinstance(channels, str) else tuple(channels),
        limits=limits or {}, colour_maps=colour_maps or {}, codec=codec, format=format, depth=depth,
        supersample=supersample, projection=projection, eye_distance=stereo, pair=pair, labels=labels,
        colour_bars=colour_bars, resume=resume,
    )  # fmt: skip
    request, framing = PathRequest(path, frames, controls, fps), Framing(width, height, fit, background)
    with _both_drawing(self, compare_with):
        written, notes = export_path(self._opened, request, framing, asked, overwrite, on_progress, stop)
    return ExportResult(written, tuple(map(reworded, notes)))


def _both_drawing(first: DrawnScene, second: DrawnScene | None) -> contextlib.ExitStack:
    """Held while both draw, always taken in one order: two threads may compare the same two the other way round."""
    held = contextlib.ExitStack()
    for scene in sorted({id(each): each for each in (first, second or first)}.values(), key=id):
        held.enter_context(scene._drawing)
    return held


@python_worded
def mesh(
    self: DrawnScene, out: AnyPath, *, source: str = AUTO, resolution: int | None = None, views: int = VIEWS,
    faces: int = 0, box: Array | Sequence[Sequence[float]] | None = None, refine: bool = False, closed: bool = False,
    keep_background: bool = False, all_pieces: bool = False, axes: str = "auto",
    on_progress: OnProgress = no_progress, stop: Stop = never_stop, **controls: ControlValue,
) -> MeshResult:  # fmt: skip
    """Writes a coloured mesh, as `main.py mesh` does; tells how many `vertices` and `faces`, and `notes`.

    Args:
        out: .ply, .obj or .glb.
        source: "surface": the scene's own, "depth": its depths, fused; "auto": its own where it is one.
        resolution, faces: voxels or cells along the longest side; triangles at most, 0: as they come.
        views: cameras to look from, of depths.
        box: [2, 3] lowest and highest corner of what is taken, in the world; None: the scene's.
        refine, closed, keep_background, all_pieces: bring triangles nearer to a surface; close it where no camera
            saw anything; keep a plain background; keep small pieces.
        axes: up in the file: "world", "y-up", "z-up"; "auto": as readers of the suffix expect.
        on_progress, stop: as in `export`.

    Raises:
        UserError: no mesh can be made of it, or the place can't be written.
    """
    chosen = still_controls(self._opened.scene, control_choices(controls))
    export = MeshExport(
        place(out), resolution, views, faces, chosen, box_asked(box), closed, keep_background, axes,
        source=source, refine=refine, all_pieces=all_pieces,
    )  # fmt: skip
    with self._drawing:
        return write_scene_mesh(self._opened, export, on_progress, stop)
