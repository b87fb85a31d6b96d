"""The status line: what is on the screen, how large, how fast, on what."""

from __future__ import annotations

import time
from collections import deque

import torch

from app.gui.panel.panel_parts import Elided
from app.gui.plain_text import plain_label
from app.gui.qt import QStatusBar, QTimer, QWidget
from app.rendering.render_requests import RenderedImage
from engines.core.device import describe_device

FPS_SECONDS = 1.0
IDLE = "idle"
IDLE_MS = 1000
REDUCED_TIP = "Drawn smaller, to be there in time: View > Resolution has the target rate, and can forbid it"


class Status(QStatusBar):
    """State at the left, figures at the right."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.state, self.view = Elided(), plain_label()
        self.saved, self.size_label, self.time, self.rate, self.device = (plain_label() for _ in range(5))
        self.rate.setToolTip("Pictures shown in the last second")
        self.time.setToolTip("Time taken to make this picture")
        self.drawing = plain_label()
        self.drawing.hide()
        self.addPermanentWidget(self.drawing)
        self.addWidget(self.state)
        self.addWidget(self.view)
        for widget in (self.saved, self.size_label, self.time, self.rate, self.device):
            self.addPermanentWidget(widget)
        self._shown_s: deque[float] = deque()
        self._idle = QTimer(self)
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self.show_idle)
        self._idle.start()

    def show_renderer(self, canvas: str, renderer: str | None) -> None:
        """Tells what draws the window: the canvas by its name, and the `renderer` of OpenGL."""
        drawn = f"drawn with OpenGL ({renderer})"
        if canvas != "OpenGL":
            drawn = "drawn in software (QPainter): no graphics card was found for OpenGL"
        self.device.setToolTip(f"Scenes are computed on this device; the window is {drawn}")

    def show_drawing(self, text: str, tip: str) -> None:
        """What is to be known of how the window is drawn; "": nothing."""
        self.drawing.setText(text)
        self.drawing.setToolTip(tip)
        self.drawing.setVisible(bool(text))

    def show_device(self, device: torch.device) -> None:
        """What the open scene is computed on."""
        self.device.setText(describe_device(device))

    def count(self, picture: RenderedImage) -> None:
        """A picture is on the screen."""
        now = time.monotonic()
        self._shown_s.append(now)
        while self._shown_s and now - self._shown_s[0] > FPS_SECONDS:
            self._shown_s.popleft()

    def show_picture(self, picture: RenderedImage) -> None:
        """Tells how large a picture is, how long it took, and how many there were in the last second."""
        height, width = picture.pixels.shape[:2]
        whole = "{} × {}".format(*picture.request.camera.size_px)
        self.size_label.setText(f"{width} × {height} of {whole}" if picture.reduced else f"{width} × {height}")
        self.time.setText(f"{picture.ms:.0f} ms" if picture.ms >= 10 else f"{picture.ms:.1f} ms")
        self.rate.setText(f"{len(self._shown_s)} frames/s" if len(self._shown_s) > 1 else IDLE)

    def show_final(self, cut: bool = False) -> None:
        """The picture is the exact one of all that is chosen; `cut`: the near plane takes away a part of the scene."""
        if cut:
            why = "Nothing nearer than the near plane is drawn: go back, or change it in the options"
            self._mark("preview", "● Final, cut by the near plane", why)
        else:
            self._mark("final", "● Final")

    def show_preview(self, picture: RenderedImage) -> None:
        """The picture is reprojected or coarse; a part of it may be invented."""
        parts, tip = ["● Preview"], ""
        if picture.reduced:
            parts.append("reduced while moving" if picture.request.moving else "reduced")
            tip = REDUCED_TIP
        if picture.hole_fraction >= 0.005:
            parts.append(f"{100 * picture.hole_fraction:.0f} % inpainted")
        self._mark("preview", ", ".join(parts), tip)

    def show_waiting(self) -> None:
        """The picture on the screen is of something else than what is chosen; the right one is on its way."""
        self._mark("preview", "● Rendering …")

    def show_failed(self) -> None:
        """What was asked for can't be drawn; why is told elsewhere."""
        self._mark("preview", "● Not drawn")

    def show_idle(self) -> None:
        """Nothing moved for a while: a rate would be of the past."""
        if self._shown_s and time.monotonic() - self._shown_s[-1] > FPS_SECONDS:
            self._shown_s.clear()
            self.rate.setText(IDLE)

    def show_saved(self, text: str) -> None:
        """When the project was saved last, or kept for the case that the program is killed."""
        self.saved.setText(text)

    def show_refining(self, share: float | None) -> None:
        """How much of the final picture is done; None: it is there, or was given up."""
        if share is not None:
            self.rate.setText(f"Refining {share:.0%}")
        elif self.rate.text():
            # Of a scene that was closed meanwhile there is nothing to say.
            self.rate.setText(IDLE)

    def show_loading(self, name: str) -> None:
        """A scene is being opened."""
        self._mark("preview", f"Opening {name} …")

    def show_view(self, text: str) -> None:
        """Which training view this is."""
        self.view.setText(text)

    def clear_scene(self) -> None:
        """Nothing is open."""
        self._mark("", "")
        self._shown_s.clear()
        for widget in (self.view, self.size_label, self.time, self.rate, self.device):
            widget.setText("")

    def _mark(self, state: str, text: str, tip: str = "") -> None:
        if self.state.property("state") != state:
            self.state.setProperty("state", state)
            self.state.style().unpolish(self.state)
            self.state.style().polish(self.state)
        self.state.setToolTip(tip)
        self.state.setText(text)
