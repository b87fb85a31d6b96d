"""View > Channel > Colour bar: the scale of the colours on the screen, over the picture."""

from __future__ import annotations

from collections.abc import Callable

from app.export.colour_bars import colour_plate
from app.gui.host import Host
from app.gui.qt import QLabel, QPixmap, Qt, image_of
from app.gui.viewport.looking import Looking
from app.gui.viewport.viewport import Viewport
from app.viewing.colour_scale import ColourScale, colour_scale
from app.viewing.lengths import LengthScale
from app.viewing.opening import title_of

LETTER_PX, MARGIN = 12, 10
HEIGHT_SHARE, MOST_PX = 0.42, 240
"""How high the colours are, of the viewport's height and at most; logical pixels as the letters."""
WIDTH_SHARE = 0.45


class ColourBarShowing:
    """Follows the picture while it is on."""

    def __init__(
        self, window: Host, viewport: Viewport, looking: Looking, lengths: Callable[[], LengthScale | None]
    ) -> None:
        """`lengths`: how long a world unit is, where somebody said so."""
        self._window, self._session, self._viewport = window, window.session, viewport
        self._looking, self._lengths = looking, lengths
        self.bar = QLabel(viewport)
        self.bar.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.bar.hide()
        self._drawn: tuple[ColourScale, int, float] | None = None
        looking.shown.drawn.connect(self.show)
        looking.overlays.bared.connect(self.show)
        viewport.resized.connect(self.show)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the command does."""
        return {"colour_bar": self._choose}

    def restore(self) -> None:
        """The command as it was left the last time."""
        self._window.commands["colour_bar"].setChecked(self._window.settings.current.colour_bar)

    def _choose(self, shown: bool) -> None:
        self._window.settings.update(colour_bar=shown)
        self.show()

    @property
    def shown_scale(self) -> ColourScale | None:
        """The scale that is wanted over the picture; None where it is off, or the colours stand for no values."""
        return self.scale() if self._window.settings.current.colour_bar else None

    def scale(self) -> ColourScale | None:
        """What the colours on the screen stand for; None where they stand for no values."""
        shown, second = self._looking.shown, self._looking.second.comparison
        picture, lengths = shown.picture, self._lengths()
        if picture is None or shown.content in ("photograph", "blend"):
            return None
        channel, colour_map = picture.request.channel, picture.request.colour_map
        if second.limits is not None:
            return colour_scale("error" if channel == "rgb" else f"error_{channel}", second.limits, "", lengths)
        if self._session.view.channel == "error":
            made = self._looking.comparison.made
            return None if made is None else colour_scale("error", made.limits)
        limits, name = self._session.images.limits, ""
        last = second.second.last if second.second is not None and second.names[0] else None
        if last is not None and second.layout == "flicker" and second.flipped:
            channel, colour_map, limits = last.request.channel, last.request.colour_map, last.limits
        elif last is not None and last.limits != limits and self._session.opened is not None:
            # Of two pictures with colours of their own it is the first one's.
            name = title_of(self._session.opened.path)
        if limits is None:
            return None
        return colour_scale(channel, limits, colour_map, lengths).of(name)

    def show(self) -> None:
        """Brings it up to date with the picture."""
        scale = None if self._looking.overlays.is_bare else self.shown_scale
        if scale is None:
            self.bar.hide()
            return
        view, ratio = self._viewport, self._viewport.devicePixelRatioF()
        drawn = scale, view.height(), ratio
        if drawn != self._drawn:
            self._drawn = drawn
            bar_px = round(min(HEIGHT_SHARE * view.height(), MOST_PX) * ratio)
            room_px = round(WIDTH_SHARE * view.width() * ratio)
            pixmap = QPixmap.fromImage(image_of(colour_plate(scale, round(LETTER_PX * ratio), bar_px, room_px)))
            pixmap.setDevicePixelRatio(ratio)
            self.bar.setPixmap(pixmap)
            self.bar.setAccessibleName(f"Colour bar: {scale.title}")
            self.bar.adjustSize()
        self.bar.move(view.width() - self.bar.width() - MARGIN, view.height() - self.bar.height() - MARGIN)
        self.bar.show()
        # Over a second picture, too, which came later.
        self.bar.raise_()
