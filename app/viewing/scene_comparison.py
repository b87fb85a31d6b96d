"""How a second scene is seen with the open one: a line between them, beside it, by turns, or where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.rendering.render_requests import RenderedImage
from app.viewing.opening import Opened, SceneSource, title_of
from app.viewing.second_camera import in_first
from app.viewing.second_scene import SecondScene
from app.viewing.session import Session
from app.viewing.two_pictures import difference, outside_rgb, seen_by, wiped
from engines.core.camera import Array

LAYOUTS = ("wipe", "side", "flicker", "difference")


@dataclass(frozen=True, eq=False)
class ComparedScene:
    """The second scene that is open, for what is made of both.

    Attributes:
        opened: as the window has it; it draws for the window alone.
        source: how it is opened once more.
        share: where the line of a wipe is, of the width.
    """

    opened: Opened
    source: SceneSource
    share: float


class SceneComparison:
    """The second scene, if there is one, and its layout.

    Attributes:
        second: None where there is none.
        layout: of `LAYOUTS`.
        share: of the width, up to which the first scene is seen at the left of the line.
        flipped: by turns, the second one is seen now.
        limits: the differences at the ends of the colours; None where none are on the screen.
        names: of what is at the left and at the right of the screen; "" where nothing is compared there.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.second: SecondScene | None = None
        self.layout, self.share, self.flipped = LAYOUTS[0], 0.5, False
        self.limits: tuple[float, float] | None = None
        self.names = ("", "")

    def compose(self, pixels: Array, picture: RenderedImage) -> Array:
        """[H, W, 3] what is to be seen of the open scene's pixels [H, W, 3] and the second one's."""
        self.hide()
        second, first = self.second, self._session.opened
        if second is None or second.last is None or first is None:
            return pixels
        names = title_of(first.path), second.name
        if self.layout == "difference":
            self.names = (f"Difference of {names[0]} and {names[1]}", "")
            found = difference(picture, second.last, in_first(second.last.camera, first, second.opened))
            self.limits = found.limits if found is not None else None
            return found.pixels if found is not None else pixels
        if self.layout == "flicker":
            self.names = (names[self.flipped], "")
            return self._brought(picture) if self.flipped else pixels
        self.names = names
        return wiped(self._brought(picture), pixels, self.share) if self.layout == "wipe" else pixels

    def hide(self) -> None:
        """Something else is on the screen."""
        self.limits, self.names = None, ("", "")

    @property
    def caption(self) -> str:
        """What is on the screen, in words; "" where that is the open scene alone."""
        return " | ".join(name for name in self.names if name)

    @property
    def wiped_share(self) -> float | None:
        """The place of the line, in [0, 1] of the width; None where there is none."""
        return self.share if self.names[0] and self.layout == "wipe" else None

    @property
    def is_beside(self) -> bool:
        """Whether the second scene has a place of its own beside the picture."""
        return self.second is not None and self.layout == "side"

    def beside(self, picture: RenderedImage) -> Array | None:
        """[H, W, 3] uint8 what is shown beside a picture; None where it is not there yet."""
        there = self.is_beside and self.second is not None and self.second.last is not None
        return self._brought(picture) if there else None

    def is_final(self) -> bool:
        """Whether all that is to be seen of it is exact."""
        return self.second is None or self.second.is_final()

    def _brought(self, picture: RenderedImage) -> Array:
        """[H, W, 3] the second scene's newest picture, as the camera of `picture` would have taken it."""
        second, first = self.second, self._session.opened
        if second is None or second.last is None or first is None:
            return np.asarray(picture.pixels)
        camera = in_first(second.last.camera, first, second.opened)
        return seen_by(second.last.pixels, camera, picture.camera, outside_rgb())
