"""The render state that threads share: replaced as a whole under a lock, waited for, read without."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from app.rendering import render_policy
from app.rendering.render_policy import RenderTask
from app.rendering.render_state import RenderState

Decision = tuple[RenderTask, RenderState]
"""What is drawn, and the state in which that was decided."""


class SharedRenderState:
    """Gives each thread what it is to draw, as soon as the policy says so."""

    def __init__(self, state: RenderState) -> None:
        self._state = state
        lock = threading.Lock()
        self._to_draw, self._to_show = threading.Condition(lock), threading.Condition(lock)

    def now(self) -> RenderState:
        """The state at this time; takes no lock, as scenes ask in the midst of a frame."""
        return replace(self._state, now_s=time.monotonic())

    def should_stop(self, task: RenderTask) -> bool:
        """Whether what is under way is given up; scenes ask often, and mostly nothing has changed since."""
        state = self._state
        if not state.closed and state.latest is task.queued and task.action != "keyframe":
            return False
        return render_policy.should_stop(self.now(), task)

    def update(self, change: Callable[[RenderState], RenderState | None]) -> bool:
        """Replaces the state by what `change` makes of it; whether it did: None leaves it as it is."""
        with self._to_draw:
            before = self.now()
            changed = change(before)
            if changed is None:
                return False
            self._state = changed
            self._wake(before)
            return True

    def _wake(self, before: RenderState) -> None:
        """Wakes who has something to do now: one that is woken in vain holds up the thread that makes previews."""
        state = self._state
        if state.closed or render_policy.next_preview(state) is not None:
            self._to_show.notify()
        # A deadline that moved later needs none to be woken: who sleeps until the old one looks anew then.
        looks = render_policy.look_again_s(before) is None and render_policy.look_again_s(state) is not None
        if state.closed or looks or render_policy.next_task(state) is not None:
            self._to_draw.notify()

    def next_task(self) -> Decision | None:
        """Waits for something to draw, which is then under way; None when closed."""
        with self._to_draw:
            while not (state := self.now()).closed:
                task = render_policy.next_task(state)
                if task is not None and task.action == "nothing":
                    self._state = state.answered(task.queued)
                elif task is not None:
                    self._state = state = replace(state, drawing=task.queued)
                    return task, state
                else:
                    until_s = render_policy.look_again_s(state)
                    self._to_draw.wait(until_s - state.now_s if until_s is not None else None)
        return None

    def next_preview(self) -> Decision | None:
        """Waits for something to show at once; None when closed."""
        with self._to_show:
            while not (state := self.now()).closed:
                task = render_policy.next_preview(state)
                if task is not None:
                    if task.action != "prepare":
                        self._state = replace(state, previewed=task.queued.number)
                    return task, state
                self._to_show.wait()
        return None
