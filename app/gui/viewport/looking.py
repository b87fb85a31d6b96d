"""What is on the screen: pictures as they come, lines over them, photographs, and the commands that move the eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from app.camera.fitting import same_framing, same_pose
from app.gui.command_table import CHANNEL_COUNT
from app.gui.host import Host
from app.gui.panel.cards import Cards
from app.gui.panel.channel_panel import channel_name
from app.gui.panel.view_panel import axis_name
from app.gui.status import Status
from app.gui.viewport.camera_clipboard import copy_camera, paste_camera
from app.gui.viewport.frustums import Frustums
from app.gui.viewport.mesh_showing import MeshShowing
from app.gui.viewport.overlay_layer import OVERLAY_NAMES, OverlayLayer
from app.gui.viewport.photographs import CAPTIONS, PhotographOverlay
from app.gui.viewport.pivot_mark import PivotMark
from app.gui.viewport.throttling import Throttle
from app.gui.viewport.viewport import Viewport
from app.rendering.render_requests import RenderedImage, is_final, is_of_choice
from app.viewing.chosen_sources import source_advice, source_cameras
from app.viewing.comparing import CompareFailure
from app.viewing.comparison import PhotoComparison
from engines.core.camera import Array, Camera
from engines.core.data.views import Split

SPEED_STEP = 1.5
SLOWEST, FASTEST = 0.01, 100.0


class Looking:
    """The middle of the window."""

    def __init__(self, window: Host, viewport: Viewport, status: Status, cards: Cards) -> None:
        self._window, self._session = window, window.session
        self._viewport, self._status, self._cards = viewport, status, cards
        self._overlays = OverlayLayer()
        self._overlays.set_shown(window.settings.current.overlays)
        self.picture: RenderedImage | None = None
        self.pixels: Array | None = None
        self.failed = False
        """What was asked for last can't be drawn."""
        self.drawn: list[Callable[[], None]] = []
        """Told whenever another picture is on the screen, or another one is asked for."""
        self.shown = ""
        """What the pixels are: a channel's name, "error" or "photograph"."""
        self._comparison: PhotoComparison | None = None
        self._unread: CompareFailure | None = None
        self.photographs = PhotographOverlay(window, viewport, cards.views, self.draw, self._why_unread)
        self.frustums = Frustums(window, viewport, self._overlays, self._eye_shown, self.draw_overlays, self.go_to_view)
        self.meshes = MeshShowing(window, viewport, self._take, self.draw)
        self._pivot = PivotMark(window, viewport, self._overlays, self.draw_overlays)
        for watcher in (self.frustums, self.photographs.line, self.meshes.line):
            watcher.watch()
        self._sources: Sequence[Camera] = ()
        self._stopped = False
        self._told: RenderedImage | None = None
        self._around = Throttle(window.widget, self._tell_around)
        session = window.session
        session.view.events.connect(lambda _: self.show_state())
        session.images.shown.connect(self.meshes.accompany)
        session.images.compared.connect(self._show_comparison)
        session.images.compare_failed.connect(self._comparison_failed)
        session.viewpoints_changed.connect(self._show_instance_views)
        viewport.pointed.connect(self._session.images.pick)
        viewport.resized.connect(self.draw_overlays)
        viewport.moved.connect(self._show_moved)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands of looking do."""
        eye, window = self._session.eye, self._window
        moves: dict[str, Callable[[], object]] = {
            "reset": eye.reset,
            "frame": lambda: eye.frame_points(self._session.images.points),
            "level": eye.level,
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
        handlers: dict[str, Callable[..., None]] = {id: self._moving(move) for id, move in moves.items()}
        for mode in ("orbit", "fly", "trackball"):
            handlers[mode] = lambda _checked, mode=mode: self._set_mode(mode)
        for name in OVERLAY_NAMES:
            handlers[name] = lambda checked, name=name: self._show_overlay(name, checked)
        for number in range(1, CHANNEL_COUNT + 1):
            handlers[f"channel_{number}"] = lambda _checked, number=number: self._choose_channel(number - 1)
        return (
            handlers
            | self.photographs.handlers()
            | self.meshes.handlers()
            | {
                "next_channel": self._next_channel,
                "sharp": self._set_sharp,
                "faster": lambda: self._change_speed(SPEED_STEP),
                "slower": lambda: self._change_speed(1 / SPEED_STEP),
                "copy_camera": lambda: copy_camera(window),
            }
        )

    # A scene comes and goes

    def enter(self) -> None:
        """A scene was adopted."""
        session, window = self._session, self._window
        opened = session.opened
        if opened is None:
            return
        self.picture = self.pixels = self._comparison = self._unread = None
        self.failed = False
        self.meshes.scene_changed()
        self._overlays.set_scene(opened.scene, session.eye.viewpoints)
        self._overlays.set_up(session.eye.up)
        self._cards.channels.set_channels(session.channels)
        self._cards.controls.set_controls(
            [replace(control, default=session.view.controls[control.name]) for control in opened.scene.controls]
        )
        self._show_views()
        self.show_sources()
        for number in range(1, CHANNEL_COUNT + 1):
            action, there = window.commands[f"channel_{number}"], number <= len(session.channels)
            action.setVisible(there)
            action.setText(channel_name(session.channels[number - 1]) if there else f"Channel {number}")
        shown = session.channels.index(session.view.channel) + 1
        if shown <= CHANNEL_COUNT:
            window.commands[f"channel_{shown}"].setChecked(True)
        window.commands["lock_limits"].setChecked(False)
        self._cards.channels.show_channel(session.view.channel, None, "")
        self._show_place()
        self.show_state()

    def show_sources(self) -> None:
        """The cameras that this picture is drawn from."""
        self._sources = sources = self._source_cameras()
        others = [camera for camera in self._session.eye.viewpoints if not any(same_pose(camera, s) for s in sources)]
        self._cards.sources.set_cameras(sources, others)
        self._overlays.set_sources(sources)

    def leave(self) -> None:
        """No scene is open."""
        self.picture = self.pixels = self._comparison = self._unread = None
        self.failed = False
        self.meshes.scene_changed()
        self._overlays.set_scene(None, ())
        self._status.clear_scene()

    def _source_cameras(self) -> Sequence[Camera]:
        session = self._session
        return source_cameras(session.opened, session.eye.shown, session.view.controls)

    # Pictures

    def _take(self, picture: RenderedImage) -> None:
        self.picture, self.failed = picture, False
        self._status.count(picture)
        self.draw()

    def draw(self) -> None:
        """Draws the picture, the error or the photograph, with the lines over it."""
        if self.picture is None:
            return
        comparison = self._current_comparison()
        self.pixels, self.shown = self.picture.pixels, self.picture.request.channel
        if self._session.view.channel == "error" and comparison is not None:
            self.pixels, self.shown = comparison.error, "error"
        self.pixels = self.photographs.compose(self.pixels, comparison)
        if self.photographs.shown:
            self.shown = self.photographs.wanted
        self._viewport.canvas.set_picture(self.pixels)
        self.meshes.lay_over(self.picture)
        self.draw_overlays()
        self._tell_drawn()
        (self._around.now if not self.picture.request.moving or self.is_final() else self._around.soon)()

    def _tell_around(self) -> None:
        """Shows what is told of the picture beside it. To lay out and paint all of it takes longer than the picture."""
        if (picture := self.picture) is not None:
            if picture is not self._told:
                self._status.show_picture(picture)
            self._show_channel(self._current_comparison())
            self._status.show_view(CAPTIONS.get(self.shown, ""))
        self._told = picture
        self._show_place()
        self._show_status()

    def _show_channel(self, comparison: PhotoComparison | None) -> None:
        limits, hint = self._session.images.limits, ""
        if self._session.view.channel == "error":
            limits, hint = (None, self._why_no_error()) if comparison is None else (comparison.limits, "")
        self._cards.channels.show_channel(self._session.view.channel, limits, hint)

    def _why_no_error(self) -> str:
        if self._session.eye.view_index is None:
            return "Only at a view: press G for the nearest"
        if why := self._why_unread():
            return f"This view's image can't be read: {why}"
        return "Shown when the picture is final"

    def drawing_failed(self) -> None:
        """What was asked for last can't be drawn."""
        self.failed = True
        self.show_state()

    def is_final(self) -> bool:
        """Whether the picture on the screen is all that is chosen, the error and the photograph included."""
        wanted_now = self._session.wanted
        if self.picture is None or wanted_now is None or self._session.loader.opening is not None:
            return False
        if not is_final(self.picture, wanted_now) or not self.meshes.is_final(self.picture):
            return False
        wanted = self._session.view.channel
        return self.shown in CAPTIONS or self.shown == wanted or (wanted == "error" and not self._comparing())

    def _comparing(self) -> bool:
        """Whether the error of this picture is still to come."""
        return self._session.eye.view_index is not None and not self._why_unread()

    def _why_unread(self) -> str:
        """Why the photograph of this picture can't be read; "" where it can, as far as is known."""
        failure, picture = self._unread, self.picture
        if failure is None or picture is None or not same_framing(picture.camera, failure.picture.camera):
            return ""
        return str(failure.error)

    def show_state(self) -> None:
        """Tells whether the picture on the screen is what is chosen; to be called wherever something else is."""
        self._tell_drawn()
        self._show_status()

    def _tell_drawn(self) -> None:
        for tell in self.drawn:
            tell()

    def _show_status(self) -> None:
        session, status, picture = self._session, self._status, self.picture
        if session.opened is None or session.loader.opening is not None:
            return  # what is being opened stands there
        wanted = session.wanted
        if self.failed:
            status.show_failed()
        elif picture is not None and wanted is not None and is_final(picture, wanted):
            status.show_final(session.eye.room is not None and session.eye.room.left(picture.camera) < 0)
        elif picture is not None and wanted is not None and picture.kind == "preview" and is_of_choice(picture, wanted):
            status.show_preview(picture.hole_fraction)
        else:
            status.show_waiting()

    def draw_overlays(self) -> None:
        """Projects the lines anew."""
        if self.picture is None:
            return
        viewport, eye = self._viewport, self._session.eye
        self._overlays.set_up(eye.up)
        self._overlays.leave_out(self.picture.camera)
        canvas = viewport.canvas
        lines = self._overlays.draw(self.picture.camera, canvas.placement(), (viewport.width(), viewport.height()))
        pixels, colours, labels = lines
        wipes = [some.line.segments(self.picture.camera.size_px) for some in (self.photographs, self.meshes)]
        ends, shades = zip((pixels, colours), *wipes, strict=True)
        canvas.set_segments(np.concatenate(ends), np.concatenate(shades), labels)

    def _current_comparison(self) -> PhotoComparison | None:
        made, picture = self._comparison, self.picture
        if made is None or picture is None or picture.kind != "exact" or self._session.eye.view_index is None:
            return None
        same = same_framing(picture.camera, made.camera) and dict(picture.request.controls) == dict(made.controls)
        return made if same else None

    def _show_comparison(self, comparison: PhotoComparison) -> None:
        self._comparison, self._unread = comparison, None
        self.draw()

    def _comparison_failed(self, failure: CompareFailure) -> None:
        self._unread = failure
        self.draw()
        self.photographs.explain()

    def _show_place(self) -> None:
        eye, comparison = self._session.eye, self._current_comparison()
        psnr_db = comparison.psnr_db if comparison is not None else None
        self._cards.views.show_camera(eye.shown, eye.up, eye.view_index, psnr_db)
        sources = self._source_cameras()
        if len(sources) != len(self._sources) or not all(map(same_pose, sources, self._sources)):
            self.show_sources()
        advice = source_advice(self._session.opened, eye.shown, self._session.view.controls)
        self._cards.sources.show_eye(eye.shown, advice)

    def _show_moved(self) -> None:
        self._note_moved()
        self._around.soon()

    def _note_moved(self) -> None:
        if self._session.eye.stopped and not self._stopped:
            self._window.notifications.tell("info", "Any nearer, the near plane would cut the scene (see Options)")
        self._stopped = self._session.eye.stopped
        self.failed = False
        self._tell_drawn()

    # Commands

    def _moving(self, move: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            move()
            self._viewport.wake()
            self._note_moved()
            self._around.now()

        return run

    def go_to_view(self, index: int) -> None:
        """Goes to a view, as the panel's slider asks; does nothing where the eye is there already."""
        if index != self._session.eye.view_index:
            self._moving(lambda: self._session.eye.views.go_to(index))()

    def choose_split(self, split: Split) -> None:
        """Other views to go through: from the panel."""
        self._session.visited.split = split
        self._session.eye.set_viewpoints([point.camera for point in self._session.visited.points])
        if self._session.opened is not None:
            self._overlays.set_scene(self._session.opened.scene, self._session.eye.viewpoints)
        self._show_views()
        self.show_sources()
        self._window.commands.refresh()
        self.draw()

    def _show_views(self) -> None:
        visited = self._session.visited
        self._cards.views.set_views([point.name for point in visited.points], visited.splits, visited.split)
        self.frustums.forget()

    def choose_up(self, up: Array) -> None:
        """Makes `up` [3], a unit vector in the world, the scene's own, as the panel's choice of axes asks."""
        self._moving(lambda: self._session.choose_up(up))()

    def _show_instance_views(self) -> None:
        """Another object of a class has views of its own."""
        if self._session.opened is not None:
            self._overlays.set_scene(self._session.opened.scene, self._session.eye.viewpoints)
            self._overlays.set_up(self._session.eye.up)
            self.show_sources()
            self._show_views()
            self._window.commands.refresh()
            self.draw()

    def _cycle_up(self) -> None:
        self._window.notifications.tell("info", f"Up is now {axis_name(self._session.eye.cycle_up())}")

    def _set_mode(self, mode: str) -> None:
        self._session.eye.hand.mode = mode
        self._window.settings.update(navigation=mode)

    def _change_speed(self, factor: float) -> None:
        eye = self._session.eye
        eye.hand.fly_speed = float(np.clip(eye.hand.fly_speed * factor, SLOWEST, FASTEST))
        self._window.settings.update(fly_speed=eye.hand.fly_speed)
        self._window.notifications.tell("info", f"Fly speed × {eye.hand.fly_speed:.2g}")

    def choose(self, channel: str) -> None:
        """Shows a channel by its name."""
        channels = self._session.channels
        if channel in channels:
            self._choose_channel(channels.index(channel))

    def _choose_channel(self, index: int) -> None:
        channels = self._session.channels
        if index >= len(channels):
            return
        self._session.set_channel(channels[index])
        if index < CHANNEL_COUNT:
            self._window.commands[f"channel_{index + 1}"].setChecked(True)
        self._window.commands["lock_limits"].setChecked(False)
        self.draw()

    def _next_channel(self) -> None:
        channels = self._session.channels
        if channels:
            self._choose_channel((channels.index(self._session.view.channel) + 1) % len(channels))

    def _show_overlay(self, name: str, shown: bool) -> None:
        names = tuple(other for other in self._window.settings.current.overlays if other != name)
        names = (*names, name) if shown else names
        self._window.settings.update(overlays=names)
        self._overlays.set_shown(names)
        self.draw_overlays()

    def _set_sharp(self, sharp: bool) -> None:
        self._window.settings.update(sharp_pixels=sharp)
        self._viewport.canvas.set_sharp(sharp)

    def _eye_shown(self) -> Camera | None:
        return self.picture.camera if self.picture is not None else None
