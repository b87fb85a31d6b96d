"""Two scenes in each picture of an export: side by side, a line between them, or where they differ.

The second scene is asked for what the window asks it for, and its pictures are brought to the first one's framing as
they are there. All of it is done with frames: whatever can be written of one scene can be written of two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.camera.fitting import fit_cameras, same_framing
from app.rendering.crop_box import CropBox
from app.rendering.cropping import offered_channels
from app.rendering.display import NOTHING_RGB, channel_values, has_limits, shade
from app.viewing.opening import Opened, title_of
from app.viewing.second_camera import in_first, in_second, second_controls
from app.viewing.two_pictures import error_between, seen_by
from engines.core.camera import Array, Camera
from engines.core.device import to_host
from engines.core.errors import UserError
from engines.core.frame import ALPHA, Frame

SIDE_BY_SIDE, WIPE, DIFFERENCE = "side-by-side", "wipe", "difference"
LAYOUTS = (SIDE_BY_SIDE, WIPE, DIFFERENCE)
OUTSIDE: Mapping[str, tuple[float, ...]] = {
    "rgb": tuple(value / 255 for value in NOTHING_RGB),
    "depth": (float("inf"),),
    "normals": (0.0, 0.0, 0.0),
    ALPHA: (0.0,),
}
"""What a channel is where the second scene sees nothing, being of another shape; of others no number."""

DrawFrame = Callable[[Camera, Mapping[str, float]], Frame]


@dataclass(frozen=True, eq=False)
class ScenePair:
    """The two scenes of an export, and how they are seen together.

    Attributes:
        first, second: as they are open; the export's cameras and controls are the first one's.
        layout: of `LAYOUTS`.
        share: of the width, up to which the first scene is seen at the left of the line of a wipe.
        digest: tells the second scene from others; "": not known.
    """

    first: Opened
    second: Opened
    layout: str = SIDE_BY_SIDE
    share: float = 0.5
    digest: str = ""

    @property
    def across(self) -> int:
        """How many pictures there are beside each other."""
        return 2 if self.layout == SIDE_BY_SIDE else 1

    def crop_of_second(self, crop: CropBox | None) -> CropBox | None:
        """A crop box of the first scene in the second one's coordinates: the same place of the world."""
        return None if crop is None else crop.moved(self.first.origin - self.second.origin)

    def keeps_alpha(self, crop: CropBox | None) -> bool:
        """Whether its pictures can be transparent: both scenes are, cropped so, and it is they that are seen."""
        first, second = offered_channels(self.first.scene, crop), offered_channels(self.second.scene, crop)
        return self.layout != DIFFERENCE and ALPHA in first and ALPHA in second

    @property
    def names(self) -> tuple[str, str]:
        """Names of what is at the left and at the right; "" where there is nothing of it."""
        first, second = title_of(self.first.path), title_of(self.second.path)
        if self.layout == DIFFERENCE:
            return f"Difference of {first} and {second}", ""
        if self.layout == WIPE:
            return (first if self.share > 0 else ""), (second if self.share < 1 else "")
        return first, second

    def told(self, channels: Sequence[str]) -> tuple[str, ...]:
        """What the channels of its pictures are called: a difference is an error, of colours or of another channel."""
        if self.layout != DIFFERENCE:
            return tuple(channels)
        return tuple("error" if channel == "rgb" else f"error_{channel}" for channel in channels)

    def check(self, channels: Sequence[str], supersample: int, crop: CropBox | None = None) -> None:
        """Whether both scenes can be seen so.

        Raises:
            UserError: no such layout or share, or what the second scene can't draw.
        """
        scene, name = self.second.scene, title_of(self.second.path)
        if self.layout not in LAYOUTS:
            raise UserError(f"layout {self.layout}: must be {', '.join(LAYOUTS)}")
        if not 0 <= self.share <= 1:
            raise UserError(f"wipe at {self.share:g}: must be 0 to 1, a share of the width")
        offered = offered_channels(scene, crop)
        for channel in channels:
            if channel not in offered:
                raise UserError(f"channel {channel}: {name} gives {', '.join(offered)}; leave it out")
        if supersample > 1 and scene.native_px is not None:
            width, height = scene.native_px
            raise UserError(f"supersample {supersample}: {name} can only draw {width}x{height}; leave it out")

    def composed(
        self, own: Frame, camera: Camera, controls: Mapping[str, float], draw: DrawFrame, channels: Sequence[str]
    ) -> Frame:
        """Both scenes in one frame.

        Args:
            own: what the first scene gives.
            camera, controls: that it was drawn with.
            draw: has the second scene draw.
            channels: that are wanted of both.
        """
        (theirs,) = fit_cameras(self.second.scene, (in_second(camera, self.first, self.second),), None)
        frame = draw(theirs, second_controls(controls, self.first.scene, self.second.scene))
        theirs = in_first(theirs, self.first, self.second)
        if self.layout == DIFFERENCE:
            return _difference(own, frame, theirs, camera, channels, self.told(channels))
        alpha = (ALPHA,) if all(ALPHA in each.extra for each in (own, frame)) else ()
        wanted = (*dict.fromkeys(("rgb", *channels, *alpha)),)
        parts = {name: self._joined(_brought(own, name, camera, camera), _brought(frame, name, theirs, camera))
                 for name in wanted}  # fmt: skip
        return Frame(parts.pop("rgb"), parts.pop("depth", None), parts)

    def _joined(self, own: Tensor, other: Tensor) -> Tensor:
        """[H, W or 2 W, ...] of two channels [H, W, ...]."""
        other = other.to(own)
        if self.layout == SIDE_BY_SIDE:
            return torch.cat([own, other], dim=1)
        edge = round(self.share * own.shape[1])
        return torch.cat([own[:, :edge], other[:, edge:]], dim=1)


def _brought(frame: Frame, channel: str, camera: Camera, by: Camera) -> Tensor:
    """[H, W] or [H, W, 3] a channel of a frame of `camera`, at the size of `by`, as that would have taken it."""
    values = channel_values(frame, channel)
    if values.shape[:2] == by.size_px[::-1] and same_framing(camera, by):
        return values
    outside = OUTSIDE.get(channel, (float("nan"),) * 3)
    # Colours and alpha are mixed between pixels, as they are on the screen; there is nothing between two depths.
    seen = seen_by(_on_host(values), camera, by, outside, smooth=channel in ("rgb", ALPHA))
    return torch.from_numpy(np.ascontiguousarray(seen)).to(values.device)


def _on_host(values: Tensor) -> Array:
    return np.asarray(to_host(values.detach().float()).numpy())


def _difference(
    own: Frame, other: Frame, theirs: Camera, camera: Camera, channels: Sequence[str], names: Sequence[str]
) -> Frame:
    """A frame of errors [H, W], by the name of each; they are those that the window shows."""
    errors = dict[str, Tensor]()
    for channel, name in zip(channels, names, strict=True):
        first = seen_by(_compared(own, channel), camera, camera, (np.nan,) * 3)
        second = seen_by(_compared(other, channel), theirs, camera, (np.nan,) * 3)
        errors[name] = torch.from_numpy(np.ascontiguousarray(error_between(first, second)))
    width, height = camera.size_px
    return Frame(torch.zeros((height, width, 3)), None, errors)


def _compared(frame: Frame, channel: str) -> Array:
    """[H, W] or [H, W, 3] float32: values, or what is seen of colours."""
    if has_limits(frame, channel):
        return _on_host(channel_values(frame, channel))
    return shade(frame, channel).astype(np.float32) / np.float32(255)
