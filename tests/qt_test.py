"""Qt's module for tests: keys and clicks. All else comes from `app.gui.qt`."""

from __future__ import annotations

from typing import cast

from PyQt5 import QtTest

# PyQt5's types take its functions for methods, and what they are given first for the object.
QTest = cast(QtTest.QTest, QtTest.QTest)
