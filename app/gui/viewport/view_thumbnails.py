"""View > Thumbnails of views: the strip follows what is open, its moment and its camera, and goes to what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.gui.host import Host
from app.gui.panel.view_strip import SIDE_PX, StripEntry, ViewStrip
from app.gui.qt import QTimer
from app.viewing.small_pictures import SmallPictures, small_photograph
from app.viewing.viewpoints import ViewPoint, view_at
from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.views import Split
from engines.core.engine import TIME

RESTS_MS = 250
"""A moment that stands so long gets thumbnails of its own: while a recording plays none could be read in time."""


@dataclass(frozen=True, eq=False)
class _Wanted:
    """The thumbnail of a view at a time step of a recording, of the views that were `entered` so often."""

    row: int
    point: ViewPoint
    dataset: Dataset | None
    time: int
    entered: int


class ViewThumbnails:
    """Fills the strip, of all views of the object that is shown, whatever split is gone through."""

    def __init__(self, window: Host, choose_split: Callable[[Split], None], go_to_view: Callable[[int], None]) -> None:
        """`choose_split`: goes through another; `go_to_view`: to a view of the split, by its number."""
        self._window, self._session = window, window.session
        self._choose_split, self._go_to_view = choose_split, go_to_view
        self.strip = ViewStrip()
        self._points: tuple[ViewPoint, ...] = ()
        self._rows: dict[int, int] = {}
        """By the identity of a viewpoint, its row: thousands can't be compared at each move."""
        self._times: dict[int, int] = {}
        """Of which time step each thumbnail is."""
        self._entered = 0
        session, post = window.session, window.session.post
        self._small = SmallPictures[_Wanted](_thumbnail, lambda key, pixels: post(lambda: self._take(key, pixels)))
        self._rest = QTimer(window.widget)
        self._rest.setSingleShot(True)
        self._rest.setInterval(RESTS_MS)
        self._rest.timeout.connect(self._want_seen)
        self.strip.looked_at.connect(self._want_seen)
        self.strip.wanted.connect(self._window.notifications.guarded(self.choose))
        session.scene_changed.connect(self._enter)
        session.viewpoints_changed.connect(self._enter)
        session.view.events.controls.connect(self._controls_changed)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the command does."""
        return {"view_strip": self._show}

    def restore(self) -> None:
        """Shown as it was left the last time, as soon as there are views."""
        self._window.commands["view_strip"].setChecked(self._window.settings.current.view_strip)

    def shut_down(self) -> None:
        """Ends what is under way."""
        self._small.close()

    def _show(self, shown: bool) -> None:
        self._window.settings.update(view_strip=shown)
        self._lay_out()

    def _lay_out(self) -> None:
        self.strip.setVisible(bool(self._points) and self._window.settings.current.view_strip)
        self._want_seen()

    def _enter(self) -> None:
        """Other views, or none."""
        self._entered += 1
        self._points = self._session.visited.all
        self._rows = {id(point): row for row, point in enumerate(self._points)}
        self._times = {}
        self.strip.show_entries([StripEntry(point.name, point.split) for point in self._points])
        self.follow()
        self._lay_out()

    def follow(self) -> None:
        """The camera is elsewhere, or another split is gone through."""
        index, points = self._session.eye.view_index, self._session.visited.points
        at = points[index] if index is not None and index < len(points) else None
        self.strip.show_current(self._rows.get(id(at)) if at is not None else None)

    def choose(self, row: int) -> None:
        """Goes to a view of any split."""
        point, visited = self._points[row], self._session.visited
        if point.split != visited.split:
            self._choose_split(point.split)
        self._go_to_view(next(number for number, each in enumerate(visited.points) if each is point))

    # Thumbnails

    def _controls_changed(self, controls: Mapping[str, float], before: Mapping[str, float]) -> None:
        if controls.get(TIME) != before.get(TIME):
            self._rest.start()

    def _want_seen(self) -> None:
        """Has read what is seen and not there, or of another moment: the nearest to what is seen first."""
        opened, time = self._session.opened, self._session.timeline.time_step
        dataset = opened.dataset if opened is not None else None
        self._small.want(
            [
                _Wanted(row, self._points[row], dataset, time, self._entered)
                for row in self.strip.seen()
                if not self.strip.has_picture(row) or self._times.get(row) != time
            ]
        )

    def _take(self, made: _Wanted, pixels: Array | None) -> None:
        if made.entered == self._entered:
            self._times[made.row] = made.time
            self.strip.show_picture(made.row, pixels)


def _thumbnail(wanted: _Wanted) -> Array:
    view = wanted.point.view
    if view is None:
        raise FileNotFoundError(f"{wanted.point.name} has no photograph")
    if wanted.dataset is not None:
        view = view_at(wanted.dataset, view, wanted.time)
    return small_photograph(view, SIDE_PX)
