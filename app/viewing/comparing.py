"""Compares pictures with their photographs, beside the window."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from app.rendering.render_requests import RenderedImage
from app.viewing.background_tasks import BackgroundTasks
from app.viewing.comparison import PhotoComparison, PhotographedFrame, photographed_frame
from engines.core.data.views import View
from engines.core.device import to_host
from engines.core.engine import Scene
from engines.core.frame import ALPHA, Frame


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
        scored: Callable[[PhotoComparison], None],
        failed: Callable[[CompareFailure], None],
    ) -> None:
        """`done` is told first, `scored` when the structural similarity is known, too."""
        self._background, self._done, self._scored, self._failed = background, done, scored, failed
        self._newest: Future[None] | None = None
        self._number = 0

    def begin(self, picture: RenderedImage, view: View, scene: Scene) -> None:
        """Measures an exact picture of the scene at a view, soon; tells what comes of it on the session's thread."""
        if picture.frame is None:
            return
        # Not the frame itself: what its other channels are made of would be kept until its turn comes.
        frame, controls = Frame(picture.frame.image, picture.frame.depth), picture.request.controls
        crop = picture.request.crop
        alpha = picture.frame.extra[ALPHA] if crop is not None and ALPHA in picture.frame.extra else None

        def measure() -> tuple[PhotographedFrame, PhotoComparison]:
            pair = photographed_frame(frame, picture.camera, view, scene)
            if alpha is not None:
                pair = pair.within(to_host(alpha).numpy() > 0)
            return pair, replace(pair.compared(picture.camera, controls), crop=crop)

        self.forget()
        number = self._number
        self._newest = self._background.submit(
            measure,
            lambda found: self._measured(number, *found),
            lambda error: self._failed(CompareFailure(picture, error)),
        )

    def forget(self) -> None:
        """What was begun last does not matter any more."""
        self._number += 1
        if self._newest is not None:
            self._newest.cancel()

    def _measured(self, number: int, pair: PhotographedFrame, comparison: PhotoComparison) -> None:
        self._done(comparison)
        # Of a picture that was overtaken it is of no use any more.
        if number == self._number:
            self._newest = self._background.submit(lambda: replace(comparison, ssim=pair.ssim()), self._scored)
