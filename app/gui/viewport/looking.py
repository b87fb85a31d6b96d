"""What is on the screen: pictures as they come, lines over them, photographs, and the commands that move the eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from app.camera.fitting import same_pose
from app.gui.feedback.status import Status
from app.gui.host import Host
from app.gui.panel.cards import Cards
from app.gui.viewport.channel_commands import ChannelCommands
from app.gui.viewport.current_comparison import CurrentComparison
from app.gui.viewport.frustums import Frustums
from app.gui.viewport.mesh_showing import MeshShowing
from app.gui.viewport.navigation_commands import NavigationCommands
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
        self.comparison = CurrentComparison(window.session, lambda: self.picture)
        self.navigation = NavigationCommands(window, viewport, self._command_moved)
        self.channels = ChannelCommands(window, cards.channels, self.draw)
        self.photographs = PhotographOverlay(window, viewport, cards.views, self.draw, self.comparison.why_unread)
        go_to_view = self.navigation.go_to_view
        self.frustums = Frustums(window, viewport, self._overlays, self._eye_shown, self.draw_overlays, go_to_view)
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
        handlers: dict[str, Callable[..., None]] = {"sharp": self._set_sharp}
        for name in OVERLAY_NAMES:
            handlers[name] = lambda checked, name=name: self._show_overlay(name, checked)
        for part in (self.navigation, self.channels, self.photographs, self.meshes):
            handlers |= part.handlers()
        return handlers

    # A scene comes and goes

    def enter(self) -> None:
        """A scene was adopted."""
        session = self._session
        opened = session.opened
        if opened is None:
            return
        self.picture = self.pixels = None
        self.comparison.forget()
        self.failed = False
        self.meshes.scene_changed()
        self._overlays.set_scene(opened.scene, session.eye.viewpoints)
        self._overlays.set_up(session.eye.up)
        self._cards.controls.set_controls(
            [replace(control, default=session.view.controls[control.name]) for control in opened.scene.controls]
        )
        self._show_views()
        self.show_sources()
        self.channels.enter()
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
        self.picture = self.pixels = None
        self.comparison.forget()
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
        comparison = self.comparison.made
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
            self._show_channel(self.comparison.made)
            self._status.show_view(CAPTIONS.get(self.shown, ""))
        self._told = picture
        self._show_place()
        self._show_status()

    def _show_channel(self, comparison: PhotoComparison | None) -> None:
        limits, hint = self._session.images.limits, ""
        if self._session.view.channel == "error":
            limits, hint = (None, self.comparison.why_no_error()) if comparison is None else (comparison.limits, "")
        self._cards.channels.show_channel(self._session.view.channel, limits, hint)

    def drawing_failed(self) -> None:
        """What was asked for last can't be drawn."""
        self.failed = True
        self.show_state()

    def is_final(self) -> bool:
        """Whether the picture on the screen is all that is chosen, the error and the photograph included."""
        if self.picture is None or self.picture.kind != "exact" or self._session.loader.opening is not None:
            return False
        wanted_now = self._session.wanted
        if wanted_now is None:
            return False
        if not is_final(self.picture, wanted_now) or not self.meshes.is_final(self.picture):
            return False
        wanted = self._session.view.channel
        return self.shown in CAPTIONS or self.shown == wanted or (wanted == "error" and not self.comparison.is_coming)

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

    def _show_comparison(self, comparison: PhotoComparison) -> None:
        self.comparison.take(comparison)
        self.draw()

    def _comparison_failed(self, failure: CompareFailure) -> None:
        self.comparison.fail(failure)
        self.draw()
        self.photographs.explain()

    def _show_place(self) -> None:
        eye, comparison = self._session.eye, self.comparison.made
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

    def _command_moved(self) -> None:
        self._note_moved()
        self._around.now()

    # What else is shown

    def choose_split(self, split: Split) -> None:
        """Other views to go through: from the panel."""
        self._session.visited.choose(split)
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

    def _show_instance_views(self) -> None:
        """Another object of a class has views of its own."""
        if self._session.opened is not None:
            self._overlays.set_scene(self._session.opened.scene, self._session.eye.viewpoints)
            self._overlays.set_up(self._session.eye.up)
            self.show_sources()
            self._show_views()
            self._window.commands.refresh()
            self.draw()

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
