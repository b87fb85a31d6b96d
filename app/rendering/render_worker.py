"""Draws what is asked for, newest first, without ever keeping the hand waiting.

Two threads. The render thread draws exact frames, one at a time; the preview thread shows the last exact frame from
where the camera is now (`app.rendering.reprojection`) and never waits for the other. What a request gets:

| request | picture |
|---|---|
| the camera stands (or has stood for 120 ms) | the exact frame; nothing where it is shown already |
| it stands, the scene draws single pixels, in over a second | one picture, in rounds (`app.rendering.progressive`) |
| it stands, the scene draws any size in over a second | coarse frames of twice the side each, then the exact one |
| another channel or other limits of the last frame, exact or coarse | that frame shaded again |
| it moves, the last frame (at least a quarter of the sides) has depth | previews; a frame under way is told to stop |
| it moves on and on, so that previews have much to invent | an exact frame besides, for the next previews to show |
| it moves, there is no depth, the scene draws any size | coarse frames, sized to meet 50 ms |
| it moves, exact frames take less than 50 ms | exact frames |
| it moves, nothing else to show | exact frames, each finished before the next |
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

from app.rendering import render_requests
from app.rendering.background import PlainBackground
from app.rendering.display import Pixels
from app.rendering.dynamic_resolution import PREVIEW_S, REPROJECTION_S, DynamicResolution, FrameTimeEstimate
from app.rendering.image_delivery import ImageDelivery
from app.rendering.progressive import rounds
from app.rendering.refinement import Refinement, finer_scale
from app.rendering.render_requests import SETTLE_S, DrawnFrame, Queued, RenderedImage, RenderRequest
from app.rendering.reprojection import Reprojector
from app.thread_priority import RENDER_NICE, step_back
from engines.core.camera import Array, Camera
from engines.core.device import to_host
from engines.core.engine import Scene, Stop
from engines.core.errors import Cancelled
from engines.core.frame import Frame
from engines.core.rendering import pixel_renderer

KEYFRAME_HOLES = 0.2
"""The part of a preview that was invented, from which on a newer exact frame is worth its time."""
KEYFRAME_S = 3.0
"""A slower scene's frame would be old before it is there."""
SOURCE_SCALE = 1 / 4
"""Coarser frames are not worth being seen from elsewhere."""
REFINE_S = 1.0
"""An exact frame that takes longer comes in steps, where the scene draws any size."""
CLOSE_S = 5.0
"""A scene that does not ask `stop` for this long is left to end by itself."""

Kind = Literal["exact", "rounds", "coarse", "refine", "shade", "keyframe"]
Task = tuple[Kind, Queued]


class RenderWorker:
    """Answers requests with pictures, on its own threads. The callbacks come on these threads and must be quick."""

    def __init__(
        self,
        scene: Scene,
        on_picture: Callable[[RenderedImage], None],
        on_error: Callable[[RenderRequest, BaseException], None],
        before: RenderWorker | None = None,
    ) -> None:
        """`before`: of the same scene, learnt less; its last picture serves for previews until there is a new one."""
        self._scene, self._output = scene, ImageDelivery(on_picture, on_error)
        self._changed = threading.Condition()
        self._ask: Queued | None = None
        self._preview: Queued | None = None
        self._rendering: Queued | None = None
        self._done = 0
        """Number of the last ask that needs nothing more from the render thread."""
        self._exact: DrawnFrame | None = None
        self._source: DrawnFrame | None = None
        """What previews are made of: the exact frame, or one of at least a quarter of its sides that came since."""
        self._exact_time = FrameTimeEstimate()
        self._coarse: RenderedImage | None = None
        self._holes = 0.0
        """Of the last preview."""
        self._next_keyframe_s = 0.0
        self._background, self._refinement = PlainBackground(scene.border_px), Refinement()
        # Nothing is known of a scene's speed at first: an eighth is rarely too slow.
        # A GPU's first picture waits for its kernels to be loaded.
        unlike = int(scene.device.type == "cuda")
        self._coarse_size = DynamicResolution(PREVIEW_S, first=1 / 8, smallest=1 / 32, unlike=unlike)
        self._preview_size = DynamicResolution(REPROJECTION_S, first=1.0, smallest=1 / 4)
        if before is not None:
            self._source, self._exact_time = before._source, before._exact_time
            self._coarse_size, self._preview_size = before._coarse_size, before._preview_size
            self._background = before._background
        self._threads = [
            threading.Thread(target=self._render_loop, name="render", daemon=True),
            threading.Thread(target=self._preview_loop, name="preview", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    # From outside

    def submit(self, request: RenderRequest) -> None:
        """Asks for a picture; whatever was asked before and is not drawn yet is forgotten."""
        with self._changed:
            before, now = self._ask, time.monotonic()
            number = before.number + 1 if before else 1
            # A hand that holds still sends the same again; the camera has stood since the first.
            same = before is not None and before.request.moving and render_requests.same_view(before.request, request)
            self._ask = Queued(request, number, before.at_s if before is not None and same else now)
            reproject = request.moving and self._previewable(request) and not self._exact_time.fast
            self._preview = self._ask if reproject or self._shown_coarsely(request) else None
            self._changed.notify_all()

    @property
    def busy(self) -> bool:
        """Whether an exact picture is still to come."""
        ask = self._ask
        return not self._output.closed and ask is not None and (self._rendering is not None or self._done < ask.number)

    @property
    def progress(self) -> float | None:
        """How much of a standing camera's exact picture is done, in [0, 1]; None where none is under way."""
        ask = self._ask
        settled = ask is not None and ask.settled(time.monotonic())
        return self._refinement.share(ask.request) if ask is not None and settled else None

    def close(self) -> None:
        """Stops what is under way and ends the threads; no callback comes afterwards."""
        with self._changed:
            self._output.closed = True
            self._changed.notify_all()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(CLOSE_S)

    # The render thread

    def _render_loop(self) -> None:
        step_back(RENDER_NICE)
        self._work()
        # Whoever still knows of this one must not keep the scene, nor what its frames are made of.
        del self._scene
        self._ask = self._preview = self._exact = self._coarse = self._output.shown = None

    def _work(self) -> None:
        while (task := self._next_task()) is not None:
            kind, ask = task
            if kind in ("exact", "refine"):
                scale = self._next_scale(ask) if kind == "refine" else 1.0
                full_s = self._coarse_size.full_s if self._scene.native_px is None else self._exact_time.seconds
                self._refinement.begin(ask.request, scale, full_s)
            try:
                if kind == "exact":
                    self._draw_exact(ask)
                elif kind == "rounds":
                    self._draw_in_rounds(ask)
                elif kind == "coarse":
                    self._draw_coarse(ask, self._coarse_size.scale, lambda: self._output.closed)
                elif kind == "refine":
                    self._draw_coarse(ask, self._next_scale(ask), partial(self._should_stop, ask))
                elif kind == "keyframe":
                    self._draw_keyframe(ask)
                else:
                    self._shade_again(ask)
            except Cancelled:
                # Only for a scene that stops unasked: nothing else is to be had from it.
                if not self._should_stop(ask):
                    self._finish(ask)
            except Exception as error:  # handed on; the thread must survive
                self._finish(ask)
                self._output.error(ask.request, error)
            finally:
                self._refinement.end()
                with self._changed:
                    self._rendering = None

    def _next_task(self) -> Task | None:
        """Waits for something to draw; None when closed."""
        with self._changed:
            while not self._output.closed:
                ask, now = self._ask, time.monotonic()
                kind = self._kind_of_task(ask, now) if ask else None
                if ask is not None and kind is not None:
                    self._rendering = ask
                    return kind, ask
                waits = ask is not None and ask.number > self._done and not ask.settled(now)
                self._changed.wait(ask.at_s + SETTLE_S - now if ask is not None and waits else None)
        return None

    def _kind_of_task(self, ask: Queued, now: float) -> Kind | None:
        if ask.number <= self._done:
            return None
        request, exact = ask.request, self._exact
        if exact is not None and render_requests.same_view(exact.request, request):
            if not ask.settled(now):
                return None
            if self._output.shown is not None and render_requests.same_image(self._output.shown, request):
                self._done = ask.number
                return None
            return "shade"
        any_size = self._scene.native_px is None
        if ask.settled(now):
            if pixel_renderer(self._scene) is not None and not request.draft:
                quick = self._exact_time.expected_s(request.camera.size_px) < REFINE_S
                return "exact" if quick else "rounds"
            # The very first picture of a slow scene: something to look at, then the exact one.
            if any_size and self._output.told == (0, 0.0) and self._source is None:
                return "coarse"
            return "refine" if any_size and self._next_scale(ask) < 1 else "exact"
        if self._exact_time.fast:
            return "exact"
        if self._previewable(request):
            worth = (
                self._holes > KEYFRAME_HOLES
                and self._exact_time.seconds is not None
                and self._exact_time.seconds < KEYFRAME_S
            )
            return "keyframe" if worth and now >= self._next_keyframe_s else None
        if any_size:
            return "coarse" if self._output.told[0] < ask.number else None
        return "exact"

    def _next_scale(self, ask: Queued) -> float:
        """Of the next frame of a standing camera: twice the last one's."""
        if (self._coarse_size.full_s or 0.0) < REFINE_S:
            return 1.0
        number, shown = self._output.told
        if number < ask.number or shown == 0:
            # A reprojected picture is sharper than the coarsest frames.
            return 0.5 if self._previewable(ask.request) else self._coarse_size.scale
        return finer_scale(shown, ask.request.camera.size_px[0])

    def _should_stop(self, ask: Queued) -> bool:
        """Whether to give up the exact frame of `ask`; called from inside the scene, so it takes no lock."""
        latest = self._ask
        if self._output.closed:
            return True
        if latest is None or latest.number == ask.number or render_requests.same_view(latest.request, ask.request):
            return False
        # A frame that is there in a moment, or the only thing there is to show, is finished.
        if self._exact_time.fast:
            return False
        return latest.settled(time.monotonic()) or self._previewable(latest.request) or self._scene.native_px is None

    def _draw_exact(self, ask: Queued) -> None:
        began = time.perf_counter()
        frame, background = self._draw(ask, ask.request.camera, lambda: self._should_stop(ask))
        self._show_exact(ask, frame, background, began)

    def _show_exact(self, ask: Queued, frame: Frame, background: Array | None, began: float) -> None:
        ask = self._newest_like(ask)
        pixels, limits = render_requests.shade(frame, ask.request)
        seconds = time.perf_counter() - began
        with self._changed:
            self._done = max(self._done, ask.number)
            self._exact = kept = DrawnFrame(ask.request, frame, limits, background)
            if not ask.request.draft:
                self._exact_time.took(seconds, ask.request.camera.size_px)
        self._output.picture(ask, render_requests.answer(ask.request, frame, pixels, limits, seconds * 1e3))
        self._keep(kept, pixels)

    def _draw_in_rounds(self, ask: Queued) -> None:
        """The exact frame, and on the way to it pictures of which ever more is drawn."""
        began, request, previewable = time.perf_counter(), ask.request, self._previewable(ask.request)
        stop, full_s = partial(self._should_stop, ask), self._coarse_size.full_s
        made = rounds(self._scene, request, stop, self._refinement, self._background, full_s)
        for number, (frame, background, drawn) in enumerate(made):
            if number == 0:
                self._coarse_size.took(time.perf_counter() - began, math.sqrt(drawn))
            if drawn == 1:
                self._show_exact(ask, frame, background, began)
            # A reprojected picture is sharper than one without edges.
            elif number > 0 or not previewable:
                kept, pixels = self._show_coarse(ask, frame, background, request.camera, began, drawn)
                if number == 1:
                    self._keep(kept, pixels, request.camera)

    def _draw(self, ask: Queued, camera: Camera, stop: Stop) -> tuple[Frame, Array | None]:
        """The frame, without a depth for what is known to be background, and where [H, W] that is."""
        return self._background.removed(render_requests.draw(self._scene, ask.request, camera, stop))

    def _newest_like(self, ask: Queued) -> Queued:
        """The latest ask where the same frame answers it, perhaps in another channel."""
        latest = self._ask
        return latest if latest is not None and render_requests.same_view(latest.request, ask.request) else ask

    def _draw_keyframe(self, ask: Queued) -> None:
        """An exact frame that is not shown itself: the camera has moved on when it is there."""
        began = time.monotonic()
        stop: Stop = lambda: self._output.closed or render_requests.overtaken(ask, self._ask)  # noqa: E731
        frame, background = self._draw(ask, ask.request.camera, stop)
        pixels, limits = render_requests.shade(frame, ask.request)
        # As long a rest: the previews need the processor, too.
        self._next_keyframe_s = 2 * time.monotonic() - began
        # What the previews invent from now on is not known yet.
        self._holes = 0.0
        self._keep(DrawnFrame(ask.request, frame, limits, background), pixels)

    def _draw_coarse(self, ask: Queued, scale: float, stop: Stop) -> None:
        camera, began = ask.request.camera.scaled(scale), time.perf_counter()
        kept, pixels = self._show_coarse(ask, *self._draw(ask, camera, stop), camera, began)
        if not ask.request.draft:
            self._coarse_size.took(time.perf_counter() - began, scale)
        if scale >= SOURCE_SCALE:
            self._keep(kept, pixels, camera)

    def _show_coarse(
        self, ask: Queued, frame: Frame, background: Array | None, camera: Camera, began: float, drawn: float = 1.0
    ) -> tuple[DrawnFrame, Pixels]:
        """Tells of a frame that is not exact; the same for previews."""
        ask = self._newest_like(ask)
        pixels, limits = render_requests.shade(frame, ask.request)
        ms = (time.perf_counter() - began) * 1e3
        self._coarse = RenderedImage(ask.request, "preview", pixels, camera, ms, frame, 0.0, limits, drawn)
        self._output.picture(ask, self._coarse)
        return DrawnFrame(ask.request, frame, limits, background), pixels

    def _shade_again(self, ask: Queued) -> None:
        exact = self._exact
        if exact is None:
            return
        began = time.perf_counter()
        pixels, limits = render_requests.shade(exact.frame, ask.request)
        ms = (time.perf_counter() - began) * 1e3
        self._finish(ask)
        self._output.picture(ask, render_requests.answer(ask.request, exact.frame, pixels, limits, ms))
        if exact.reprojector is None or not render_requests.same_image(exact.request, ask.request):
            self._keep(replace(exact, request=ask.request, limits=limits), pixels)

    def _keep(self, kept: DrawnFrame, pixels: Pixels, coarse: Camera | None = None) -> None:
        """Makes the frame ready for previews; begins one at once where the camera moved on meanwhile."""
        if kept.frame.depth is None or self._exact_time.fast:
            return
        depth = to_host(kept.frame.depth.detach().float()).numpy()
        reprojector = Reprojector(pixels, depth, coarse or kept.request.camera, kept.background)
        with self._changed:
            self._source = replace(kept, reprojector=reprojector)
            self._exact = self._exact if coarse else self._source
            ask = self._ask
            moved_on = ask is not None and ask.request.moving and ask.number > self._output.told[0]
            if ask is not None and moved_on and self._previewable(ask.request):
                self._preview = ask
            self._changed.notify_all()

    def _finish(self, ask: Queued) -> None:
        with self._changed:
            self._done = max(self._done, ask.number)

    # The preview thread

    def _previewable(self, request: RenderRequest) -> bool:
        source = self._source
        if source is None or source.request.draft != request.draft:
            return False
        return source.request.controls == request.controls

    def _preview_loop(self) -> None:
        while True:
            with self._changed:
                while (ask := self._preview) is None and not self._output.closed:
                    self._changed.wait()
                if self._output.closed or ask is None:
                    return
                self._preview, source = None, self._source
            try:
                if self._shown_coarsely(ask.request):
                    self._shade_coarse(ask)
                elif source is not None and source.reprojector is not None:
                    self._draw_preview(ask, source.reprojector, source.limits)
            except Exception as error:  # handed on; the thread must survive
                self._output.error(ask.request, error)

    def _shown_coarsely(self, request: RenderRequest) -> bool:
        """Whether a standing camera's coarse frame is there and its exact one is not."""
        coarse, exact = self._coarse, self._exact
        if request.moving or (exact is not None and render_requests.same_view(exact.request, request)):
            return False
        return coarse is not None and render_requests.same_view(coarse.request, request)

    def _shade_coarse(self, ask: Queued) -> None:
        """In another channel; a finer frame is on the way."""
        if (coarse := self._coarse) is not None and coarse.frame is not None:
            pixels, limits = render_requests.shade(coarse.frame, ask.request)
            self._output.picture(ask, replace(coarse, request=ask.request, pixels=pixels, limits=limits))

    def _draw_preview(self, ask: Queued, reprojector: Reprojector, limits: tuple[float, float] | None) -> None:
        scale = self._preview_size.scale
        camera, began = ask.request.camera.scaled(scale), time.perf_counter()
        drawn = reprojector.draw(camera)
        seconds, holes = time.perf_counter() - began, drawn.hole_fraction
        self._preview_size.took(seconds, scale)
        with self._changed:
            self._holes = holes
            self._changed.notify_all()
        told = RenderedImage(ask.request, "preview", drawn.pixels, camera, seconds * 1e3, None, holes, limits)
        self._output.picture(ask, told)
