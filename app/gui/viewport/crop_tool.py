"""The crop box in the window: on and off, dragged by its sides over the picture, typed in the panel; the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.gui.host import Host
from app.gui.panel.crop_card import BACKGROUND_TITLES, OWN, CropCard
from app.gui.qt import QColor, QColorDialog, QEvent, QMouseEvent, QObject, QPointF, Qt, position
from app.gui.viewport.picture_overlays import PictureOverlays
from app.gui.viewport.viewport import Viewport
from app.rendering.compositing import AS_IT_IS, CHECKERBOARD, colour_of, read_background
from app.rendering.crop_box import CropBox
from app.rendering.crop_handles import crop_segments, dragged, handle_at
from app.rendering.overlays import LineSegments, join
from app.viewing.crop_document import CropDocument
from engines.core.camera import Camera
from engines.core.errors import UserError

GRAB_PX = 9
"""So near to a handle's middle, in logical pixels, the mouse takes hold of it."""
Pixel = tuple[float, float]


class CropTool(QObject):
    """Takes the mouse where a handle is, before the viewport does.

    Attributes:
        card: of the side panel.
        document: what of the box can be undone.
    """

    def __init__(
        self, window: Host, viewport: Viewport, overlays: PictureOverlays, channels_changed: Callable[[], None]
    ) -> None:
        """`channels_changed`: another number of channels is there."""
        super().__init__(window.widget)
        self._window, self._session, self._view = window, window.session, window.session.view
        self._viewport, self._overlays, self._channels_changed = viewport, overlays, channels_changed
        self.card, self.document = CropCard(), CropDocument(self._view)
        self._scene: Path | None = None
        self._hovered: int | None = None
        self._drag: tuple[int, CropBox, QPointF] | None = None
        self.card.box_typed.connect(self._typed)
        self.card.refused.connect(window.notifications.error)
        self.card.background_chosen.connect(self.choose_background)
        overlays.more.append(self._lines)
        viewport.canvas.widget.installEventFilter(self)
        for name in ("is_cropped", "crop_box", "background"):
            self._view.events[name].connect(self._changed)
        window.session.scene_changed.connect(self._scene_changed)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        handlers: dict[str, Callable[..., None]] = {"crop": self._switch, "crop_reset": self._reset}
        return handlers | {
            f"background_{name or 'scene'}": lambda _=None, name=name: self.choose_background(name)
            for name in BACKGROUND_TITLES
        }

    def restore(self) -> None:
        """The background as it was left the last time."""
        self.card.connect_commands({id: self._window.commands[id] for id in ("crop", "crop_reset")})
        try:
            remembered = self._window.settings.current.background
            self._view.background = read_background(remembered) if remembered else AS_IT_IS
        except UserError:
            self._view.background = AS_IT_IS
        self.show()

    @property
    def can_crop(self) -> bool:
        """Whether the open scene can be cropped."""
        opened = self._session.opened
        return opened is not None and "depth" in opened.scene.channels

    @property
    def _box(self) -> CropBox | None:
        """The box, whether it is used or not, in the scene's coordinates."""
        opened = self._session.opened
        return None if opened is None else self._view.crop_box or CropBox.of(opened.scene.bounds)

    def show(self) -> None:
        """Shows in card and menu what is chosen."""
        opened, box = self._session.opened, self._box
        self.card.show_box(box.moved(opened.origin) if box is not None and opened is not None else None, self.can_crop)
        self._window.commands["crop"].setChecked(self._view.is_cropped)
        background = self._view.background
        self.card.show_background(background)
        name = background if background in BACKGROUND_TITLES else OWN
        self._window.commands[f"background_{name or 'scene'}"].setChecked(True)

    def _changed(self, *_: object) -> None:
        self.show()
        self._channels_changed()
        self._overlays.draw()

    def _scene_changed(self) -> None:
        opened = self._session.opened
        path = None if opened is None else opened.path
        # The same with other options goes on as it was.
        (self.document.follow if path == self._scene else self.document.begin)()
        self._scene = path

    # Commands

    def _switch(self, on: bool) -> None:
        self.document.edit("Crop to a box" if on else "Show all of the scene", self._view.crop_box, on)

    def _reset(self) -> None:
        self.document.edit("Reset crop box", None, self._view.is_cropped)

    def _typed(self, box: CropBox) -> None:
        opened = self._session.opened
        if opened is not None:
            # A box that is changed is seen at once.
            self.document.edit("Change crop box", box.moved(-opened.origin), True)

    def choose_background(self, name: str) -> None:
        """Takes a background of `BACKGROUND_TITLES`, and remembers it."""
        if name == OWN:
            before = self._view.background
            plain = "white" if before in (AS_IT_IS, CHECKERBOARD) else before
            first = QColor.fromRgbF(*colour_of(plain))
            found = QColorDialog.getColor(first, self._window.widget, "Background")
            if not found.isValid():
                self.show()
                return
            name = read_background(found.name())
        self._view.background = name
        self._window.settings.update(background=name)
        self.show()

    # Over the picture

    def _lines(self, eye: Camera) -> LineSegments:
        box = self._view.crop(self._session.opened)
        return join([]) if box is None else crop_segments(eye, box, self._hovered)

    def _under(self, at: QPointF) -> int | None:
        eye, box = self._overlays.eye, self._view.crop(self._session.opened)
        if eye is None or box is None:
            return None
        placement = self._viewport.canvas.placement()
        return handle_at(eye, box, *placement.to_picture(at.x(), at.y()), GRAB_PX / placement.scale)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent) or not (self._view.is_cropped or self._drag is not None):
            return False
        kind, at = event.type(), position(event)
        if kind == QEvent.Type.MouseButtonPress:
            return self._press(event, at)
        if kind == QEvent.Type.MouseButtonDblClick:
            # A second press on a handle must not set a pivot on what is behind.
            return self._press(event, at)
        if self._drag is not None and kind == QEvent.Type.MouseMove:
            self._pull(at)
            return True
        if self._drag is not None and kind == QEvent.Type.MouseButtonRelease:
            self._drag = None
            self.document.end_drag()
            self._hover(self._under(at))
            return True
        if kind == QEvent.Type.MouseMove and event.buttons() == Qt.MouseButton.NoButton:
            self._hover(self._under(at))
        return False

    def _press(self, event: QMouseEvent, at: QPointF) -> bool:
        side, box = self._under(at), self._view.crop(self._session.opened)
        if side is None or box is None or event.button() != Qt.MouseButton.LeftButton or event.modifiers():
            return False
        self._viewport.focus()
        self._drag = side, box, at
        return True

    def _pull(self, at: QPointF) -> None:
        eye = self._overlays.eye
        if self._drag is None or eye is None:
            return
        side, box, begun = self._drag
        placement = self._viewport.canvas.placement()
        pixels = [placement.to_picture(point.x(), point.y()) for point in (begun, at)]
        self.document.edit("Drag crop box", dragged(eye, box, side, pixels[0], pixels[1]), True, dragged=True)

    def _hover(self, side: int | None) -> None:
        """Marks the handle that can be taken hold of."""
        if side != self._hovered:
            self._hovered, widget = side, self._viewport.canvas.widget
            widget.setCursor(Qt.CursorShape.SizeAllCursor) if side is not None else widget.unsetCursor()
            self._overlays.draw()
