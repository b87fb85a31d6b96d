"""Navigation by hand: what a drag, the wheel and held keys do to the camera, in each of the modes."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from app.camera import animation, navigation
from app.camera.camera_place import CameraPlace
from app.camera.hand_settings import HandSettings
from app.camera.motions import Drag, DragSpeed
from app.camera.near_plane import Room
from app.camera.steady_motion import SteadyMotion
from engines.core.camera import Array, Camera
from engines.core.engine import Scene
from engines.core.paths.generators import faces_forward

WHEEL_FACTOR = 0.9
"""How much nearer a wheel notch brings the pivot."""
FLY_SECONDS = 4.0
"""How long flying along the scene's diagonal takes at speed 1."""
FORWARD_SPREADS = 4.0
"""Of a capture that faces one way: a drag along the picture's height turns by so many times the angle from the middle
of its cameras to the outermost."""
GENTLEST = 0.05
FAST = 4.0
"""How much faster with Shift."""


class Steered(Protocol):
    """A camera in a scene, as far as a hand moves it."""

    pivot: Array
    """[3] world, what it turns about."""
    up: Array
    room: Room | None
    stopped: bool
    """Whether the last step nearer was refused for the near plane."""
    steady: SteadyMotion
    """What moves by itself."""

    @property
    def destination(self) -> Camera | None:
        """The camera as it is, or is going to be; None in no scene."""

    def take_over(self) -> Camera | None:
        """The camera as it is, with all that is under way given up; None in no scene."""

    def move(self, camera: Camera) -> None:
        """Goes there at once."""

    def jump_to(self, camera: Camera) -> None:
        """Goes there eased."""

    def rest(self) -> None:
        """The movement is over."""


class HandNavigation:
    """Moves a camera as a hand asks. Pixels are those of the shown picture.

    Attributes:
        mode: "orbit", "fly" or "trackball".
        settings: speeds and directions; at a fly speed of 1 the scene's diagonal takes `FLY_SECONDS`.
    """

    def __init__(self, eye: Steered) -> None:
        self.mode = "orbit"
        self.settings = HandSettings()
        self._eye = eye
        self._turning = 1.0
        """Of half a turn, what a drag along the picture's height turns by."""
        self._diagonal = 0.0
        self._flying = self._gliding = False
        self._speed = DragSpeed()

    def enter(self, scene: Scene, pivot: Array) -> None:
        """Moves in another scene; `pivot` [3], in its world, is the middle that is turned about."""
        low, high = np.asarray(scene.bounds)
        self._turning, self._diagonal = turning_of(scene.cameras, pivot), float(np.linalg.norm(high - low))
        self._flying = False

    def leave(self) -> None:
        """No scene is open any more."""
        self._flying = False

    def orbit_by(self, right_px: float, down_px: float) -> None:
        """A drag: turns about the pivot, or the head where the mode is fly."""
        if self.mode == "fly":
            self.look_by(right_px, down_px)
        else:
            self._drag(self._orbited, right_px, down_px)

    def look_by(self, right_px: float, down_px: float) -> None:
        """Turns the head in place; the pivot stays ahead."""
        self._drag(self._looked, right_px, down_px)

    def pan_by(self, right_px: float, down_px: float) -> None:
        """Slides the camera so that the pivot sticks to the cursor, at the usual speed."""
        self._drag(self._panned, right_px, down_px)

    def _drag(self, drag: Drag, right_px: float, down_px: float) -> None:
        eye = self._eye
        if (camera := eye.take_over()) is not None:
            self._speed.note(drag, right_px, down_px, time.monotonic())
            place = drag(CameraPlace(camera, eye.pivot, eye.up), right_px, down_px)
            eye.pivot = place.pivot
            eye.move(place.camera)

    def _orbited(self, place: CameraPlace, right_px: float, down_px: float) -> CameraPlace:
        per_px = self.settings.orbit_speed * np.pi * self._turning / place.camera.size_px[1]
        return replace(place, camera=self._turned(place, right_px * per_px, down_px * per_px))

    def _looked(self, place: CameraPlace, right_px: float, down_px: float) -> CameraPlace:
        # As many radians as the lens spans, so that what is under the cursor moves with it.
        speed, (across, upright) = self.settings.orbit_speed, place.camera.focal_px
        down = -speed if self.settings.invert_look else speed
        turned = navigation.look(place.camera, place.up, speed * right_px / across, down * down_px / upright)
        return replace(place, camera=turned, pivot=animation.pivot_ahead(turned, place.pivot))

    def _panned(self, place: CameraPlace, right_px: float, down_px: float) -> CameraPlace:
        speed = self.settings.pan_speed
        panned = navigation.pan(place.camera, place.pivot, speed * right_px, speed * down_px)
        return replace(place, camera=panned, pivot=place.pivot + panned.position - place.camera.position)

    def let_go(self) -> None:
        """A drag is over: it goes on for a moment where momentum is wanted, or comes to rest."""
        glide = self._speed.let_go(time.monotonic())
        if glide is None or not self.settings.momentum:
            self._eye.rest()
        else:
            self._eye.steady.begin(glide, self._glided)
            self._gliding = True

    def _glided(self) -> None:
        self._gliding = False

    def hold(self) -> None:
        """The hand is put on the mouse: what still goes on from a drag stops."""
        if self._gliding:
            self._eye.steady.stop()

    def zoom_by(self, notches: float) -> None:
        """The wheel, or a drag: `dolly_by` at the speed and in the direction that are wanted."""
        self.dolly_by(notches * self.settings.zoom_speed * (-1 if self.settings.invert_zoom else 1))

    def dolly_by(self, notches: float) -> None:
        """Goes nearer (> 0) to the pivot or away; in fly mode straight ahead.

        Slower and slower where the scene's near plane would cut it; where it ends, the camera's `stopped` says so.
        """
        eye = self._eye
        if (camera := eye.take_over()) is None:
            return
        if self.mode == "fly":
            moved = navigation.fly(camera, 0.0, 0.0, notches * 0.1 * self._fly_speed())
        else:
            moved = navigation.dolly(camera, eye.pivot, WHEEL_FACTOR**notches)
        allowed = moved if eye.room is None else eye.room.shortened(camera, moved)
        eye.stopped = allowed is None
        if allowed is not None:
            eye.move(allowed)

    def step_by(self, right: float, down: float, degrees: float = 10.0) -> None:
        """An eased step of the orbit, for keys."""
        if (base := self._eye.destination) is not None:
            right_rad, down_rad = (float(np.radians(steps * degrees * self._turning)) for steps in (right, down))
            place = CameraPlace(base, self._eye.pivot, self._eye.up)
            self._eye.jump_to(self._turned(place, right_rad, down_rad))

    def fly_by(self, held: Collection[str], seconds: float, fast: bool = False) -> None:
        """Flies for `seconds` in the directions held (of `animation.FLY_DIRECTIONS`); none held: comes to rest."""
        eye = self._eye
        if not held:
            if self._flying:
                self._flying = False
                eye.rest()
            return
        if (camera := eye.take_over()) is not None:
            self._flying = True
            moved = animation.fly_step(camera, held, seconds * self._fly_speed() * (FAST if fast else 1.0))
            eye.pivot = eye.pivot + moved.position - camera.position
            eye.move(moved)

    def _turned(self, place: CameraPlace, right_rad: float, down_rad: float) -> Camera:
        if self.mode == "trackball":
            return navigation.trackball(place.camera, place.pivot, right_rad, down_rad)
        return navigation.orbit(place.camera, place.pivot, place.up, right_rad, down_rad)

    def _fly_speed(self) -> float:
        """World units a second."""
        return self._diagonal / FLY_SECONDS * self.settings.fly_speed


def turning_of(cameras: Sequence[Camera], pivot: Array) -> float:
    """How far a drag turns about `pivot` [3] (world), as a part of a turn about an object, in (0, 1].

    Less where the cameras face one way: what they see is known from one side only.
    """
    if not faces_forward(cameras):
        return 1.0
    towards = np.array([camera.position for camera in cameras]) - pivot
    lengths = np.linalg.norm(towards, axis=1, keepdims=True)
    if lengths.min() == 0:
        return 1.0
    towards = towards / lengths
    middle = towards.mean(axis=0)
    spread = float(np.arccos(np.clip(towards @ middle / np.linalg.norm(middle), -1, 1)).max())
    return min(1.0, max(FORWARD_SPREADS * spread / np.pi, GENTLEST))
