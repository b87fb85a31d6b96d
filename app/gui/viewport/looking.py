"""Looking at a scene: the parts of the viewport put together, a scene's coming and going, the camera's moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.gui.feedback.status import Status
from app.gui.host import Host
from app.gui.panel.cards import Cards
from app.gui.viewport.camera_typing import CameraTyping
from app.gui.viewport.channel_commands import ChannelCommands
from app.gui.viewport.clean_tool import CleanTool
from app.gui.viewport.crop_tool import CropTool
from app.gui.viewport.current_comparison import CurrentComparison
from app.gui.viewport.mesh_showing import MeshShowing
from app.gui.viewport.navigation_commands import NavigationCommands
from app.gui.viewport.overlay_layer import OVERLAY_NAMES
from app.gui.viewport.photographs import PhotographOverlay
from app.gui.viewport.picture_overlays import PictureOverlays
from app.gui.viewport.scene_information import SceneInformation
from app.gui.viewport.second_showing import SecondShowing
from app.gui.viewport.shown_picture import ShownPicture
from app.gui.viewport.turntable_commands import TurntableCommands
from app.gui.viewport.undoing import Undoing
from app.gui.viewport.view_thumbnails import ViewThumbnails
from app.gui.viewport.viewport import Viewport
from engines.core.data.views import Split


class Looking:
    """The middle of the window.

    Attributes:
        shown: the picture on the screen.
        comparison: of that picture with its photograph.
        overlays: the lines over it.
        information: what is told beside it.
        crop: the crop box, and the background.
        clean: what is removed of the scene.
        undoing: what is undone, in its order.
        photographs, meshes, second: what may be seen in its place, over it, or beside it.
        navigation, channels: commands.
        turntable: turns the scene by itself.
        typing: of the camera's numbers.
        thumbnails: of all views, in a row.
    """

    def __init__(self, window: Host, viewport: Viewport, status: Status, cards: Cards) -> None:
        self._window, self._session, self._viewport, self._cards = window, window.session, viewport, cards
        session = window.session
        comparison = self.comparison = CurrentComparison(session, lambda: self.shown.picture)
        self.photographs = PhotographOverlay(window, viewport, cards.views, comparison.why_unread)
        self.meshes = MeshShowing(window, viewport)
        self.second = SecondShowing(window, viewport)
        self.shown = ShownPicture(session, viewport, comparison, self.photographs, self.meshes, self.second)
        self.navigation = NavigationCommands(window, viewport, self._command_moved)
        self.turntable = TurntableCommands(window, viewport)
        self.typing = CameraTyping(window, cards.camera, self.navigation.moving)
        self.channels = ChannelCommands(window, cards.channels, self.shown.draw)
        wipe_lines = (self.photographs.line, self.meshes.line, self.second.line)
        self.overlays = PictureOverlays(window, viewport, self.shown, wipe_lines, self.navigation.go_to_view)
        self.crop = CropTool(window, viewport, self.overlays, self.channels.follow)
        self.clean, self.undoing = CleanTool(window, viewport, self.overlays), Undoing(window)
        for document in (self.clean.cleaning.document, self.crop.document):
            self.undoing.add(document)
        self.information = SceneInformation(window, self.shown, comparison, self.second, status, cards)
        self.information.sources_changed.connect(self.overlays.layer.set_sources)
        self.thumbnails = ViewThumbnails(window, self.choose_split, self.navigation.go_to_view)
        self.information.placed.connect(self.thumbnails.follow)
        self._stopped = False
        session.view.events.connect(lambda _: self.show_state())
        session.viewpoints_changed.connect(self._show_instance_views)
        viewport.pointed.connect(lambda u, v: session.images.pick(u, v, self.shown.picture))
        viewport.moved.connect(self._hand_moved)
        self._follow_cards(cards)

    def _follow_cards(self, cards: Cards) -> None:
        cards.channels.chosen.connect(self._window.notifications.guarded(self.channels.choose))
        cards.views.view_chosen.connect(self.navigation.go_to_view)
        cards.views.split_chosen.connect(self.choose_split)
        cards.views.share_chosen.connect(self.photographs.set_share)
        cards.camera.up_chosen.connect(self.navigation.choose_up)
        cards.controls.changed.connect(self._session.set_control)

    def restore(self) -> None:
        """The commands as they were left the last time."""
        settings, commands = self._window.settings.current, self._window.commands
        for name in OVERLAY_NAMES:
            commands[name].setChecked(name in settings.overlays)
        self._cards.camera.add_commands([commands["copy_camera"], commands["paste_camera"]])
        self.navigation.restore()
        self.meshes.restore()
        self.second.restore()
        self.crop.restore()
        self.clean.restore()
        self.thumbnails.restore()
        commands["sharp"].setChecked(settings.sharp_pixels)
        self._viewport.canvas.set_sharp(settings.sharp_pixels)
        commands[settings.navigation if settings.navigation in commands else "orbit"].setChecked(True)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands of looking do."""
        handlers: dict[str, Callable[..., None]] = {"sharp": self._set_sharp}
        parts = (self.overlays, self.navigation, self.turntable, self.channels, self.photographs)
        for part in (
            *parts,
            self.meshes,
            self.second,
            self.crop,
            self.clean,
            self.undoing,
            self.thumbnails,
        ):
            handlers |= part.handlers()
        return handlers

    @property
    def there(self) -> dict[str, bool]:
        """Whether there is what commands of a second scene, of cleaning and of undoing need."""
        second = {"second": self.second.comparison.second is not None}
        return {**second, **self.clean.there, **self.undoing.available}

    # A scene comes and goes

    def enter(self) -> None:
        """A scene was adopted."""
        session = self._session
        opened = session.opened
        if opened is None:
            return
        self.shown.forget()
        self.overlays.set_scene()
        self._cards.controls.set_controls(
            [replace(control, default=session.view.controls[control.name]) for control in opened.scene.controls]
        )
        self._show_views()
        self.typing.enter(opened.scene)
        self.information.show_sources()
        self.channels.enter()
        self.crop.show()
        self.information.show_place()
        self.information.show_device()
        self.show_state()

    def leave(self) -> None:
        """No scene is open."""
        self.shown.forget()
        self.overlays.set_scene()
        self.crop.show()
        self.information.clear()

    def shut_down(self) -> None:
        """Ends what is under way."""
        self.overlays.frustums.shut_down()
        self.meshes.shut_down()
        self.second.shut_down()
        self.thumbnails.shut_down()

    def drawing_failed(self) -> None:
        """What was asked for last can't be drawn."""
        self.shown.fail()
        self.information.show_status()

    def show_state(self) -> None:
        """Tells whether the picture on the screen is what is chosen; to be called wherever something else is."""
        self.shown.asked.emit()
        self.information.show_status()

    # The camera moves

    def _hand_moved(self) -> None:
        self._note_moved()
        self.information.follow_camera()

    def _command_moved(self) -> None:
        self._note_moved()
        self.information.tell_now()

    def _note_moved(self) -> None:
        if self._session.eye.stopped and not self._stopped:
            self._window.notifications.tell("info", "Any nearer, the near plane would cut the scene (see Options)")
        self._stopped = self._session.eye.stopped
        self.shown.move()

    # Views

    def choose_split(self, split: Split) -> None:
        """Other views to go through: from the panel."""
        self._session.visited.choose(split)
        self._session.eye.set_viewpoints([point.camera for point in self._session.visited.points])
        self._take_views()

    def _show_instance_views(self) -> None:
        """Another object of a class has views of its own."""
        if self._session.opened is not None:
            self._take_views()

    def _take_views(self) -> None:
        self.overlays.set_scene()
        self._show_views()
        self.information.show_sources()
        self._window.commands.refresh()
        self.shown.draw()

    def _show_views(self) -> None:
        visited = self._session.visited
        self._cards.views.set_views([point.name for point in visited.points], visited.splits, visited.split)

    def _set_sharp(self, sharp: bool) -> None:
        self._window.settings.update(sharp_pixels=sharp)
        self._viewport.canvas.set_sharp(sharp)
