"""What a data folder holds, at a glance: its cameras or photographs, the facts, and what is doubtful."""

from __future__ import annotations

from collections.abc import Sequence

from app.capture.inspection.report import DataReport, Thumbnail, facts
from app.gui.panel.camera_map import CameraMap
from app.gui.panel.map_painting import as_image, colours_of_palette
from app.gui.panel.panel_parts import clear, form, label
from app.gui.qt import (
    QBoxLayout,
    QColor,
    QFormLayout,
    QFrame,
    QImage,
    QPainter,
    QPaintEvent,
    QPointF,
    QRectF,
    QResizeEvent,
    QScrollArea,
    QStackedWidget,
    Qt,
    QVBoxLayout,
    QWidget,
    combined,
)
from app.gui.words import breakable, in_window
from engines.core.camera import Array

SMALLEST = (260, 200)
NOTHING = "Choose a folder of images, with or without camera poses, or a video; or drop it on the window"
BESIDE_PX = 600
"""From this width on the facts stand beside the drawing, else below it."""
FACTS_PX = 300
TILE_PX, GAP_PX = 72, 4
REST_VEIL = QColor(0, 0, 0, 170)


class ContactSheet(QWidget):
    """Photographs without cameras, as many as there is room for, evenly spread; the last says how many more."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(160, 80)
        self._images: list[QImage] = []

    @property
    def count(self) -> int:
        """How many photographs there are so far."""
        return len(self._images)

    def set_empty(self) -> None:
        """Drops all photographs: another folder is looked at."""
        self._images = []
        self.update()

    def add(self, pixels: Sequence[Array]) -> None:
        """Adds photographs, [H, W, 3] uint8 each."""
        self._images += [as_image(picture) for picture in pixels]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours_of_palette(self.palette()).viewport))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        step = TILE_PX + GAP_PX
        columns, rows = (max((side - GAP_PX) // step, 1) for side in (self.width(), self.height()))
        shown = min(columns * rows, len(self._images))
        for place in range(shown):
            image = self._images[place * len(self._images) // shown]
            size = image.size().scaled(TILE_PX, TILE_PX, Qt.AspectRatioMode.KeepAspectRatio)
            corner = QPointF(GAP_PX + place % columns * step, GAP_PX + place // columns * step)
            corner += QPointF(TILE_PX - size.width(), TILE_PX - size.height()) / 2
            painter.drawImage(QRectF(corner.x(), corner.y(), size.width(), size.height()), image)
        if left_out := len(self._images) - shown:
            corner = QPointF(GAP_PX + (columns - 1) * step, GAP_PX + (rows - 1) * step)
            painter.fillRect(QRectF(corner.x(), corner.y(), TILE_PX, TILE_PX), REST_VEIL)
            painter.setPen(Qt.GlobalColor.white)
            # The one under the veil is not seen either.
            painter.drawText(
                QRectF(corner.x(), corner.y(), TILE_PX, TILE_PX), Qt.AlignmentFlag.AlignCenter, f"+{left_out + 1}"
            )
        painter.end()


class DataView(QWidget):
    """Shows a report, and thumbnails as they come."""

    def __init__(self, with_reasons: bool = True) -> None:
        """`with_reasons`: also says which methods can't be trained with it, and why."""
        super().__init__()
        self._with_reasons = with_reasons
        self.setMinimumSize(*SMALLEST)
        self.map, self.sheet, self.reason = CameraMap(), ContactSheet(), label("", "muted", wrap=True)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.reason.setMargin(16)
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.stack = QStackedWidget()
        for widget in (self.map, self.sheet, self.reason):
            self.stack.addWidget(widget)
        self.reason.setText(NOTHING)
        self.stack.setCurrentWidget(self.reason)
        self._facts: QFormLayout = form()
        self._findings, texts = QVBoxLayout(), QWidget()
        self._findings.setSpacing(6)
        column = QVBoxLayout(texts)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(10)
        column.addLayout(self._facts)
        column.addLayout(self._findings)
        column.addStretch(1)
        self.scroll_area = QScrollArea()
        self.scroll_area.setWidget(texts)
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.stack, 3)
        self._layout.addWidget(self.scroll_area, 2)
        self._report: DataReport | None = None

    def set_report(self, report: DataReport) -> None:
        """Another folder, or more about the same one; the drawing then stays as it was turned."""
        before, self._report = self._report, report
        if before is None or before.source != report.source or report.looked_at == 0:
            self.sheet.set_empty()
        if report.cameras and report.bounds is not None and report.up is not None:
            doubted = [name for finding in report.findings if finding.severity == "warning" for name in finding.names]
            # Where all are meant none stands out.
            doubted = doubted if len(set(doubted)) < len(report.cameras) else []
            self.map.set_capture(report.cameras, report.bounds, report.up, doubted)
            self.stack.setCurrentWidget(self.map)
        elif report.photographs:
            self.stack.setCurrentWidget(self.sheet)
        else:
            self.reason.setText(_sentence(report.reason or "no cameras, no photographs"))
            self.stack.setCurrentWidget(self.reason)
        self._write(report)

    def add_thumbnails(self, thumbnails: Sequence[Thumbnail]) -> None:
        """Photographs, as `inspect_data` gives them; of the report that is shown."""
        self.map.set_pictures({some.place: some.pixels for some in thumbnails if some.place is not None})
        if self._report is not None and not self._report.cameras:
            self.sheet.add([some.pixels for some in thumbnails])

    def set_points(self, points: Array, colours: Array) -> None:
        """Sparse points to draw among the cameras, after `set_report`: [N, 3] world, [N, 3] uint8."""
        self.map.set_points(points, colours)

    def resizeEvent(self, event: QResizeEvent) -> None:
        beside = self.width() >= BESIDE_PX
        self._layout.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        self.scroll_area.setFixedWidth(FACTS_PX) if beside else self.scroll_area.setMaximumWidth(self.width())
        if not beside:
            self.scroll_area.setMinimumWidth(0)

    def _write(self, report: DataReport) -> None:
        clear(self._facts)
        clear(self._findings)
        for name, value in facts(report):
            self._facts.addRow(_plain(name.capitalize(), "muted"), _plain(value, wrap=True))
        able = [fit.title for fit in report.engines if not fit.reason]
        if report.engines:
            self._facts.addRow(
                _plain("Can be trained with", "muted"), _plain(", ".join(able) or "no method here", wrap=True)
            )
        # Of images without camera poses the type has said so.
        if report.reason and report.photographs and report.kind not in ("photographs", "video"):
            self._findings.addWidget(_plain(_sentence(report.reason), wrap=True))
        for finding in report.findings:
            role = "warning" if finding.severity == "warning" else "muted"
            self._findings.addWidget(_plain(_sentence(finding.text), role, wrap=True))
        for note in report.notes:
            self._findings.addWidget(_plain(_sentence(note), "muted", wrap=True))
        for fit in report.engines:
            if fit.reason and self._with_reasons:
                self._findings.addWidget(_plain(f"Not {fit.title}: {fit.reason}", "muted", wrap=True))
        if not report.complete:
            text = f"Looking at the photographs: {report.looked_at} of {report.to_look_at}"
            self._findings.addWidget(_plain(text, "muted", wrap=True))


def _plain(text: str, role: str = "", wrap: bool = False) -> QWidget:
    """A label that shows names of files as they are, not as HTML."""
    made = label("", role, wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setAlignment(combined(Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignTop))
    made.setText(text)
    return made


def _sentence(text: str) -> str:
    text = breakable(in_window(text))
    return text[:1].upper() + text[1:]
