"""A scene's depths into a mesh: looks at it from many cameras, and fuses what they saw."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from app.export.progress import OnProgress, Progress
from app.mesh.cameras import mesh_box, mesh_cameras
from app.mesh.colours import vertex_colours
from app.mesh.depth_views import DepthView, depth_view, relative_to
from app.mesh.fusion import Grid, fuse
from app.mesh.mesh_export import DEPTH, RESOLUTION, MadeMesh, MeshExport, pieces_note
from app.mesh.surface import Surface, extract_surface, simplified, without_small_pieces
from app.rendering.background import background_pixels, plain_background
from app.rendering.display import shade
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.engine import INSTANCE, Scene, Stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame
from engines.core.rendering import rendered

TRUNCATION_VOXELS = 3.0
TRUNCATION_SHARE = 0.02
"""Of the box's longest side: learnt depths differ by so much from view to view, however fine the voxels are."""
VOXEL_VIEWS_PER_S = 4e7
"""How fast one core fuses, until it is measured."""


def mesh_from_depth(
    scene: Scene, dataset: Dataset | None, export: MeshExport, on_progress: OnProgress, stop: Stop
) -> MadeMesh:
    """The mesh of what a scene's cameras see.

    Args:
        export: its box is in the scene's coordinates.
        on_progress: called after each view and each part of the volume, on this thread.

    Raises:
        UserError: nothing could be seen.
        Cancelled: `stop` said so.
    """
    resolution = RESOLUTION[DEPTH] if export.resolution is None else export.resolution
    cameras = mesh_cameras(scene, dataset, round(export.controls.get(INSTANCE, 0)), export.views)
    clock = _Clock(len(cameras), resolution**3 * len(cameras) / VOXEL_VIEWS_PER_S, on_progress)
    frames = _render(scene, cameras, export, clock, stop)
    with _one_thread():
        views, notes = _views(scene, cameras, frames, export)
        del frames
        made = _make(scene, views, replace(export, resolution=resolution), clock, stop)
    return replace(made, notes=(*notes, *made.notes))


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """torch on one core: seconds for thousands of small steps, where waiting for each other took minutes beside others.

    It holds for this thread, and for such as begin meanwhile.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _make(scene: Scene, views: list[DepthView], export: MeshExport, clock: _Clock, stop: Stop) -> MadeMesh:
    """The surface, and the colours of its vertices."""
    box = np.asarray(mesh_box(scene, views) if export.box is None else export.box, dtype=np.float64)
    middle, size = box.mean(axis=0), float((box[1] - box[0]).max())
    views = [relative_to(view, middle, size) for view in views]
    grid = Grid.of((box - middle) / size, export.resolution or RESOLUTION[DEPTH])
    truncation = max(TRUNCATION_VOXELS * grid.size, TRUNCATION_SHARE)
    values = fuse(views, grid, truncation, clock.fused, stop)
    surface, left_out = extract_surface(values, grid, export.closed), 0
    del values
    if not export.all_pieces:
        surface, left_out = without_small_pieces(surface)
    surface = simplified(surface, export.faces)
    _require_something(surface, views)
    colours = vertex_colours(surface, views, truncation, stop)
    placed = Surface(surface.vertices * size + middle, surface.faces)
    return MadeMesh(placed, colours, notes=pieces_note(left_out))


def _render(scene: Scene, cameras: tuple[Camera, ...], export: MeshExport, clock: _Clock, stop: Stop) -> list[Frame]:
    """Picture, depth and opacity from each camera, on the CPU."""
    frames = []
    for camera in cameras:
        if stop():
            raise Cancelled
        frame = rendered(scene, camera, export.controls, stop)
        if frame.depth is None:
            raise UserError("this scene draws pictures without depth with these options; a mesh is made of depth")
        clock.drawn(frame)
        frames.append(_kept(frame))
    return frames


def _kept(frame: Frame) -> Frame:
    """What a mesh needs of a frame, off the device."""
    extra = {name: frame.extra[name].cpu() for name in ("alpha", "opacity") if name in frame.extra}
    depth = None if frame.depth is None else frame.depth.cpu()
    return Frame(frame.image.to("cpu", torch.float32), depth, extra)


def _views(
    scene: Scene, cameras: tuple[Camera, ...], frames: list[Frame], export: MeshExport
) -> tuple[list[DepthView], tuple[str, ...]]:
    """The views, and what was decided about them."""
    colour: Tensor | None = None
    if not export.keep_background:
        colour = plain_background([frame.image for frame in frames], scene.border_px)
    views = []
    for camera, frame in zip(cameras, frames, strict=True):
        mask = None if colour is None else background_pixels(frame.image, colour, scene.border_px)
        views.append(depth_view(camera, frame, mask, scene.border_px))
    if colour is None:
        return views, ()
    name = "#" + "".join(f"{round(float(value) * 255):02x}" for value in colour.clamp(0, 1))
    return views, (f"the plain background ({name}) is left out",)


def _require_something(surface: Surface, views: list[DepthView]) -> None:
    if len(surface.faces):
        return
    if not any(bool(view.hit.any()) for view in views):
        raise UserError("no view hits anything: there is nothing to make a mesh of; give its data folder, or other "
                        "options of the scene")  # fmt: skip
    raise UserError("no surface on which two views agree within the scene's box; use more views or a larger box")


class _Clock:
    """Tells how far it is: views drawn, then as many steps again for the volume."""

    def __init__(self, views: int, fusing_s: float, on_progress: OnProgress) -> None:
        self._views, self._fusing_s, self._on_progress = views, fusing_s, on_progress
        self._drawn, self._since = 0, 0.0
        self._now: Callable[[], float] = time.monotonic

    def drawn(self, frame: Frame) -> None:
        """A view is drawn; the first does not count, it often waits for things to be made ready."""
        self._drawn += 1
        left: float | None = None
        if self._drawn == 1:
            self._since = self._now()
        else:
            rate = (self._now() - self._since) / (self._drawn - 1)
            left = rate * (self._views - self._drawn) + self._fusing_s
        told = f"{self._drawn} of {self._views} views"
        self._on_progress(Progress(self._drawn, 2 * self._views, left, shade(frame, "rgb"), told))
        if self._drawn == self._views:
            self._since = self._now()

    def fused(self, share: float) -> None:
        """So much of the volume is done."""
        left = (self._now() - self._since) * (1 / share - 1)
        told = f"fusing {self._views} views, {share:.0%}"
        self._on_progress(Progress(self._views + round(share * self._views), 2 * self._views, left, None, told))
