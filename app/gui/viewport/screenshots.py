"""The picture on the screen as a file or on the clipboard: that of what is chosen, never of what was before."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.export.colour_bars import with_colour_bar
from app.gui.host import Host
from app.gui.qt import QApplication, QDesktopServices, QFileDialog, QUrl, image_of
from app.gui.viewport.colour_bar import ColourBarShowing
from app.gui.viewport.shown_picture import ShownPicture
from app.rendering.display import Pixels
from app.rendering.render_requests import is_of_choice
from app.viewing.inputs import stem_with_input
from engines.core.data.images import write_png


class Screenshots:
    """Saves and copies; what is not drawn yet is waited for."""

    def __init__(self, window: Host, shown: ShownPicture, bar: ColourBarShowing) -> None:
        self._window, self._session, self._shown, self._bar = window, window.session, shown, bar
        self._waiting: Callable[[], None] | None = None
        shown.drawn.connect(self._take_final)
        shown.asked.connect(self._take_final)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {"screenshot": self._save, "copy_picture": lambda: self._when_final("Copied", self._copy)}

    def _save(self) -> None:
        opened = self._session.opened
        if opened is None or self._shown.picture is None:
            return
        folder = self._window.settings.current.folders.get("screenshot", str(Path.home()))
        name = str(Path(folder) / f"{stem_with_input(opened)}.png")
        chosen, _ = QFileDialog.getSaveFileName(self._window.widget, "Save screenshot", name, "PNG image (*.png)")
        if not chosen:
            return
        path = Path(chosen) if chosen.lower().endswith(".png") else Path(chosen + ".png")
        self._window.settings.remember_folder("screenshot", path.parent)
        self._when_final("Saved", lambda: self._write(path))

    def _when_final(self, done: str, work: Callable[[], None]) -> None:
        """Does it now, or when the picture of what is chosen is there; its preview on demand."""
        self._waiting = None
        work = self._without_tints(work)
        if self._shown.is_final():
            work()
        elif self._session.opened is not None:
            self._waiting = work
            picture = self._shown.picture
            wanted = self._session.wanted
            preview = picture is not None and wanted is not None and is_of_choice(picture, wanted)
            text = f"{done} as soon as the image is final."
            self._window.notifications.tell(
                "info", text, "Take the preview" if preview else "", self._take_preview if preview else None
            )

    def _without_tints(self, work: Callable[[], None]) -> Callable[[], None]:
        """Has what is kept drawn alone until the work is done, where something that is removed is seen, too."""
        view, kept = self._session.view, self._session.loader.left_out
        before = view.left_out
        if before is kept:
            return work
        view.left_out = kept
        self._session.submit(moving=False)

        def run() -> None:
            work()
            if view.left_out is kept:
                view.left_out = before
                self._session.submit(moving=False)

        return run

    def _take_preview(self) -> None:
        if (work := self._waiting) is not None:
            self._waiting = None
            work()

    def _take_final(self) -> None:
        if self._session.opened is None:
            self._waiting = None
        if self._waiting is not None and self._shown.is_final():
            self._take_preview()

    def _write(self, path: Path) -> None:
        pixels, picture, opened = self._pixels(), self._shown.picture, self._session.opened
        if pixels is None or picture is None or opened is None:
            return
        box = picture.request.crop
        text = {
            "vantage:camera": json.dumps(picture.camera.to_json()),
            "vantage:scene": str(opened.path),
            "vantage:channel": self._shown.content,
            "vantage:controls": json.dumps(dict(picture.request.controls)),
            "vantage:crop_box": json.dumps(None if box is None else box.moved(opened.origin).bounds.tolist()),
            "vantage:options": json.dumps(opened.options.model_dump(mode="json")),
            "vantage:state": "final" if picture.kind == "exact" else "preview",
        }
        threading.Thread(target=self._write_png, args=(path, pixels.copy(), text), name="screenshot").start()

    def _write_png(self, path: Path, pixels: np.ndarray, text: dict[str, str]) -> None:
        window = self._window
        try:
            write_png(path, pixels, text)
        except Exception as error:
            failure = error  # the name of the exception is gone when the window comes to it
            window.session.post(lambda: window.notifications.error(failure))
        else:
            folder = QUrl.fromLocalFile(str(path.parent))
            window.session.post(
                lambda: window.notifications.tell(
                    "info", f"Saved {path}", "Show in folder", lambda: QDesktopServices.openUrl(folder)
                )
            )

    def _pixels(self) -> Pixels | None:
        """[H, W, 3] what is on the screen, with the scale of its colours where that is; None where nothing is."""
        whole, scale = self._shown.whole, self._bar.shown_scale
        return whole if whole is None or scale is None else with_colour_bar(np.asarray(whole), scale)

    def _copy(self) -> None:
        if (pixels := self._pixels()) is not None:
            QApplication.clipboard().setImage(image_of(pixels))
            self._window.notifications.tell("info", "The image is on the clipboard.")
