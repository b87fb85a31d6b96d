"""Whether OpenGL draws Gaussians while the camera moves: chosen, remembered, and given up where a driver fails."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.host import Host
from app.gui.qt import QOffscreenSurface, QOpenGLContext, core_format
from app.gui.viewport.gl import LIVE_VERSION, OpenGl, draws_gaussians
from app.rendering.live_previews import GaussianDrawer

CHOICES = ("automatic", "always", "never")
"""Automatic: where a graphics card draws OpenGL."""


class OpenGlDrawers:
    """Makes drawers of Gaussians, each with a context of its own; see `live_previews.GaussianDrawers`."""

    def __init__(self) -> None:
        """Makes the surface that contexts need, on the window's thread; it is never seen."""
        self._surface = QOffscreenSurface()
        self._surface.setFormat(core_format(*LIVE_VERSION))
        self._surface.create()
        # Where a driver lets one thread alone use OpenGL, that is the window's.
        self.available = self._surface.isValid() and QOpenGLContext.supportsThreadedOpenGL()

    def begin(self) -> GaussianDrawer:
        """A drawer for the calling thread.

        Raises:
            ValueError, RuntimeError: the driver can't do it.
        """
        from app.gui.viewport.gaussian_drawing import OpenGlGaussians  # loads VisPy, which takes half a second

        return OpenGlGaussians(self._surface)

    def give_up(self) -> None:
        """There are none any more."""
        self.available = False


class LiveGaussians:
    """Brings the choice to the session."""

    def __init__(self, window: Host, found: OpenGl) -> None:
        self._window, self._found = window, found
        if draws_gaussians(found, "always"):
            window.session.drawers = OpenGlDrawers()
        window.settings.changed.connect(lambda *_: self._follow())
        self._apply()

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        settings = self._window.settings
        return {f"live_{name}": (lambda _, name=name: settings.update(live_gaussians=name)) for name in CHOICES}

    def restore(self) -> None:
        """Shows what was chosen the last time."""
        self._follow()

    def _follow(self) -> None:
        self._window.commands[f"live_{self._window.settings.current.live_gaussians}"].setChecked(True)
        self._apply()

    def _apply(self) -> None:
        session, settings = self._window.session, self._window.settings.current
        wanted = draws_gaussians(self._found, settings.live_gaussians)
        if session.view.live != wanted:
            session.view.live = wanted
