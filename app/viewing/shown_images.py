"""The pictures of the open scene that were shown last, and what is made of them: measured, asked for a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from psygnal import Signal

from app.camera.camera_controller import CameraController
from app.camera.near_plane import room
from app.rendering.render_requests import RenderedImage, point_at, scene_points
from app.viewing.background_tasks import BackgroundTasks
from app.viewing.comparing import CompareFailure, Comparing
from app.viewing.comparison import PhotoComparison, photograph_of
from app.viewing.opening import Opened
from app.viewing.timeline import Timeline
from app.viewing.view_state import ViewState
from app.viewing.viewpoints import Visited
from engines.core.camera import Array


class ImageViewer(Protocol):
    """A session, as far as its pictures need it."""

    eye: CameraController
    view: ViewState
    visited: Visited
    timeline: Timeline

    @property
    def opened(self) -> Opened | None: ...


class ShownImages:
    """The newest picture of all, and the newest exact one; tells on the session's thread."""

    shown = Signal(RenderedImage)
    compared = Signal(PhotoComparison)
    """The exact picture at a training view was measured against its photograph."""
    compare_failed = Signal(CompareFailure)
    point_picked = Signal(object)
    """The point [3] (world) that `pick` asked for; None where nothing is there."""

    def __init__(self, viewer: ImageViewer, background: BackgroundTasks) -> None:
        self._viewer, self._background = viewer, background
        self._comparing = Comparing(background, self.compared.emit, self.compare_failed.emit)
        self.last: RenderedImage | None = None
        self.exact: RenderedImage | None = None

    def take(self, pictures: Sequence[RenderedImage]) -> None:
        """Takes note of pictures that were drawn, the newest last, and tells of that one."""
        for picture in pictures:
            self.last = picture
            opened = self._viewer.opened
            if picture.kind == "exact" and picture.frame is not None and opened is not None:
                self.exact = picture
                self._viewer.eye.room = room(opened.scene, picture.frame, picture.camera)
                self._compare(picture)
        self.shown.emit(pictures[-1])

    def forget(self) -> None:
        """No scene is open, or another one."""
        self.last = self.exact = None

    @property
    def limits(self) -> tuple[float, float] | None:
        """The values at the ends of the colours on the screen; a preview has those of its exact picture."""
        last, exact = self.last, self.exact
        if last is None or last.limits is not None or exact is None or exact.request.channel != last.request.channel:
            return last.limits if last is not None else None
        return exact.limits

    @property
    def points(self) -> Array | None:
        """[N, 3] (world) what the last exact picture shows; None where that is not known."""
        return None if self.exact is None else scene_points(self.exact)

    def pick(self, u: float, v: float) -> None:
        """Asks for the world point at a pixel of the last exact picture; `point_picked` tells it."""
        exact = self.exact
        if exact is None or exact.frame is None or exact.frame.depth is None:
            self.point_picked.emit(None)
        else:
            self._background.submit(lambda: point_at(exact, u, v), self.point_picked.emit)

    def compare_again(self) -> None:
        """Other photographs, or another channel: the last exact picture is to be measured anew."""
        if self.exact is not None:
            self._compare(self.exact)

    def _compare(self, picture: RenderedImage) -> None:
        """Measures the picture where it is one of a photograph's camera."""
        viewer = self._viewer
        index, opened = viewer.eye.view_index, viewer.opened
        if index is None or viewer.eye.animating or picture.frame is None or opened is None:
            return
        view = photograph_of(picture, viewer.visited.points[index], opened)
        # Nobody looks at a number that changes with every picture; reading photographs takes longer than drawing.
        unseen = viewer.timeline.playback.playing and not viewer.view.whole_photograph
        if view is not None and not unseen:
            self._comparing.begin(picture, view, opened.scene)
