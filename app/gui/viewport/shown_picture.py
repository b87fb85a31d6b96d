"""The picture on the screen: what is seen of it, and whether that is all that is chosen."""

from __future__ import annotations

import numpy as np
from psygnal import Signal

from app.gui.viewport.current_comparison import CurrentComparison
from app.gui.viewport.mesh_showing import MeshShowing, background_of
from app.gui.viewport.photographs import CAPTIONS, PhotographOverlay
from app.gui.viewport.second_showing import SecondShowing
from app.gui.viewport.viewport import Viewport
from app.rendering.render_requests import RenderedImage, is_final
from app.viewing.comparing import CompareFailure
from app.viewing.comparison import PhotoComparison
from app.viewing.session import Session
from engines.core.camera import Array


class ShownPicture:
    """Brings the session's pictures to the canvas, each with its error, its photograph and its mesh.

    Attributes:
        picture: the newest that is there with its mesh; None before the first of a scene.
        pixels: [H, W, 3] uint8 what is seen: the picture, its error, or its photograph.
        content: what the pixels are: a channel's name, "error", or of `photographs.MODES`.
        failed: what was asked for last can't be drawn.
    """

    drawn = Signal()
    """Another picture is on the screen, or the same one is seen otherwise."""
    asked = Signal()
    """Something else is to be seen; what is on the screen may be that already."""

    def __init__(
        self,
        session: Session,
        viewport: Viewport,
        comparison: CurrentComparison,
        photographs: PhotographOverlay,
        meshes: MeshShowing,
        second: SecondShowing,
    ) -> None:
        """`comparison`: of what is on the screen here."""
        self._session, self._viewport = session, viewport
        self._comparison, self._photographs = comparison, photographs
        self._meshes, self._second = meshes, second
        self.picture: RenderedImage | None = None
        self.pixels: Array | None = None
        self.content = ""
        self.failed = False
        session.images.shown.connect(self._take)
        session.images.compared.connect(self._take_comparison)
        session.images.compare_failed.connect(self._comparison_failed)
        photographs.changed.connect(self.draw)
        meshes.changed.connect(self.draw)
        second.changed.connect(self.draw)
        meshes.arrived.connect(self.show)

    def forget(self) -> None:
        """No scene is open, or another one."""
        self.picture = self.pixels = None
        self._comparison.forget()
        self.failed = False
        self._meshes.scene_changed()
        self._second.scene_changed()

    def _take(self, picture: RenderedImage) -> None:
        if not self._meshes.accompany(picture):
            self.show(picture)

    def show(self, picture: RenderedImage) -> None:
        """Puts another picture on the screen, whose mesh is there."""
        self.picture, self.failed = picture, False
        self.draw()

    def draw(self) -> None:
        """Draws the picture, the error or the photograph, with what lies over it."""
        if self.picture is None:
            return
        comparison = self._comparison.made
        self.pixels, self.content = self.picture.pixels, self.picture.request.channel
        if self._session.view.channel == "error" and comparison is not None:
            self.pixels, self.content = comparison.error, "error"
        self.pixels = self._photographs.compose(self.pixels, comparison)
        if self._photographs.shown:
            self.content = self._photographs.wanted
        if self._photographs.shown or self.content == "error":
            self._second.hide()
        else:
            self.pixels = self._second.compose(self.pixels, self.picture)
        self._viewport.canvas.set_picture(self.pixels)
        self._meshes.lay_over(self.picture)
        self._show_beside(self.picture)
        self.drawn.emit()

    def _show_beside(self, picture: RenderedImage) -> None:
        """Shows a second picture beside the first, where one has its place there, as soon as it is made."""
        scenes, mesh = self._second.comparison, self._meshes.layer
        background = background_of(self._viewport)
        pixels = scenes.beside(picture) if scenes.is_beside else mesh.beside(picture, background)
        if pixels is not None or not (scenes.is_beside or mesh.is_beside):
            self._viewport.show_beside(pixels)

    @property
    def whole(self) -> Array | None:
        """[H, W, 3], or side by side [H, 2 W, 3]: all that is on the screen, for a file; None where nothing is."""
        if self.picture is None or self.pixels is None:
            return None
        if (beside := self._second.comparison.beside(self.picture)) is not None:
            return np.concatenate([self.pixels, beside], axis=1)
        return self._meshes.compose(self.pixels, self.picture)

    def _take_comparison(self, comparison: PhotoComparison) -> None:
        self._comparison.take(comparison)
        self.draw()

    def _comparison_failed(self, failure: CompareFailure) -> None:
        self._comparison.fail(failure)
        self.draw()
        self._photographs.explain()

    def fail(self) -> None:
        """What was asked for last can't be drawn."""
        self.failed = True
        self.asked.emit()

    def move(self) -> None:
        """The camera moved: what can't be drawn from elsewhere can be from here, perhaps."""
        self.failed = False
        self.asked.emit()

    def is_final(self) -> bool:
        """Whether the picture on the screen is all that is chosen, the error and the photograph included."""
        if self.picture is None or self.picture.kind != "exact" or self._session.loader.opening is not None:
            return False
        wanted_now = self._session.wanted
        if wanted_now is None:
            return False
        if (
            not is_final(self.picture, wanted_now)
            or not self._meshes.is_final(self.picture)
            or not self._second.comparison.is_final()
        ):
            return False
        wanted = self._session.view.channel
        if self.content in CAPTIONS or self.content == wanted:
            return True
        return wanted == "error" and not self._comparison.is_coming
