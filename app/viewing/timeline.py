"""The time of a recording that is open: played, stopped, what of it can be drawn, and what is made ready to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from app.camera.camera_controller import CameraController
from app.rendering.prefetch import Prefetcher
from app.rendering.render_requests import RenderedImage, RenderRequest
from app.viewing.background_tasks import Post
from app.viewing.playback import Playback
from app.viewing.view_state import ViewState
from engines.core.engine import TIME, Prepares, Scene, time_control


class LastImage(Protocol):
    """What is on the screen."""

    last: RenderedImage | None


class TimeViewer(Protocol):
    """A session, as far as time needs it."""

    eye: CameraController
    view: ViewState
    post: Post

    @property
    def images(self) -> LastImage: ...
    def set_control(self, name: str, value: float, moving: bool = False) -> None: ...
    def submit(self, moving: bool) -> None: ...
    def take_prepared(self) -> None: ...
    def drawing_failed(self, error: BaseException) -> None: ...


class Timeline:
    """Moves the session's control of time."""

    def __init__(self, viewer: TimeViewer) -> None:
        self._viewer = viewer
        self.playback = Playback()
        self._prepares: Prepares | None = None
        """The open scene, where it makes something for each time step: asked often, found out once."""
        self._ahead: Prefetcher | None = None
        self._entered = 0
        """Counts scenes: what is told of one is of no use in the next."""

    def enter(self, scene: Scene) -> None:
        """Another scene was opened."""
        self.enter_recording(scene)
        made: object = scene
        if isinstance(made, Prepares):
            number, viewer = self._entered, self._viewer
            self._prepares = made
            self._ahead = Prefetcher(
                made,
                lambda: self._tell(number, viewer.take_prepared),
                lambda error: self._tell(number, lambda: viewer.drawing_failed(error)),
            )

    def enter_recording(self, scene: Scene) -> None:
        """Another of the scene's recordings is looked at, which may be shorter."""
        self.playback.pause()
        control = time_control(scene, self._viewer.view.controls)
        self.playback.first = round(control.low) if control is not None else 0
        self.playback.last = round(control.high) if control is not None else 0
        if control is not None:
            controls = self._viewer.view.controls
            self._viewer.view.controls = {**controls, TIME: control.clamped(controls.get(TIME))}

    def leave(self) -> list[Callable[[], None]]:
        """No scene is open; what is given ends the thread that makes ready, and waits for it."""
        self.playback.pause()
        self.playback.first = self.playback.last = 0
        self._entered += 1
        ahead, self._ahead, self._prepares = self._ahead, None, None
        return [ahead.close] if ahead is not None else []

    def _tell(self, number: int, tell: Callable[[], None]) -> None:
        self._viewer.post(lambda: tell() if number == self._entered else None)

    @property
    def time_step(self) -> int:
        """Which one is looked at; 0 of a still scene."""
        return round(self._viewer.view.controls.get(TIME, 0))

    def play(self, now_s: float) -> None:
        """Begins to play; from the beginning where it stood at the end."""
        if TIME not in self._viewer.view.controls:
            return
        # One thing at a time: else no frame would be seen for long enough.
        self._viewer.eye.steady.stop()
        begin = self.playback.play(now_s, self.time_step)
        if begin != self.time_step:
            self._viewer.set_control(TIME, begin, moving=True)
        else:
            self._viewer.submit(moving=True)

    def pause(self) -> None:
        """Stands still; the exact picture of this time step comes."""
        self.playback.pause()
        self._viewer.submit(moving=False)

    def step(self, by: int) -> None:
        """Stands at the time step so many on from this one; the first follows the last."""
        self.playback.pause()
        first, last = self.playback.first, self.playback.last
        self._viewer.set_control(TIME, first + (self.time_step - first + by) % (last - first + 1))

    def tick(self, now_s: float) -> None:
        """Goes on to the time step whose turn it is; called as often as time steps may change, while playing."""
        playing = self.playback.playing
        # Where drawing is slower than time passes, time steps are left out, but none that was asked for is.
        if not playing or not self._is_shown():
            return
        time_step = self.playback.advance(now_s, self.time_step, self.is_ready)
        if time_step != self.time_step:
            self._viewer.set_control(TIME, time_step, moving=True)
        elif not self.playback.playing:
            self._viewer.submit(moving=False)

    def _is_shown(self) -> bool:
        picture = self._viewer.images.last
        return picture is None or round(picture.request.controls.get(TIME, 0)) == self.time_step

    def is_ready(self, time_step: int) -> bool:
        """Whether it can be drawn at once."""
        return self.are_ready((time_step,))[0]

    def are_ready(self, time_steps: Iterable[int]) -> list[bool]:
        """Whether each can be drawn at once."""
        prepares, camera, controls = self._prepares, self._viewer.eye.shown, self._viewer.view.controls
        return [
            prepares is None or camera is None or prepares.prepared(camera, {**controls, TIME: time_step})
            for time_step in time_steps
        ]

    @property
    def making(self) -> int | None:
        """The time step that is being made ready; None where nothing is."""
        controls = self._ahead.making if self._ahead is not None else None
        return round(controls.get(TIME, 0)) if controls is not None else None

    def drawable(self, request: RenderRequest) -> RenderRequest:
        """What can be drawn at once of a request; what is missing is made ready, and then what is played next."""
        if self._ahead is None:
            return request
        following, playing = self.following(), self.playback.playing
        controls, draft = self._ahead.choose(request.camera, request.controls, following, playing)
        return replace(request, controls=dict(controls), draft=draft)

    def following(self) -> list[dict[str, float]]:
        """Controls of what is played next, as much as is kept; nothing where time stands."""
        if self._prepares is None or not self.playback.playing:
            return []
        time_steps = self.playback.following(self.time_step, self._prepares.room)
        return [{**self._viewer.view.controls, TIME: time_step} for time_step in time_steps[1:]]
