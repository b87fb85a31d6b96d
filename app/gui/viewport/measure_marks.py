"""Measurements over the picture: their points and lines in 3D, and their distances beside them."""

from __future__ import annotations

import numpy as np

from app.gui.host import Host
from app.gui.panel.panel_parts import Elided
from app.gui.qt import QPointF, Qt
from app.gui.viewport.looking import Looking
from app.gui.viewport.viewport import Viewport
from app.rendering import overlays
from app.viewing.lengths import length_text
from app.viewing.measurements import Measurements
from engines.core.camera import Array, Camera, project

GRAB_PX = 9
"""So near to a point, in logical pixels, the mouse takes hold of it."""
TAG_PX = 8
"""From the middle of a line to its distance."""


class MeasureMarks:
    """Draws them for each picture, and finds the point that the mouse is on.

    Attributes:
        tags: a distance each, as many as there ever were at once.
        under: [3] (world) the point under the mouse, to which a line is drawn while a second one is to be picked.
    """

    def __init__(self, window: Host, viewport: Viewport, looking: Looking, measurements: Measurements) -> None:
        self._session, self._viewport, self._looking = window.session, viewport, looking
        self._measurements = measurements
        self.tags: list[Elided] = []
        self.under: Array | None = None
        looking.overlays.more.append(self._lines)
        looking.shown.drawn.connect(self._place_tags)
        viewport.resized.connect(self._place_tags)

    def draw(self) -> None:
        """Draws them anew."""
        self._looking.overlays.draw()
        self._place_tags()

    def end_at(self, at: QPointF) -> tuple[int, int] | None:
        """The measurement and its end that the mouse is on; of several the last."""
        camera = self._looking.overlays.eye
        if camera is None:
            return None
        for number in reversed(range(len(self._measurements.all))):
            for end, point in enumerate(self._measurements.all[number].points):
                places, depth = self._seen(camera, point[None])
                if depth[0] > 0 and np.abs(places[0] - (at.x(), at.y())).max() <= GRAB_PX:
                    return number, end
        return None

    def _seen(self, camera: Camera, points: Array) -> tuple[Array, Array]:
        """[N, 2] the places of points [N, 3] (world) in the widget, and [N] their depths."""
        pixels, depth = project(camera, points - self._origin())
        placement = self._viewport.canvas.placement()
        return pixels * placement.scale + np.array([placement.left, placement.top]), depth

    def _origin(self) -> Array:
        opened = self._session.opened
        return np.zeros(3) if opened is None else opened.origin

    def _ends(self) -> list[tuple[Array, ...]]:
        """Of each measurement its points; of that which was begun, also the one under the mouse."""
        ends = [each.points for each in self._measurements.all]
        if self._measurements.begun is not None and self.under is not None:
            ends[-1] = (*ends[-1], self.under)
        return ends

    def _lines(self, camera: Camera) -> overlays.LineSegments:
        origin, selected = self._origin(), self._measurements.selected
        return overlays.join(
            [
                overlays.measure_segments(camera, np.array(points) - origin, number == selected)
                for number, points in enumerate(self._ends())
            ]
        )

    def _place_tags(self) -> None:
        """Has each distance beside the middle of its line, where that is seen."""
        ends, camera = self._ends(), self._looking.overlays.eye
        while len(self.tags) < len(ends):
            self.tags.append(self._make_tag())
        for tag in self.tags[len(ends) :]:
            tag.hide()
        for tag, points in zip(self.tags, ends, strict=False):
            if camera is None or len(points) < 2:
                tag.hide()
                continue
            tag.setText(length_text(float(np.linalg.norm(points[1] - points[0])), self._measurements.scale))
            tag.resize(tag.sizeHint())
            places, depth = self._seen(camera, np.stack([*points, (points[0] + points[1]) / 2]))
            x, y = places[2]
            inside = 0 <= x < self._viewport.width() and 0 <= y < self._viewport.height()
            tag.setVisible(bool(depth.min() > 0 and inside))
            tag.move(round(x) + TAG_PX, round(y) + TAG_PX)
            tag.raise_()

    def _make_tag(self) -> Elided:
        tag = Elided("", "tag")
        tag.setParent(self._viewport)
        tag.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        return tag
