"""Help > About, and where the manual is."""

from __future__ import annotations

import html
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from app import __version__
from app.gui.qt import BINDING_TITLE, QIcon, QMessageBox, QWidget
from engines.core.device import choose_device, describe_device
from engines.registry import all_engines, failed_engines

MANUALS = (Path(__file__).resolve().parents[3] / "README.md", Path(sys.prefix) / "share" / "vantage" / "README.md")
"""Beside the source, or where pip puts it."""
RENDERERS = {"painter": "software (QPainter)"}


def about_text(canvas: str) -> str:
    """What the dialog says; a report (`main_window/reporting.py`) carries more."""
    rows = {
        "Methods": ", ".join(engine.title for engine in all_engines().values()) or "none",
        "Device": describe_device(choose_device()),
        "Renderer": RENDERERS.get(canvas, canvas),
        "Versions": f"Python {platform.python_version()}, torch {torch.__version__}, {BINDING_TITLE}",
        "Licence": "MIT",
    }
    rows |= {f"Not available: {name}": reason for name, reason in failed_engines().items()}
    cells = "".join(
        f"<tr><td style='padding-right:14px'>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, value in rows.items()
    )
    return f"<h3>Vantage {__version__}</h3><p>Viewer and trainer for neural scenes.</p><table>{cells}</table>"


def show_about(parent: QWidget, canvas: str, copy_report: Callable[[], object]) -> None:
    """Runs the dialog."""
    box = QMessageBox(
        QMessageBox.Icon.NoIcon, "About Vantage", about_text(canvas), QMessageBox.StandardButton.Close, parent
    )
    box.button(QMessageBox.StandardButton.Close).setIcon(QIcon())
    box.setDefaultButton(QMessageBox.StandardButton.Close)
    copy = box.addButton("Copy report", QMessageBox.ButtonRole.ActionRole)
    box.exec()
    if box.clickedButton() is copy:
        copy_report()


def manual() -> Path:
    """The README, wherever this was installed to."""
    return next((path for path in MANUALS if path.is_file()), MANUALS[0])
