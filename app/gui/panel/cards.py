"""The cards of the side panel that show the open scene, and how it is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from app.gui.panel.camera_card import CameraCard
from app.gui.panel.channel_panel import ChannelCard
from app.gui.panel.controls_panel import ControlsCard
from app.gui.panel.options_panel import OptionsCard
from app.gui.panel.scene_panel import SceneCard
from app.gui.panel.source_panel import SourceCard
from app.gui.panel.view_panel import ViewCard


@dataclass(frozen=True, eq=False)
class Cards:
    """One of each."""

    scene: SceneCard
    channels: ChannelCard
    controls: ControlsCard
    sources: SourceCard
    views: ViewCard
    camera: CameraCard
    options: OptionsCard
