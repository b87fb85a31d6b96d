"""Thumbnails of scenes: those of the demo scenes lie beside them, others are kept as scenes are looked at."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from app.demos import DEMO_FOLDER
from app.gui.qt import QImage, QPixmap, Qt, image_of
from app.rendering.render_requests import RenderedImage
from app.settings import RememberedSettings, Settings, config_folder
from app.viewing.session import Session
from engines.core.errors import UserError
from engines.core.files import replacing

SIZE_PX = (256, 192)
QUALITY = 88
"""Of JPEG: some ten kilobytes each."""


def thumbnail_file(scene: Path) -> Path:
    """The file of a thumbnail: of a scene file, a run folder or a project."""
    if scene.parent == DEMO_FOLDER:
        return scene.with_suffix(".jpg")
    return thumbnail_folder() / f"{hashlib.sha256(str(scene).encode()).hexdigest()[:24]}.jpg"


def thumbnail_folder() -> Path:
    """The folder of those that are kept."""
    return config_folder() / "thumbnails"


def thumbnail(scene: Path) -> QPixmap | None:
    """The thumbnail of a scene; None where none was kept, or it is damaged."""
    image = QImage(str(thumbnail_file(scene)))
    return None if image.isNull() else QPixmap.fromImage(image)


def filling(image: QImage) -> QImage:
    """The image at the size of thumbnails, as much of its middle as has their shape."""
    width, height = SIZE_PX
    whole = image.scaled(
        width,
        height,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    return whole.copy((whole.width() - width) // 2, (whole.height() - height) // 2, width, height)


class Thumbnails:
    """Keeps the first final image of each scene that is opened, as long as it is one of the recent ones."""

    def __init__(self, session: Session, settings: RememberedSettings) -> None:
        self._session, self._settings, self._waits = session, settings, False
        session.scene_changed.connect(self._scene_changed)
        settings.changed.connect(self._settings_changed)

    def _scene_changed(self) -> None:
        waits = self._session.opened is not None and self._settings.kept
        if waits and not self._waits:
            self._session.images.shown.connect(self._take)
        elif self._waits and not waits:
            self._session.images.shown.disconnect(self._take)
        self._waits = waits

    def _take(self, picture: RenderedImage) -> None:
        opened = self._session.opened
        if opened is None or picture.kind != "exact" or picture.request.channel != "rgb":
            return
        self._session.images.shown.disconnect(self._take)
        self._waits = False
        path = opened.path.resolve()
        # A demo has its own, and what a run shows while it learns is soon another.
        if str(path) in {recent.path for recent in self._settings.current.recent} and path.parent != DEMO_FOLDER:
            # Without it the scene stands there as before.
            with contextlib.suppress(OSError, UserError), replacing(thumbnail_file(path)) as temporary:
                filling(image_of(picture.pixels)).save(str(temporary), "JPG", QUALITY)

    def _settings_changed(self, settings: Settings, before: Settings) -> None:
        gone = {recent.path for recent in before.recent} - {recent.path for recent in settings.recent}
        for path in gone:
            if Path(path).parent != DEMO_FOLDER:
                with contextlib.suppress(OSError):
                    thumbnail_file(Path(path)).unlink(missing_ok=True)
