"""Overlays of the picture on the screen: cameras, box, axes, grid, the pivot, and the lines that wipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from psygnal import Signal

from app.gui.host import Host
from app.gui.viewport.frustums import Frustums
from app.gui.viewport.overlay_layer import OVERLAY_NAMES, OverlayLayer
from app.gui.viewport.pivot_mark import PivotMark
from app.gui.viewport.shown_picture import ShownPicture
from app.gui.viewport.viewport import Viewport
from app.gui.viewport.wipe_line import WipeLine
from app.rendering.overlays import LineSegments, join
from engines.core.camera import Camera


class PictureOverlays:
    """Projects the scene's lines for each picture, and has the mouse find them."""

    bared = Signal()
    """Nothing is to be drawn over the picture, or all that is chosen again."""

    def __init__(
        self,
        window: Host,
        viewport: Viewport,
        shown: ShownPicture,
        wipe_lines: Sequence[WipeLine],
        go_to_view: Callable[[int], None],
    ) -> None:
        """`go_to_view`: goes to a view whose camera is clicked on."""
        self._window, self._session, self._viewport = window, window.session, viewport
        self.shown, self._wipe_lines = shown, wipe_lines
        self.layer = OverlayLayer()
        self.is_bare = False
        self._choose()
        self.more: list[Callable[[Camera], LineSegments]] = []
        """What else is drawn: the lines of each for the picture that a camera takes."""
        self.frustums = Frustums(window, viewport, self.layer, lambda: self.eye, self.draw, go_to_view)
        self._pivot = PivotMark(window, viewport, self.layer, self.draw)
        self.frustums.watch()
        for line in wipe_lines:
            line.watch()
        shown.drawn.connect(self.draw)
        viewport.resized.connect(self.draw)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {name: (lambda checked, name=name: self._show(name, checked)) for name in OVERLAY_NAMES}

    def set_scene(self) -> None:
        """Takes the lines of the open scene and its views, or none."""
        opened, eye = self._session.opened, self._session.eye
        self.layer.set_scene(opened.scene if opened is not None else None, eye.viewpoints)
        self.layer.set_up(eye.up)
        self.frustums.forget()

    def set_bare(self, bare: bool) -> None:
        """Draws nothing over the picture, whatever is chosen, until that is over."""
        self.is_bare = bare
        self._choose()
        self.frustums.forget()
        self.draw()
        self.bared.emit()

    def _choose(self) -> None:
        self.layer.set_shown(() if self.is_bare else self._window.settings.current.overlays)

    def draw(self) -> None:
        """Projects the lines anew."""
        picture = self.shown.picture
        if picture is None:
            return
        viewport, canvas = self._viewport, self._viewport.canvas
        if self.is_bare:
            canvas.set_segments(np.zeros((0, 2, 2)), np.zeros((0, 4)), ())
            return
        self.layer.set_up(self._session.eye.up)
        self.layer.leave_out(picture.camera)
        self.layer.show_more(join([lines_for(picture.camera) for lines_for in self.more]))
        lines = self.layer.draw(picture.camera, canvas.placement(), (viewport.width(), viewport.height()))
        pixels, colours, labels = lines
        wipes = [line.segments(picture.camera.size_px) for line in self._wipe_lines]
        ends, shades = zip((pixels, colours), *wipes, strict=True)
        canvas.set_segments(np.concatenate(ends), np.concatenate(shades), labels)

    def _show(self, name: str, shown: bool) -> None:
        names = tuple(other for other in self._window.settings.current.overlays if other != name)
        names = (*names, name) if shown else names
        self._window.settings.update(overlays=names)
        self._choose()
        self.draw()

    @property
    def eye(self) -> Camera | None:
        """The camera of the picture on the screen; None before the first."""
        return self.shown.picture.camera if self.shown.picture is not None else None
