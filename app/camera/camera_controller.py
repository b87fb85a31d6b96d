"""The camera controller: the camera that looks at a scene, what it turns about, and where it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from app.camera import animation, navigation
from app.camera.camera_place import CameraPlace
from app.camera.fitting import fit_around, fit_inside, fit_native, same_pose
from app.camera.hand_navigation import HandNavigation
from app.camera.horizon import Horizon
from app.camera.near_plane import Room
from app.camera.picture_size import PictureSize
from app.camera.steady_motion import SteadyMotion
from app.camera.view_navigation import ViewNavigation, view_at
from engines.core.camera import Array, Camera
from engines.core.engine import Scene


class CameraController:
    """A camera in a scene.

    Nothing happens where no scene was entered. `on_moved(moving)` is told after every change; `moving` is False when
    it is over.

    Attributes:
        hand: what drags, the wheel and keys do.
        views: going from viewpoint to viewpoint.
        horizon: which way is up.
        steady: what moves by itself.
        size: of the picture.
        whole_view: at a viewpoint, just its photograph's picture is shown.
        room: before the near plane, by the last exact picture.
        stopped: whether the last step nearer was refused for the near plane.
    """

    def __init__(self, on_moved: Callable[[bool], None]) -> None:
        self.camera: Camera | None = None
        self.pivot: Array = np.zeros(3)
        self.up: Array = np.array([0.0, 0.0, 1.0])
        self.viewpoints: tuple[Camera, ...] = ()
        self.view_index: int | None = None
        self.whole_view = False
        self.room: Room | None = None
        self.stopped = False
        self.hand, self.views, self.horizon = HandNavigation(self), ViewNavigation(self), Horizon(self)
        self.size, self.steady = PictureSize(self._resized), SteadyMotion(self)
        self._scene: Scene | None = None
        self._jump: animation.Jump | None = None
        self._on_moved = on_moved

    def enter(self, scene: Scene, viewpoints: Sequence[Camera]) -> None:
        """Begins where the scene says."""
        self.steady.give_up()
        self._scene, self.viewpoints = scene, tuple(viewpoints)
        self.camera, self.up = scene.start, np.array(scene.up, dtype=np.float64)
        self.pivot = middle_of(scene)
        self.hand.enter(scene, self.pivot)
        self.horizon.enter(scene)
        self._jump, self.room, self.stopped = None, None, False
        self.view_index = view_at(scene.start, self.viewpoints)

    def leave(self) -> None:
        """No scene is open any more."""
        self.steady.give_up()
        self._scene = self.camera = self._jump = self.view_index = None
        self.viewpoints = ()
        self.hand.leave()
        self.horizon.leave()

    @property
    def place(self) -> CameraPlace | None:
        """The place of the eye, for `take`; None in no scene."""
        if self.camera is None or self._scene is None:
            return None
        camera, cropped = self.camera, self._scene.cropped_px
        if cropped and camera.size_px == self._scene.native_px:
            # The whole picture: the scene may be opened again without its crop.
            width, height = camera.size_px
            camera = camera.cropped(-cropped, -cropped, width + 2 * cropped, height + 2 * cropped)
        return CameraPlace(camera, self.pivot, self.up)

    def take(self, place: CameraPlace) -> None:
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
            return fit_inside(self.viewpoints[self.view_index], self.size.px)
        return fit_around(self.camera, self.size.px)

    def _resized(self, moving: bool) -> None:
        if self._scene is not None and self._scene.native_px is None:
            self._on_moved(moving)

    # Jumps

    @property
    def animating(self) -> bool:
        """Whether `tick` has something to do."""
        return self.jumping or self.steady.under_way

    @property
    def jumping(self) -> bool:
        """Whether a jump is under way."""
        return self._jump is not None

    @property
    def destination(self) -> Camera | None:
        """The camera at the end of the jump that is under way; where none is, the shown one."""
        return self._jump.end if self._jump is not None else self.shown

    def jump_to(self, camera: Camera, index: int | None = None, about: Array | None = None) -> None:
        """Goes to a camera, eased.

        Args:
            index: the viewpoint that it is, where that is known.
            about: [3] world, what the way leads around; None: the pivot.
        """
        if self.camera is None:
            return
        self.steady.give_up()
        # A jump to a foreign camera (of another size) must be even in the lens, too.
        begin = fit_around(self.camera, camera.size_px)
        self.view_index = view_at(camera, self.viewpoints) if index is None else index
        self.stopped = False
        self._jump = animation.Jump(begin, camera, self.pivot if about is None else about, time.monotonic())
        self.tick()

    def go_to(self, place: CameraPlace) -> None:
        """Goes to a place, eased: straight there, and turning the head on the way."""
        if self.camera is not None:
            self.pivot = place.pivot
            self.jump_to(place.camera, about=place.camera.position)

    def tick(self, now_s: float | None = None) -> None:
        """Advances what is under way; called at the display's rate while `animating`."""
        now_s = time.monotonic() if now_s is None else now_s
        self.steady.tick(now_s)
        if self._jump is None:
            return
        jump = self._jump
        self.camera = jump.at(now_s)
        if jump.over(now_s):
            self._jump = None
        self._on_moved(self._jump is not None)

    def reset(self) -> None:
        """Back to where the scene begins."""
        if self._scene is not None:
            self.up, self.pivot = np.array(self._scene.up, dtype=np.float64), middle_of(self._scene)
            self.jump_to(self._scene.start)

    def frame_points(self, points: Array | None = None) -> None:
        """Steps back, or nearer, until [N, 3] points fill the picture; the scene's box where none are given."""
        if self._scene is None or self.shown is None:
            return
        if points is None:
            self.pivot = middle_of(self._scene)
            framed = navigation.frame_bounds(self.shown, np.asarray(self._scene.bounds, dtype=np.float64), self.up)
        else:
            self.pivot = (points.min(axis=0) + points.max(axis=0)) / 2
            framed = navigation.frame_points(self.shown, points, self.pivot, self.up)
            if self.room is not None and (left := self.room.left(framed)) < 0:
                framed = navigation.fly(framed, 0.0, 0.0, left)
        self.jump_to(framed)

    # By hand

    def take_over(self) -> Camera | None:
        """The shown camera, with all that is under way given up: the hand is on the mouse."""
        self._jump = None
        self.steady.give_up()
        return self.shown

    def move(self, camera: Camera, with_lens: bool = False) -> None:
        """Goes at once to where a camera stands; it keeps its own lens, or takes that of `camera`, too."""
        if self.camera is not None:
            self.camera = camera if with_lens else self.camera.at(camera.camera_to_world)
            self.view_index = None
            self.stopped = False
            self._on_moved(True)

    def rest(self) -> None:
        """The movement is over: the exact picture may come at once."""
        if not self.animating:
            self._on_moved(False)


def middle_of(scene: Scene) -> Array:
    """[3] the middle of a scene's box, world."""
    return np.asarray(np.mean(scene.bounds, dtype=np.float64, axis=0))
