"""The session: what is open and how one looks at it, without a window; it tells of its changes by signals.

All methods are called on one thread (the window's). Slow work happens on others; what comes of it is posted back to the
session's own thread, adopted there, and told by a signal. The parts, each of which can be used by itself:

| part | what |
|---|---|
| `loader` | which scene is open or on its way: opened, opened again with other data, options, photographs |
| `view` | the view state: channel, limits, controls; whoever sets a field has the picture drawn anew |
| `eye` | the camera controller |
| `visited` | the viewpoints, and the split that is gone through |
| `images` | the newest picture, the newest exact one, what they are measured at |
| `timeline` | the time of a recording |
| `worker` | draws the open scene, on its own threads |
| `drawers` | of live previews, given from outside where there are any |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from psygnal import Signal

from app.camera.camera_controller import CameraController
from app.rendering.cropping import offered_channels
from app.rendering.live_previews import GaussianDrawers
from app.rendering.render_requests import RenderRequest
from app.rendering.render_worker import RenderWorker
from app.thread_priority import take_turns
from app.viewing.background_tasks import BackgroundTasks, Post
from app.viewing.load_requests import LoadedScene
from app.viewing.memory import end_and_give_back, share_arenas
from app.viewing.opening import Opened, with_up
from app.viewing.scene_loader import SceneLoader
from app.viewing.shown_images import ShownImages
from app.viewing.timeline import Timeline
from app.viewing.ups import Ups, keep_in_file
from app.viewing.view_state import ViewState
from app.viewing.viewpoints import InstanceViews, Visited, read_viewpoints
from engines.core.camera import Array
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, HasSources

FIELDS_DRAWN = (
    "limits",
    "colour_maps",
    "photograph_wanted",
    "is_cropped",
    "crop_box",
    "background",
    "resolution",
    "live",
)
"""Of the view state: a change of them is drawn at once. The others have methods, which say whether it goes on."""


class Session:
    """One open scene and the eye that looks at it."""

    scene_changed = Signal()
    """A scene was adopted, or closed: all that is looked at is another."""
    drawing_error = Signal(object)
    """An exception: a picture, or something else in the background, could not be made; the last picture stays."""
    viewpoints_changed = Signal()
    """Another instance's views are gone through."""
    requested = Signal(bool)
    """A picture of all that is `wanted` was asked for; whether more will be at once."""
    time_step_prepared = Signal()
    """Another time step can be drawn."""

    def __init__(self, post: Post, device: str = "auto", settings: Sequence[str] = ()) -> None:
        """`post` runs a call on the session's thread, soon; `settings`: `KEY=VALUE` for scenes that are opened."""
        share_arenas()
        take_turns()
        self.post, self.view, self.visited = post, ViewState(), Visited()
        self.loader = SceneLoader(post, device, settings, Ups(), lambda: self.view.instance)
        self.eye = CameraController(self.submit)
        self.timeline = Timeline(self)
        self.worker: RenderWorker | None = None
        self.drawers: GaussianDrawers | None = None
        self._background = BackgroundTasks(post, self.drawing_failed)
        self.images = ShownImages(self, self._background)
        self.loader.loaded.connect(self._adopt)
        for name in FIELDS_DRAWN:
            self.view.events[name].connect(self._view_changed)

    @property
    def opened(self) -> Opened | None:
        """The open scene, and what it was made of."""
        return self.loader.opened

    # A scene comes and goes

    def _adopt(self, loaded: LoadedScene) -> None:
        """Makes a scene the open one; the same with other options or a data folder goes on as it was looked at."""
        request, opened, before = loaded.request, loaded.opened, self.opened
        eye = self.eye.place if request.stay else None
        same = request.stay or (before is not None and before.path == opened.path)
        channel, controls = (self.view.channel, dict(self.view.controls)) if same else ("rgb", {})
        cropped = (self.view.is_cropped, self.view.crop_box) if same else (False, None)
        left_out = self.view.left_out if same else None
        worker = None
        if before is None or before.beside != opened.beside:
            controls = {name: value for name, value in controls.items() if name not in (INSTANCE, BLEND_WITH, BLEND)}
        elif request.stay and (request.anew is not None or self.loader.is_open_as_wanted(request)):
            # Of the same scene, trained less far: its pictures are shown until there are others.
            worker = self.worker
        end_and_give_back(self._let_go())
        scene = opened.scene
        self.loader.adopt(loaded)
        self.visited.enter(loaded.viewpoints)
        self.eye.enter(scene, [point.camera for point in self.visited.points])
        if eye is not None:
            self.eye.take(eye)
        # What hears of the scene looks at all of it.
        with self.view.events.blocked():
            self.view.controls = {each.name: each.clamped(controls.get(each.name)) for each in scene.controls}
            self.view.is_cropped, self.view.crop_box = cropped
            self.view.left_out = left_out
            self.view.channel = channel if channel in self.channels else "rgb"
            self.timeline.enter(scene)
        self._see_whole_view()
        self.worker = RenderWorker(scene, self.images.put, self._tell_failure, worker, self.drawers)
        self.submit(moving=False)
        self.scene_changed.emit()

    def close(self) -> None:
        """Closes the scene; one that is on its way is not wanted any more."""
        end_and_give_back(self._let_go())
        self.scene_changed.emit()

    def _let_go(self) -> list[Callable[[], None]]:
        """Forgets the scene; what is given ends its threads, and waits for them."""
        ends, worker, self.worker = self.timeline.leave(), self.worker, None
        if worker is not None:
            worker.stop()
            ends.append(worker.close)
        self.images.forget()
        self.loader.close()
        with self.view.events.blocked():
            self.view.limits, self.view.controls, self.view.left_out = None, {}, None
        self.visited.enter(())
        self.eye.leave()
        return ends

    def shut_down(self) -> None:
        """Ends the workers and waits for them; nothing is told, and what was opened meanwhile is adopted by nobody."""
        self.loader.close()
        self._background.shut_down()
        for end in self._let_go():
            end()
        self.loader.shut_down()

    # What is looked at

    @property
    def channels(self) -> tuple[str, ...]:
        """What can be shown now: the scene's, and the error where there are photographs."""
        if self.opened is None:
            return ()
        photographs = any(point.view is not None for point in self.visited.all)
        return (*offered_channels(self.opened.scene, self.view.crop(self.opened)), *(("error",) if photographs else ()))

    def set_channel(self, name: str) -> None:
        """Shows another channel."""
        if name in self.channels and name != self.view.channel:
            with self.view.events.blocked():
                self.view.limits = None
            self.view.channel = name
            self._view_changed()
            self.images.compare_again()

    def set_control(self, name: str, value: float, moving: bool = False, stays: bool = False) -> None:
        """Changes one of the scene's own controls; unless one `stays`, another recording is seen from its cameras."""
        controls, opened = self.view.controls, self.opened
        if name not in controls or controls[name] == value or opened is None:
            return
        with self.view.events.blocked():
            self.view.controls = {**controls, name: value}
            if name == INSTANCE:
                # Another recording may be shorter: who hears of it finds its own length.
                self.timeline.enter_recording(opened.scene)
        self.view.events["controls"].emit(self.view.controls, controls)
        if name == INSTANCE and opened.dataset is not None:
            number, instance = self.loader.number, round(value)
            self._background.submit(
                lambda: InstanceViews(number, instance, read_viewpoints(opened, instance), stays), self._take_views
            )
        self.submit(moving)

    def choose_up(self, up: Array) -> None:
        """Makes `up` [3] the scene's own, and keeps it in the scene's file where that is one of ours."""
        if self.opened is not None:
            path = self.opened.path
            self.loader.ups.choose(path, up)
            self.loader.opened = with_up(self.opened, up)
            self.eye.horizon.choose_up(up)
            self._background.submit(lambda: keep_in_file(path, up), lambda _: None)

    def _take_views(self, found: InstanceViews) -> None:
        """Makes them the viewpoints, unless another scene or instance was chosen since."""
        if found.scene_number != self.loader.number or found.instance != self.view.instance:
            return
        self.visited.enter(found.viewpoints)
        points = self.visited.points
        self.eye.set_viewpoints([point.camera for point in points])
        if isinstance(getattr(self.opened, "scene", None), HasSources) and points and not found.stays:
            # Another recording was filmed elsewhere.
            self.eye.jump_to(points[len(points) // 2].camera)
        self._see_whole_view()
        # The instance's picture may be there already; instances often share their cameras.
        self.images.compare_again()
        self.viewpoints_changed.emit()

    # Pictures

    @property
    def wanted(self) -> RenderRequest | None:
        """All that is chosen now: camera, channel, instance, time step; None where nothing is open."""
        camera = self.eye.shown
        return None if camera is None else self.view.request(camera, self.opened, self.loader.number)

    @property
    def busy(self) -> bool:
        """Whether an exact picture is still to come."""
        return self.worker is not None and self.worker.busy

    def submit(self, moving: bool) -> None:
        """Asks for the picture anew."""
        if self.worker is not None and (wanted := self.wanted) is not None:
            self.worker.submit(self.timeline.drawable(replace(wanted, moving=moving)))
            self.requested.emit(moving)

    def resubmit(self) -> None:
        """Something more can be drawn."""
        self.submit(moving=self.timeline.playback.playing)

    def take_prepared(self) -> None:
        """Another time step can be drawn."""
        self.resubmit()
        self.time_step_prepared.emit()

    def _tell_failure(self, request: RenderRequest, error: BaseException) -> None:
        """Has it told, from any thread, unless the scene is closed by then."""
        self.post(lambda: self.drawing_failed(error) if request.scene_number == self.loader.number else None)

    def drawing_failed(self, error: BaseException) -> None:
        """Tells that a picture could not be made."""
        self.drawing_error.emit(error)

    def _view_changed(self) -> None:
        self._see_whole_view()
        self.submit(moving=False)

    def _see_whole_view(self) -> None:
        self.eye.whole_view = self.view.whole_photograph
