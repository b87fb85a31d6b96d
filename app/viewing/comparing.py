"""Compares pictures with their photographs, beside the window."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from app.rendering.render_requests import RenderedImage
from app.viewing.background_tasks import BackgroundTasks
from app.viewing.comparison import PhotoComparison, compare
from engines.core.data.views import View
from engines.core.engine import Scene
from engines.core.frame import Frame


@dataclass(frozen=True, eq=False)
class CompareFailure:
    """A picture that could not be measured against its photograph."""

    picture: RenderedImage
    error: BaseException


class Comparing:
    """Measures pictures against photographs; of several in a row only the newest is worth its time."""

    def __init__(
        self,
        background: BackgroundTasks,
        done: Callable[[PhotoComparison], None],
        failed: Callable[[CompareFailure], None],
    ) -> None:
        self._background, self._done, self._failed = background, done, failed
        self._newest: Future[None] | None = None

    def begin(self, picture: RenderedImage, view: View, scene: Scene) -> None:
        """Measures an exact picture of the scene at a view, soon; tells what comes of it on the session's thread."""
        if picture.frame is None:
            return
        # Not the frame itself: what its other channels are made of would be kept until its turn comes.
        frame, controls = Frame(picture.frame.image, picture.frame.depth), picture.request.controls
        if self._newest is not None:
            self._newest.cancel()
        self._newest = self._background.submit(
            lambda: compare(frame, picture.camera, view, scene, controls),
            self._done,
            lambda error: self._failed(CompareFailure(picture, error)),
        )
