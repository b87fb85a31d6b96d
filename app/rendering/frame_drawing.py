"""Draws what the render policy decides: exact frames, coarse ones, in rounds, keyframes, previews; hands them on.

What is seen only ever becomes newer and finer, whichever thread made it.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from app.rendering import render_policy, render_requests
from app.rendering.background import PlainBackground
from app.rendering.frame_shading import FrameShading, ShadedFrame, reprojector_of
from app.rendering.left_out import LessOfScene
from app.rendering.live_previews import LivePreviews
from app.rendering.progressive import rounds
from app.rendering.refinement import Refinement
from app.rendering.render_policy import RenderTask
from app.rendering.render_requests import DrawnFrame, Queued, RenderedImage, RenderRequest
from app.rendering.render_state import RenderState
from app.rendering.reprojection import Reprojector
from app.rendering.shared_state import SharedRenderState
from engines.core.camera import Array, Camera
from engines.core.engine import Scene, Stop
from engines.core.frame import Frame

_log = logging.getLogger(__name__)


class FrameDrawing:
    """Draws one scene. Frames and previews may be drawn at the same time, each by one thread."""

    def __init__(
        self,
        scene: Scene,
        state: SharedRenderState,
        background: PlainBackground,
        on_picture: Callable[[RenderedImage], None],
        on_error: Callable[[RenderRequest, BaseException], None],
        live: LivePreviews,
    ) -> None:
        """`background`: what is known of the scene's. The callbacks come on the drawing threads and must be quick."""
        self._scene, self._state, self._background = LessOfScene(scene), state, background
        self._shading = FrameShading(scene)
        self._on_picture, self._on_error = on_picture, on_error
        self._handing_on, self._live = threading.Lock(), live
        self.refinement = Refinement()

    def draw(self, task: RenderTask, state: RenderState) -> None:
        """Carries a task out; `state`: in which it was decided.

        Raises:
            Cancelled: it was to be stopped, or the scene stopped by itself.
            Exception: as the scene does.
        """
        stop: Stop = lambda: self._state.should_stop(task)  # noqa: E731
        if task.action in ("exact", "refine"):
            full_s = state.coarse_size.full_s if state.any_size else state.exact_time.seconds
            self.refinement.begin(task.queued.request, task.scale, full_s)
        try:
            if task.action == "exact":
                self._exact(task.queued, stop)
            elif task.action == "rounds":
                self._in_rounds(task.queued, stop, state)
            elif task.action == "keyframe":
                self._keyframe(task, stop)
            elif task.action == "shade":
                self._shade(task.queued, state)
            else:
                self._coarse(task, stop)
        finally:
            self.refinement.end()

    def draw_preview(self, task: RenderTask, state: RenderState) -> None:
        """Shows at once what there is; `state`: in which that was decided."""
        source, coarse = state.source, state.coarse
        if task.action == "reproject" and source is not None and source.reprojector is not None:
            self._reproject(task, source, source.reprojector)
        elif task.action == "live":
            if (drawn := self._live.draw(task)) is not None:
                self._hand_on(task.queued, drawn)
        elif task.action == "prepare":
            self._live.prepare()
        elif task.action == "reshade" and coarse is not None and state.coarse_frame is not None:
            # In another channel; a finer frame is on the way.
            request = task.queued.request
            if self._shading.can_shade(request):
                shaded = self._shading.shaded(state.coarse_frame, coarse.camera, request)
                picture = replace(
                    coarse, request=request, pixels=shaded.pixels, limits=shaded.limits, frame=shaded.frame
                )
                self._hand_on(task.queued, picture)

    def fail(self, request: RenderRequest, error: BaseException) -> None:
        """Hands an error on."""
        if self._state.now().closed:
            return
        try:
            self._on_error(request, error)
        except Exception:  # nobody is left to tell
            _log.exception("an error could not be shown")

    def stop(self) -> None:
        """Gives up what is under way; no picture is handed on afterwards."""
        with self._handing_on:
            self._state.update(lambda state: replace(state, closed=True))

    def let_go(self) -> None:
        """Forgets the scene: whoever still knows of this one must not keep it."""
        del self._scene, self._shading

    def _hand_on(self, queued: Queued, picture: RenderedImage) -> None:
        """Hands a picture on, unless a newer or better one was handed on before."""
        with self._handing_on:
            if not self._state.update(lambda state: state.handed_on(queued, picture)):
                return
            try:
                self._on_picture(picture)
            except Exception as error:  # the window's fault; the thread must survive
                self.fail(queued.request, error)

    def _frame(self, queued: Queued, camera: Camera, stop: Stop) -> tuple[Frame, Array | None]:
        """The frame as it is drawn, and where [H, W] it is known to be background."""
        frame = render_requests.draw(self._scene.without(queued.request.left_out), queued.request, camera, stop)
        return frame, self._background.pixels(frame.image)

    def _shaded(self, drawn: DrawnFrame, camera: Camera) -> ShadedFrame:
        """What its request sees of a frame that `camera` took; on the thread that draws."""
        self._shading.prepare(drawn.request, lambda: self._state.now().closed)
        return self._shading.shaded(drawn, camera, drawn.request)

    def _exact(self, queued: Queued, stop: Stop) -> None:
        began = time.perf_counter()
        self._show_exact(queued, *self._frame(queued, queued.request.camera, stop), began)

    def _show_exact(self, queued: Queued, frame: Frame, background: Array | None, began: float) -> None:
        queued = self._state.now().newest_like(queued)
        drawn = DrawnFrame(queued.request, frame, None, background)
        shaded = self._shaded(drawn, queued.request.camera)
        seconds, drawn = time.perf_counter() - began, replace(drawn, limits=shaded.limits)
        self._state.update(lambda state: state.drew_exact(queued, drawn, seconds))
        self._hand_on(queued, self._answer(queued, shaded, seconds))
        self._prepare(drawn, shaded)

    def _answer(self, queued: Queued, shaded: ShadedFrame, seconds: float) -> RenderedImage:
        return render_requests.answer(queued.request, shaded.frame, shaded.pixels, shaded.limits, seconds * 1e3)

    def _in_rounds(self, queued: Queued, stop: Stop, state: RenderState) -> None:
        """The exact frame, and on the way to it pictures of which ever more is drawn."""
        began, request = time.perf_counter(), queued.request
        reprojected = render_policy.previewable(state, request)
        scene, full_s = self._scene.without(request.left_out), state.coarse_size.full_s
        made = rounds(scene, request, stop, self.refinement, self._background, full_s)
        for number, (frame, background, drawn) in enumerate(made):
            if number == 0:
                self._learn_coarse(time.perf_counter() - began, math.sqrt(drawn))
            if drawn == 1:
                self._show_exact(queued, frame, background, began)
            # A reprojected picture is sharper than one without edges.
            elif number > 0 or not reprojected:
                shown = self._show_coarse(queued, frame, background, request.camera, began, drawn)
                if number == 1:
                    self._prepare(*shown, request.camera)

    def _coarse(self, task: RenderTask, stop: Stop) -> None:
        camera, began = task.queued.request.camera.scaled(task.scale), time.perf_counter()
        shown = self._show_coarse(task.queued, *self._frame(task.queued, camera, stop), camera, began)
        if not task.queued.request.draft:
            self._learn_coarse(time.perf_counter() - began, task.scale)
        if render_policy.serves_previews(task.scale):
            self._prepare(*shown, camera)

    def _show_coarse(
        self, queued: Queued, frame: Frame, background: Array | None, camera: Camera, began: float, drawn: float = 1.0
    ) -> tuple[DrawnFrame, ShadedFrame]:
        """Hands on a frame that is not exact; the same for previews."""
        queued = self._state.now().newest_like(queued)
        request = queued.request
        made = DrawnFrame(request, frame, None, background)
        shaded = self._shaded(made, camera)
        ms, made = (time.perf_counter() - began) * 1e3, replace(made, limits=shaded.limits)
        picture = RenderedImage(request, "preview", shaded.pixels, camera, ms, shaded.frame, 0.0, shaded.limits, drawn)
        self._state.update(lambda state: replace(state, coarse=picture, coarse_frame=made))
        self._hand_on(queued, picture)
        return made, shaded

    def _learn_coarse(self, seconds: float, scale: float) -> None:
        self._state.update(lambda state: state.drew_coarse(seconds, scale))

    def _keyframe(self, task: RenderTask, stop: Stop) -> None:
        """A frame that is not shown itself: the camera has moved on when it is there."""
        began_s, request = time.monotonic(), task.queued.request
        camera = request.camera if task.scale == 1 else request.camera.scaled(task.scale)
        frame, background = self._frame(task.queued, camera, stop)
        drawn = DrawnFrame(request, frame, None, background)
        shaded = self._shaded(drawn, camera)
        self._state.update(lambda state: state.drew_keyframe(began_s))
        self._prepare(replace(drawn, limits=shaded.limits), shaded, None if task.scale == 1 else camera)

    def _shade(self, queued: Queued, state: RenderState) -> None:
        """The last exact frame, in another channel, with other limits, or cropped otherwise."""
        exact = state.exact
        if exact is None:
            return
        began = time.perf_counter()
        shaded = self._shaded(replace(exact, request=queued.request), queued.request.camera)
        seconds = time.perf_counter() - began
        # First: a hand that moves on from what it sees must not see the old colours once more.
        if exact.reprojector is None or not render_requests.same_image(exact.request, queued.request):
            self._prepare(replace(exact, request=queued.request, limits=shaded.limits), shaded)
        self._state.update(lambda state: state.finished(queued))
        self._hand_on(queued, self._answer(queued, shaded, seconds))

    def _reproject(self, task: RenderTask, source: DrawnFrame, reprojector: Reprojector) -> None:
        request = task.queued.request
        camera, began = request.camera.scaled(task.scale), time.perf_counter()
        drawn = reprojector.draw(camera)
        seconds, holes = time.perf_counter() - began, drawn.hole_fraction
        self._state.update(lambda state: state.drew_preview(holes, seconds, task.scale))
        picture = RenderedImage(request, "preview", drawn.pixels, camera, seconds * 1e3, None, holes, source.limits)
        self._hand_on(task.queued, picture)

    def _prepare(self, drawn: DrawnFrame, shaded: ShadedFrame, coarse: Camera | None = None) -> None:
        """Makes a frame ready for previews, where there may be any; `coarse`: its own camera where it is not exact."""
        if drawn.frame.depth is None or self._state.now().exact_time.fast:
            return
        reprojector = reprojector_of(shaded, coarse or drawn.request.camera, drawn.request)
        source = replace(drawn, reprojector=reprojector)
        self._state.update(lambda state: state.prepared(source, exact=coarse is None))
