"""A camera as text on the clipboard, and back."""

from __future__ import annotations

import json

from app.gui.host import Host
from app.gui.qt import QApplication
from engines.core.camera import Camera
from engines.core.errors import UserError


def copy_camera(window: Host) -> None:
    """The camera of the picture, as JSON."""
    if (camera := window.session.eye.shown) is not None:
        QApplication.clipboard().setText(json.dumps(camera.to_json()))
        window.notifications.tell("info", "The camera is on the clipboard.")


def paste_camera(window: Host) -> None:
    """Goes to the camera on the clipboard.

    Raises:
        UserError: there is none.
    """
    try:
        camera = Camera.from_json(json.loads(QApplication.clipboard().text()))
    except ValueError as error:
        raise UserError("The clipboard holds no camera; copy one with Navigate > Copy camera.") from error
    window.session.eye.jump_to(camera)
