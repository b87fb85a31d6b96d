"""What is open, and how one looks at it: the window's state, without the window.

All methods are called from one thread (the window's). Slow work happens on others; its results come to the `Listener`,
on those threads, and are handed back to the session by the caller (`adopt`, `show`) on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from app.camera.camera_controller import CameraController
from app.camera.near_plane import room
from app.rendering.render_requests import RenderedImage, RenderRequest, point_at, scene_points
from app.thread_priority import take_turns
from app.viewing.chosen_sources import made_of, source_fields, with_sources
from app.viewing.comparing import Comparing
from app.viewing.comparison import photograph_of
from app.viewing.drawing import SceneDrawing
from app.viewing.listener import Asked, InstanceViews, Listener, OpenFailure, Opening, Wanted
from app.viewing.memory import end_and_give_back, share_arenas
from app.viewing.openers import Openers
from app.viewing.opening import ALONE, CompanionPaths, Opened, as_settings, open_scene, title_of, with_up
from app.viewing.timeline import Timeline
from app.viewing.ups import Ups, keep_in_file
from app.viewing.viewpoints import ViewPoint, Visited, read_viewpoints
from engines.core.camera import Array, Camera
from engines.core.config import make_options
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, HasSources
from engines.core.errors import UserError
from engines.core.storage.run_folder import LIVE_NAME


class Session:
    """One open scene and the eye that looks at it."""

    def __init__(self, listener: Listener, device: str = "auto", settings: Sequence[str] = ()) -> None:
        share_arenas()
        take_turns()
        self.device, self.ups, self.visited = device, Ups(), Visited()
        self._settings, self._chosen = tuple(settings), dict[str, Any]()
        self.opened: Opened | None = None
        self.data: Path | None = None
        self.eye = CameraController(self.submit)
        self.channel = "rgb"
        self.limits: tuple[float, float] | None = None
        self.colour_maps: dict[str, str] = {}
        self.controls: dict[str, float] = {}
        self.opening: Path | None = None
        self.last: RenderedImage | None = None
        self._exact: RenderedImage | None = None
        self._listener = listener
        self._drawing: SceneDrawing | None = None
        self.timeline = Timeline(self)
        self._photograph_wanted = False
        self._number = self._adopted = 0
        self._staying = False
        self._wanted: Wanted = None, {}, ALONE
        self._openers = Openers(self._open, listener)
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._comparing = Comparing(self._aside, listener)

    # Opening

    @property
    def settings(self) -> tuple[str, ...]:
        """`KEY=VALUE` that the open scene was opened with: the command line's, and over them what was chosen."""
        return (*self._settings, *as_settings(self._chosen))

    def open(self, path: Path, data: Path | None = None, beside: CompanionPaths = ALONE) -> None:
        """Begins to open a scene on a thread of its own; the one that is open stays until `adopt`."""
        self._begin(path, (data, {}, beside), stay=False)

    def attach(self, data: Path) -> None:
        """Opens the same scene again with a data folder."""
        if self.opened is not None:
            _, chosen, beside = self._newest()
            self._begin(self.opened.path, (data, chosen, beside), stay=False)

    def choose_options(self, values: Mapping[str, Any]) -> None:
        """Opens the same scene again with other options; the eye stays where it is.

        While another scene or data folder is on its way that goes on: it is what was asked for last.

        Raises:
            UserError: a value is refused.
        """
        if self.opened is not None and (self.opening is None or self._staying):
            make_options(type(self.opened.options), values, "option")
            data, chosen, beside = self._newest()
            self._begin(self.opened.path, (data, {**chosen, **values}, beside), stay=True)

    def choose_sources(self, numbers: Sequence[int] | None) -> None:
        """Makes the same scene of other photographs, in this order; None: of those that it chooses by itself."""
        opened = self.opened
        if opened is not None and source_fields(opened) and (self.opening is None or self._staying):
            wanted = with_sources(opened, self._newest(), numbers)
            same = with_sources(opened, (self.data, self._chosen, opened.beside), numbers) == wanted
            self._begin(opened.path, wanted, stay=True, anew=opened if same else None)

    def choose_input(self, photograph: Path | None) -> None:
        """Opens the same scene again, made of a photograph or of a folder of such; the eye stays where it is.

        None: of what it is made of where none is named.

        Raises:
            UserError: another scene is on its way.
        """
        if self.opened is None:
            return
        path = self.opened.path
        if self.opening not in (None, path):
            raise UserError(f"{title_of(path)}: another scene is being opened; wait for it, or open this one again")
        data, chosen, beside = self._newest()
        stay = self.opening is None or self._staying
        self._begin(path, (data, chosen, replace(beside, photograph=photograph)), stay)

    def _newest(self) -> Wanted:
        """As `_wanted`, of the open scene; if it is on its way again, as it is going to be."""
        opened = self.opened
        if opened is None or self.opening == opened.path:
            return self._wanted
        return self.data, self._chosen, opened.beside

    def learnt_further(self, path: Path) -> None:
        """Opens `path` in the place of the open scene, which it is, learnt further; the eye stays where it is.

        While another scene is on its way that goes on, unless it is what the run `path` showed before it ended.
        """
        if self.opened is None:
            return
        if self.opening is None:
            self._begin(path, self._newest(), stay=True)
        elif self.opening == path / LIVE_NAME:
            self._begin(path, self._wanted, stay=True)

    def _begin(self, path: Path, wanted: Wanted, stay: bool, anew: Opened | None = None) -> None:
        self._number += 1
        self.opening, self._staying, self._wanted = path, stay, wanted
        data, chosen, beside = wanted
        opened = self.opened
        same = stay or (opened is not None and opened.path == path)
        # Of another photograph are other objects.
        same = same and opened is not None and opened.beside.photograph == beside.photograph
        choice = round(self.controls.get(INSTANCE, 0)) if same else 0
        dataset = opened.dataset if stay and opened is not None else None
        self._openers.begin(Asked(self._number, path, data, chosen, stay, choice, dataset, beside, anew))

    def _open(self, asked: Asked) -> Opening:
        settings = (*self._settings, *as_settings(asked.chosen))
        opened = made_of(asked.anew, asked.chosen) if asked.anew is not None else None
        if opened is None:
            opened = open_scene(asked.path, asked.data, self.device, settings, asked.dataset, False, asked.beside)
        opened = with_up(opened, self.ups.of(asked.path))
        viewpoints = read_viewpoints(opened, asked.choice)
        return Opening(asked.number, opened, viewpoints, asked.chosen, asked.stay, asked.anew is not None)

    def failed(self, failure: OpenFailure) -> bool:
        """Takes note; whether it was the newest that was asked for."""
        if failure.number != self._number:
            return False
        self.opening = None
        return True

    def adopt(self, opening: Opening) -> bool:
        """Makes a scene the open one; False where a newer was asked for meanwhile."""
        if opening.number != self._number:
            return False
        eye = self.eye.place if opening.stay else None
        # The same scene with other options or a data folder goes on as it was looked at.
        same = opening.stay or (self.opened is not None and self.opened.path == opening.opened.path)
        channel = self.channel if same else "rgb"
        controls, before = self.controls if same else {}, None
        if self.opened is None or self.opened.beside != opening.opened.beside:
            controls = {name: value for name, value in controls.items() if name not in (INSTANCE, BLEND_WITH, BLEND)}
        elif opening.stay and (opening.anew or dict(opening.chosen) == self._chosen):
            before = self._drawing
        self._let_go()
        opened = opening.opened
        scene = opened.scene
        self._chosen = dict(opening.chosen)
        self.opened, self.data = opened, opened.dataset.source if opened.dataset else None
        self.visited.enter(opening.viewpoints)
        self.eye.enter(scene, [point.camera for point in self.viewpoints])
        if eye is not None:
            self.eye.take(eye)
        self.controls = {control.name: control.clamped(controls.get(control.name)) for control in scene.controls}
        self.channel = channel if channel in self.channels else "rgb"
        self._see_whole_view()
        self._adopted = opening.number
        self._drawing = SceneDrawing(scene, self._listener, before)
        self.timeline.enter(scene)
        self.submit(moving=False)
        return True

    def close(self) -> None:
        """Closes the scene; one that is on its way is not wanted any more."""
        self._number += 1
        self._let_go()

    def _let_go(self) -> None:
        """Forgets the scene; its worker ends in its own time."""
        self.opening = None
        end_and_give_back(self._drawing.let_go() if self._drawing is not None else [])
        self._drawing = None
        self.timeline.leave()
        self._adopted = 0
        self.opened = self.last = self._exact = self.limits = self.data = None
        self.controls = {}
        self.visited.enter(())
        self.eye.leave()

    def shut_down(self) -> None:
        """Ends the workers and waits for them; nothing is told, and what was opened meanwhile is adopted by nobody."""
        self._number += 1
        self._aside.shutdown(wait=True, cancel_futures=True)
        for end in self._drawing.let_go() if self._drawing is not None else []:
            end()
        self._drawing = None
        self._openers.end()

    # What is looked at

    @property
    def viewpoints(self) -> tuple[ViewPoint, ...]:
        """The cameras to go to, of the split that is gone through."""
        return self.visited.points

    @property
    def channels(self) -> tuple[str, ...]:
        """What can be shown now: the scene's, and the error where there are photographs."""
        if self.opened is None:
            return ()
        photographs = any(point.view is not None for point in self.visited.all)
        return (*self.opened.scene.channels, "error") if photographs else tuple(self.opened.scene.channels)

    @property
    def sources(self) -> tuple[Camera, ...]:
        """The cameras that this picture is drawn from; empty for a scene that is not drawn from photographs."""
        scene: object = self.opened.scene if self.opened is not None else None
        camera = self.eye.shown
        return scene.sources(camera, self.controls) if isinstance(scene, HasSources) and camera is not None else ()

    @property
    def advice(self) -> str:
        """Why this view is not to be trusted, where it leaves what can be; else empty."""
        scene: object = self.opened.scene if self.opened is not None else None
        camera = self.eye.shown
        return scene.advice(camera, self.controls) if isinstance(scene, HasSources) and camera is not None else ""

    @property
    def making(self) -> Mapping[str, float] | None:
        """The controls of what is being prepared; None where nothing is."""
        return self._drawing.making if self._drawing is not None else None

    @property
    def busy(self) -> bool:
        """Whether an exact picture is still to come."""
        return self._drawing is not None and self._drawing.busy

    @property
    def progress(self) -> float | None:
        """How much of the exact picture is done; None where none is under way."""
        return self._drawing.progress if self._drawing is not None else None

    @property
    def shown_limits(self) -> tuple[float, float] | None:
        """The values at the ends of the colours on the screen; a preview has those of its exact picture."""
        last, exact = self.last, self._exact
        if last is None or last.limits is not None or exact is None or exact.request.channel != last.request.channel:
            return last.limits if last is not None else None
        return exact.limits

    def show(self, picture: RenderedImage) -> bool:
        """Takes note of a picture that is about to be shown; False where it is of a scene closed since."""
        if self._drawing is None or picture.request.scene_number != self._adopted:
            return False
        self.last = picture
        if picture.kind == "exact" and picture.frame is not None:
            self._exact = picture
            if self.opened is not None:
                self.eye.room = room(self.opened.scene, picture.frame, picture.camera)
            self._compare(picture)
        return True

    @property
    def wanted(self) -> RenderRequest | None:
        """All that is chosen now: camera, channel, object, time step; None where nothing is open."""
        if (camera := self.eye.shown) is None:
            return None
        # The error is made of the image, after it.
        channel = "rgb" if self.channel == "error" else self.channel
        colours = self.colour_maps.get(channel, "")
        return RenderRequest(camera, dict(self.controls), channel, self.limits, colours, scene_number=self._adopted)

    def set_channel(self, name: str) -> None:
        """Shows another channel."""
        if name in self.channels and name != self.channel:
            self.channel, self.limits = name, None
            self._see_whole_view()
            self.submit(moving=False)
            if self._exact is not None:
                self._compare(self._exact)

    def want_photograph(self, wanted: bool) -> None:
        """At a training view the picture is made to be just the photograph's, so that the two can be exchanged."""
        self._photograph_wanted = wanted
        self._see_whole_view()
        self.submit(moving=False)

    def set_limits(self, limits: tuple[float, float] | None) -> None:
        """The values at the ends of the channel's colours; None: each picture has its own."""
        self.limits = limits
        self.submit(moving=False)

    def set_control(self, name: str, value: float, moving: bool = False) -> None:
        """Changes one of the scene's own controls."""
        if name in self.controls and self.controls[name] != value:
            self.controls[name] = value
            if name == INSTANCE and self.opened is not None:
                self.timeline.enter(self.opened.scene)
            if name == INSTANCE and self.opened is not None and self.opened.dataset is not None:
                self._aside.submit(self._guarded, partial(self._read_views, self.opened, self._adopted, round(value)))
            self.submit(moving)

    def choose_up(self, up: Array) -> None:
        """Makes `up` [3] the scene's own, and keeps it in the scene's file where that is one of ours."""
        if self.opened is not None:
            path = self.opened.path
            self.ups.choose(path, up)
            self.opened = with_up(self.opened, up)
            self.eye.set_up(up)
            self._aside.submit(self._guarded, lambda: keep_in_file(path, up))

    def resubmit(self) -> None:
        """Something more can be drawn."""
        self.submit(moving=self.timeline.playback.playing)

    def take_views(self, found: InstanceViews) -> bool:
        """Makes them the viewpoints; False where another scene or object was chosen since."""
        if found.number != self._adopted or found.choice != round(self.controls.get(INSTANCE, 0)):
            return False
        self.visited.enter(found.viewpoints)
        self.eye.set_viewpoints([point.camera for point in self.viewpoints])
        if isinstance(self.opened.scene if self.opened is not None else None, HasSources) and self.viewpoints:
            # Another recording was filmed elsewhere.
            self.eye.jump_to(self.viewpoints[len(self.viewpoints) // 2].camera)
        self._see_whole_view()
        # The object's picture may be there already; objects often share their cameras.
        if self._exact is not None:
            self._compare(self._exact)
        return True

    def _read_views(self, opened: Opened, number: int, choice: int) -> None:
        self._listener.views_read(InstanceViews(number, choice, read_viewpoints(opened, choice)))

    def frame_scene(self) -> None:
        """Steps back, or nearer, until what the last exact picture shows fills it; else the scene's box."""
        self.eye.frame_points(None if self._exact is None else scene_points(self._exact))

    def pick(self, u: float, v: float) -> None:
        """Asks for the world point at a pixel of the last exact picture; the answer comes to the listener."""
        exact = self._exact
        if exact is None or exact.frame is None or exact.frame.depth is None:
            self._listener.picked(None)
            return
        self._aside.submit(self._guarded, lambda: self._listener.picked(point_at(exact, u, v)))

    # Within

    def _see_whole_view(self) -> None:
        self.eye.whole_view = self.channel == "error" or self._photograph_wanted

    def submit(self, moving: bool) -> None:
        """Asks for the picture anew."""
        if self._drawing is not None and (wanted := self.wanted) is not None:
            self._drawing.submit(replace(wanted, moving=moving), self.timeline)

    def _compare(self, picture: RenderedImage) -> None:
        """Measures the picture where it is one of a photograph's camera."""
        index = self.eye.view_index
        if index is None or self.eye.animating or picture.frame is None or self.opened is None:
            return
        view, scene = photograph_of(picture, self.viewpoints[index], self.opened), self.opened.scene
        if view is None:
            return
        if self.timeline.playback.playing and self.channel != "error" and not self._photograph_wanted:
            # Nobody looks at a number that changes with every picture; reading photographs takes longer than drawing.
            return
        self._comparing.begin(picture, view, scene)

    def _guarded(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except Exception as error:  # an executor would swallow it
            self._listener.render_failed(error)
