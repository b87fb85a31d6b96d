"""The colours of a channel, as its card shows them."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.panel.channel_panel import ChannelCard
from app.gui.qt import QApplication
from app.rendering import display
from app.viewing.view_state import ViewState


def test_colours_are_made_when_they_change_only(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []
    colour_bar = display.colour_bar

    def making(height_px: int, width_px: int, channel: str, colour_map: str) -> np.ndarray:
        made.append((channel, colour_map))
        return colour_bar(height_px, width_px, channel, colour_map)

    monkeypatch.setattr(display, "colour_bar", making)
    view = ViewState(colour_maps={"depth": "viridis"})
    card = ChannelCard(view)
    qtbot.addWidget(card)
    card.set_channels(("depth", "alpha"))
    card.show()
    for number in range(10):
        # As with each picture of a drag, which has limits of its own.
        card.show_channel("depth", (1.0, 2.0 + number))
    before = card.bar.grab().toImage()
    card.show_channel("alpha", (0.0, 1.0))
    view.colour_maps = {"depth": "grey"}
    card.show_channel("depth", (1.0, 2.0))
    QApplication.processEvents()
    assert made == [("depth", "viridis"), ("alpha", "viridis"), ("depth", "grey")]
    assert card.bar.grab().toImage() != before
