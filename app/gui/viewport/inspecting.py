"""Looking closely at the picture: the parts put together."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.export.exporting import Exporting
from app.gui.host import Host
from app.gui.panel.channel_panel import ChannelCard
from app.gui.panel.measure_card import MeasureCard
from app.gui.viewport.colour_bar import ColourBarShowing
from app.gui.viewport.looking import Looking
from app.gui.viewport.magnifier import Magnifier
from app.gui.viewport.measuring import Measuring
from app.gui.viewport.readout import Readout
from app.gui.viewport.viewport import Viewport
from app.viewing.lengths import LengthScale


class Inspecting:
    """The value under the mouse, the magnifier, the measuring tool, the scale of colours.

    Attributes:
        magnifier: enlarged pixels in numbers.
        card: what was measured.
        measuring: distances between points of the surface.
        bar: the scale of the colours, over the picture.
    """

    def __init__(
        self, window: Host, viewport: Viewport, looking: Looking, card: ChannelCard, exporting: Exporting
    ) -> None:
        """`card`: of channels, which tells the value under the mouse."""
        self.magnifier = Magnifier(window, viewport, looking, self._length_scale)
        self.card = MeasureCard()
        self.measuring = Measuring(window, viewport, looking, self.card, self.magnifier.place)
        self._readout = Readout(window.session, viewport, card, lambda: looking.shown.picture, self._length_scale)
        self.bar = ColourBarShowing(window, viewport, looking, self._length_scale)
        exporting.lengths = self._length_scale
        for follow in (self.magnifier.show, self.bar.show):
            self.measuring.measurements.changed.connect(follow)

    def _length_scale(self) -> LengthScale | None:
        return self.measuring.measurements.scale

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return self.magnifier.handlers() | self.measuring.handlers() | self.bar.handlers()
