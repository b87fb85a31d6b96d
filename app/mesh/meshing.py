"""A scene into a mesh file: looks at it from many cameras, fuses what they saw, writes the surface."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from app.background import background_pixels, plain_background
from app.display import shade
from app.export import OnProgress, Progress, thumbnail
from app.mesh.axes import check_axes
from app.mesh.cameras import mesh_box, mesh_cameras
from app.mesh.colours import vertex_colours
from app.mesh.depth_views import DepthView, depth_view, relative_to
from app.mesh.fusion import Grid, fuse
from app.mesh.mesh_file import check_suffix, write_mesh
from app.mesh.surface import Surface, extract_surface, simplified, without_small_pieces
from engines.core.camera import Array, Camera
from engines.core.dataset import Dataset
from engines.core.engine import INSTANCE, Scene, Stop
from engines.core.errors import Cancelled, UserError
from engines.core.files import replacing
from engines.core.frame import Frame
from engines.core.rendering import rendered

RESOLUTION, VIEWS = 160, 60
RESOLUTIONS = (16, 768)
"""Beyond, 4 bytes a voxel and what marching cubes takes are more than most machines have."""
MOST_VIEWS = 300
"""Pictures and depths of all views are kept, some 10 MB each of the largest."""
FEWEST_FACES = 4
"""Of a closed mesh: a tetrahedron."""
TRUNCATION_VOXELS = 3.0
TRUNCATION_SHARE = 0.02
"""Of the box's longest side: learnt depths differ by so much from view to view, however fine the voxels are."""
VOXEL_VIEWS_PER_S = 4e7
"""How fast one core fuses, until it is measured."""


_Seen = tuple[list[DepthView], tuple[str, ...]]
"""The views, and what was decided about them."""


@dataclass(frozen=True, eq=False)
class MeshExport:
    """What to make a mesh of, and where to.

    Attributes:
        out: .ply, .obj or .glb.
        resolution: voxels along the box's longest side.
        views: cameras at most.
        faces: triangles at most; 0: as they come.
        controls: which object, which moment; what is not named is at its default.
        box: [2, 3] world; None: the scene's own, or all that a capture that faces one way sees.
        closed: what no view sees counts as inside, which makes a closed body; else the surface is open there.
        keep_background: whether a plain background is part of the scene.
        axes: of the file, one of `app.mesh.axes.AXES`.
        origin: [3] where the scene's coordinates begin in the world; `box` and the file are in the world's.
        up: [3] world, what is turned upright; None: the scene's own.
    """

    out: Path
    resolution: int = RESOLUTION
    views: int = VIEWS
    faces: int = 0
    controls: Mapping[str, float] = field(default_factory=dict)
    box: Array | None = None
    closed: bool = False
    keep_background: bool = False
    axes: str = "auto"
    up: Array | None = None
    origin: Array = field(default_factory=lambda: np.zeros(3))


@dataclass(frozen=True)
class MeshResult:
    """What was written."""

    path: Path
    vertices: int
    faces: int
    notes: tuple[str, ...]
    """In plain words, what was decided on the way."""


def run_mesh(
    scene: Scene, dataset: Dataset | None, export: MeshExport, on_progress: OnProgress, stop: Stop
) -> MeshResult:
    """Makes the mesh and writes it.

    The file appears when it is complete. After an error or a stop there is nothing of it.

    Args:
        on_progress: called after each view and each part of the volume, on this thread.

    Raises:
        UserError: a scene without depth, nothing that could be seen, or a place that can't be written.
        Cancelled: `stop` said so.
    """
    _check(scene, export)
    if export.box is not None:
        export = replace(export, box=export.box - export.origin)
    cameras = mesh_cameras(scene, dataset, round(export.controls.get(INSTANCE, 0)), export.views)
    clock = _Clock(len(cameras), export.resolution**3 * len(cameras) / VOXEL_VIEWS_PER_S, on_progress)
    # Begun first: a place that can't be written is found out before minutes of drawing.
    with replacing(export.out) as temporary:
        frames = _render(scene, cameras, export, clock, stop)
        with _one_thread():
            seen = _views(scene, cameras, frames, export)
            del frames
            surface, colours = _make(scene, seen[0], export, clock, stop)
        if stop():
            raise Cancelled
        up = scene.up if export.up is None else export.up
        if export.origin.any():
            surface = replace(surface, vertices=surface.vertices + export.origin)
        notes = (*seen[1], *write_mesh(temporary, surface, colours, up, export.axes))
    return MeshResult(export.out, len(surface.vertices), len(surface.faces), notes)


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


def _make(scene: Scene, views: list[DepthView], export: MeshExport, clock: _Clock, stop: Stop) -> tuple[Surface, Array]:
    """The surface, and the colours of its vertices."""
    box = np.asarray(mesh_box(scene, views) if export.box is None else export.box, dtype=np.float64)
    middle, size = box.mean(axis=0), float((box[1] - box[0]).max())
    views = [relative_to(view, middle, size) for view in views]
    grid = Grid.of((box - middle) / size, export.resolution)
    truncation = max(TRUNCATION_VOXELS * grid.size, TRUNCATION_SHARE)
    values = fuse(views, grid, truncation, clock.fused, stop)
    surface = without_small_pieces(extract_surface(values, grid, export.closed))
    del values
    surface = simplified(surface, export.faces)
    _require_something(surface, views)
    colours = vertex_colours(surface, views, truncation, stop)
    return Surface(surface.vertices * size + middle, surface.faces), colours


def check_depth(scene: Scene) -> None:
    """Refuses a scene of which no mesh can be made.

    Raises:
        UserError: it gives no depth.
    """
    if "depth" not in scene.channels:
        raise UserError(
            f"this scene gives {', '.join(scene.channels)} and no depth, which a mesh is made of; render its views "
            "(render --path train) and give them to a photogrammetry program instead"
        )


def _check(scene: Scene, export: MeshExport) -> None:
    check_depth(scene)
    check_suffix(export.out)
    check_axes(export.axes)
    low, high = RESOLUTIONS
    if not low <= export.resolution <= high:
        raise UserError(f"resolution {export.resolution}: must be {low} to {high}")
    if not 1 <= export.views <= MOST_VIEWS:
        raise UserError(f"{export.views} views: must be 1 to {MOST_VIEWS}")
    if export.faces != 0 and export.faces < FEWEST_FACES:
        raise UserError(f"{export.faces} faces: must be {FEWEST_FACES} or more, or 0 (as they come)")
    if export.box is not None and not np.isfinite(export.box).all():
        raise UserError("the box's corners must be finite numbers")
    if export.box is not None and not (export.box[0] < export.box[1]).all():
        raise UserError("the box's first corner must lie below its second, in x, y and z")


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


def _views(scene: Scene, cameras: tuple[Camera, ...], frames: list[Frame], export: MeshExport) -> _Seen:
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
        picture = thumbnail(shade(frame, "rgb"))
        told = f"{self._drawn} of {self._views} views"
        self._on_progress(Progress(self._drawn, 2 * self._views, left, picture, told))
        if self._drawn == self._views:
            self._since = self._now()

    def fused(self, share: float) -> None:
        """So much of the volume is done."""
        left = (self._now() - self._since) * (1 / share - 1)
        told = f"fusing {self._views} views, {share:.0%}"
        self._on_progress(Progress(self._views + round(share * self._views), 2 * self._views, left, None, told))
