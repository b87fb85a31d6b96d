"""The pictures of the open scene that were shown last: the newest of all, and the newest exact one."""

from __future__ import annotations

from app.rendering.render_requests import RenderedImage


class ShownImages:
    """The newest pictures."""

    def __init__(self) -> None:
        self.last: RenderedImage | None = None
        self.exact: RenderedImage | None = None

    def take(self, picture: RenderedImage) -> None:
        """Takes note of a picture that is about to be shown."""
        self.last = picture
        if picture.kind == "exact" and picture.frame is not None:
            self.exact = picture

    def forget(self) -> None:
        """No scene is open, or another one."""
        self.last = self.exact = None

    @property
    def limits(self) -> tuple[float, float] | None:
        """The values at the ends of the colours on the screen; a preview has those of its exact picture."""
        last, exact = self.last, self.exact
        if last is None or last.limits is not None or exact is None or exact.request.channel != last.request.channel:
            return last.limits if last is not None else None
        return exact.limits
