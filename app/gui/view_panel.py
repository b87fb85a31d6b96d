"""Where the eye is: the training view, the mode, up; and what is drawn over the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtWidgets import QAction, QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QSizePolicy, QToolButton

from app.gui.panel_parts import Card, Slider, form, guard_wheel, label
from engines.core.camera import Array, Camera

AXIS_NAMES = ("x", "y", "z")


def axis_name(axis: Array) -> str:
    """ "+z" for (0, 0, 1); the numbers where it is no world axis."""
    for index, name in enumerate(AXIS_NAMES):
        if abs(abs(float(axis[index])) - 1) < 1e-6:
            return ("+" if axis[index] > 0 else "−") + name
    return "(" + ", ".join(f"{value:.2f}" for value in axis) + ")"


class ViewCard(Card):
    """A slider through the training views, and the camera in numbers."""

    view_chosen = pyqtSignal(int)
    up_chosen = pyqtSignal(object)
    """[3], the world axis that was chosen."""

    def __init__(self, previous: QAction, nearest: QAction, following: QAction) -> None:
        super().__init__("Training view")
        self._names: tuple[str, ...] = ()
        self.name = label("")
        # A long name is cut off; it must not make the panel wider.
        self.name.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.slider = Slider(Qt.Horizontal)
        guard_wheel(self.slider)
        self.slider.setToolTip("Go through the training views")
        self.slider.sliderMoved.connect(self.view_chosen)
        # Clicks beside the handle and keys move it without a drag.
        self.slider.actionTriggered.connect(lambda _: self.view_chosen.emit(self.slider.sliderPosition()))
        row = QHBoxLayout()
        row.setSpacing(3)
        row.addWidget(self.name, 1)
        for action in (previous, nearest, following):
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(QSize(16, 16))
            row.addWidget(button)
        self.body.addLayout(row)
        self.body.addWidget(self.slider)
        self._facts = form()
        self.place, self.fov, self.psnr = label(), label(), label()
        self._axes: list[Array] = []
        self.up = QComboBox()
        guard_wheel(self.up)
        self.up.setToolTip("Which way is up in the world: what the eye turns about. Kept in the scene's file")
        self.up.activated.connect(lambda index: self.up_chosen.emit(self._axes[index]))
        for name, value in (
            ("Position", self.place),
            ("Field of view", self.fov),
            ("Up axis", self.up),
            ("PSNR", self.psnr),
        ):
            self._facts.addRow(label(name, "muted"), value)
        self.body.addLayout(self._facts)

    def set_views(self, names: Sequence[str]) -> None:
        """The views that there are."""
        self._names = tuple(names)
        self.slider.setRange(0, max(len(names) - 1, 0))
        self.slider.setEnabled(len(names) > 1)

    def show_camera(self, camera: Camera | None, up: Array, index: int | None, psnr_db: float | None) -> None:
        """Where the eye is; `psnr_db` against the photograph where it is at one."""
        if camera is None:
            return
        self.place.setText(", ".join(f"{value:.3g}" for value in camera.position))
        self.fov.setText(f"{camera.fov_y_deg:.1f}°")
        self._show_up(up)
        self.psnr.setText("–" if psnr_db is None else f"{psnr_db:.2f} dB")
        if not self._names:
            self.name.setText("not known")
        elif index is None:
            self.name.setText("not at a view" if len(self._names) == 1 else f"between the {len(self._names)} views")
        else:
            self.name.setText(f"{index + 1} of {len(self._names)}  ·  {self._names[index]}")
            if not self.slider.isSliderDown():
                self.slider.setValue(index)

    def _show_up(self, up: Array) -> None:
        """The axis in use, then every world axis that is another."""
        if self._axes and np.allclose(self._axes[self.up.currentIndex()], up):
            return
        worlds = [*np.eye(3)[::-1], *-np.eye(3)[::-1]]
        if not any(np.allclose(axis, up) for axis in self._axes):
            own = [] if any(np.allclose(axis, up) for axis in worlds) else [np.array(up, dtype=np.float64)]
            self._axes = [*own, *worlds]
            self.up.clear()
            self.up.addItems([axis_name(axis) for axis in self._axes])
        self.up.setCurrentIndex(int(np.argmin([np.linalg.norm(axis - up) for axis in self._axes])))


class OverlayCard(Card):
    """A check box for each overlay's command."""

    def __init__(self, actions: Sequence[QAction]) -> None:
        super().__init__("Overlays")
        grid = QGridLayout()
        grid.setVerticalSpacing(5)
        for index, action in enumerate(actions):
            box = QCheckBox(action.text().replace("&", ""))
            box.setToolTip(action.toolTip())
            box.setChecked(action.isChecked())
            box.toggled.connect(lambda on, action=action: action.trigger() if action.isChecked() != on else None)
            action.toggled.connect(box.setChecked)
            grid.addWidget(box, index // 2, index % 2)
        self.body.addLayout(grid)
