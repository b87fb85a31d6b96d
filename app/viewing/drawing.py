"""What draws the open scene: the worker that makes its pictures, and of a recording what prepares its time steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.rendering.prefetch import Prefetcher
from app.rendering.render_requests import RenderRequest
from app.rendering.render_worker import RenderWorker
from app.viewing.listener import Listener
from app.viewing.timeline import Timeline
from engines.core.engine import Prepares, Scene


class SceneDrawing:
    """Draws one scene until it is let go; what is finished later is told to nobody."""

    def __init__(self, scene: Scene, listener: Listener, before: SceneDrawing | None = None) -> None:
        """`before`: of the same scene, learnt less far; its pictures are shown until there are others."""
        self._let_go = False
        self._worker: RenderWorker = RenderWorker(
            scene,
            lambda picture: self._tell(lambda: listener.picture(picture)),
            lambda _, error: self._tell(lambda: listener.render_failed(error)),
            before._worker if before is not None else None,
        )
        self._ahead: Prefetcher | None = None
        if isinstance(scene, Prepares):
            self._ahead = Prefetcher(
                scene,
                lambda: self._tell(listener.prepared),
                lambda error: self._tell(lambda: listener.render_failed(error)),
            )

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

    def submit(self, request: RenderRequest, timeline: Timeline) -> None:
        """Asks for a picture, in place of what was asked for before."""
        controls, draft = request.controls, False
        if self._ahead is not None:
            playing = timeline.playback.playing
            controls, draft = self._ahead.choose(request.camera, controls, timeline.following(), playing)
        self._worker.submit(replace(request, controls=dict(controls), draft=draft))

    def let_go(self) -> list[Callable[[], None]]:
        """Tells nothing from now on; what is given ends its threads, and waits for them."""
        self._let_go = True
        return [part.close for part in (self._ahead, self._worker) if part is not None]

    def _tell(self, tell: Callable[[], None]) -> None:
        # A worker that is being closed may still finish a picture.
        if not self._let_go:
            tell()
