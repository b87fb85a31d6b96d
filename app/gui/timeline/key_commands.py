"""Edits of the path's keys that the window offers: by commands, by the strip, by the fields, by the mouse in 3D."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.gui.host import Host
from app.gui.timeline.key_properties import CONTROL
from app.gui.timeline.timeline_bar import TimelineBar
from app.path_editing import edits
from app.path_editing.document import PathDocument
from app.path_editing.path_lines import moved_in_view
from app.path_editing.preview import PathPreview, PathViewer
from engines.core.camera import Array, Camera
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.paths.keyed_motion import with_dolly_zoom
from engines.core.paths.keyframes import KeyedPath


class KeyCommands:
    """Makes edits of what the user does with keys."""

    def __init__(self, window: Host, document: PathDocument, preview: PathPreview, viewer: PathViewer) -> None:
        self._window, self._document, self._preview, self._viewer = window, document, preview, viewer
        self._base: tuple[KeyedPath, tuple[int, ...]] | None = None
        """What a drag began with."""

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "path_add": self.add,
            "path_overwrite": self._overwrite,
            "path_duplicate": self._duplicate,
            "path_delete": self._delete,
            "path_loop": lambda on: self._set_whole("Loop" if on else "No loop", loop=on),
            "path_constant_speed": lambda on: self._set_whole("Constant speed", constant_speed=on),
            "path_dolly_zoom": self._set_dolly_zoom,
        }

    def watch(self, bar: TimelineBar) -> None:
        """Listens to the bar's fields."""
        guarded = self._window.notifications.guarded
        bar.fps_chosen.connect(guarded(lambda fps: self._set_whole("Frame rate", fps=fps)))
        bar.properties.edited.connect(guarded(self._set_property))
        bar.properties.ended.connect(self._document.end_drag)

    # Keys

    def add(self, time_s: float | None = None) -> None:
        """A key of what is looked at, at the playhead or a time."""
        seen = self._viewer.seen()
        if seen is None:
            return
        time = self._preview.time_s if time_s is None else time_s
        path = stepping(self._document.path, self._window.session.opened)
        edit = edits.add_key(path, *seen, time)
        self._document.edit("Add key", edit)
        self._preview.put(edit.path.keys[edit.selected[0]].time_s)

    def _number(self) -> int:
        """The selected key, else the one under the playhead.

        Raises:
            UserError: there is none.
        """
        if self._document.selected:
            return self._document.selected[-1]
        number = edits.key_at(self._document.path, self._preview.time_s)
        if number is None:
            raise UserError("No key is selected: click on one in the timeline first.")
        return number

    def chosen(self) -> tuple[int, ...]:
        """The selected keys, else the one under the playhead.

        Raises:
            UserError: there is none.
        """
        return self._document.selected or (self._number(),)

    def _overwrite(self) -> None:
        seen = self._viewer.seen()
        if seen is not None:
            self._document.edit("Overwrite key", edits.overwrite_key(self._document.path, self._number(), *seen))

    def _duplicate(self) -> None:
        self._document.edit("Duplicate key", edits.duplicate_keys(self._document.path, self.chosen()))

    def _delete(self) -> None:
        chosen = self.chosen()
        self._document.edit(
            "Delete key" if len(chosen) == 1 else "Delete keys", edits.delete_keys(self._document.path, chosen)
        )

    def _set_whole(self, name: str, **said: Any) -> None:
        self._document.set_whole(name, edits.set_path(self._document.path, **said))

    def _set_dolly_zoom(self, on: bool) -> None:
        session, path = self._window.session, self._document.path
        if session.opened is None:
            return
        try:
            subject = session.eye.pivot + session.opened.origin if on else None
            self._document.set_whole("Dolly zoom" if on else "No dolly zoom", with_dolly_zoom(path, subject))
        finally:
            # The command is on only where it could be done.
            self._document.changed.emit()

    # Drags

    def _drag_base(self) -> tuple[KeyedPath, tuple[int, ...]]:
        if self._base is None:
            self._base = (self._document.path, self._document.selected)
        return self._base

    def drag_in_time(self, by_s: float) -> None:
        """Moves the keys that were selected when the drag began; where one can't be, nothing moves."""
        path, selected = self._drag_base()
        try:
            edit = edits.move_keys(path, selected, by_s)
        except UserError:
            return
        self._document.edit("Move key" if len(selected) == 1 else "Move keys", edit, drag="time")

    def drag_in_view(self, number: int, by_px: tuple[float, float], eye: Camera, origin: Array) -> None:
        """Moves a key across the picture that `eye` takes, from where it was when the drag began.

        Args:
            origin: [3] where the scene's coordinates begin in the world.
        """
        path, _ = self._drag_base()
        place = moved_in_view(eye, path.keys[number].camera.position - origin, by_px) + origin
        self._document.edit("Move key in the scene", edits.set_position(path, number, place), drag="view")

    def end_drag(self) -> None:
        """The hand rests."""
        self._base = None
        self._document.end_drag()

    # Fields

    def _set_property(self, name: str, value: Any) -> None:
        path, selected = self._document.path, self._document.selected
        if not selected:
            return
        number = selected[-1]
        title, make = {
            "time": ("Move key", lambda: edits.set_time(path, number, value)),
            "leg": ("Leg's seconds", lambda: edits.set_leg_seconds(path, number, value)),
            "ease": ("Ease", lambda: edits.set_ease(path, selected, value)),
            "fov": ("Field of view", lambda: edits.set_fov(path, selected, value)),
            "roll": ("Roll", lambda: edits.set_roll(path, selected, value, self._window.session.eye.up)),
        }.get(name) or ("Control", lambda: edits.set_control(path, selected, name.removeprefix(CONTROL), value))
        try:
            self._document.edit(title, make(), drag=name)
        except UserError:
            # What is shown is what is.
            self._document.changed.emit()
            raise
        self.look_at_selected()

    def look_at_selected(self) -> None:
        """Shows a key that was changed, and puts the playhead on it."""
        motion, selected = self._document.motion, self._document.selected
        if motion is not None and len(selected) == 1 and not self._preview.playing:
            self._preview.seek(motion.passing_s[selected[0]])


def stepping(path: KeyedPath, opened: Any) -> KeyedPath:
    """The path that knows which of the open scene's controls change at keys only."""
    scene: Scene | None = opened.scene if opened is not None else None
    choices = {control.name for control in scene.controls if control.kind == "choice"} if scene is not None else set()
    return edits.with_stepped(path, path.stepped | choices)
