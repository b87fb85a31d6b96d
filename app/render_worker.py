"""Draws what is asked for, newest first, without ever keeping the hand waiting.

Two threads. The render thread draws exact frames, one at a time; the preview thread shows the last exact frame from
where the camera is now (`app.reprojection`) and never waits for the other. What a request gets:

| request | picture |
|---|---|
| the camera stands (or has stood for 120 ms) | the exact frame; nothing where it is shown already |
| it stands, the scene draws any size in over a second | coarse frames of twice the side each, then the exact one |
| another channel or other limits of the last frame, exact or coarse | that frame shaded again |
| it moves, the last frame (at least a quarter of the sides) has depth | previews; a frame under way is told to stop |
| it moves on and on, so that previews have much to invent | an exact frame besides, for the next previews to show |
| it moves, there is no depth, the scene draws any size | coarse frames, sized to meet 50 ms |
| it moves, exact frames take less than 50 ms | exact frames |
| it moves, nothing else to show | exact frames, each finished before the next |
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

from app.background import PlainBackground
from app.display import Pixels
from app.niceness import RENDER_NICE, step_back
from app.pace import HYSTERESIS, PREVIEW_S, REPROJECTION_S, Pace
from app.pictures import SETTLE_S, Ask, Kept, Picture, Request, answer, draw, overtaken, same_picture, same_view, shade
from app.refinement import Refinement, next_scale
from app.reprojection import Reprojector
from engines.core.camera import Array, Camera
from engines.core.engine import Scene, Stop
from engines.core.errors import Cancelled
from engines.core.frame import Frame

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

_log = logging.getLogger(__name__)


Kind = Literal["exact", "coarse", "refine", "shade", "keyframe"]
Task = tuple[Kind, Ask]


class RenderWorker:
    """Answers requests with pictures, on its own threads. The callbacks come on these threads and must be quick."""

    def __init__(
        self,
        scene: Scene,
        on_picture: Callable[[Picture], None],
        on_error: Callable[[Request, BaseException], None],
        before: RenderWorker | None = None,
    ) -> None:
        """`before`: of the same scene, learnt less; its last picture serves for previews until there is a new one."""
        self._scene, self._on_picture, self._on_error = scene, on_picture, on_error
        self._changed = threading.Condition()
        self._telling = threading.Lock()
        self._closed = False
        self._ask: Ask | None = None
        self._preview: Ask | None = None
        self._rendering: Ask | None = None
        self._done = 0
        """Number of the last ask that needs nothing more from the render thread."""
        self._told = (0, 0.0)
        """(number, scale; 0 if reprojected) of the last picture; older and coarser ones are not told any more."""
        self._shown: Request | None = None
        """What the last picture answered exactly; None after a preview."""
        self._exact: Kept | None = None
        self._source: Kept | None = None
        """What previews are made of: the exact frame, or one of at least a quarter of its sides that came since."""
        self._exact_s: float | None = None
        self._coarse: Picture | None = None
        self._holes = 0.0
        """Of the last preview."""
        self._next_keyframe_s = 0.0
        self._fast = False
        self._background, self._refinement = PlainBackground(scene.border_px), Refinement()
        # Nothing is known of a scene's speed at first: an eighth is rarely too slow.
        # A GPU's first picture waits for its kernels to be loaded.
        self._coarse_pace = Pace(PREVIEW_S, first=1 / 8, smallest=1 / 32, unlike=int(scene.device.type == "cuda"))
        self._preview_pace = Pace(REPROJECTION_S, first=1.0, smallest=1 / 4)
        if before is not None:
            self._source, self._exact_s, self._fast = before._source, before._exact_s, before._fast
            self._coarse_pace, self._preview_pace = before._coarse_pace, before._preview_pace
            self._background = before._background
        self._threads = [
            threading.Thread(target=self._render_loop, name="render", daemon=True),
            threading.Thread(target=self._preview_loop, name="preview", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    # From outside

    def submit(self, request: Request) -> None:
        """Asks for a picture; whatever was asked before and is not drawn yet is forgotten."""
        with self._changed:
            before, now = self._ask, time.monotonic()
            number = before.number + 1 if before else 1
            # A hand that holds still sends the same again; the camera has stood since the first.
            same = before is not None and before.request.moving and same_view(before.request, request)
            self._ask = Ask(request, number, before.at_s if before is not None and same else now)
            reproject = request.moving and self._previewable(request) and not self._fast
            self._preview = self._ask if reproject or self._shown_coarsely(request) else None
            self._changed.notify_all()

    @property
    def busy(self) -> bool:
        """Whether an exact picture is still to come."""
        ask = self._ask
        return not self._closed and ask is not None and (self._rendering is not None or self._done < ask.number)

    @property
    def progress(self) -> float | None:
        """How much of a standing camera's exact picture is done, in [0, 1]; None where none is under way."""
        ask = self._ask
        settled = ask is not None and ask.settled(time.monotonic())
        return self._refinement.share(ask.request) if ask is not None and settled else None

    def close(self) -> None:
        """Stops what is under way and ends the threads; no callback comes afterwards."""
        with self._changed:
            self._closed = True
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
        self._ask = self._preview = self._exact = self._coarse = self._shown = None

    def _work(self) -> None:
        while (task := self._next_task()) is not None:
            kind, ask = task
            if kind in ("exact", "refine"):
                scale = self._next_scale(ask) if kind == "refine" else 1.0
                any_size = self._scene.native_px is None
                self._refinement.begin(ask.request, scale, self._coarse_pace.full_s if any_size else self._exact_s)
            try:
                if kind == "exact":
                    self._draw_exact(ask)
                elif kind == "coarse":
                    self._draw_coarse(ask, self._coarse_pace.scale, lambda: self._closed)
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
                self._tell_error(ask.request, error)
            finally:
                self._refinement.end()
                with self._changed:
                    self._rendering = None

    def _next_task(self) -> Task | None:
        """Waits for something to draw; None when closed."""
        with self._changed:
            while not self._closed:
                ask, now = self._ask, time.monotonic()
                kind = self._kind_of_task(ask, now) if ask else None
                if ask is not None and kind is not None:
                    self._rendering = ask
                    return kind, ask
                waits = ask is not None and ask.number > self._done and not ask.settled(now)
                self._changed.wait(ask.at_s + SETTLE_S - now if ask is not None and waits else None)
        return None

    def _kind_of_task(self, ask: Ask, now: float) -> Kind | None:
        if ask.number <= self._done:
            return None
        request, exact = ask.request, self._exact
        if exact is not None and same_view(exact.request, request):
            if not ask.settled(now):
                return None
            if self._shown is not None and same_picture(self._shown, request):
                self._done = ask.number
                return None
            return "shade"
        any_size = self._scene.native_px is None
        if ask.settled(now):
            # The very first picture of a slow scene: something to look at, then the exact one.
            if any_size and self._told == (0, 0.0) and self._source is None:
                return "coarse"
            return "refine" if any_size and self._next_scale(ask) < 1 else "exact"
        if self._fast:
            return "exact"
        if self._previewable(request):
            worth = self._holes > KEYFRAME_HOLES and self._exact_s is not None and self._exact_s < KEYFRAME_S
            return "keyframe" if worth and now >= self._next_keyframe_s else None
        if any_size:
            return "coarse" if self._told[0] < ask.number else None
        return "exact"

    def _next_scale(self, ask: Ask) -> float:
        """Of the next frame of a standing camera: twice the last one's."""
        if (self._coarse_pace.full_s or 0.0) < REFINE_S:
            return 1.0
        number, shown = self._told
        if number < ask.number or shown == 0:
            # A reprojected picture is sharper than the coarsest frames.
            return 0.5 if self._previewable(ask.request) else self._coarse_pace.scale
        return next_scale(shown)

    def _should_stop(self, ask: Ask) -> bool:
        """Whether to give up the exact frame of `ask`; called from inside the scene, so it takes no lock."""
        latest = self._ask
        if self._closed:
            return True
        if latest is None or latest.number == ask.number or same_view(latest.request, ask.request):
            return False
        # A frame that is there in a moment, or the only thing there is to show, is finished.
        if self._fast:
            return False
        return latest.settled(time.monotonic()) or self._previewable(latest.request) or self._scene.native_px is None

    def _draw_exact(self, ask: Ask) -> None:
        began = time.perf_counter()
        frame, background = self._draw(ask, ask.request.camera, lambda: self._should_stop(ask))
        ask = self._newest_like(ask)
        pixels, limits = shade(frame, ask.request)
        seconds = time.perf_counter() - began
        with self._changed:
            self._done = max(self._done, ask.number)
            self._exact = kept = Kept(ask.request, frame, limits, background)
            if not ask.request.draft:
                self._time_exact(seconds)
        self._tell(ask, answer(ask.request, frame, pixels, limits, seconds * 1e3))
        self._keep(kept, pixels)

    def _draw(self, ask: Ask, camera: Camera, stop: Stop) -> tuple[Frame, Array | None]:
        """The frame, without a depth for what is known to be background, and where [H, W] that is."""
        return self._background.removed(draw(self._scene, ask.request, camera, stop))

    def _newest_like(self, ask: Ask) -> Ask:
        """The latest ask where the same frame answers it, perhaps in another channel."""
        latest = self._ask
        return latest if latest is not None and same_view(latest.request, ask.request) else ask

    def _draw_keyframe(self, ask: Ask) -> None:
        """An exact frame that is not shown itself: the camera has moved on when it is there."""
        began = time.monotonic()
        frame, background = self._draw(ask, ask.request.camera, lambda: self._closed or overtaken(ask, self._ask))
        pixels, limits = shade(frame, ask.request)
        # As long a rest: the previews need the processor, too.
        self._next_keyframe_s = 2 * time.monotonic() - began
        # What the previews invent from now on is not known yet.
        self._holes = 0.0
        self._keep(Kept(ask.request, frame, limits, background), pixels)

    def _time_exact(self, seconds: float) -> None:
        bound = PREVIEW_S * (HYSTERESIS if self._fast else 1 / HYSTERESIS)
        # The faster of the last two: one hiccup of the machine changes nothing.
        self._fast = min(seconds, self._exact_s or seconds) < bound
        self._exact_s = seconds

    def _draw_coarse(self, ask: Ask, scale: float, stop: Stop) -> None:
        camera, began = ask.request.camera.scaled(scale), time.perf_counter()
        frame, background = self._draw(ask, camera, stop)
        ask = self._newest_like(ask)
        pixels, limits = shade(frame, ask.request)
        seconds = time.perf_counter() - began
        if not ask.request.draft:
            self._coarse_pace.took(seconds, scale)
        self._coarse = Picture(ask.request, "preview", pixels, camera, seconds * 1e3, frame, 0.0, limits)
        self._tell(ask, self._coarse)
        if scale >= SOURCE_SCALE:
            self._keep(Kept(ask.request, frame, limits, background), pixels, camera)

    def _shade_again(self, ask: Ask) -> None:
        exact = self._exact
        if exact is None:
            return
        began = time.perf_counter()
        pixels, limits = shade(exact.frame, ask.request)
        ms = (time.perf_counter() - began) * 1e3
        self._finish(ask)
        self._tell(ask, answer(ask.request, exact.frame, pixels, limits, ms))
        if exact.reprojector is None or not same_picture(exact.request, ask.request):
            self._keep(replace(exact, request=ask.request, limits=limits), pixels)

    def _keep(self, kept: Kept, pixels: Pixels, coarse: Camera | None = None) -> None:
        """Makes the frame ready for previews; begins one at once where the camera moved on meanwhile."""
        if kept.frame.depth is None or self._fast:
            return
        depth = kept.frame.depth.detach().float().cpu().numpy()
        reprojector = Reprojector(pixels, depth, coarse or kept.request.camera, kept.background)
        with self._changed:
            self._source = replace(kept, reprojector=reprojector)
            self._exact = self._exact if coarse else self._source
            ask = self._ask
            if ask is not None and ask.number > self._told[0] and ask.request.moving and self._previewable(ask.request):
                self._preview = ask
            self._changed.notify_all()

    def _finish(self, ask: Ask) -> None:
        with self._changed:
            self._done = max(self._done, ask.number)

    # The preview thread

    def _previewable(self, request: Request) -> bool:
        source = self._source
        return source is not None and (source.request.draft, source.request.controls) == (
            request.draft,
            request.controls,
        )

    def _preview_loop(self) -> None:
        while True:
            with self._changed:
                while (ask := self._preview) is None and not self._closed:
                    self._changed.wait()
                if self._closed or ask is None:
                    return
                self._preview, source = None, self._source
            try:
                if self._shown_coarsely(ask.request):
                    self._shade_coarse(ask)
                elif source is not None and source.reprojector is not None:
                    self._draw_preview(ask, source.reprojector, source.limits)
            except Exception as error:  # handed on; the thread must survive
                self._tell_error(ask.request, error)

    def _shown_coarsely(self, request: Request) -> bool:
        """Whether a standing camera's coarse frame is there and its exact one is not."""
        coarse, exact = self._coarse, self._exact
        if request.moving or (exact is not None and same_view(exact.request, request)):
            return False
        return coarse is not None and same_view(coarse.request, request)

    def _shade_coarse(self, ask: Ask) -> None:
        """In another channel; a finer frame is on the way."""
        if (coarse := self._coarse) is not None and coarse.frame is not None:
            pixels, limits = shade(coarse.frame, ask.request)
            self._tell(ask, replace(coarse, request=ask.request, pixels=pixels, limits=limits))

    def _draw_preview(self, ask: Ask, reprojector: Reprojector, limits: tuple[float, float] | None) -> None:
        scale = self._preview_pace.scale
        camera, began = ask.request.camera.scaled(scale), time.perf_counter()
        drawn = reprojector.draw(camera)
        seconds = time.perf_counter() - began
        self._preview_pace.took(seconds, scale)
        fraction = drawn.hole_fraction
        with self._changed:
            self._holes = fraction
            self._changed.notify_all()
        self._tell(ask, Picture(ask.request, "preview", drawn.pixels, camera, seconds * 1e3, None, fraction, limits))

    # To the outside

    def _tell(self, ask: Ask, picture: Picture) -> None:
        """Hands a picture on, unless a newer or better one was handed on before."""
        exact = picture.kind == "exact"
        # A coarse frame of full size is still not the exact one, which comes for the same ask.
        scale = 1.0 if exact else min(picture.camera.size_px[0] / ask.request.camera.size_px[0], 0.999)
        level = (ask.number, scale if picture.frame is not None else 0.0)
        with self._telling:
            if self._closed or level <= self._told:
                return
            self._told, self._shown = level, ask.request if exact else None
            try:
                self._on_picture(picture)
            except Exception as error:  # the window's fault; the thread must survive
                self._tell_error(ask.request, error)

    def _tell_error(self, request: Request, error: Exception) -> None:
        if self._closed:
            return
        try:
            self._on_error(request, error)
        except Exception:  # nobody is left to tell
            _log.exception("an error could not be shown")
