"""The cards of the side panel that show what is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from app.gui.panel.channel_panel import ChannelCard
from app.gui.panel.controls_panel import ControlsCard
from app.gui.panel.source_panel import SourceCard
from app.gui.panel.view_panel import ViewCard


@dataclass(frozen=True, eq=False)
class Cards:
    """One of each."""

    channels: ChannelCard
    controls: ControlsCard
    sources: SourceCard
    views: ViewCard
