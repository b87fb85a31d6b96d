"""The one module that imports Qt: enumerations are written as Qt 6 has them, and other libraries take the same Qt."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import app.gui.qt
from app.gui.qt import (
    QColor,
    QEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QLineF,
    QPainter,
    QSizePolicy,
    Qt,
    combined,
    draw_lines,
    first_combination,
    image_of,
    image_sharing,
    keep_enumerations,
    pressed_combination,
)
from tests.architecture_rules import ROOT, Module, read_modules

GONE = {
    "exec_": "exec",
    "localPos": "app.gui.qt.position",
    "pyqtSignal": "app.gui.qt.Signal",
    "byteCount": "sizeInBytes",
    "AdjustToMinimumContentsLength": "app.gui.qt.shrink_below_contents",
}
"""Of PyQt5 alone, with what there is instead."""
CLASSES = {name: found for name, found in vars(app.gui.qt).items() if isinstance(found, type)}


def is_enumeration(kind: type) -> bool:
    return type(kind).__name__ in ("enumtype", "EnumMeta", "EnumType")


def only_qt_5(module: Module) -> Iterator[str]:
    """Enumerations without their class (`Qt.AlignLeft`), Qt 5's types for sets of flags, and what is gone."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Attribute):
            continue
        written, owner = f"{module.name}:{node.lineno} {ast.unparse(node)}", ast.unparse(node.value).split(".")[-1]
        if node.attr in GONE and module.name != "app.gui.qt":
            yield f"{written}: {GONE[node.attr]}"
        found = getattr(CLASSES.get(owner), node.attr, None)
        if is_enumeration(type(found)):
            yield f"{written}: {owner}.{type(found).__name__}.{node.attr}"
        if isinstance(found, type) and hasattr(found, "__invert__") and not is_enumeration(found):
            yield f"{written}: the flag's own type"


def test_enumerations_are_written_with_their_class() -> None:
    modules = read_modules("app", "tests")
    assert len(CLASSES) > 80 and len(modules) > 200, "looked in the wrong place"
    assert not [problem for module in modules for problem in only_qt_5(module)]


@pytest.mark.parametrize(
    "source",
    [
        "label.setAlignment(Qt.AlignLeft | Qt.AlignmentFlag.AlignTop)",
        "pixmap.fill(Qt.transparent)",
        "if dialog.exec() == qt.QDialog.Accepted: ...",
        "held = Qt.MouseButtons(1)",
        "dialog.exec_()",
        "at = event.localPos()",
    ],
)
def test_what_qt_6_has_not_is_caught(source: str) -> None:
    assert len(list(only_qt_5(Module("app.gui.x", source)))) == 1


def test_what_both_have_passes() -> None:
    source = "align, kind = Qt.AlignmentFlag.AlignLeft | flags, QEvent.Type.Wheel\nQApplication.instance().exec()"
    assert not list(only_qt_5(Module("app.gui.x", source)))


def test_other_libraries_take_the_same_qt(tmp_path: Path) -> None:
    # They would take this one, were theirs not there before.
    (tmp_path / "PyQt6").mkdir()
    (tmp_path / "PyQt6" / "__init__.py").touch()
    code = "import app.gui.training.curves, pyqtgraph.Qt; assert pyqtgraph.Qt.QT_LIB == 'PyQt5', pyqtgraph.Qt.QT_LIB"
    found = {**os.environ, "PYTHONPATH": str(tmp_path)}
    found.pop("PYQTGRAPH_QT_LIB", None)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=found, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("key", "modifiers", "written"),
    [
        (Qt.Key.Key_F, Qt.KeyboardModifier.NoModifier, "F"),
        (Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier, "Ctrl+Shift+F"),
        (Qt.Key.Key_5, Qt.KeyboardModifier.KeypadModifier, "5"),
    ],
)
def test_a_pressed_key_is_the_written_one(key: Qt.Key, modifiers: Qt.KeyboardModifier, written: str) -> None:
    event = QKeyEvent(QKeyEvent.Type.KeyPress, key, modifiers)
    assert pressed_combination(event) == first_combination(QKeySequence(written))


def test_flags_together_are_those_that_qt_combines() -> None:
    right, bottom = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignBottom
    assert combined(right, bottom) == right | bottom and combined(right) == right
    assert type(combined(right, bottom)) is type(right | bottom)


@pytest.mark.parametrize("channels", [3, 4])
def test_an_image_has_the_colours_of_its_pixels(channels: int) -> None:
    # Rows of three are no multiple of four bytes, as Qt would have its own.
    pixels = np.random.default_rng(0).integers(0, 256, (2, 6, channels), dtype=np.uint8)[:, ::2]
    expected = [[QColor(*pixel) for pixel in row] for row in pixels.tolist()]
    owned, shared = image_of(pixels), np.ascontiguousarray(pixels)
    sharing = image_sharing(shared)
    assert [[owned.pixelColor(x, y) for x in range(3)] for y in range(2)] == expected
    assert [[sharing.pixelColor(x, y) for x in range(3)] for y in range(2)] == expected
    pixels[:], shared[:] = 0, 0
    assert owned.pixelColor(0, 0) == expected[0][0] != sharing.pixelColor(0, 0)


def test_the_channels_may_be_as_qt_has_them_in_memory() -> None:
    pixels = np.array([[[255, 0, 0, 255]]], dtype=np.uint8)
    assert image_sharing(pixels, QImage.Format.Format_ARGB32_Premultiplied).pixelColor(0, 0) == QColor("#0000ff")


def test_lines_are_drawn_and_so_are_none() -> None:
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.setPen(QColor("#ffffff"))
    draw_lines(painter, [])
    draw_lines(painter, [QLineF(0, 0, 3, 0), QLineF(0, 3, 3, 3)])
    painter.end()
    assert [image.pixelColor(1, y).lightness() for y in range(4)] == [255, 0, 0, 255]


def test_members_of_enumerations_are_not_made_anew_each_time() -> None:
    keep_enumerations()
    for kind, name in ((QEvent.Type, "MouseMove"), (Qt.Key, "Key_Space"), (QSizePolicy.Policy, "Expanding")):
        assert getattr(kind, name) is getattr(kind, name) and type(getattr(kind, name)) is kind
    assert int(QEvent.Type.MouseMove) == 5 and int(Qt.MouseButton.RightButton) == 2
