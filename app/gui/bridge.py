"""From workers' threads to the window's: queued signals, and a slot in which newer pictures replace older ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from app.rendering.render_requests import RenderedImage
from app.viewing.comparison import PhotoComparison
from app.viewing.listener import CompareFailure, InstanceViews, OpenFailure, Opening
from engines.core.camera import Array


class Bridge(QObject):
    """A `session.Listener` that speaks to the window in signals."""

    pictures_ready = pyqtSignal()
    scene_opened = pyqtSignal(object)
    scene_failed = pyqtSignal(object)
    rendering_failed = pyqtSignal(object)
    comparison_ready = pyqtSignal(object)
    comparison_failed = pyqtSignal(object)
    instance_views_read = pyqtSignal(object)
    point_picked = pyqtSignal(object)
    time_step_prepared = pyqtSignal()
    work_posted = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._exact: RenderedImage | None = None
        self._latest: RenderedImage | None = None
        # Signals from other threads are queued, those from the window's own would not be.
        self.work_posted.connect(lambda work: work())

    def picture(self, picture: RenderedImage) -> None:
        with self._lock:
            first = self._latest is None
            self._latest = picture
            if picture.kind == "exact":
                self._exact = picture
        if first:
            self.pictures_ready.emit()

    def take_pictures(self) -> list[RenderedImage]:
        """The last exact picture and the last of all, in order; those between were overtaken and are dropped."""
        with self._lock:
            taken = [picture for picture in (self._exact, self._latest) if picture is not None]
            self._exact = self._latest = None
        return taken[:1] if len(taken) == 2 and taken[0] is taken[1] else taken

    def opened(self, opening: Opening) -> None:
        self.scene_opened.emit(opening)

    def open_failed(self, failure: OpenFailure) -> None:
        self.scene_failed.emit(failure)

    def render_failed(self, error: BaseException) -> None:
        self.rendering_failed.emit(error)

    def compared(self, comparison: PhotoComparison) -> None:
        self.comparison_ready.emit(comparison)

    def compare_failed(self, failure: CompareFailure) -> None:
        self.comparison_failed.emit(failure)

    def views_read(self, found: InstanceViews) -> None:
        self.instance_views_read.emit(found)

    def picked(self, point: Array | None) -> None:
        """Hands on the point [3] (world) that was asked for; None where nothing is there."""
        self.point_picked.emit(point)

    def prepared(self) -> None:
        self.time_step_prepared.emit()

    def post(self, work: Callable[[], Any]) -> None:
        """Runs `work` on the window's thread, soon; may be called from any."""
        self.work_posted.emit(work)
