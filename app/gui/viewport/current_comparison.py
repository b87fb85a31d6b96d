"""The comparison of the picture on the screen with its photograph, or why there is none."""

from __future__ import annotations

from collections.abc import Callable

from app.camera.fitting import same_framing
from app.rendering.render_requests import RenderedImage
from app.viewing.comparing import CompareFailure
from app.viewing.comparison import PhotoComparison
from app.viewing.session import Session


class CurrentComparison:
    """The newest comparison, as long as it is of what is seen."""

    def __init__(self, session: Session, picture: Callable[[], RenderedImage | None]) -> None:
        """`picture`: what is on the screen."""
        self._session, self._picture = session, picture
        self._made: PhotoComparison | None = None
        self._failure: CompareFailure | None = None

    def take(self, comparison: PhotoComparison) -> None:
        """A picture was measured."""
        self._made, self._failure = comparison, None

    def fail(self, failure: CompareFailure) -> None:
        """One could not be."""
        self._failure = failure

    def forget(self) -> None:
        """Another scene."""
        self._made = self._failure = None

    @property
    def made(self) -> PhotoComparison | None:
        """The comparison of the picture on the screen, if it is there."""
        made, picture = self._made, self._picture()
        if made is None or picture is None or picture.kind != "exact" or self._session.eye.view_index is None:
            return None
        own = picture.request
        alike = (dict(own.controls), own.crop) == (dict(made.controls), made.crop)
        return made if alike and same_framing(picture.camera, made.camera) else None

    @property
    def is_coming(self) -> bool:
        """Whether that of this picture is still to come."""
        return self._session.eye.view_index is not None and not self.why_unread()

    def why_unread(self) -> str:
        """Why the photograph of this picture can't be read; "" where it can, as far as is known."""
        failure, picture = self._failure, self._picture()
        if failure is None or picture is None or not same_framing(picture.camera, failure.picture.camera):
            return ""
        return str(failure.error)

    def why_no_error(self) -> str:
        """Why the channel of errors shows none now."""
        if self._session.eye.view_index is None:
            return "Only at a view: press G for the nearest"
        if why := self.why_unread():
            return f"This view's image can't be read: {why}"
        return "Shown when the picture is final"
