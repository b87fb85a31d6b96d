"""Qt's images as arrays, and what the screen shows of a widget."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, QImage, QPoint, QWidget, present
from engines.core.camera import Array


def image_pixels(image: QImage) -> Array:
    """[H, W, 3] uint8."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    # Any buffer will do, though NumPy's types don't know that of PyQt5.
    buffer = cast(bytes, present(image.constBits()).asarray(image.sizeInBytes()))
    rows = np.frombuffer(buffer, dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), -1, 3).copy()


def on_screen(widget: QWidget, qtbot: QtBot) -> Array:
    """[H, W, 3] what the screen shows of a widget."""
    widget.repaint()
    qtbot.wait(60)
    corner = widget.mapToGlobal(QPoint(0, 0))
    # The whole screen: PyQt5's types want a pointer where a number will do.
    whole = cast(Any, 0)
    screen = present(QApplication.primaryScreen())
    return image_pixels(screen.grabWindow(whole, corner.x(), corner.y(), widget.width(), widget.height()).toImage())
