"""What a trained scene is asked for, done on what the program has open: paths, images, files, scores."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.api.image import Image
from app.api.requests import ControlValue, Framing, PathRequest, control_choices, path_asked
from app.api.wording import python_worded, reworded
from app.camera.fitting import fit_cameras, fit_note
from app.export.drawn_frames import exported_frame
from app.export.export_request import Export, check_shown
from app.export.exporter import run_export
from app.export.fingerprint import scene_digest
from app.export.frame_times import SPLIT_PATHS, split_views
from app.export.named_controls import read_controls, still_controls
from app.export.path_writing import write_cameras
from app.export.progress import OnProgress, Progress
from app.export.render_settings import CameraPath, resolve_path, settings_asked
from app.mesh.mesh_export import MeshExport
from app.mesh.meshing import MeshResult, run_mesh
from app.report.judging import JudgedScene, Judging, judge
from app.training.evaluation import OnView, Score
from app.viewing.opening import Opened, title_of
from app.viewing.scene_facts import FactRow, checkpoint_rows, describe_scene, scene_rows
from engines.core.camera import Array, Camera
from engines.core.data.views import Split, Views
from engines.core.engine import INSTANCE, Stop, never_stop, whole_controls
from engines.core.errors import UserError
from engines.core.files import holding
from engines.core.frame import ALPHA
from engines.core.paths.exchange.formats import format_of
from engines.core.reading import shortened
from engines.registry import find_engine

Drawing = contextlib.AbstractContextManager[object]
"""Held while a scene draws: one thread at a time may."""


def no_progress(progress: Progress) -> None:
    """Nobody looks at how far an export is."""


def no_view(score: Score) -> None:
    """Nobody looks at how far an evaluation is."""


def path_frames(opened: Opened, request: PathRequest) -> CameraPath:
    """The cameras and controls of each frame, as `main.py render` has them.

    Raises:
        UserError: there is no such path or control, and which there are.
    """
    frames = request.frames
    if frames is not None and frames < 1:
        raise UserError(f"frames {frames}: must be at least 1")
    path, said = path_asked(request.path), control_choices(request.controls)
    return resolve_path(settings_asked(opened.scene, path, frames, said, request.fps), opened)


def still_frame(opened: Opened, camera: Camera, controls: Mapping[str, ControlValue]) -> CameraPath:
    """A path of one frame, which shows one moment.

    Raises:
        UserError: it is no camera, or there is no such control.
    """
    if not isinstance(camera, Camera):
        raise UserError(f"camera: must be a vantage.Camera, not {shortened(camera)}; frames(...) draws a path")
    chosen = still_controls(opened.scene, control_choices(controls))
    return CameraPath((camera,), [whole_controls(opened.scene, chosen)])


def views_of(opened: Opened, split: Split, controls: Mapping[str, ControlValue]) -> Views:
    """The views of a split, of a class those of an object.

    Raises:
        UserError: no data was named, or there is no such split.
    """
    if split not in SPLIT_PATHS:
        raise UserError(f"split {split}: must be {', '.join(SPLIT_PATHS)}")
    if opened.dataset is None:
        raise UserError(f"split {split}: the views are in the data folder; name it: vantage.open(..., data=FOLDER)")
    chosen = whole_controls(opened.scene, read_controls(opened.scene, control_choices(controls)).fixed)
    return split_views(opened, opened.dataset, split, round(chosen.get(INSTANCE, 0.0)))


def drawn_images(opened: Opened, drawing: Drawing, path: CameraPath, channel: str, framing: Framing) -> Iterator[Image]:
    """The images of a path, each drawn when it is asked for, as an export draws them.

    Raises:
        UserError: there is no such channel, size or background; before the first is drawn.
    """
    check_shown(opened.scene, (channel,), framing.background)
    fitted = fit_cameras(opened.scene, path.cameras, framing.size_px(opened.scene, path.cameras[0]), framing.fit)

    @python_worded
    def draw(camera: Camera, controls: Mapping[str, float]) -> Image:
        with drawing:
            frame = exported_frame(opened.scene, camera, controls, framing.background, never_stop)
        return Image(frame, camera, channel)

    return map(draw, fitted, path.controls)


def export_path(
    opened: Opened,
    request: PathRequest,
    framing: Framing,
    export: Export,
    overwrite: bool,
    on_progress: OnProgress,
    stop: Stop,
) -> tuple[Path, list[str]]:
    """Writes a path as `export` says, whose cameras, controls and framing are found here; or its cameras alone.

    Args:
        overwrite: whether these may replace a model of COLMAP.

    Returns:
        what was written, and what has to be known of it, a line each.

    Raises:
        UserError: as `path_frames` and `run_export`.
        Cancelled: `stop` said so.
    """
    with holding(export.out):
        along = path_frames(opened, request)
        size_px, fit = framing.size_px(opened.scene, along.cameras[0]), framing.fit
        notes = [*along.notes]
        if export.projection == "pinhole" and (text := fit_note(opened.scene, along.cameras, size_px, fit)):
            notes.append(text)
        if format_of(export.out) is not None:
            read_from = request.path if isinstance(request.path, str | Path) else None
            lost = write_cameras(export.out, opened, along, read_from, size_px, fit, overwrite=overwrite)
            return export.out, [*notes, *lost]
        whole = replace(
            export,
            cameras=along.cameras,
            controls=along.controls,
            fps=along.fps_asked(request.fps),
            size_px=size_px,
            fit=fit,
            background=framing.background,
            origin=opened.origin,
            scene=scene_digest(opened),
        )
        if framing.background is not None and ALPHA not in opened.scene.channels:
            notes.append(f"background {framing.background} has no effect: the scene gives no channel {ALPHA}")
        return run_export(opened.scene, whole, on_progress, stop), notes


def write_scene_mesh(opened: Opened, export: MeshExport, on_progress: OnProgress, stop: Stop) -> MeshResult:
    """Writes a mesh.

    Raises:
        UserError, Cancelled: as `run_mesh`.
    """
    with holding(export.out):
        made = run_mesh(opened.scene, opened.dataset, replace(export, origin=opened.origin), on_progress, stop)
    return replace(made, notes=tuple(map(reworded, made.notes)))


def box_asked(box: Array | Sequence[Sequence[float]] | None) -> Array | None:
    """[2, 3] lowest and highest corner; None where none is asked for.

    Args:
        box: [2, 3], of anything like numbers.

    Raises:
        UserError: it is no box.
    """
    if box is None:
        return None
    try:
        corners = np.asarray(box, dtype=np.float64)
    except (TypeError, ValueError):
        corners = np.empty(0)
    if corners.shape != (2, 3):
        raise UserError("box: must be two corners of three numbers, the lowest and the highest")
    return corners


def judging_asked(
    split: Split | None, crop_px: int | None, width: int | None, height: int | None, pictured: bool = False
) -> Judging:
    """How scenes are to be judged, as `main.py evaluate` has it.

    Raises:
        UserError: there is no such split or size.
    """
    if split is not None and split not in SPLIT_PATHS:
        raise UserError(f"split {split}: must be {', '.join(SPLIT_PATHS)}")
    if crop_px is not None and crop_px < 0:
        raise UserError(f"crop {crop_px}: must be >= 0")
    if (width is None) != (height is None):
        raise UserError("width, height: name both, or neither")
    size_px = (width, height) if width is not None and height is not None else None
    return Judging(split, crop_px, size_px, pictured)


def judged(
    photographed: Callable[[], Opened], drawing: Drawing, judging: Judging, on_view: OnView, stop: Stop
) -> JudgedScene:
    """What is found of a scene, which `photographed` gives with its photographs.

    Raises:
        UserError: there are no photographs, or the scene can't be compared at that size.
        Cancelled: `stop` said so.
    """
    with drawing:
        return judge(photographed(), judging, lambda view: on_view(view.score), stop)


def facts_table(opened: Opened, notes: Sequence[str]) -> str:
    """A table of what the scene is, in HTML; nothing that a file says is taken for more than text."""
    checkpoint, data = opened.checkpoint, opened.dataset
    rows: list[FactRow] = [("scene", title_of(opened.path))]
    rows += checkpoint_rows(find_engine(checkpoint.engine).title, checkpoint.engine, checkpoint.step, checkpoint.config)
    rows += [("data folder", str(data.source) if data is not None else ""), ("device", str(opened.scene.device))]
    rows += scene_rows(describe_scene(opened.scene)) + [("note", note) for note in notes]
    cells = (f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>" for name, text in rows if text)
    return f"<table>{''.join(cells)}</table>"
