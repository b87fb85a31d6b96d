"""Navigation by commands: views to go to, steps, navigation modes, fly speed, the camera as text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.gui.host import Host
from app.gui.panel.camera_card import axis_name
from app.gui.viewport.camera_clipboard import copy_camera, paste_camera
from app.gui.viewport.viewport import Viewport
from engines.core.camera import Array

SPEED_STEP = 1.5
SLOWEST, FASTEST = 0.01, 100.0


class NavigationCommands:
    """What keys, menus and the panel do with the camera, where no hand moves it."""

    def __init__(self, window: Host, viewport: Viewport, moved: Callable[[], None]) -> None:
        """`moved`: told after each move."""
        self._window, self._viewport, self._moved = window, viewport, moved
        self._session = window.session
        hand, settings = self._session.eye.hand, window.settings.current
        hand.mode, hand.fly_speed = settings.navigation, settings.fly_speed

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        eye, window = self._session.eye, self._window
        moves: dict[str, Callable[[], object]] = {
            "reset": eye.reset,
            "frame": lambda: eye.frame_points(self._session.images.points),
            "level": eye.horizon.level,
            "nearest": eye.views.go_to_nearest,
            "previous": lambda: eye.views.step(-1),
            "next": lambda: eye.views.step(1),
            "first": lambda: eye.views.go_to(0),
            "last": lambda: eye.views.go_to(-1),
            "left": lambda: eye.hand.step_by(-1, 0),
            "right": lambda: eye.hand.step_by(1, 0),
            "higher": lambda: eye.hand.step_by(0, -1),
            "lower": lambda: eye.hand.step_by(0, 1),
            "nearer": lambda: eye.hand.dolly_by(1),
            "farther": lambda: eye.hand.dolly_by(-1),
            "up": self._cycle_up,
            "paste_camera": lambda: paste_camera(window),
        }
        handlers: dict[str, Callable[..., None]] = {id: self.moving(move) for id, move in moves.items()}
        for mode in ("orbit", "fly", "trackball"):
            handlers[mode] = lambda _checked, mode=mode: self._set_mode(mode)
        return handlers | {
            "faster": lambda: self._change_speed(SPEED_STEP),
            "slower": lambda: self._change_speed(1 / SPEED_STEP),
            "copy_camera": lambda: copy_camera(window),
        }

    def go_to_view(self, index: int) -> None:
        """Goes to a view, as the panel's slider asks; does nothing where the eye is there already."""
        if index != self._session.eye.view_index:
            self.moving(lambda: self._session.eye.views.go_to(index))()

    def choose_up(self, up: Array) -> None:
        """Makes `up` [3], a unit vector in the world, the scene's own, as the panel's choice of axes asks."""
        self.moving(lambda: self._session.choose_up(up))()

    def moving(self, move: Callable[[], object]) -> Callable[[], None]:
        """The same move, with all that follows one."""

        def run() -> None:
            move()
            self._viewport.wake()
            self._moved()

        return run

    def _cycle_up(self) -> None:
        self._window.notifications.tell("info", f"Up is now {axis_name(self._session.eye.horizon.next_up())}")

    def _set_mode(self, mode: str) -> None:
        self._session.eye.hand.mode = mode
        self._window.settings.update(navigation=mode)

    def _change_speed(self, factor: float) -> None:
        hand = self._session.eye.hand
        hand.fly_speed = float(np.clip(hand.fly_speed * factor, SLOWEST, FASTEST))
        self._window.settings.update(fly_speed=hand.fly_speed)
        self._window.notifications.tell("info", f"Fly speed × {hand.fly_speed:.2g}")
