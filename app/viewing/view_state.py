"""The view state: which channel, limits, colours, instance and time step are looked at; it tells of its changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from psygnal import SignalGroupDescriptor

from app.rendering.crop_box import CropBox, Triple
from app.rendering.display import is_colour_map
from app.rendering.dynamic_resolution import USUAL_POLICY, ResolutionPolicy
from app.rendering.left_out import OmittedPrimitives
from app.rendering.render_requests import RenderRequest
from app.viewing.opening import Opened
from engines.core.camera import Array, Camera
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
        is_cropped: whether what lies outside of the crop box is left out.
        crop_box: in the scene's coordinates; None: the scene's own bounding box.
        left_out: of the scene's primitives; None: all are drawn.
        background: of `compositing.read_background`, behind images that have an opacity; "": as the scene has it.
        resolution: how pictures may be reduced while the camera moves.
        live: a graphics card may draw what is shown while the camera moves, of scenes that it can.
        photograph_wanted: at a training view the picture is made to be just the photograph's, so that the two can be
            exchanged.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    channel: str = "rgb"
    limits: tuple[float, float] | None = None
    colour_maps: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, float] = field(default_factory=dict)
    is_cropped: bool = False
    crop_box: CropBox | None = None
    left_out: OmittedPrimitives | None = None
    background: str = ""
    resolution: ResolutionPolicy = USUAL_POLICY
    live: bool = False
    photograph_wanted: bool = False

    @property
    def instance(self) -> int:
        """The number of the instance that is looked at; 0 of a single scene."""
        return round(self.controls.get(INSTANCE, 0))

    def crop(self, opened: Opened | None) -> CropBox | None:
        """What is left of the open scene, in its coordinates; None: all."""
        if opened is None or not self.is_cropped:
            return None
        return self.crop_box or CropBox.of(opened.scene.bounds)

    def crop_corners(self, origin: Array) -> tuple[Triple, Triple] | None:
        """The crop box in a world where the scene's coordinates begin at `origin` [3]; None: the scene's own."""
        if self.crop_box is None:
            return None
        box = self.crop_box.moved(origin)
        return box.low, box.high

    def take_crop_corners(self, corners: tuple[Triple, Triple] | None, origin: Array) -> None:
        """Takes what `crop_corners` gave, of `origin` [3]; raises ValueError where that is no box."""
        self.crop_box = None if corners is None else CropBox(*corners).moved(-origin)

    def take_colour_maps(self, maps: Mapping[str, str]) -> None:
        """Takes the colour maps of channels; what names none, as of a newer Vantage, is passed over."""
        self.colour_maps = {channel: name for channel, name in maps.items() if is_colour_map(name)}

    def request(self, camera: Camera, opened: Opened | None, scene_number: int) -> RenderRequest:
        """What is to be seen of the open scene by a camera; the number is the scene's."""
        # The error is made of the image, after it.
        channel = "rgb" if self.channel == "error" else self.channel
        colours = self.colour_maps.get(channel, "")
        seen = (self.limits, colours, self.crop(opened), self.background, self.resolution)
        return RenderRequest(
            camera,
            dict(self.controls),
            channel,
            *seen,
            scene_number=scene_number,
            left_out=self.left_out,
            live=self.live,
        )

    @property
    def whole_photograph(self) -> bool:
        """Whether pictures at training views are to show just what the photograph does."""
        return self.channel == "error" or self.photograph_wanted
