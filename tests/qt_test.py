"""Qt's module for tests: keys and clicks. All else comes from `app.gui.qt`."""

from __future__ import annotations

from PyQt5.QtTest import QTest as QTest
