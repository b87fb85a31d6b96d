"""A canvas that draws with OpenGL through VisPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vispy import scene, use
from vispy.visuals.transforms import STTransform

from app.gui.qt import BINDING, QWidget
from app.gui.viewport.canvas import Label
from app.gui.viewport.letterbox import Placement, place
from engines.core.camera import Array

NO_POINTS = np.zeros((2, 2), dtype=np.float32)


class GlCanvas:
    """A VisPy canvas in logical pixels, y down; see `canvas.Canvas`."""

    name = "OpenGL"

    def __init__(self, parent: QWidget) -> None:
        use(BINDING)
        # keys=None: VisPy's own shortcuts (Escape closes, F11) would shadow the window's.
        self._canvas = scene.SceneCanvas(keys=None, parent=parent, bgcolor="black", create_native=True)
        self.widget = self._canvas.native
        black = np.zeros((2, 2, 3), dtype=np.uint8)
        self._image = scene.visuals.Image(black, method="subdivide", interpolation="linear", parent=self._canvas.scene)
        nothing = np.zeros((2, 2, 4), dtype=np.uint8)
        self._overlay = scene.visuals.Image(
            nothing, method="subdivide", interpolation="linear", parent=self._canvas.scene
        )
        self._overlay.order = 1
        self._image.visible = self._overlay.visible = False
        self._overlay_px = (2, 2)
        self._lines = scene.visuals.Line(
            pos=NO_POINTS, color=(1, 1, 1, 1), connect="segments", width=1.4, antialias=True, parent=self._canvas.scene
        )
        self._lines.order, self._lines.visible = 2, False
        self._texts = scene.visuals.Text("", font_size=9, anchor_x="left", anchor_y="bottom", parent=self._canvas.scene)
        self._texts.order, self._texts.visible = 3, False
        for visual in (self._image, self._overlay, self._lines, self._texts):
            # Drawn in their order: all lie at one depth, where the picture, drawn first, would win.
            visual.set_gl_state("translucent", depth_test=False)
        self._size_px = (2, 2)
        self._labels: Sequence[Label] = ()
        self._canvas.events.resize.connect(lambda event: self._arrange())

    def set_picture(self, pixels: Array) -> None:
        """Shows a picture [H, W, 3] uint8."""
        height, width = pixels.shape[:2]
        self._image.set_data(np.ascontiguousarray(pixels))
        self._image.visible = True
        if (width, height) != self._size_px:
            self._size_px = (width, height)
            self._arrange()
        self._canvas.update()

    def set_overlay(self, pixels: Array | None) -> None:
        """Lays [H, W, 4] uint8 over the picture; None: nothing."""
        self._overlay.visible = pixels is not None
        if pixels is not None:
            self._overlay.set_data(np.ascontiguousarray(pixels))
            self._overlay_px = (pixels.shape[1], pixels.shape[0])
            self._arrange()
        self._canvas.update()

    def set_segments(self, pixels: Array, colours: Array, labels: Sequence[Label] = ()) -> None:
        """Draws lines of ends [M, 2, 2] (picture pixels) and colours [M, 4] in [0, 1], and labels."""
        self._lines.visible = len(pixels) > 0
        if len(pixels):
            ends = np.asarray(pixels, dtype=np.float32).reshape(-1, 2)
            self._lines.set_data(pos=ends, color=np.repeat(np.asarray(colours, dtype=np.float32), 2, axis=0))
        self._labels = labels
        self._arrange_labels()
        self._canvas.update()

    def set_sharp(self, sharp: bool) -> None:
        self._image.interpolation = "nearest" if sharp else "linear"
        self._canvas.update()

    def set_background(self, colour: str) -> None:
        self._canvas.bgcolor = colour
        self._canvas.update()

    def placement(self) -> Placement:
        return place(self._size_px, (max(self.widget.width(), 1), max(self.widget.height(), 1)))

    def _arrange(self) -> None:
        placement = self.placement()
        transform = STTransform((placement.scale, placement.scale), (placement.left, placement.top))
        self._image.transform = self._lines.transform = transform
        across, down = (placement.scale * own / over for own, over in zip(self._size_px, self._overlay_px, strict=True))
        self._overlay.transform = STTransform((across, down), (placement.left, placement.top))
        self._arrange_labels()

    def _arrange_labels(self) -> None:
        self._texts.visible = bool(self._labels)
        if self._labels:
            placement = self.placement()
            self._texts.text = [label.text for label in self._labels]
            self._texts.pos = np.array(
                [(*placement.to_viewport(label.u, label.v), 0.0) for label in self._labels], dtype=np.float32
            ) + np.array([4, -4, 0], dtype=np.float32)
            self._texts.color = np.array([(*label.colour, 1.0) for label in self._labels])
