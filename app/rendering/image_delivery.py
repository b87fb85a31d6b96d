"""Delivers rendered images, from whichever thread made them: what is seen only ever becomes newer and finer."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

from app.rendering.render_requests import Queued, RenderedImage, RenderRequest

_log = logging.getLogger(__name__)


class ImageDelivery:
    """Tells a listener of pictures and errors; its functions come on the workers' threads and must be quick."""

    def __init__(
        self, on_picture: Callable[[RenderedImage], None], on_error: Callable[[RenderRequest, BaseException], None]
    ) -> None:
        self._on_picture, self._on_error = on_picture, on_error
        self._lock = threading.Lock()
        self.closed = False
        """Nothing is told any more."""
        self.told = (0, 0.0)
        """(number, scale; 0 if reprojected) of the last picture; older and coarser ones are not told any more."""
        self.shown: RenderRequest | None = None
        """What the last picture answered exactly; None after a preview."""

    def picture(self, ask: Queued, picture: RenderedImage) -> None:
        """Hands a picture on, unless a newer or better one was handed on before."""
        exact = picture.kind == "exact"
        # A coarse frame of full size is still not the exact one, which comes for the same ask.
        scale = picture.camera.size_px[0] / ask.request.camera.size_px[0] * math.sqrt(picture.drawn)
        level = (ask.number, (1.0 if exact else min(scale, 0.999)) if picture.frame is not None else 0.0)
        with self._lock:
            if self.closed or level <= self.told:
                return
            self.told, self.shown = level, ask.request if exact else None
            try:
                self._on_picture(picture)
            except Exception as error:  # the window's fault; the thread must survive
                self.error(ask.request, error)

    def error(self, request: RenderRequest, error: Exception) -> None:
        """Hands an error on."""
        if self.closed:
            return
        try:
            self._on_error(request, error)
        except Exception:  # nobody is left to tell
            _log.exception("an error could not be shown")
