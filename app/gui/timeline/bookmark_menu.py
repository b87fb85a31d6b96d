"""Navigate > Bookmarks: named views with a small picture, to go back to, or to make keys of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from app.export.keyed_frames import scene_controls
from app.gui.host import Host
from app.gui.menus.path_commands import BOOKMARKS
from app.gui.panel.panel_parts import elided
from app.gui.qt import QAction, QIcon, QInputDialog, QMenu, QPixmap, image_of, present
from app.gui.viewport.shown_picture import ShownPicture
from app.gui.viewport.viewport import Viewport
from app.path_editing.bookmarks import Bookmark, Bookmarks
from app.path_editing.preview import PathViewer
from app.settings import config_folder
from engines.core.camera import Array
from engines.core.data.images import resize_area, smaller_size
from engines.core.data.origin import from_world
from engines.core.errors import UserError

THUMBNAIL_PX = 64
MENU_LETTERS = 40


class BookmarkMenu:
    """The bookmarks of the open scene, kept in a file for each scene."""

    def __init__(
        self, window: Host, viewport: Viewport, shown: ShownPicture, viewer: PathViewer, add_key: Callable[[], None]
    ) -> None:
        """`add_key`: adds a key of the current view."""
        self._window, self._viewport, self._shown, self._viewer = window, viewport, shown, viewer
        self._add_key = add_key
        self.bookmarks = Bookmarks()
        self._pictures: dict[str, QIcon] = {}
        """By name, of those that were added since the scene was opened."""
        self._entries: list[QMenu] = []
        self._scene: Path | None = None
        self.bookmarks.changed.connect(window.notifications.guarded(self._changed))
        window.session.scene_changed.connect(window.notifications.guarded(self._enter))

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the command does."""
        return {"bookmark": self._add}

    def _add(self) -> None:
        seen = self._viewer.seen()
        if seen is None:
            return
        marks = self.bookmarks
        name, chosen = QInputDialog.getText(self._window.widget, "Bookmark this view", "Name", text=marks.free_name())
        if not chosen or not name.strip():
            return
        if self._shown.pixels is not None:
            self._pictures[name.strip()] = _icon(self._shown.pixels)
        marks.add(*seen, name.strip())
        self._window.notifications.tell("info", f"Bookmarked as {elided(name.strip())} (Navigate > Bookmarks)")

    # The menu

    def _changed(self) -> None:
        self._save()
        menu = self._window.commands.menus[BOOKMARKS]
        for entry in self._entries:
            menu.removeAction(present(entry.menuAction()))
            entry.deleteLater()
        self._entries = [self._entry(menu, mark) for mark in self.bookmarks.all]

    def _entry(self, menu: QMenu, mark: Bookmark) -> QMenu:
        entry = present(menu.addMenu(elided(mark.name, MENU_LETTERS).replace("&", "&&")))
        if mark.name in self._pictures:
            entry.setIcon(self._pictures[mark.name])
        self._offer(entry, "&Go there", partial(self.go_to, mark))
        self._offer(entry, "Add as &key", partial(self._key, mark))
        entry.addSeparator()
        self._offer(entry, "&Rename…", partial(self._rename, mark))
        self._offer(entry, "&Delete", partial(self.bookmarks.delete, mark.name))
        return entry

    def _offer(self, menu: QMenu, title: str, work: Callable[[], object]) -> QAction:
        action = present(menu.addAction(title))
        run = self._window.notifications.guarded(work)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def go_to(self, mark: Bookmark) -> None:
        """Looks at what was bookmarked, with its controls."""
        session = self._window.session
        if session.opened is None:
            return
        wanted = {**session.view.controls, **mark.controls}
        for name, value in scene_controls(session.opened.scene, wanted).items():
            session.set_control(name, value, stays=True)
        session.eye.jump_to(from_world([mark.camera], session.opened.origin)[0])
        self._viewport.wake()
        self._viewport.moved.emit()

    def _key(self, mark: Bookmark) -> None:
        self.go_to(mark)
        self._add_key()

    def _rename(self, mark: Bookmark) -> None:
        name, chosen = QInputDialog.getText(self._window.widget, "Rename bookmark", "Name", text=mark.name)
        if chosen:
            if mark.name in self._pictures:
                self._pictures[name.strip()] = self._pictures[mark.name]
            self.bookmarks.rename(mark.name, name.strip())

    # Files

    def _enter(self) -> None:
        """A scene came or went: it has bookmarks of its own."""
        opened = self._window.session.opened
        path = opened.path.resolve() if opened is not None else None
        if path == self._scene:
            return
        self._scene = None
        self._pictures.clear()
        self.bookmarks.clear()
        self._scene = path
        if path is not None and (file := bookmarks_file(path)).is_file():
            self.bookmarks.open(file)

    def _save(self) -> None:
        if self._scene is None:
            return
        file = bookmarks_file(self._scene)
        if self.bookmarks.all:
            self.bookmarks.save(file)
        elif file.is_file():
            try:
                file.unlink()
            except OSError as error:
                raise UserError(f"{file}: can't be removed ({error.strerror})") from error


def bookmarks_file(scene: Path) -> Path:
    """The file that the bookmarks of a scene's file are kept in, beside the settings."""
    name = hashlib.sha256(str(scene).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return config_folder() / "bookmarks" / f"{name}.json"


def _icon(pixels: Array) -> QIcon:
    """A small picture of [H, W, 3] uint8."""
    height, width = pixels.shape[:2]
    small = resize_area(pixels, smaller_size((width, height), THUMBNAIL_PX))
    return QIcon(QPixmap.fromImage(image_of(np.ascontiguousarray(small))))
