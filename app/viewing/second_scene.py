"""A second scene, drawn for the camera that the session looks through, by a worker of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from psygnal import Signal

from app.rendering.render_requests import RenderedImage, RenderRequest, is_final
from app.rendering.render_worker import RenderWorker
from app.viewing.opening import Opened, SceneSource, title_of
from app.viewing.second_camera import second_request
from app.viewing.session import Session
from app.viewing.shown_images import NewestPicture


class SecondScene:
    """Follows the session: whatever that asks its own scene for, this one is asked for, too.

    Its methods are called on the session's thread, and its signals come there.

    Attributes:
        last: its newest picture; None before the first.
    """

    shown = Signal()
    """Another picture is there."""
    failed = Signal(object)
    """An exception: a picture could not be made."""

    def __init__(self, session: Session, opened: Opened, source: SceneSource) -> None:
        self._session, self.opened, self.source = session, opened, source
        self.last: RenderedImage | None = None
        self._newest = NewestPicture(session.post, self._take)
        self._worker = RenderWorker(opened.scene, self._newest.put, self._tell_failure)
        self._closed = False
        session.requested.connect(self._follow)
        self._follow(moving=False)

    @property
    def name(self) -> str:
        """What a person calls it."""
        return title_of(self.opened.path)

    @property
    def path(self) -> Path:
        """The file or run folder that it was opened from."""
        return self.opened.path

    def is_final(self) -> bool:
        """Whether its picture is the exact one of what the session looks at."""
        asked = self.asked()
        return asked is not None and self.last is not None and is_final(self.last, asked)

    def asked(self) -> RenderRequest | None:
        """What is wanted of it now; None where the session has no scene."""
        wanted, first = self._session.wanted, self._session.opened
        return None if wanted is None or first is None else second_request(wanted, first, self.opened)

    def close(self) -> list[Callable[[], None]]:
        """Forgets the scene; what is given ends its threads, and waits for them."""
        self._closed = True
        self._session.requested.disconnect(self._follow)
        self._newest.forget()
        self._worker.stop()
        return [self._worker.close]

    def _follow(self, moving: bool) -> None:
        if (asked := self.asked()) is not None:
            self._worker.submit(replace(asked, moving=moving))

    def _take(self, last: RenderedImage, _exact: RenderedImage | None) -> None:
        if not self._closed:
            self.last = last
            self.shown.emit()

    def _tell_failure(self, _request: RenderRequest, error: BaseException) -> None:
        self._session.post(lambda: None if self._closed else self.failed.emit(error))
