"""The state of a view that is rendered: what is asked for, drawn and shown, and how long it took; a frozen value.

Its methods give the state after something happened. `app.rendering.render_policy` decides by it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from app.rendering.dynamic_resolution import (
    LIVE_S,
    PREVIEW_S,
    REPROJECTION_S,
    SMALLEST_DRAWN,
    SMALLEST_LIVE,
    SMALLEST_REPROJECTED,
    USUAL_POLICY,
    DynamicResolution,
    FrameTimeEstimate,
    ResolutionPolicy,
)
from app.rendering.render_requests import DrawnFrame, Queued, RenderedImage, RenderRequest, same_view
from engines.core.engine import Scene
from engines.core.rendering import pixel_renderer

LiveState = Literal["none", "coming", "ready"]
"""Whether a graphics card draws live previews of a scene: never, when all of it is given to it, or now."""


@dataclass(frozen=True, eq=False)
class RenderState:
    """All that decides what is drawn next, at one time.

    Attributes:
        any_size: the scene draws any size.
        draws_pixels: the scene draws single pixels.
        coarse_size: how large a coarse frame may be.
        preview_size: how large a reprojected preview may be.
        live_size: how large a live one may be.
        exact_time: how long exact frames take; of drafts, which are placeholders, nothing is learnt.
        policy: how pictures may be reduced, as the newest request has it; the four above are by it.
        live: whether there are live previews.
        now_s: the time, of the clock that `Queued.at_s` is of.
        latest: the newest request.
        drawing: what is under way.
        done: number of the last request that needs nothing more but perhaps a preview.
        previewed: number of the last request of which a preview was begun.
        delivered: (number, scale; 0 if reprojected) of the last image that was handed on.
        shown: what that image answers exactly; None after a preview.
        exact: the last exact frame.
        source: what previews are made of: the exact frame, or one that came since and `serves_previews`.
        coarse: the last image of a frame that is not exact.
        coarse_frame: what that image was made of.
        hole_fraction: the part of the last preview that was invented.
        next_keyframe_s: the next keyframe begins then at the earliest.
        closed: nothing is drawn any more.
    """

    any_size: bool
    draws_pixels: bool
    coarse_size: DynamicResolution
    preview_size: DynamicResolution
    live_size: DynamicResolution
    exact_time: FrameTimeEstimate
    policy: ResolutionPolicy = USUAL_POLICY
    live: LiveState = "none"
    now_s: float = 0.0
    latest: Queued | None = None
    drawing: Queued | None = None
    done: int = 0
    previewed: int = 0
    delivered: tuple[int, float] = (0, 0.0)
    shown: RenderRequest | None = None
    exact: DrawnFrame | None = None
    source: DrawnFrame | None = None
    coarse: RenderedImage | None = None
    coarse_frame: DrawnFrame | None = None
    hole_fraction: float = 0.0
    next_keyframe_s: float = 0.0
    closed: bool = False

    @property
    def busy(self) -> bool:
        """Whether an exact picture is still to come."""
        latest = self.latest
        return not self.closed and latest is not None and (self.drawing is not None or self.done < latest.number)

    def newest_like(self, queued: Queued) -> Queued:
        """The latest request where the same frame answers it, perhaps in another channel; else this one."""
        latest = self.latest
        return latest if latest is not None and same_view(latest.request, queued.request) else queued

    def submitted(self, request: RenderRequest) -> RenderState:
        """Something else is asked for; what was asked before and is not drawn yet is forgotten."""
        before, state = self.latest, self if request.resolution == self.policy else self.under(request.resolution)
        # A hand that holds still sends the same again; the camera has stood since the first.
        still = before is not None and before.request.moving and same_view(before.request, request)
        at_s = before.at_s if before is not None and still else self.now_s
        return replace(state, latest=Queued(request, before.number + 1 if before else 1, at_s))

    def under(self, policy: ResolutionPolicy) -> RenderState:
        """Another policy holds from the next picture on."""
        return replace(
            self,
            policy=policy,
            coarse_size=self.coarse_size.within(policy.drawn_s, policy.least(SMALLEST_DRAWN)),
            preview_size=self.preview_size.within(policy.reprojected_s, policy.least(SMALLEST_REPROJECTED)),
            live_size=self.live_size.within(policy.live_s, policy.least(SMALLEST_LIVE)),
            exact_time=self.exact_time.within(policy.drawn_s),
        )

    def finished(self, queued: Queued) -> RenderState:
        """A request needs nothing more."""
        return replace(self, done=max(self.done, queued.number))

    def answered(self, queued: Queued) -> RenderState:
        """What is shown answers a request exactly, too: a preview of an older one that is on its way comes too late."""
        return replace(self.finished(queued), delivered=max(self.delivered, (queued.number, 1.0)), shown=queued.request)

    def drew_exact(self, queued: Queued, drawn: DrawnFrame, seconds: float) -> RenderState:
        """The exact frame of a request is there, though not ready for previews."""
        taken = self.exact_time
        if not drawn.request.draft:
            taken = taken.after(seconds, drawn.request.camera.size_px)
        return replace(self.finished(queued), exact=drawn, exact_time=taken)

    def drew_coarse(self, seconds: float, scale: float) -> RenderState:
        """A frame at a scale of the request's sides took so long."""
        return replace(self, coarse_size=self.coarse_size.after(seconds, scale))

    def drew_keyframe(self, began_s: float) -> RenderState:
        """A keyframe that was begun then is there: the next rests as long, as the previews need the processor, too."""
        # What the previews invent from now on is not known yet.
        return replace(self, next_keyframe_s=2 * self.now_s - began_s, hole_fraction=0.0)

    def drew_preview(self, hole_fraction: float, seconds: float, scale: float) -> RenderState:
        """A preview took so long at that scale, and a part of it was invented."""
        return replace(self, preview_size=self.preview_size.after(seconds, scale), hole_fraction=hole_fraction)

    def drew_live(self, seconds: float, scale: float) -> RenderState:
        """A live preview took so long at that scale."""
        return replace(self, live_size=self.live_size.after(seconds, scale))

    def prepared(self, source: DrawnFrame, exact: bool) -> RenderState:
        """A frame is ready for previews."""
        return replace(self, source=source, exact=source if exact else self.exact)

    def handed_on(self, queued: Queued, image: RenderedImage) -> RenderState | None:
        """An image is shown; None where nothing is shown any more, or was something newer, or as new and as fine."""
        exact = image.kind == "exact"
        # A coarse frame of full size is still not the exact one, which comes for the same request.
        scale = image.camera.size_px[0] / queued.request.camera.size_px[0] * math.sqrt(image.drawn)
        level = (queued.number, (1.0 if exact else min(scale, 0.999)) if image.frame is not None else 0.0)
        if self.closed or level <= self.delivered:
            return None
        return replace(self, delivered=level, shown=queued.request if exact else None)

    def let_go(self) -> RenderState:
        """Nothing is drawn any more; what a worker of the same scene may go on with stays."""
        gone = replace(self, latest=None, drawing=None, shown=None, exact=None, coarse=None, coarse_frame=None)
        return replace(gone, closed=True)


def first_state(scene: Scene, before: RenderState | None = None, live: LiveState = "none") -> RenderState:
    """Nothing is asked for yet. `before`: of the same scene, trained less; its source serves until there is another."""
    any_size, draws_pixels = scene.native_px is None, pixel_renderer(scene) is not None
    if before is not None:
        return RenderState(
            any_size,
            draws_pixels,
            before.coarse_size,
            before.preview_size,
            before.live_size,
            before.exact_time,
            before.policy,
            live,
            source=before.source,
        )
    # Nothing is known of a scene's speed at first: an eighth is rarely too slow.
    # A GPU's first picture waits for its kernels to be loaded.
    unlike = int(scene.device.type == "cuda")
    return RenderState(
        any_size,
        draws_pixels,
        coarse_size=DynamicResolution(PREVIEW_S, scale=1 / 8, smallest=SMALLEST_DRAWN, unlike=unlike),
        preview_size=DynamicResolution(REPROJECTION_S, scale=1.0, smallest=SMALLEST_REPROJECTED),
        live_size=DynamicResolution(LIVE_S, scale=1.0, smallest=SMALLEST_LIVE, unlike=1),
        exact_time=FrameTimeEstimate(),
        live=live,
    )
