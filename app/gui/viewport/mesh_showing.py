"""A mesh shown with the open scene, under its cameras: opened, drawn behind the window, laid over its pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QFileDialog

from app.gui.export.export_settings import recalled
from app.gui.host import Host
from app.gui.panel.mesh_card import MeshCard
from app.gui.viewport.letterbox import place
from app.gui.viewport.wipe_line import WipeLine
from app.mesh.drawing import STYLES, LoadedMesh, load_mesh
from app.mesh.mesh_reading import READ_SUFFIXES, read_mesh
from app.mesh.showing import (
    LAYOUTS,
    TOLERANCE,
    Colour,
    DrawnMesh,
    MeshDrawer,
    MeshJob,
    MeshLook,
    alone,
    composed,
    overlay,
)
from app.rendering.pictures import RenderedImage
from engines.core.camera import Array
from engines.core.errors import UserError

FILTER = f"Meshes ({' '.join(f'*{suffix}' for suffix in READ_SUFFIXES)});;All files (*)"


class MeshShowing:
    """Which mesh is open, how it is shown, and the newest picture's mesh."""

    def __init__(self, window: Host, take: Callable[[RenderedImage], None], draw: Callable[[], None]) -> None:
        """`take`: shows a picture of the scene, whose mesh is there now; `draw`: draws what is on the screen anew."""
        self._window, self._take, self._draw = window, take, draw
        self.look = recalled(MeshLook(), dict(window.settings.mesh_look)).sound()
        self.mesh: LoadedMesh | None = None
        self.visible = True
        self.drawn: DrawnMesh | None = None
        self._scene: Path | None = None
        """Of which scene the mesh is, or the one on its way."""
        self._number = self._asked = self._shown = 0
        """Of the file to open, of the last picture asked for, and of the one on the screen."""
        self._drawer: MeshDrawer | None = None
        self.card = MeshCard()
        self.line = WipeLine(window, self._line_share, self._set_share)
        self.card.opacity_chosen.connect(lambda value: self._change(opacity=value))
        window.export_bar.mesh_wanted.connect(self._open_exported)
        window.viewport.resized.connect(self._again)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        handlers: dict[str, Callable[..., None]] = {
            "open_mesh": self._ask,
            "close_mesh": self.close,
            "show_mesh": self._set_visible,
            "mesh_depth": lambda on: self._change(depth_test=on),
        }
        handlers |= {f"mesh_{name}": lambda _, name=name: self._change(style=name) for name in STYLES}
        return handlers | {f"mesh_{name}": lambda _, name=name: self._change(layout=name) for name in LAYOUTS}

    def restore(self) -> None:
        """The commands and the card as it was shown last."""
        self.card.connect_commands({id: self._window.commands[id] for id in self.handlers()})
        self._window.commands["show_mesh"].setChecked(True)
        self._show_look()

    # A mesh comes and goes

    def open(self, path: Path) -> None:
        """Begins to read a mesh file; it is shown when it is there.

        Raises:
            UserError: no scene is open.
        """
        opened = self._window.session.opened
        if opened is None:
            raise UserError(f"{path.name}: open a scene first; a mesh is shown under its cameras")
        self._number += 1
        number, origin = self._number, opened.origin
        self._scene = opened.path
        self._window.banner.tell("info", f"Opening {path.name} …")
        post = self._window.bridge.post

        def read() -> None:
            try:
                mesh = load_mesh(read_mesh(path), origin)
            except Exception as error:  # handed on: the window shows it and goes on
                failure = error
                post(lambda: self._failed(number, failure))
            else:
                post(lambda: self._adopt(number, mesh))

        threading.Thread(target=read, name="open mesh", daemon=True).start()

    def _adopt(self, number: int, mesh: LoadedMesh) -> None:
        opened = self._window.session.opened
        if number != self._number or opened is None or opened.path != self._scene:
            return
        self._window.banner.hide()
        self.mesh, self.drawn = mesh, None
        if self._drawer is None:
            post = self._window.bridge.post
            self._drawer = MeshDrawer(
                lambda drawn: post(lambda: self._show(drawn)), lambda error: post(lambda: self._drawing_failed(error))
            )
        self.visible = True
        self._window.commands["show_mesh"].setChecked(True)
        self.card.show_mesh(mesh)
        self._window.update_commands()
        self._again()

    def _failed(self, number: int, error: BaseException) -> None:
        if number == self._number:
            self._window.tell_error(error)

    def close(self) -> None:
        """Takes the mesh away."""
        self._number += 1
        self.mesh = self.drawn = None
        if self._drawer is not None:
            self._drawer.forget()
        self._window.viewport.show_beside(None)
        self.card.show_mesh(None)
        self._window.update_commands()
        self._draw()

    def scene_changed(self) -> None:
        """A scene was adopted or closed: a mesh stays with the scene that it was opened with."""
        opened = self._window.session.opened
        self.drawn = None
        if self._scene is not None and (opened is None or opened.path != self._scene):
            self._scene = None
            self.close()

    def shut_down(self) -> None:
        """Ends what is under way."""
        self._number += 1
        self.mesh = self.drawn = None
        if self._drawer is not None:
            self._drawer.close()

    # Pictures

    def accompany(self, picture: RenderedImage) -> None:
        """Hands a picture of the scene to `take` when its mesh is there; at once where there is none to show."""
        self._asked += 1
        if self.mesh is None or not self.visible or self._drawer is None:
            self._shown = self._asked
            self._take(picture)
            return
        opened = self._window.session.opened
        size = 0.0 if opened is None else float(np.linalg.norm(np.ptp(opened.scene.bounds, axis=0)))
        size_px, tolerance = self._size_px(picture), TOLERANCE * size
        self._drawer.submit(MeshJob(picture, size_px, self.mesh, self.look.style, tolerance, self._asked))

    def _size_px(self, picture: RenderedImage) -> tuple[int, int]:
        """(width, height) in the screen's pixels that a picture is shown at."""
        viewport, (width, height) = self._window.viewport, picture.camera.size_px
        scale = place((width, height), viewport.size_px()).scale
        return max(round(width * scale), 1), max(round(height * scale), 1)

    def lay_over(self, picture: RenderedImage) -> None:
        """Shows the mesh over the picture on the screen, or beside it."""
        drawn, viewport = self._drawn_with(picture), self._window.viewport
        over = overlay(drawn, self.look, self._background()) if drawn is not None else None
        viewport.canvas.set_overlay(over)
        if self.mesh is None or not self.visible or self.look.layout != "side":
            viewport.show_beside(None)
        elif drawn is not None:
            viewport.show_beside(alone(drawn.mesh, self._background()))

    def compose(self, pixels: Array, picture: RenderedImage) -> Array:
        """[H, W, 3], or side by side [H, 2 W, 3]: the scene's pixels with the mesh as they are seen, for a file."""
        drawn = self._drawn_with(picture)
        return pixels if drawn is None else composed(pixels, drawn, self.look, self._background())

    def _drawn_with(self, picture: RenderedImage) -> DrawnMesh | None:
        drawn = self.drawn
        return drawn if self.visible and drawn is not None and drawn.picture is picture else None

    def is_final(self, picture: RenderedImage) -> bool:
        """Whether all of the mesh is drawn with a picture."""
        if self.mesh is None or not self.visible:
            return True
        drawn = self._drawn_with(picture)
        if drawn is None or not drawn.whole or drawn.style != self.look.style:
            return False
        return drawn.mesh.depth.shape == self._size_px(picture)[::-1]

    def _show(self, drawn: DrawnMesh) -> None:
        """The mesh of a picture is there."""
        last = self._window.session.last
        # Of a mesh, or a scene, that was closed since.
        if drawn.of is not self.mesh or last is None:
            return
        # Of a picture that was overtaken: the whole of a large mesh comes seconds later.
        if last.request.scene_number != drawn.picture.request.scene_number or drawn.number < self._shown:
            return
        again = self.drawn is not None and self.drawn.picture is drawn.picture
        self.drawn, self._shown = drawn, drawn.number
        if again:
            self._draw()
        else:
            self._take(drawn.picture)

    def _drawing_failed(self, error: BaseException) -> None:
        if self.mesh is None:
            return
        self.close()
        self._again()
        self._window.tell_error(error)

    def _again(self) -> None:
        """The mesh is to be drawn anew for what is on the screen, unless it is there."""
        last = self._window.session.last
        if last is None:
            return
        if self.mesh is not None and self.visible and self.is_final(last):
            self._draw()
        else:
            self.accompany(last)

    # How it is shown

    def _change(self, **changes: Any) -> None:
        before, self.look = self.look, replace(self.look, **changes).sound()
        self._window.change_settings(replace(self._window.settings, mesh_look=self.look.remembered()))
        self._show_look()
        if self.look.style != before.style:
            self._again()
        self._draw()

    def _show_look(self) -> None:
        for name in (self.look.style, self.look.layout):
            self._window.commands[f"mesh_{name}"].setChecked(True)
        self._window.commands["mesh_depth"].setChecked(self.look.depth_test)
        self.card.show_look(self.look)

    def _set_visible(self, visible: bool) -> None:
        self.visible = visible
        self._again()

    def _set_share(self, share: float) -> None:
        self._change(share=share)

    def _line_share(self) -> float | None:
        shown = self.visible and self.drawn is not None and self.look.layout == "wipe"
        return self.look.share if shown else None

    def _background(self) -> Colour:
        colour = QColor(self._window.viewport.background)
        return colour.red(), colour.green(), colour.blue()

    def _open_exported(self, path: Path) -> None:
        try:
            self.open(path)
        except UserError as error:
            self._window.tell_error(error)

    def _ask(self) -> None:
        window = self._window
        folder = window.settings.folders.get("mesh", window.settings.folders.get("open", ""))
        chosen, _ = QFileDialog.getOpenFileName(window.widget, "Open a mesh", folder, FILTER)
        if chosen:
            window.change_settings(window.settings.with_folder("mesh", Path(chosen).parent))
            self.open(Path(chosen))
