"""From a frame as the scene drew it to what is seen of it: cropped, over a background, a channel's colours.

Nothing is drawn for it, so what is cropped or shown otherwise follows the hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.rendering import display
from app.rendering.background import without
from app.rendering.compositing import AS_IT_IS, CHECKERBOARD, backdrop_pixels, opacity, over
from app.rendering.cropping import Cropping
from app.rendering.display import Pixels
from app.rendering.render_requests import DrawnFrame, RenderRequest
from app.rendering.reprojection import Reprojector
from engines.core.camera import Array, Camera
from engines.core.device import to_host
from engines.core.engine import Scene, Stop
from engines.core.frame import Frame


@dataclass(frozen=True, eq=False)
class ShadedFrame:
    """What is seen of a frame.

    Attributes:
        frame: cropped; its depth is infinite in a plain background.
        clear: [H, W] bool, where nothing but the background is seen; None where that is nowhere known.
        pixels: [H, W, 3] bytes of the channel.
        limits: of its colours; None where it has none.
    """

    frame: Frame
    clear: Array | None
    pixels: Pixels
    limits: tuple[float, float] | None


class FrameShading:
    """Shades the frames of one scene; threads may share it."""

    def __init__(self, scene: Scene) -> None:
        self._cropping = Cropping(scene)

    def prepare(self, request: RenderRequest, stop: Stop) -> None:
        """Draws what cropping needs to know of the scene; only on the thread that draws it.

        Raises:
            Cancelled: `stop` said so.
            UserError: as `Scene.render`.
        """
        if request.crop is not None:
            self._cropping.prepare(stop)

    def can_shade(self, request: RenderRequest) -> bool:
        """Whether what the request needs is prepared."""
        return request.crop is None or self._cropping.ready

    def shaded(self, drawn: DrawnFrame, camera: Camera, request: RenderRequest) -> ShadedFrame:
        """What a request of the same view sees of a frame; `camera` is the frame's own."""
        frame, clear = drawn.frame, drawn.background
        frame = without(frame, clear) if request.crop is None else self._cropping.cropped(frame, camera, request.crop)
        if (request.crop is not None or request.background != AS_IT_IS) and (alpha := opacity(frame)) is not None:
            clear = to_host(alpha[..., 0]).numpy() < 0.5
        shown = over(frame, request.background) if request.channel == "rgb" else frame
        if not display.has_limits(shown, request.channel):
            return ShadedFrame(frame, clear, display.shade(shown, request.channel), None)
        limits = request.limits or display.channel_limits(shown, request.channel)
        return ShadedFrame(frame, clear, display.shade(shown, request.channel, limits, request.colour_map), limits)


def reprojector_of(shaded: ShadedFrame, camera: Camera, request: RenderRequest) -> Reprojector | None:
    """What previews of a frame are made with; None of one without a depth."""
    if shaded.frame.depth is None:
        return None
    depth = to_host(shaded.frame.depth.detach().float()).numpy()
    return Reprojector(shaded.pixels, depth, camera, shaded.clear, _backdrop(shaded, request))


def _backdrop(shaded: ShadedFrame, request: RenderRequest) -> Callable[[tuple[int, int]], Pixels] | None:
    """[H, W, 3] what stays behind a preview of (width, height), whatever moves before it; None: of one colour."""
    is_board = request.background == CHECKERBOARD and request.channel == "rgb"
    if not is_board or opacity(shaded.frame) is None:
        return None
    return lambda size_px: backdrop_pixels(CHECKERBOARD, size_px)
