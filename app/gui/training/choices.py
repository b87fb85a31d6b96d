"""What the training dialog offers to choose from."""

from __future__ import annotations

from typing import Any

from PyQt5.QtWidgets import QVBoxLayout, QWidget

from app.presets import Preset
from engines.core.config import TrainingConfig, make_options
from engines.core.device import choose_device
from engines.core.errors import UserError


def above(choice: QWidget, explained: QWidget) -> QVBoxLayout:
    """A field with what is to be said of it below."""
    column = QVBoxLayout()
    column.setSpacing(3)
    column.addWidget(choice)
    column.addWidget(explained)
    return column


def of_preset(kind: type[TrainingConfig], preset: Preset | None) -> dict[str, Any]:
    """What the preset alone makes of every option."""
    settings = preset.settings if preset is not None else {}
    try:
        return make_options(kind, settings, "preset").model_dump()
    except UserError:
        # It takes what only the user can name, such as the class to learn codes for.
        return dict(settings)


def devices() -> list[tuple[str, str]]:
    """Names and titles of what there is to learn on."""
    found = [("auto", "Automatic"), ("cpu", "CPU")]
    for name, title in (("cuda", "CUDA"), ("mps", "Apple GPU")):
        try:
            choose_device(name)
        except UserError:
            continue
        found.insert(1, (name, title))
    return found
