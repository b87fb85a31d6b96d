"""The layer of a mesh over a scene's pictures: which mesh, how it is shown, and what of it belongs to which picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from app.mesh.drawing import LoadedMesh
from app.mesh.showing import Colour, DrawnMesh, MeshJob, MeshLook, alone, composed, overlay
from app.rendering.render_requests import RenderedImage
from engines.core.camera import Array

Arrival = Literal["late", "first", "more"]
"""What was drawn is of a picture or a mesh that was overtaken, the first of its picture, or more of the same."""


class MeshLayer:
    """A mesh, its look, and what was drawn of it; drawing itself is done elsewhere.

    Attributes:
        mesh: None where none is open.
        visible: whether it is to be seen where one is.
        drawn: with the picture on the screen; None where it is not there yet.
    """

    def __init__(self, look: MeshLook) -> None:
        self.look = look
        self.mesh: LoadedMesh | None = None
        self.visible = True
        self.drawn: DrawnMesh | None = None
        self._asked = self._shown = 0
        """Numbers of the last picture asked for, and of the one on the screen."""

    def put(self, mesh: LoadedMesh) -> None:
        """Another mesh, to be seen."""
        self.mesh, self.drawn, self.visible = mesh, None, True

    def take_away(self) -> None:
        """No mesh."""
        self.mesh = self.drawn = None

    def change(self, **changes: Any) -> bool:
        """Shows it otherwise, by fields of `MeshLook`; whether it has to be drawn anew for that."""
        before, self.look = self.look, replace(self.look, **changes).sound()
        return self.look.style != before.style

    def job(self, picture: RenderedImage, size_px: tuple[int, int], tolerance: float) -> MeshJob | None:
        """What is to be drawn with a picture, before that is shown; None where there is nothing to show.

        Args:
            size_px: (width, height) that the picture is shown at.
            tolerance: of the depth test, world units.
        """
        self._asked += 1
        if self.mesh is None or not self.visible:
            self._shown = self._asked
            return None
        return MeshJob(picture, size_px, self.mesh, self.look.style, tolerance, self._asked)

    def take(self, drawn: DrawnMesh, last: RenderedImage | None) -> Arrival:
        """Takes what was drawn, unless it is late; `last` is the scene's newest picture."""
        # Of a mesh, or a scene, that was closed since.
        if drawn.of is not self.mesh or last is None:
            return "late"
        # Of a picture that was overtaken: the whole of a large mesh comes seconds later.
        if last.request.scene_number != drawn.picture.request.scene_number or drawn.number < self._shown:
            return "late"
        more = self.drawn is not None and self.drawn.picture is drawn.picture
        self.drawn, self._shown = drawn, drawn.number
        return "more" if more else "first"

    def drawn_with(self, picture: RenderedImage) -> DrawnMesh | None:
        """What is to be seen of it with a picture."""
        drawn = self.drawn
        return drawn if self.visible and drawn is not None and drawn.picture is picture else None

    def is_final(self, picture: RenderedImage, size_px: tuple[int, int]) -> bool:
        """Whether all of the mesh is drawn with a picture that is shown at (width, height)."""
        if self.mesh is None or not self.visible:
            return True
        drawn = self.drawn_with(picture)
        if drawn is None or not drawn.whole or drawn.style != self.look.style:
            return False
        return drawn.mesh.depth.shape == size_px[::-1]

    @property
    def wiped_share(self) -> float | None:
        """The place of the line, in [0, 1] of the width; None where there is none."""
        shown = self.visible and self.drawn is not None and self.look.layout == "wipe"
        return self.look.share if shown else None

    @property
    def is_beside(self) -> bool:
        """Whether it has a place of its own beside the picture."""
        return self.mesh is not None and self.visible and self.look.layout == "side"

    def over(self, picture: RenderedImage, background: Colour) -> Array | None:
        """[H, W, 4] uint8 what lies over a picture; None: nothing does."""
        drawn = self.drawn_with(picture)
        return overlay(drawn, self.look, background) if drawn is not None else None

    def beside(self, picture: RenderedImage, background: Colour) -> Array | None:
        """[H, W, 3] uint8 what is shown beside a picture; None where it is not there yet."""
        drawn = self.drawn_with(picture)
        return alone(drawn.mesh, background) if drawn is not None and self.is_beside else None

    def compose(self, pixels: Array, picture: RenderedImage, background: Colour) -> Array:
        """[H, W, 3], or side by side [H, 2 W, 3]: the scene's pixels [H, W, 3] with the mesh as they are seen."""
        drawn = self.drawn_with(picture)
        return pixels if drawn is None else composed(pixels, drawn, self.look, background)
