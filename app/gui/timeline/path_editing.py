"""The editor of camera paths in the window: its parts put together, and their place in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.gui.export.exporting import Exporting
from app.gui.host import Host
from app.gui.timeline.bookmark_menu import BookmarkMenu
from app.gui.timeline.key_commands import KeyCommands
from app.gui.timeline.key_frustums import KeyFrustums
from app.gui.timeline.key_menu import KeyMenu
from app.gui.timeline.path_files import PathFiles
from app.gui.timeline.path_making import PathMaking
from app.gui.timeline.path_playing import PathPlaying
from app.gui.timeline.strip_hand import StripHand
from app.gui.timeline.timeline_bar import TimelineBar
from app.gui.viewport.picture_overlays import PictureOverlays
from app.gui.viewport.undoing import Undoing
from app.gui.viewport.viewport import Viewport
from app.path_editing.document import PathDocument
from app.path_editing.path_lines import PathLines
from app.path_editing.preview import PathPreview, PathViewer
from app.rendering.overlays import LineSegments, join
from engines.core.camera import Camera

SEEN = ("path_add", "path_turn", "path_generate", "path_record", "path_open")
"""Commands that show the timeline."""


class PathEditing:
    """One document, its timeline under the viewport, its lines over the picture.

    Attributes:
        document: the path that is edited.
        preview: its playhead.
    """

    def __init__(
        self, window: Host, viewport: Viewport, overlays: PictureOverlays, exporting: Exporting, undoing: Undoing
    ) -> None:
        """`undoing`: what undoes its edits, too."""
        self._window, self._viewport, self._overlays = window, viewport, overlays
        session = window.session
        self.document = PathDocument()
        undoing.add(self.document)
        viewer = PathViewer(session, self.document)
        self._viewer = viewer
        self.preview = PathPreview(self.document, self._look)
        self._lines = PathLines(self.document)
        self.keys = KeyCommands(window, self.document, self.preview, viewer)
        self.menu = KeyMenu(window, self.document, self.keys)
        self.making = PathMaking(window, self.document, self.preview, viewer)
        self.files = PathFiles(window, self.document)
        self.bookmarks = BookmarkMenu(window, viewport, overlays.shown, viewer, self.keys.add)
        self._playing = PathPlaying(window, self.document, self.preview)
        self._bar: TimelineBar | None = None
        overlays.more.append(self._drawn)
        exporting.keyed = lambda: self.document.path
        self._frustums = KeyFrustums(window.widget, viewport, self._lines, self._eye_over_keys)
        self._frustums.pressed_key.connect(self._choose)
        self._frustums.dragged.connect(window.notifications.guarded(self._drag_in_view))
        self._frustums.released.connect(self.keys.end_drag)
        # The hand takes the view over from the preview.
        self._frustums.taken.connect(self.preview.pause)
        viewport.moved.connect(self.making.take_moment)
        session.view.events.controls.connect(lambda *_: self.making.take_moment())
        session.scene_changed.connect(self._enter)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        handlers: dict[str, Callable[..., None]] = {
            "timeline": self._choose_bar,
        }
        for part in (self.keys, self.making, self.files, self.bookmarks, self._playing):
            handlers |= part.handlers()
        return handlers | {id: self._seen(handlers[id]) for id in SEEN}

    def _seen(self, work: Callable[..., None]) -> Callable[..., None]:
        """Shows the timeline first: what comes of the work is seen there."""

        def run(*arguments: object) -> None:
            if self.bar.isHidden():
                self._window.commands["timeline"].setChecked(True)
                self._choose_bar(True)
            work(*arguments)

        return run

    def make_bar(self) -> TimelineBar:
        """Makes the timeline, hidden; its buttons are the commands'."""
        commands = self._window.commands
        bar = TimelineBar(self.document, self.preview, {id: commands[id] for id in commands})
        self._bar = bar
        hand = StripHand(bar.strip, self.document, self.preview)
        guarded = self._window.notifications.guarded
        hand.scrubbed.connect(self.preview.seek)
        hand.keys_dragged.connect(self.keys.drag_in_time)
        hand.drag_ended.connect(self._end_drag)
        hand.key_opened.connect(self._open_key)
        hand.key_wanted.connect(guarded(self.keys.add))
        hand.menu_wanted.connect(self.menu.ask)
        self.keys.watch(bar)
        self.document.changed.connect(self._changed)
        self.preview.moved.connect(bar.refresh)
        commands["timeline"].setChecked(self._window.settings.current.timeline)
        return bar

    @property
    def bar(self) -> TimelineBar:
        """What is seen of it.

        Raises:
            ValueError: it was not made yet.
        """
        if self._bar is None:
            raise ValueError("the timeline was not made")
        return self._bar

    @property
    def available(self) -> Mapping[str, bool]:
        """What the commands act on, as far as it is there."""
        has_keys, is_open = bool(self.document.path.keys), self._window.session.opened is not None
        playback = self._window.session.timeline.playback
        return {
            "path": has_keys and is_open,
            "steps": has_keys or playback.last > playback.first,
            "path_file": has_keys or self.document.file is not None,
        }

    def may_quit(self) -> bool:
        """Whether the program may end: asks where the path is in no file."""
        return self.files.may_leave()

    def _choose_bar(self, shown: bool) -> None:
        self._window.settings.update(timeline=shown)
        self._show_bar(shown)

    def _show_bar(self, shown: bool) -> None:
        self.bar.setVisible(shown and self._window.session.opened is not None)
        self._overlays.draw()

    def _enter(self) -> None:
        """A scene came or went."""
        opened = self._window.session.opened
        self.preview.pause()
        self.making.stop_recording()
        if opened is not None:
            self._lines.set_scene(opened.scene.bounds, opened.origin)
        self.bar.properties.set_controls(opened.scene.controls if opened is not None else ())
        self._show_bar(self._window.commands["timeline"].isChecked())
        self._changed()

    def _changed(self) -> None:
        """The path or the selection is another."""
        commands, document = self._window.commands, self.document
        commands["path_loop"].setChecked(document.path.loop)
        commands["path_constant_speed"].setChecked(document.path.constant_speed)
        commands["path_dolly_zoom"].setChecked(document.path.subject is not None)
        self.bar.properties.show_keys(self._window.session.eye.up, self._window.session.view.controls)
        self.bar.refresh()
        commands.refresh()
        self._overlays.draw()

    # The view

    def _look(self, time_s: float, moving: bool) -> None:
        self._viewer.show(time_s, moving)
        self._viewport.moved.emit()

    def _is_drawn(self) -> bool:
        return self._bar is not None and self.bar.isVisible() and not self.preview.playing

    def _drawn(self, eye: Camera) -> LineSegments:
        return self._lines.drawn(eye) if self._is_drawn() else join([])

    def _eye_over_keys(self) -> Camera | None:
        return self._overlays.eye if self._is_drawn() else None

    def _choose(self, number: int, besides: bool) -> None:
        self.document.select({*self.document.selected} ^ {number} if besides else [number])
        motion = self.document.motion
        if motion is not None:
            # What is looked at stays: one clicked on the key from there.
            self.preview.put(motion.passing_s[number])

    def _drag_in_view(self, number: int, right_px: float, down_px: float) -> None:
        opened, eye = self._window.session.opened, self._overlays.eye
        if opened is not None and eye is not None:
            self.keys.drag_in_view(number, (right_px, down_px), eye, opened.origin)

    # The strip

    def _end_drag(self) -> None:
        self.keys.end_drag()
        self.keys.look_at_selected()

    def _open_key(self, number: int) -> None:
        self.document.select([number])
        self.bar.properties.focus_time()
