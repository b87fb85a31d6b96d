"""All states of the window that are pictured."""

from __future__ import annotations

from tests.pictures.window_states import LOOKING

WALKS = LOOKING
