"""All states of the window that are pictured."""

from __future__ import annotations

from tests.pictures.dialog_states import DIALOGS
from tests.pictures.training_states import TRAINING
from tests.pictures.window_states import LOOKING

DEMO = "demo"
"""The window with the demo scene that it offers, by its own method."""
WALKS = LOOKING | DIALOGS | TRAINING
