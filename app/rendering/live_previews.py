"""Live previews: scenes of Gaussians drawn by a graphics card while the camera moves, where there is one to do so.

Who draws is given from outside, as nothing here knows of OpenGL. It is for one thread, that of previews: what a scene
consists of is given to it piece by piece, between which previews of the other kind are made.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from app.rendering.display import Pixels
from app.rendering.left_out import LessOfScene
from app.rendering.render_policy import RenderTask
from app.rendering.render_requests import RenderedImage
from app.rendering.render_state import LiveState
from app.rendering.shared_state import SharedRenderState
from engines.core.camera import Camera
from engines.core.engine import Scene
from engines.core.scene_abilities import MadeOfGaussians

_log = logging.getLogger(__name__)


class GaussianDrawer(Protocol):
    """Draws one scene's Gaussians, on the thread that made it."""

    def pieces(self, scene: MadeOfGaussians) -> Iterator[None]:
        """Takes over the scene, a piece at each step, of some hundredths of a second."""
        ...

    def draw(self, scene: MadeOfGaussians, camera: Camera, background: str, exactly: bool) -> Pixels:
        """[H, W, 3] the picture that a camera takes of it, or of the same scene without some of its primitives.

        Args:
            background: of `compositing.read_background`, or "" for black.
            exactly: as `render` draws it, but for rounding; else sooner, of rounded depths and sums.
        """
        ...

    def close(self) -> None:
        """Gives back what it took."""
        ...


class GaussianDrawers(Protocol):
    """Makes drawers, until one fails."""

    @property
    def available(self) -> bool:
        """Whether there may be any; asked on all threads."""
        ...

    def begin(self) -> GaussianDrawer:
        """A drawer for the calling thread.

        Raises:
            Exception: there can be none, by whatever a driver says.
        """
        ...

    def give_up(self) -> None:
        """One failed: there are no more."""
        ...


class LivePreviews:
    """The live previews of one scene; a drawer that fails is told once, and there are none from then on."""

    def __init__(self, scene: Scene, state: SharedRenderState, drawers: GaussianDrawers | None) -> None:
        self._scene, self._state, self._drawers = LessOfScene(scene), state, drawers
        self._drawer: GaussianDrawer | None = None
        self._pieces: Iterator[None] | None = None

    def prepare(self) -> None:
        """Gives another piece of the scene to the drawer."""
        try:
            if self._pieces is None:
                self._pieces = self._all_pieces()
            next(self._pieces)
        except StopIteration:
            self._state.update(lambda state: replace(state, live="ready"))
        except Exception as error:  # a driver may fail in any way; previews of the other kind need none
            self._fail(error)

    def draw(self, task: RenderTask) -> RenderedImage | None:
        """The picture of a task, of a standing camera with all digits; None where that failed."""
        request, scale, began = task.queued.request, task.scale, time.perf_counter()
        camera = request.camera if scale == 1 else request.camera.scaled(scale)
        try:
            scene: object = self._scene.without(request.left_out)
            if self._drawer is None or not isinstance(scene, MadeOfGaussians):
                raise ValueError("the scene was not taken over")
            pixels = self._drawer.draw(scene, camera, request.background, exactly=not request.moving)
        except Exception as error:  # as above
            self._fail(error)
            return None
        seconds = time.perf_counter() - began
        if request.moving:
            self._state.update(lambda state: state.drew_live(seconds, scale))
        return RenderedImage(request, "preview", pixels, camera, seconds * 1e3)

    def close(self) -> None:
        """Ends them; on the thread that they were made on."""
        drawer, self._drawer, self._pieces = self._drawer, None, None
        if drawer is not None:
            drawer.close()
        del self._scene

    def _all_pieces(self) -> Iterator[None]:
        scene: object = self._scene.without(None)
        if self._drawers is None or not self._drawers.available or not isinstance(scene, MadeOfGaussians):
            raise ValueError("nobody draws the scene")
        self._drawer = self._drawers.begin()
        yield
        yield from self._drawer.pieces(scene)

    def _fail(self, error: Exception) -> None:
        self._state.update(lambda state: replace(state, live="none"))
        if self._drawers is not None and self._drawers.available:
            self._drawers.give_up()
            _log.warning("no live previews of Gaussians from here on: %s", str(error) or type(error).__name__)


def first_live_state(scene: Scene, drawers: GaussianDrawers | None) -> LiveState:
    """What there is of live previews before any was made."""
    whole: object = scene
    return "coming" if drawers is not None and drawers.available and isinstance(whole, MadeOfGaussians) else "none"
