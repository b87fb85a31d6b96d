"""Where the eye is among the cameras that a scene is drawn from, seen from behind them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.gui.panel.panel_parts import Card, label
from app.gui.qt import QColor, QPainter, QPaintEvent, QPalette, QPen, QPointF, QRectF, Qt, QWidget
from app.viewing.opening import Opened
from engines.core.camera import Array, Camera
from engines.core.engine import HasSources

HEIGHT_PX = 116
MARGIN_PX = 14
DOT_PX = 5.0
WIDEST = 3.0
"""The eye is shown within so many times the spread of the cameras; farther off it stands at the edge."""


class SourceMap(QWidget):
    """Dots: the source cameras filled, others hollow, the eye as a cross."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT_PX)
        self.setToolTip("From behind the cameras: filled, those that the picture is made of; the cross is you")
        self._sources = self._others = np.zeros((0, 2))
        self._eye: Array | None = None
        self._reach = np.ones(2)

    def set_cameras(self, sources: Sequence[Camera], others: Sequence[Camera]) -> None:
        """All as the first of the sources sees them."""
        self._frame = sources[0].world_to_camera
        self._sources = np.array([self._flat(camera) for camera in sources])
        self._others = np.array([self._flat(camera) for camera in others]).reshape(-1, 2)
        self._middle = self._sources.mean(axis=0)
        spread = np.abs(self._sources - self._middle).max()
        near = self._others[np.abs(self._others - self._middle).max(axis=1) < 2 * WIDEST * spread]
        self._others = near
        self._reach = np.abs(np.concatenate([near, self._sources]) - self._middle).max(axis=0)
        self.update()

    def set_empty(self) -> None:
        """Nothing is known of this scene's cameras yet."""
        self._sources = self._others = np.zeros((0, 2))
        self.update()

    def set_eye(self, eye: Camera | None) -> None:
        """Marks where one looks from; None marks nothing."""
        self._eye = None if eye is None or not len(self._sources) else self._flat(eye)
        self.update()

    def _flat(self, camera: Camera) -> Array:
        return np.asarray((self._frame @ np.append(camera.position, 1))[:2])

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self._sources):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        eye = self._eye if self._eye is not None else self._middle
        half = np.array([self.width(), self.height()]) / 2 - MARGIN_PX
        # The eye may go so far in the picture; from there on it stands at the edge.
        reach = np.maximum(self._reach, np.minimum(np.abs(eye - self._middle), WIDEST * self._reach.max()))
        scale = float((half / np.maximum(reach, 1e-9)).min())
        edge = half / scale
        accent, faint = (
            self.palette().color(QPalette.ColorRole.Highlight),
            self.palette().color(QPalette.ColorRole.PlaceholderText),
        )
        for point in self._others:
            self._dot(painter, point, scale, faint, filled=False)
        for point in self._sources:
            self._dot(painter, point, scale, accent, filled=True)
        if self._eye is not None:
            text = self.palette().color(QPalette.ColorRole.Text)
            painter.setPen(QPen(text, 1.6))
            at = self._place(np.clip(eye - self._middle, -edge, edge) + self._middle, scale)
            painter.drawLine(at - QPointF(7, 0), at + QPointF(7, 0))
            painter.drawLine(at - QPointF(0, 7), at + QPointF(0, 7))
        painter.end()

    def _place(self, point: Array, scale: float) -> QPointF:
        x, y = (point - self._middle) * scale
        return QPointF(self.width() / 2 + x, self.height() / 2 + y)

    def _dot(self, painter: QPainter, point: Array, scale: float, colour: QColor, filled: bool) -> None:
        at = self._place(point, scale)
        painter.setPen(QPen(colour, 1.3))
        painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(at.x() - DOT_PX, at.y() - DOT_PX, 2 * DOT_PX, 2 * DOT_PX))


class SourceCard(Card):
    """Hidden where a scene is not drawn from photographs."""

    def __init__(self) -> None:
        super().__init__("Source cameras")
        self.map, self.advice = SourceMap(), label("", "warning", wrap=True)
        self.body.addWidget(self.map)
        self.body.addWidget(self.advice)
        self.advice.hide()
        self.hide()

    def set_cameras(self, sources: Sequence[Camera], others: Sequence[Camera]) -> None:
        """Shows the cameras of another scene or time step; while none are known those of before stay."""
        if sources:
            self.map.set_cameras(sources, others)

    def show_scene(self, opened: Opened | None) -> None:
        """There for scenes that are drawn from photographs only; it does not come and go with their time steps."""
        scene: object = opened.scene if opened is not None else None
        self.map.set_empty()
        self.setVisible(isinstance(scene, HasSources))

    def show_eye(self, eye: Camera | None, advice: str) -> None:
        """Marks where one looks from, and shows what is to be said of it."""
        self.map.set_eye(eye)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
