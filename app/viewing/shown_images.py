"""The pictures of the open scene: taken from the threads that draw them, measured, asked for a point."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from psygnal import Signal

from app.camera.camera_controller import CameraController
from app.camera.near_plane import room
from app.rendering.picking import picked_point
from app.rendering.render_requests import RenderedImage, scene_points
from app.viewing.background_tasks import BackgroundTasks, Post
from app.viewing.comparing import CompareFailure, Comparing
from app.viewing.comparison import PhotoComparison, photograph_of
from app.viewing.opening import Opened
from app.viewing.timeline import Timeline
from app.viewing.view_state import ViewState
from app.viewing.viewpoints import Visited
from engines.core.camera import Array

Take = Callable[[RenderedImage, RenderedImage | None], None]
"""Is given the last picture of all, and the last exact one where there is one among those that were put."""


class ImageViewer(Protocol):
    """A session, as far as its pictures need it."""

    eye: CameraController
    view: ViewState
    visited: Visited
    timeline: Timeline
    post: Post

    @property
    def opened(self) -> Opened | None: ...


class NewestPicture:
    """A place for one picture, and for one that is exact: what was overtaken on the way to the session is left out."""

    def __init__(self, post: Post, take: Take) -> None:
        """`take` is called on the session's thread, to which `post` brings calls."""
        self._post, self._taker = post, take
        self._slot = threading.Lock()
        self._last: RenderedImage | None = None
        """Drawn last, and not taken yet; those before it were overtaken, and nobody sees them."""
        self._exact: RenderedImage | None = None

    def put(self, picture: RenderedImage) -> None:
        """Leaves a picture, from any thread; the session's takes it, unless it is overtaken."""
        with self._slot:
            first = self._last is None
            self._last = picture
            if picture.kind == "exact":
                self._exact = picture
        if first:
            self._post(self._take)

    def forget(self) -> None:
        """What was put is not wanted any more."""
        with self._slot:
            self._last = self._exact = None

    def _take(self) -> None:
        with self._slot:
            last, exact = self._last, self._exact
            self._last = self._exact = None
        # It may have been forgotten since.
        if last is not None:
            self._taker(last, exact)


class ShownImages:
    """The newest picture of all, and the newest exact one; tells on the session's thread."""

    shown = Signal(RenderedImage)
    compared = Signal(PhotoComparison)
    """The exact picture at a training view was measured against its photograph."""
    scored = Signal(PhotoComparison)
    """The structural similarity of what was measured is known, too."""
    compare_failed = Signal(CompareFailure)
    point_picked = Signal(object)
    """The point [3] (world) that `pick` asked for; None where nothing is there."""

    def __init__(self, viewer: ImageViewer, background: BackgroundTasks) -> None:
        self._viewer, self._background = viewer, background
        self._comparing = Comparing(background, self.compared.emit, self.scored.emit, self.compare_failed.emit)
        self.last: RenderedImage | None = None
        self.exact: RenderedImage | None = None
        self._newest = NewestPicture(viewer.post, self._take)

    def put(self, picture: RenderedImage) -> None:
        """Leaves a picture of the open scene, from any thread; the session's takes it, unless it is overtaken."""
        self._newest.put(picture)

    def _take(self, last: RenderedImage, exact: RenderedImage | None) -> None:
        """Takes note of the last picture of all and of the last exact one, and tells of the former."""
        self.last, opened = last, self._viewer.opened
        if exact is not None and exact.frame is not None and opened is not None:
            self.exact = exact
            self._viewer.eye.room = room(opened.scene, exact.frame, exact.camera)
            self._compare(exact)
        self.shown.emit(last)

    def forget(self) -> None:
        """No scene is open, or another one, of which nothing was put yet."""
        self._newest.forget()
        self.last = self.exact = None
        self._comparing.forget()

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

    def pick(self, u: float, v: float, seen: RenderedImage | None = None) -> None:
        """Asks for the world point at a pixel of the picture that is seen; `point_picked` tells it.

        Args:
            seen: an exact picture, or a preview; None: the last of all.
        """
        exact, picture = self.exact, seen or self.last
        if picture is None:
            self.point_picked.emit(None)
        else:
            self._background.submit(lambda: picked_point(picture, exact, u, v), self.point_picked.emit)

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
