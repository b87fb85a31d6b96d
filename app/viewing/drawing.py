"""What draws the open scene: the worker that makes its pictures, and of a recording what prepares its time steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from app.rendering.prefetch import Prefetcher
from app.rendering.render_requests import RenderedImage, RenderRequest
from app.rendering.render_worker import RenderWorker
from app.viewing.background_tasks import Post
from app.viewing.playback import Playback
from engines.core.engine import Prepares, Scene


class ImageTaker(Protocol):
    """Who takes what was drawn."""

    def take(self, pictures: Sequence[RenderedImage]) -> None:
        """Pictures are there, the newest last."""


class DrawingViewer(Protocol):
    """A session, which is told on its own thread."""

    @property
    def post(self) -> Post: ...
    @property
    def images(self) -> ImageTaker: ...

    def drawing_failed(self, error: BaseException) -> None:
        """One could not be made; the last one stays."""

    def take_prepared(self) -> None:
        """Another time step can be drawn."""


class PlayedTime(Protocol):
    """The time of a recording."""

    playback: Playback

    def following(self) -> Sequence[Mapping[str, float]]:
        """The controls of what is played next."""


class NewestImages:
    """A slot in which newer pictures replace older ones that nobody has taken yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exact: RenderedImage | None = None
        self._latest: RenderedImage | None = None

    def put(self, picture: RenderedImage) -> bool:
        """Leaves a picture, from any thread; whether the slot was empty."""
        with self._lock:
            first = self._latest is None
            self._latest = picture
            if picture.kind == "exact":
                self._exact = picture
        return first

    def take(self) -> list[RenderedImage]:
        """The last exact picture and the last of all, in order; those between were overtaken and are dropped."""
        with self._lock:
            taken = [picture for picture in (self._exact, self._latest) if picture is not None]
            self._exact = self._latest = None
        return taken[:1] if len(taken) == 2 and taken[0] is taken[1] else taken


class SceneDrawing:
    """Draws one scene until it is let go; what is finished later is told to nobody."""

    def __init__(self, scene: Scene, viewer: DrawingViewer, before: SceneDrawing | None = None) -> None:
        """`before`: of the same scene, trained less far; its pictures are shown until there are others."""
        self._post, self._images = viewer.post, NewestImages()
        self._viewer: DrawingViewer | None = viewer
        self._worker: RenderWorker = RenderWorker(
            scene, self._take, lambda _, error: self._fail(error), before._worker if before is not None else None
        )
        self._ahead: Prefetcher | None = None
        if isinstance(scene, Prepares):
            self._ahead = Prefetcher(scene, lambda: self._tell(lambda viewer: viewer.take_prepared()), self._fail)

    @property
    def making(self) -> Mapping[str, float] | None:
        """The controls of what is being prepared; None where nothing is."""
        return self._ahead.making if self._ahead is not None else None

    @property
    def busy(self) -> bool:
        """Whether an exact picture is still to come."""
        return self._worker.busy

    @property
    def progress(self) -> float | None:
        """How much of the exact picture is done; None where none is under way."""
        return self._worker.progress

    def submit(self, request: RenderRequest, timeline: PlayedTime) -> None:
        """Asks for a picture, in place of what was asked for before."""
        if self._ahead is not None:
            following, playing = timeline.following(), timeline.playback.playing
            controls, draft = self._ahead.choose(request.camera, request.controls, following, playing)
            request = replace(request, controls=dict(controls), draft=draft)
        self._worker.submit(request)

    def let_go(self) -> list[Callable[[], None]]:
        """Tells nothing from now on; what is given ends its threads, and waits for them."""
        self._viewer = None
        return [part.close for part in (self._ahead, self._worker) if part is not None]

    # On the workers' threads

    def _take(self, picture: RenderedImage) -> None:
        if self._images.put(picture):
            self._tell(self._hand_over)

    def _hand_over(self, viewer: DrawingViewer) -> None:
        viewer.images.take(self._images.take())

    def _fail(self, error: BaseException) -> None:
        self._tell(lambda viewer: viewer.drawing_failed(error))

    def _tell(self, tell: Callable[[DrawingViewer], None]) -> None:
        def run() -> None:
            # A worker that is being closed may still finish a picture.
            if self._viewer is not None:
                tell(self._viewer)

        self._post(run)
