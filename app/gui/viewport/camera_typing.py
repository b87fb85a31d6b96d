"""Numbers of the camera that are typed: it goes there, as far as there is such a place."""

from __future__ import annotations

import math
from collections.abc import Callable

from app.camera.camera_place import CameraPlace
from app.camera.numeric_camera import TURNS, allowed, limits, with_number
from app.gui.host import Host
from app.gui.panel.camera_card import TITLES, CameraCard, written
from engines.core.engine import Scene


class CameraTyping:
    """Takes what is typed in the card of the camera."""

    def __init__(self, window: Host, card: CameraCard, moving: Callable[[Callable[[], object]], Callable[[], None]]):
        """`moving`: gives a move of the camera with all that follows one."""
        self._window, self._card, self._moving = window, card, moving
        card.typed.connect(self._take)

    def enter(self, scene: Scene) -> None:
        """Another scene: some have one lens."""
        self._card.set_fixed_lens(why_fixed(scene))

    def show(self) -> None:
        """Tells where the camera is."""
        eye = self._window.session.eye
        if (shown := eye.shown) is not None:
            self._card.show_camera(CameraPlace(shown, eye.pivot, eye.up))

    def _take(self, name: str, text: str) -> None:
        eye = self._window.session.eye
        value, place = number(text), None
        if (camera := eye.destination) is not None:
            place = CameraPlace(camera, eye.pivot, eye.up)
        if place is None or value is None:
            if place is not None:
                self._window.notifications.tell("info", f"{title(name)}: “{text.strip()}” is no number")
            self.show()
            return
        taken = allowed(place, name, value)
        if taken != value and name not in TURNS:
            low, high = (written(name, limit) for limit in limits(place, name))
            self._window.notifications.tell(
                "info", f"{title(name)}: from {low} to {high}; {written(name, taken)} is taken"
            )
        self._moving(lambda: eye.go_to(with_number(place, name, taken)))()


def title(name: str) -> str:
    """A number of the camera as a sentence calls it."""
    return f"Position {name}" if name in ("y", "z") else TITLES[name]


def number(text: str) -> float | None:
    """What was typed, with the sign of degrees or without; None where it is no number."""
    try:
        value = float(text.strip().removesuffix("°").replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def why_fixed(scene: Scene) -> str:
    """Why the scene's field of view is what it is; "" where it can be another."""
    if scene.native_px is None:
        return ""
    width, height = scene.native_px
    return f"Field of view fixed: the model draws {width} × {height} pixels with the lens that it was trained with."
