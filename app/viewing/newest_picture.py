"""Pictures from the threads that draw them to the session's own: what was overtaken on the way is left out."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.rendering.render_requests import RenderedImage
from app.viewing.background_tasks import Post

Take = Callable[[RenderedImage, RenderedImage | None], None]
"""Is given the last picture of all, and the last exact one where there is one among those that were put."""


class NewestPicture:
    """A place for one picture, and for one that is exact."""

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
