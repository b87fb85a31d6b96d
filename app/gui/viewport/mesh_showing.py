"""A mesh shown with the open scene, under its cameras: drawn behind the window, laid over its pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from psygnal import Signal

from app.gui.export.export_settings import recalled
from app.gui.host import Host
from app.gui.panel.mesh_card import MeshCard
from app.gui.qt import QColor
from app.gui.viewport.letterbox import place
from app.gui.viewport.mesh_opening import MeshOpening
from app.gui.viewport.viewport import Viewport
from app.gui.viewport.wipe_line import WipeLine
from app.mesh.drawing import STYLES, LoadedMesh
from app.mesh.mesh_layer import MeshLayer
from app.mesh.showing import LAYOUTS, TOLERANCE, Colour, DrawnMesh, MeshDrawer, MeshLook
from app.rendering.render_requests import RenderedImage
from engines.core.camera import Array


class MeshShowing:
    """Brings the mesh's layer to the screen: commands and the card change it, each picture gets its mesh."""

    arrived = Signal(RenderedImage)
    """The mesh of a picture is there: both can be shown."""
    changed = Signal()
    """What is on the screen is to be drawn anew."""

    def __init__(self, window: Host, viewport: Viewport) -> None:
        self._window, self._viewport = window, viewport
        self.layer = MeshLayer(recalled(MeshLook(), dict(window.settings.current.mesh_look)).sound())
        self._drawer: MeshDrawer | None = None
        self._opening = MeshOpening(window, self._adopt)
        self.card = MeshCard()
        self.line = WipeLine(viewport, lambda: self.layer.wiped_share, lambda share: self._change(share=share))
        self.card.opacity_chosen.connect(lambda value: self._change(opacity=value))
        viewport.resized.connect(self._again)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        handlers: dict[str, Callable[..., None]] = {
            "open_mesh": self._opening.ask,
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

    @property
    def path(self) -> Path | None:
        """The file of the mesh that is shown; None where none is."""
        return self.layer.mesh.path if self.layer.mesh is not None else None

    def open(self, path: Path) -> None:
        """Begins to read a mesh file; it is shown when it is there.

        Raises:
            UserError: no scene is open.
        """
        self._opening.open(path)

    def open_exported(self, path: Path) -> None:
        """Begins to read a mesh that was just exported; a user's mistake is told."""
        self._window.notifications.guarded(self.open)(path)

    def _adopt(self, mesh: LoadedMesh) -> None:
        self.layer.put(mesh)
        if self._drawer is None:
            post = self._window.session.post
            self._drawer = MeshDrawer(
                lambda drawn: post(lambda: self._show(drawn)), lambda error: post(lambda: self._drawing_failed(error))
            )
        self._window.commands["show_mesh"].setChecked(True)
        self.card.show_mesh(mesh)
        self._window.commands.refresh()
        self._again()

    def close(self) -> None:
        """Takes the mesh away."""
        self._opening.forget()
        self.layer.take_away()
        if self._drawer is not None:
            self._drawer.forget()
        self._viewport.show_beside(None)
        self.card.show_mesh(None)
        self._window.commands.refresh()
        self.changed.emit()

    def scene_changed(self) -> None:
        """A scene was adopted or closed: a mesh stays with the scene that it was opened with."""
        self.layer.drawn = None
        if self._opening.left():
            self.close()

    def shut_down(self) -> None:
        """Ends what is under way."""
        self._opening.forget()
        self.layer.take_away()
        if self._drawer is not None:
            self._drawer.close()

    # Pictures

    def accompany(self, picture: RenderedImage) -> bool:
        """Has the mesh of a picture drawn, which `arrived` tells of; False where there is none to show with it."""
        opened = self._window.session.opened
        size = 0.0 if opened is None else float(np.linalg.norm(np.ptp(opened.scene.bounds, axis=0)))
        job = self.layer.job(picture, shown_px(picture, self._viewport), TOLERANCE * size)
        if job is None or self._drawer is None:
            return False
        self._drawer.submit(job)
        return True

    def lay_over(self, picture: RenderedImage) -> None:
        """Shows the mesh over the picture on the screen, where it has its place there."""
        self._viewport.canvas.set_overlay(self.layer.over(picture, background_of(self._viewport)))

    def compose(self, pixels: Array, picture: RenderedImage) -> Array:
        """[H, W, 3], or side by side [H, 2 W, 3]: the scene's pixels with the mesh as they are seen, for a file."""
        return self.layer.compose(pixels, picture, background_of(self._viewport))

    def is_final(self, picture: RenderedImage) -> bool:
        """Whether all of the mesh is drawn with a picture."""
        return self.layer.is_final(picture, shown_px(picture, self._viewport))

    def _show(self, drawn: DrawnMesh) -> None:
        """The mesh of a picture is there."""
        arrival = self.layer.take(drawn, self._window.session.images.last)
        if arrival == "more":
            self.changed.emit()
        elif arrival == "first":
            self.arrived.emit(drawn.picture)

    def _drawing_failed(self, error: BaseException) -> None:
        if self.layer.mesh is None:
            return
        self.close()
        self._again()
        self._window.notifications.error(error)

    def _again(self) -> None:
        """The mesh is to be drawn anew for what is on the screen, unless it is there."""
        last = self._window.session.images.last
        if last is None:
            return
        if self.layer.mesh is not None and self.layer.visible and self.is_final(last):
            self.changed.emit()
        elif not self.accompany(last):
            self.arrived.emit(last)

    # How it is shown

    def _change(self, **changes: Any) -> None:
        anew = self.layer.change(**changes)
        self._window.settings.update(mesh_look=self.layer.look.remembered())
        self._show_look()
        if anew:
            self._again()
        self.changed.emit()

    def _show_look(self) -> None:
        look = self.layer.look
        for name in (look.style, look.layout):
            self._window.commands[f"mesh_{name}"].setChecked(True)
        self._window.commands["mesh_depth"].setChecked(look.depth_test)
        self.card.show_look(look)

    def _set_visible(self, visible: bool) -> None:
        self.layer.visible = visible
        self._again()


def shown_px(picture: RenderedImage, viewport: Viewport) -> tuple[int, int]:
    """(width, height) in the screen's pixels that a picture is shown at."""
    width, height = picture.camera.size_px
    scale = place((width, height), viewport.size_px()).scale
    return max(round(width * scale), 1), max(round(height * scale), 1)


def background_of(viewport: Viewport) -> Colour:
    """The colour around the picture."""
    colour = QColor(viewport.background)
    return colour.red(), colour.green(), colour.blue()
