"""The render worker: two threads that answer requests, newest first, without ever keeping the hand waiting.

The render thread draws frames, one at a time; the preview thread shows what there is from where the camera is now, and
never waits for the other. Both wait, ask `app.rendering.render_policy` what to do, which has the table of it, have
`app.rendering.frame_drawing` do it, and hand on what came of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from app.rendering.background import PlainBackground
from app.rendering.frame_drawing import FrameDrawing
from app.rendering.live_previews import GaussianDrawers, LivePreviews, first_live_state
from app.rendering.render_policy import RenderTask
from app.rendering.render_requests import RenderedImage, RenderRequest
from app.rendering.render_state import RenderState, first_state
from app.rendering.shared_state import SharedRenderState
from app.thread_priority import RENDER_NICE, step_back
from engines.core.engine import Scene
from engines.core.errors import Cancelled

CLOSE_S = 5.0
"""A scene that does not ask `stop` for this long is left to end by itself."""


class RenderWorker:
    """Answers requests with pictures, on its own threads. The callbacks come on these threads and must be quick."""

    def __init__(
        self,
        scene: Scene,
        on_picture: Callable[[RenderedImage], None],
        on_error: Callable[[RenderRequest, BaseException], None],
        before: RenderWorker | None = None,
        drawers: GaussianDrawers | None = None,
    ) -> None:
        """`before`: of the same scene, trained less; its last picture serves for previews until there is a new one."""
        live = first_live_state(scene, drawers)
        self._background: PlainBackground
        self._state: SharedRenderState
        if before is None:
            self._background = PlainBackground(scene.border_px)
            self._state = SharedRenderState(first_state(scene, None, live))
        else:
            self._background = before._background
            self._state = SharedRenderState(first_state(scene, before._state.now(), live))
        self._live = LivePreviews(scene, self._state, drawers)
        self._drawing = FrameDrawing(scene, self._state, self._background, on_picture, on_error, self._live)
        self._threads = [
            threading.Thread(target=self._render_loop, name="render", daemon=True),
            threading.Thread(target=self._preview_loop, name="preview", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, request: RenderRequest) -> None:
        """Asks for a picture; whatever was asked before and is not drawn yet is forgotten."""
        self._state.update(lambda state: state.submitted(request))

    @property
    def busy(self) -> bool:
        """Whether an exact picture is still to come."""
        return self._state.now().busy

    @property
    def progress(self) -> float | None:
        """How much of a standing camera's exact picture is done, in [0, 1]; None where none is under way."""
        state = self._state.now()
        settled = state.latest is not None and state.latest.settled(state.now_s)
        return self._drawing.refinement.share(state.latest.request) if state.latest is not None and settled else None

    def stop(self) -> None:
        """Gives up what is under way, and waits for nothing; no picture comes afterwards."""
        self._drawing.stop()

    def close(self) -> None:
        """Stops what is under way and ends the threads; no callback comes afterwards."""
        self.stop()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(CLOSE_S)

    def _render_loop(self) -> None:
        step_back(RENDER_NICE)
        while self._draw_next():
            pass
        # Whoever still knows of this one must not keep the scene, nor what its frames are made of.
        self._drawing.let_go()
        self._state.update(RenderState.let_go)

    def _draw_next(self) -> bool:
        """Draws one frame, once there is one to draw; whether there may be more."""
        decided = self._state.next_task()
        if decided is None:
            return False
        task, state = decided
        try:
            self._drawing.draw(task, state)
        except Cancelled:
            # Only for a scene that stops unasked: nothing else is to be had from it.
            if not self._state.should_stop(task):
                self._finish(task)
        except Exception as error:  # handed on; the thread must survive
            self._finish(task)
            self._drawing.fail(task.queued.request, error)
        finally:
            self._state.update(lambda state: replace(state, drawing=None))
        return True

    def _finish(self, task: RenderTask) -> None:
        self._state.update(lambda state: state.finished(task.queued))

    def _preview_loop(self) -> None:
        while self._show_next():
            pass
        self._live.close()

    def _show_next(self) -> bool:
        """Shows one preview, once there is one to show; whether there may be more."""
        decided = self._state.next_preview()
        if decided is None:
            return False
        task, state = decided
        try:
            self._drawing.draw_preview(task, state)
        except Exception as error:  # handed on; the thread must survive
            self._drawing.fail(task.queued.request, error)
        return True
