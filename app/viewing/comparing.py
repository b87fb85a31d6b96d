"""Measures pictures against their photographs beside the window."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from app.rendering.render_requests import RenderedImage
from app.viewing.comparison import compare
from app.viewing.listener import CompareFailure, Listener
from engines.core.data.views import View
from engines.core.engine import Scene
from engines.core.frame import Frame


class Comparing:
    """Compares pictures with photographs, aside; of several in a row only the newest is worth its time."""

    def __init__(self, aside: ThreadPoolExecutor, listener: Listener) -> None:
        """`aside`: what it runs on."""
        self._aside, self._listener = aside, listener
        self._newest: Future[None] | None = None

    def begin(self, picture: RenderedImage, view: View, scene: Scene) -> None:
        """Measures an exact picture of the scene at a view, soon; tells the listener."""
        if picture.frame is None:
            return
        # Not the frame itself: what its other channels are made of would be kept until its turn comes.
        frame, controls = Frame(picture.frame.image, picture.frame.depth), picture.request.controls

        def work() -> None:
            try:
                self._listener.compared(compare(frame, picture.camera, view, scene, controls))
            except Exception as error:  # an executor would swallow it
                self._listener.compare_failed(CompareFailure(picture, error))

        if self._newest is not None:
            self._newest.cancel()
        self._newest = self._aside.submit(work)
