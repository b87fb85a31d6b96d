"""A word to somebody who looks elsewhere, by the desktop's own means."""

from __future__ import annotations

import html
import sys
from contextlib import suppress

from PyQt5.QtCore import QVariant
from PyQt5.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from app.gui.plain_text import cut

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
        tray.showMessage(title, text, QSystemTrayIcon.Information, SHOWN_MS)


def _by_dbus(title: str, text: str) -> bool:
    """Whether a service took it."""
    # Not in every build of Qt.
    with suppress(ImportError):
        from PyQt5.QtDBus import QDBusConnection, QDBusMessage

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected() or not bus.interface().isServiceRegistered(SERVICE).value():
            return False
        call = QDBusMessage.createMethodCall(SERVICE, PATH, SERVICE, "Notify")
        replaces = QVariant(0)
        replaces.convert(QVariant.UInt)
        call.setArguments(["Vantage", replaces, "", title, html.escape(cut(text)), [], {}, SHOWN_MS])
        return bool(bus.send(call))
    return False
