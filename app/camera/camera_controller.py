"""The camera controller: the camera that looks at a scene, what it turns about, and how a hand moves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from app.camera import animation, navigation
from app.camera.fitting import fit_around, fit_inside, fit_native, same_picture, same_pose
from app.camera.near_plane import Room
from engines.core.camera import Array, Camera
from engines.core.engine import Scene
from engines.core.paths.generators import faces_forward

NAVIGATION_MODES = ("orbit", "fly", "trackball")
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


@dataclass(frozen=True, eq=False)
class Place:
    """The place of an eye, the point `pivot` [3] that it turns about, and the direction `up` [3]; world."""

    camera: Camera
    pivot: Array
    up: Array


class CameraController:
    """A camera in a scene, moved by a hand.

    Nothing happens where no scene was entered. `on_moved(moving)` is told after every change; `moving` is False when
    it is over.
    """

    def __init__(self, on_moved: Callable[[bool], None]) -> None:
        self.camera: Camera | None = None
        self.pivot: Array = np.zeros(3)
        self.up: Array = np.array([0.0, 0.0, 1.0])
        self.mode = "orbit"
        self.fly_speed = 1.0
        self.viewpoints: tuple[Camera, ...] = ()
        self.view_index: int | None = None
        self.whole_view = False
        self.room: Room | None = None
        """Before the near plane, by the last exact picture."""
        self.stopped = False
        """Whether the last step nearer was refused for the near plane."""
        self.largest_px = 0
        """Of the longer side of a picture; 0: the viewport's."""
        self._scene: Scene | None = None
        self._viewport_px = (640, 480)
        self._turning = 1.0
        """Of half a turn, what a drag along the picture's height turns by."""
        self._jump: animation.Jump | None = None
        self._flying = False
        self._on_moved = on_moved

    def enter(self, scene: Scene, viewpoints: Sequence[Camera]) -> None:
        """Begins where the scene says."""
        self._scene, self.viewpoints = scene, tuple(viewpoints)
        self.camera, self.up = scene.start, np.array(scene.up, dtype=np.float64)
        self.pivot = self._centre()
        self._turning = turning_of(scene.cameras, self.pivot)
        self._jump, self._flying = None, False
        self.room, self.stopped = None, False
        self.view_index = self._view_at(scene.start)

    @property
    def place(self) -> Place | None:
        """The place of the eye, for `take`; None in no scene."""
        if self.camera is None or self._scene is None:
            return None
        camera, cropped = self.camera, self._scene.cropped_px
        if cropped and camera.size_px == self._scene.native_px:
            # The whole picture: the scene may be opened again without its crop.
            width, height = camera.size_px
            camera = camera.cropped(-cropped, -cropped, width + 2 * cropped, height + 2 * cropped)
        return Place(camera, self.pivot, self.up)

    def take(self, place: Place) -> None:
        """Goes to where it was, after `enter`."""
        self.camera, self.pivot, self.up = place.camera, place.pivot, place.up
        self.set_viewpoints(self.viewpoints)

    def set_viewpoints(self, viewpoints: Sequence[Camera]) -> None:
        """Other cameras to go to; the eye stays where it is."""
        self.viewpoints = tuple(viewpoints)
        if self.camera is None or not self.viewpoints:
            self.view_index = None
            return
        at = navigation.nearest_camera(self.camera, self.viewpoints)
        self.view_index = at if same_pose(self.camera, self.viewpoints[at]) else None

    def leave(self) -> None:
        """No scene is open any more."""
        self._scene = self.camera = self._jump = self.view_index = None
        self.viewpoints, self._flying = (), False

    @property
    def animating(self) -> bool:
        """Whether `tick` has something to do."""
        return self._jump is not None

    @property
    def shown(self) -> Camera | None:
        """The camera that is rendered: the scene's one size, or the lens fitted to the viewport.

        With `whole_view` set, at a viewpoint: just its photograph's picture.
        """
        if self.camera is None or self._scene is None:
            return None
        if self._scene.native_px is not None:
            return fit_native(self.camera, self._scene.native_px, self._scene.cropped_px)
        if self.whole_view and self.view_index is not None:
            return fit_inside(self.viewpoints[self.view_index], self._picture_px())
        return fit_around(self.camera, self._picture_px())

    def _picture_px(self) -> tuple[int, int]:
        """The viewport's size, or of the same shape what the limit allows."""
        width, height = self._viewport_px
        scale = min(1.0, self.largest_px / max(width, height)) if self.largest_px > 0 else 1.0
        return max(1, round(width * scale)), max(1, round(height * scale))

    def limit(self, largest_px: int) -> None:
        """How long a picture's longer side may be, where the scene draws any size; 0: as the viewport's."""
        if largest_px != self.largest_px:
            self.largest_px = largest_px
            if self._scene is not None and self._scene.native_px is None:
                self._on_moved(False)

    def resize(self, size_px: tuple[int, int]) -> None:
        """The viewport's size in device pixels."""
        size_px = (max(size_px[0], 16), max(size_px[1], 16))
        if size_px != self._viewport_px:
            self._viewport_px = size_px
            if self._scene is not None and self._scene.native_px is None:
                self._on_moved(True)

    # By hand. Pixels are those of the shown picture.

    def orbit_by(self, right_px: float, down_px: float) -> None:
        """A drag: turns about the pivot, or the head where the mode is fly."""
        if (eye := self._take_over()) is None:
            return
        per_px = np.pi * self._turning / eye.size_px[1]
        right, down = right_px * per_px, down_px * per_px
        if self.mode == "fly":
            self.look_by(right_px, down_px)
        elif self.mode == "trackball":
            self._move(navigation.trackball(eye, self.pivot, right, down))
        else:
            self._move(navigation.orbit(eye, self.pivot, self.up, right, down))

    def look_by(self, right_px: float, down_px: float) -> None:
        """Turns the head in place; the pivot stays ahead."""
        if (eye := self._take_over()) is not None:
            # As many radians as the lens spans, so that what is under the cursor moves with it.
            right, down = right_px / eye.focal_px[0], down_px / eye.focal_px[1]
            turned = navigation.look(eye, self.up, right, down)
            self.pivot = animation.pivot_ahead(turned, self.pivot)
            self._move(turned)

    def pan_by(self, right_px: float, down_px: float) -> None:
        """Slides the camera so that the pivot sticks to the cursor."""
        if (eye := self._take_over()) is not None:
            panned = navigation.pan(eye, self.pivot, right_px, down_px)
            self.pivot = self.pivot + panned.position - eye.position
            self._move(panned)

    def dolly_by(self, notches: float) -> None:
        """Goes nearer (> 0) to the pivot or away; in fly mode straight ahead.

        Slower and slower where the scene's near plane would cut it; where it ends, `stopped` says so.
        """
        if (eye := self._take_over()) is None:
            return
        if self.mode == "fly":
            moved = navigation.fly(eye, 0.0, 0.0, notches * 0.1 * self._speed())
        else:
            moved = navigation.dolly(eye, self.pivot, WHEEL_FACTOR**notches)
        allowed = moved if self.room is None else self.room.shortened(eye, moved)
        self.stopped = allowed is None
        if allowed is not None:
            self._move(allowed)

    def step_by(self, right: float, down: float, degrees: float = 10.0) -> None:
        """An eased step of the orbit, for keys."""
        if (eye := self.shown) is not None:
            base = self._jump.end if self._jump is not None else eye
            right_rad, down_rad = (np.radians(steps * degrees * self._turning) for steps in (right, down))
            if self.mode == "trackball":
                self._jump_to(navigation.trackball(base, self.pivot, right_rad, down_rad))
            else:
                self._jump_to(navigation.orbit(base, self.pivot, self.up, right_rad, down_rad))

    def fly_by(self, held: Collection[str], seconds: float, fast: bool = False) -> None:
        """Flies for `seconds` in the directions held (of `animation.FLY_DIRECTIONS`); none held: comes to rest."""
        if not held:
            if self._flying:
                self._flying = False
                self.rest()
            return
        if (eye := self._take_over()) is not None:
            self._flying = True
            moved = animation.fly_step(eye, held, seconds * self._speed() * (FAST if fast else 1.0))
            self.pivot = self.pivot + moved.position - eye.position
            self._move(moved)

    def rest(self) -> None:
        """The movement is over: the exact picture may come at once."""
        if self._jump is None:
            self._on_moved(False)

    def set_up(self, up: Array) -> None:
        """Levels the camera about another up axis [3], a direction in the world."""
        if self.camera is not None:
            self.up = np.asarray(up, dtype=np.float64)
            self._jump_to(navigation.level(self.camera, self.up))

    def cycle_up(self) -> Array:
        """Takes the next up axis: the scene's own, then each world axis both ways."""
        if self._scene is None:
            return self.up
        axes = [np.asarray(self._scene.up, dtype=np.float64)]
        axes += [axis for axis in (*np.eye(3), *-np.eye(3)) if not np.allclose(axis, axes[0])]
        at = int(np.argmin([np.linalg.norm(axis - self.up) for axis in axes]))
        self.set_up(axes[(at + 1) % len(axes)])
        return self.up

    def level(self) -> None:
        """Turns the horizon straight."""
        if self.camera is not None:
            self._jump_to(navigation.level(self.camera, self.up))

    def reset(self) -> None:
        """Back to where the scene begins."""
        if self._scene is not None:
            self.up, self.pivot = np.array(self._scene.up, dtype=np.float64), self._centre()
            self._jump_to(self._scene.start)

    def frame_points(self, points: Array | None = None) -> None:
        """Steps back, or nearer, until [N, 3] points fill the picture; the scene's box where none are given."""
        if self._scene is None or self.shown is None:
            return
        bounds = np.asarray(self._scene.bounds, dtype=np.float64)
        if points is None:
            self.pivot = bounds.mean(axis=0)
            framed = navigation.frame_bounds(self.shown, bounds, self.up)
        else:
            self.pivot = (points.min(axis=0) + points.max(axis=0)) / 2
            framed = navigation.frame_points(self.shown, points, self.pivot, self.up)
            if self.room is not None and (left := self.room.left(framed)) < 0:
                framed = navigation.fly(framed, 0.0, 0.0, left)
        self._jump_to(framed)

    def go_to_view(self, index: int) -> None:
        """Jumps to a viewpoint; the index wraps around."""
        if self.viewpoints:
            index %= len(self.viewpoints)
            self._jump_to(self.viewpoints[index], index)

    def go_to_nearest_view(self) -> None:
        """Jumps to the viewpoint most like the camera."""
        if self.viewpoints and self.camera is not None:
            self.go_to_view(self.nearest_view())

    def nearest_view(self) -> int:
        """The index of the viewpoint most like the camera; there must be one."""
        if self.view_index is not None:
            return self.view_index
        if self.camera is None:
            raise ValueError("no scene is open")
        return navigation.nearest_camera(self.camera, self.viewpoints)

    def step_view(self, step: int) -> None:
        """The next or previous viewpoint, from the one that the camera is at or going to."""
        if self.viewpoints:
            self.go_to_view(self.nearest_view() + step)

    def set_camera(self, camera: Camera) -> None:
        """Jumps to a camera from elsewhere."""
        if self.camera is not None:
            self._jump_to(camera)

    def tick(self, now_s: float | None = None) -> None:
        """Advances an eased jump; called at the display's rate while `animating`."""
        if self._jump is None:
            return
        now_s = time.monotonic() if now_s is None else now_s
        jump = self._jump
        self.camera = jump.at(now_s)
        if jump.over(now_s):
            self._jump = None
        self._on_moved(self._jump is not None)

    # Within

    def _view_at(self, camera: Camera) -> int | None:
        """The viewpoint that takes this very picture."""
        if not self.viewpoints:
            return None
        at = navigation.nearest_camera(camera, self.viewpoints)
        return at if same_picture(camera, self.viewpoints[at]) else None

    def _centre(self) -> Array:
        if self._scene is None:
            return np.zeros(3)
        return np.asarray(np.mean(self._scene.bounds, dtype=np.float64, axis=0))

    def _speed(self) -> float:
        if self._scene is None:
            return 0.0
        low, high = np.asarray(self._scene.bounds)
        return float(np.linalg.norm(high - low)) / FLY_SECONDS * self.fly_speed

    def _take_over(self) -> Camera | None:
        """The eye, with any jump under way given up: the hand is on the mouse."""
        self._jump = None
        return self.shown

    def _move(self, eye: Camera) -> None:
        if self.camera is not None:
            self.camera = self.camera.at(eye.camera_to_world)
            self.view_index = None
            self.stopped = False
            self._on_moved(True)

    def _jump_to(self, camera: Camera, index: int | None = None) -> None:
        if self.camera is None:
            return
        # A jump to a foreign camera (of another size) must be even in the lens, too.
        begin = fit_around(self.camera, camera.size_px)
        self.view_index = self._view_at(camera) if index is None else index
        self.stopped = False
        self._jump = animation.Jump(begin, camera, self.pivot, time.monotonic())
        self.tick()


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
