"""The view state: which channel, limits, colours, instance and time step are looked at; it tells of its changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from psygnal import SignalGroupDescriptor

from engines.core.engine import INSTANCE


@dataclass
class ViewState:
    """How the open scene is looked at, but for the camera. To set a field tells whoever is connected to its event.

    `events.channel.connect(callback)` calls back with the new value and the old one, on the thread that set it, which
    is the session's; `events.connect` hears of every field. Mappings are replaced, never changed in place.

    Attributes:
        channel: of the scene's, or "error" (beside photographs).
        limits: the values at the ends of the channel's colours; None: each picture has its own.
        colour_maps: of channels, by their names, where another than the usual was chosen.
        controls: the scene's own, by their names: instance, time step, blend.
        photograph_wanted: at a training view the picture is made to be just the photograph's, so that the two can be
            exchanged.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    channel: str = "rgb"
    limits: tuple[float, float] | None = None
    colour_maps: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, float] = field(default_factory=dict)
    photograph_wanted: bool = False

    @property
    def instance(self) -> int:
        """The number of the instance that is looked at; 0 of a single scene."""
        return round(self.controls.get(INSTANCE, 0))

    @property
    def whole_photograph(self) -> bool:
        """Whether pictures at training views are to show just what the photograph does."""
        return self.channel == "error" or self.photograph_wanted
