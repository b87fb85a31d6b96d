"""Delivers rendered images, from whichever thread made them: what is seen only ever becomes newer and finer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.rendering.render_requests import Queued, RenderedImage, RenderRequest
from app.rendering.shared_state import SharedRenderState

_log = logging.getLogger(__name__)


class ImageDelivery:
    """Tells a listener of pictures and errors; its functions come on the workers' threads and must be quick."""

    def __init__(
        self,
        state: SharedRenderState,
        on_picture: Callable[[RenderedImage], None],
        on_error: Callable[[RenderRequest, BaseException], None],
    ) -> None:
        self._state, self._on_picture, self._on_error = state, on_picture, on_error
        self._lock = threading.Lock()

    def picture(self, queued: Queued, picture: RenderedImage) -> None:
        """Hands a picture on, unless a newer or better one was handed on before."""
        with self._lock:
            if not self._state.update(lambda state: state.handed_on(queued, picture)):
                return
            try:
                self._on_picture(picture)
            except Exception as error:  # the window's fault; the thread must survive
                self.error(queued.request, error)

    def error(self, request: RenderRequest, error: Exception) -> None:
        """Hands an error on."""
        if self._state.now().closed:
            return
        try:
            self._on_error(request, error)
        except Exception:  # nobody is left to tell
            _log.exception("an error could not be shown")
