"""A word to somebody who looks elsewhere, by the desktop's own means."""

from __future__ import annotations

import html
import sys

from app.gui.plain_text import cut
from app.gui.qt import QApplication, QSystemTrayIcon, QWidget, call_service, unsigned

SERVICE, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
SHOWN_MS = 10_000


def notify(window: QWidget, title: str, text: str) -> None:
    """Shows it, unless the window is looked at; where the desktop shows none, the window's entry asks for attention."""
    if window.isActiveWindow():
        return
    QApplication.alert(window)
    if sys.platform.startswith("linux") and _by_dbus(title, text):
        return
    if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
        tray = QSystemTrayIcon(window.windowIcon(), window)
        tray.messageClicked.connect(window.activateWindow)
        tray.show()
        tray.showMessage(title, text, QSystemTrayIcon.MessageIcon.Information, SHOWN_MS)


def _by_dbus(title: str, text: str) -> bool:
    """Whether a service took it."""
    body = html.escape(cut(text))
    return call_service(SERVICE, PATH, "Notify", ["Vantage", unsigned(0), "", title, body, [], {}, SHOWN_MS])
