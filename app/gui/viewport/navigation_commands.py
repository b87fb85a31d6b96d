"""Navigation by commands: views to go to, steps, navigation modes, fly speed, the camera as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial

import numpy as np

from app.camera.hand_settings import FASTEST, SLOWEST, HandSettings
from app.gui.host import Host
from app.gui.menus.speeds_dialog import SpeedsDialog
from app.gui.panel.camera_card import axis_name
from app.gui.viewport.camera_clipboard import copy_camera, paste_camera
from app.gui.viewport.viewport import Viewport
from app.settings import Settings
from engines.core.camera import Array

SPEED_STEP = 1.5
TOGGLES = ("momentum", "invert_look", "invert_zoom")
"""Settings of the hand that are commands, too."""


class NavigationCommands:
    """What keys, menus and the panel do with the camera, where no hand moves it."""

    def __init__(self, window: Host, viewport: Viewport, moved: Callable[[], None]) -> None:
        """`moved`: told after each move."""
        self._window, self._viewport, self._moved = window, viewport, moved
        self._session = window.session
        self._session.eye.hand.mode = window.settings.current.navigation
        self._take_settings(window.settings.current)
        window.settings.changed.connect(self._take_settings)

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
            "speeds": self._ask_speeds,
            **{name: partial(self._toggle, name) for name in TOGGLES},
        }

    def restore(self) -> None:
        """Marks how the hand's moves are taken."""
        for name in TOGGLES:
            self._window.commands[name].setChecked(getattr(self._window.settings.current, name))

    def go_to_view(self, index: int) -> None:
        """Goes to a view, as the panel's slider asks; does nothing where the eye is there already."""
        if index != self._session.eye.view_index:
            self.moving(lambda: self._session.eye.views.go_to(index))()

    def choose_up(self, up: Array) -> None:
        """Makes `up` [3], a unit vector in the world, the scene's own, as the panel's choice of axes asks."""
        self.moving(lambda: self._session.choose_up(up))()

    def moving(self, move: Callable[[], object]) -> Callable[[], None]:
        """Gives a move with all that follows one."""

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
        speed = float(np.clip(self._session.eye.hand.settings.fly_speed * factor, SLOWEST, FASTEST))
        self._window.settings.update(fly_speed=speed)
        self._window.notifications.tell("info", f"Fly speed × {speed:.2g}")

    def _toggle(self, name: str, on: bool) -> None:
        self._window.settings.update(**{name: on})

    def _ask_speeds(self) -> None:
        dialog = SpeedsDialog(self._window.widget, self._window.settings.current)
        if dialog.exec():
            self._window.settings.update(**dialog.speeds())

    def _take_settings(self, settings: Settings) -> None:
        self._session.eye.hand.settings = hand_settings(settings)


def hand_settings(settings: Settings) -> HandSettings:
    """How the hand's moves are taken, of all that is remembered; the file may hold any speed."""
    kept = {field.name: getattr(settings, field.name) for field in fields(HandSettings)}
    speeds = {name: float(np.clip(kept[name], SLOWEST, FASTEST)) for name in kept if name.endswith("speed")}
    return HandSettings(**{**kept, **speeds})
