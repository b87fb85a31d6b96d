"""A mesh over the scene's pictures, beside them, or with a line between: each picture gets the mesh of its own camera.

Drawn on a thread of its own, newest first. While the camera moves, and at first where it stands, the coarse mesh is
drawn; then the whole one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np

from app.mesh.drawing import STYLES, LoadedMesh, MeshPicture, draw_mesh
from app.rendering.render_requests import RenderedImage
from engines.core.camera import Array
from engines.core.device import to_host

LAYOUTS = ("over", "wipe", "side")
MOVING_SCALE = 1 / 2
"""Of the picture's sides, while the camera moves."""
TOLERANCE = 0.01
"""Of the scene's size: a mesh of the scene itself lies in its surface, up to what the depth is off by."""


Colour = tuple[int, int, int]
"""Red, green, blue, up to 255."""


@dataclass(frozen=True)
class MeshLook:
    """How a mesh is shown; all plain, so that it can be remembered.

    Attributes:
        style: of `drawing.STYLES`.
        layout: of `LAYOUTS`.
        opacity: over the picture, in [0, 1].
        depth_test: over the picture, it is hidden where the scene is nearer.
        share: of the width, up to which the mesh is shown at the left of the line.
    """

    style: str = STYLES[0]
    layout: str = LAYOUTS[0]
    opacity: float = 0.6
    depth_test: bool = True
    share: float = 0.5

    def remembered(self) -> dict[str, Any]:
        """Plain data of the look, to be kept in the settings file."""
        return asdict(self)

    def sound(self) -> MeshLook:
        """The look with defaults for unknown names, and with opacity and share brought into [0, 1]."""
        usual = MeshLook()
        return MeshLook(
            self.style if self.style in STYLES else usual.style,
            self.layout if self.layout in LAYOUTS else usual.layout,
            float(np.clip(np.nan_to_num(self.opacity), 0, 1)),
            self.depth_test,
            float(np.clip(np.nan_to_num(self.share), 0, 1)),
        )


@dataclass(frozen=True, eq=False)
class DrawnMesh:
    """The mesh as a picture's camera sees it.

    Attributes:
        picture: of the scene.
        mesh: of the same field of view, at the size that it is shown at.
        unhidden: [H, W] float32, the coverage where the scene is not nearer.
        whole: not of the coarse mesh, nor enlarged.
        style: that it is drawn in.
        of: what was drawn.
        number: the job's.
    """

    picture: RenderedImage
    mesh: MeshPicture
    unhidden: Array
    whole: bool
    style: str
    of: LoadedMesh
    number: int = 0


def overlay(drawn: DrawnMesh, look: MeshLook, background: Colour) -> Array | None:
    """[H, W, 4] uint8, red, green, blue and opacity of what lies over the scene's picture; None: nothing does."""
    if look.layout == "over":
        share = np.float32(look.opacity) * (drawn.unhidden if look.depth_test else drawn.mesh.coverage)
        return _with_opacity(drawn.mesh.pixels, (255 * share + 0.5).astype(np.uint8))
    if look.layout == "side":
        return None
    height, width = drawn.mesh.depth.shape
    opacity = np.zeros((height, width), dtype=np.uint8)
    # Where the line is: at a whole pixel of the picture.
    own = drawn.picture.camera.size_px[0]
    opacity[:, : round(round(look.share * own) / own * width)] = 255
    return _with_opacity(alone(drawn.mesh, background), opacity)


def _with_opacity(colours: Array, opacity: Array) -> Array:
    return np.asarray(cv2.merge([*cv2.split(colours), opacity]))


def alone(mesh: MeshPicture, background: Colour) -> Array:
    """[H, W, 3] uint8, the mesh on a colour."""
    return _laid_over(np.full(mesh.pixels.shape, background, dtype=np.uint8), mesh.pixels, mesh.coverage)


def composed(pixels: Array, drawn: DrawnMesh, look: MeshLook, background: Colour) -> Array:
    """[H, W, 3] uint8, the scene's picture with the mesh as it is seen; of the layout `side`, [H, 2 W, 3]."""
    size_px = (pixels.shape[1], pixels.shape[0])
    if (above := overlay(drawn, look, background)) is None:
        return np.concatenate([pixels, _at_size(alone(drawn.mesh, background), size_px)], axis=1)
    # Weighed before it is made smaller: what is not seen must not colour what is.
    share = above[..., 3:].astype(np.float32) / 255
    colours = _at_size(above[..., :3] * share, size_px)
    left = 1 - _at_size(share, size_px).reshape(*pixels.shape[:2], 1)
    return np.asarray(np.clip(colours + left * pixels + 0.5, 0, 255).astype(np.uint8))


def _at_size(values: Array, size_px: tuple[int, int]) -> Array:
    smaller = size_px[0] < values.shape[1]
    return np.asarray(cv2.resize(values, size_px, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR))


def _laid_over(below: Array, above: Array, share: Array) -> Array:
    return np.asarray(cv2.blendLinear(np.ascontiguousarray(above), np.ascontiguousarray(below), share, 1 - share))


def unhidden(mesh: MeshPicture, picture: RenderedImage, tolerance: float) -> Array:
    """[H, W] float32, the mesh's coverage where the picture's depth, if it has one, is not nearer by `tolerance`."""
    frame = picture.frame
    if frame is None or frame.depth is None:
        return mesh.coverage
    depth = to_host(frame.depth.detach().float()).numpy()
    if depth.shape != mesh.depth.shape:
        depth = np.asarray(cv2.resize(depth, mesh.depth.shape[::-1], interpolation=cv2.INTER_NEAREST))
    # What a line covers beside its triangles has no depth of its own.
    beside = cv2.erode(mesh.depth, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    own = np.where(np.isfinite(mesh.depth), mesh.depth, beside)
    # A pixel without a number has nothing in it.
    nearer = np.nan_to_num(depth, nan=np.inf) + np.float32(tolerance) < own
    return np.where(nearer & np.isfinite(own), np.float32(0), mesh.coverage)


@dataclass(frozen=True, eq=False)
class MeshJob:
    """A picture to draw the mesh for.

    Attributes:
        picture: of the scene.
        size_px: (width, height) that the mesh is shown at, of the picture's shape.
        tolerance: of the depth test, world units.
        number: higher for later ones.
        whole: draw all of the mesh, not the coarse one.
    """

    picture: RenderedImage
    size_px: tuple[int, int]
    mesh: LoadedMesh
    style: str
    tolerance: float
    number: int = 0
    whole: bool = False


def draw_job(job: MeshJob) -> DrawnMesh:
    """The mesh of the picture's camera; while that moves, drawn smaller."""
    moving = job.picture.kind != "exact"
    scale = MOVING_SCALE if moving else 1.0
    width, height = (max(round(side * scale), 1) for side in job.size_px)
    mesh = draw_mesh(
        job.mesh.full if job.whole else job.mesh.coarse, job.picture.camera.resized((width, height)), job.style
    )
    whole = not moving and (job.whole or job.mesh.coarse is job.mesh.full)
    return DrawnMesh(
        job.picture, mesh, unhidden(mesh, job.picture, job.tolerance), whole, job.style, job.mesh, job.number
    )


class MeshDrawer:
    """Draws the mesh of one picture after another; `on_drawn` and `on_error` are called on its threads.

    One of them draws what is quick; the other, which may take seconds, the whole of large meshes where the camera
    stands.
    """

    def __init__(self, on_drawn: Callable[[DrawnMesh], None], on_error: Callable[[BaseException], None]) -> None:
        self._on_drawn = on_drawn
        self._quick = _Newest("mesh", self._draw_quickly, on_error)
        self._thorough = _Newest("whole mesh", lambda job: on_drawn(draw_job(job)), on_error)

    def submit(self, job: MeshJob) -> None:
        """Asks for the mesh of a picture's camera; what was asked for before and is not begun is forgotten."""
        self._thorough.submit(None)
        self._quick.submit(job)

    def forget(self) -> None:
        """Nothing is wanted any more."""
        for thread in (self._quick, self._thorough):
            thread.submit(None)

    def close(self) -> None:
        """Ends the threads when they have drawn what is under way."""
        for thread in (self._quick, self._thorough):
            thread.close()

    def _draw_quickly(self, job: MeshJob) -> None:
        drawn = draw_job(job)
        self._on_drawn(drawn)
        if not drawn.whole and job.picture.kind == "exact" and not self._quick.waits:
            self._thorough.submit(replace(job, whole=True))


class _Newest:
    """A thread that does one job after another, of those that wait the newest."""

    def __init__(self, name: str, work: Callable[[MeshJob], None], on_error: Callable[[BaseException], None]) -> None:
        self._work, self._on_error = work, on_error
        self._changed = threading.Condition()
        self._job: MeshJob | None = None
        self._closed = False
        threading.Thread(target=self._loop, name=name, daemon=True).start()

    @property
    def waits(self) -> bool:
        """Whether there is another job already."""
        return self._job is not None

    def submit(self, job: MeshJob | None) -> None:
        """The job to do next; None: none."""
        with self._changed:
            self._job = job
            self._changed.notify_all()

    def close(self) -> None:
        """Ends after the job under way."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _loop(self) -> None:
        while True:
            with self._changed:
                while self._job is None and not self._closed:
                    self._changed.wait()
                if self._closed or self._job is None:
                    return
                job, self._job = self._job, None
            try:
                self._work(job)
            except Exception as error:  # handed on: the window shows it and goes on
                self._on_error(error)
