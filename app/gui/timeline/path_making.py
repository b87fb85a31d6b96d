"""Paths made at once: generated ones, and flights that are recorded."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.gui.host import Host
from app.gui.timeline.generate_dialog import Generated, ask_generated
from app.gui.timeline.key_commands import stepping
from app.path_editing.document import PathDocument
from app.path_editing.edits import Edit
from app.path_editing.flight import Flight
from app.path_editing.generated import Place, in_place_of
from app.path_editing.preview import PathPreview, PathViewer
from app.path_editing.thinning import Bound
from engines.core.errors import UserError
from engines.core.paths.keyframes import KeyedPath

ACCURACY = 0.004
"""Of the scene's diagonal: how far a recorded flight's keys may lead from it."""


class PathMaking:
    """The commands that make all keys anew."""

    def __init__(self, window: Host, document: PathDocument, preview: PathPreview, viewer: PathViewer) -> None:
        self._window, self._document, self._preview, self._viewer = window, document, preview, viewer
        self._flight: Flight | None = None

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "path_turn": lambda: self.generate("Turn 360 degrees", Generated()),
            "path_generate": self._ask,
            "path_record": self._record,
        }

    def _ask(self) -> None:
        session = self._window.session
        if session.opened is None:
            return
        wanted = ask_generated(self._window.widget, bool(session.visited.points or session.opened.scene.cameras))
        if wanted is not None:
            self.generate("Generate path", wanted)

    def generate(self, name: str, wanted: Generated) -> None:
        """Makes a generated path of the open scene, from where one looks.

        Raises:
            UserError: it can't be made here, and why.
        """
        session, seen = self._window.session, self._viewer.seen()
        opened, start = session.opened, session.eye.destination
        if opened is None or start is None or seen is None:
            return
        cameras = [point.camera for point in session.visited.points] or list(opened.scene.cameras)
        before = stepping(self._document.path, opened)
        place = Place(start, cameras, opened.scene.bounds, session.eye.up, session.eye.pivot, seen[1], before.stepped)
        self._take(name, in_place_of(wanted.path(place), before, opened.origin))

    def _take(self, name: str, path: KeyedPath) -> None:
        self._document.edit(name, Edit(path))
        self._preview.seek(0.0)

    # Flights

    @property
    def recording(self) -> bool:
        """Whether a flight is being recorded."""
        return self._flight is not None

    def _record(self, on: bool) -> None:
        if on:
            self._preview.pause()
            self._flight = Flight(time.monotonic())
            self.take_moment()
            self._window.notifications.tell("info", "Recording the flight: move about, then press Record again")
            return
        flight, self._flight = self._flight, None
        opened = self._window.session.opened
        if flight is None or opened is None:
            return
        size = float(((opened.scene.bounds[1] - opened.scene.bounds[0]) ** 2).sum() ** 0.5)
        before = stepping(self._document.path, opened)
        path = flight.keys(Bound(ACCURACY * max(size, 1e-9)), before)
        if len(path.keys) < 2:
            raise UserError("Nothing moved while the flight was recorded; the path is as it was.")
        self._window.notifications.hide()
        self._take("Record flight", in_place_of(path, before))

    def stop_recording(self) -> None:
        """Gives a flight up: its scene is gone."""
        self._flight = None
        self._window.commands["path_record"].setChecked(False)

    def take_moment(self) -> None:
        """The view may have moved: a flight takes it down."""
        # At each move of the mouse: nothing is looked for where no flight is recorded.
        if self._flight is not None and (seen := self._viewer.seen_now()) is not None:
            self._flight.take(*seen, time.monotonic())
