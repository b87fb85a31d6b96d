"""The render policy: what is drawn next, when it is given up, and of what a preview is made.

Functions of a `RenderState`: no threads, no clock, no drawing. Frames are drawn one at a time; previews show the last
frame from where the camera is now, beside it. What a request gets:

| request | drawn |
|---|---|
| it stands, or has stood for 120 ms | exact |
| it stands, and its exact picture is shown | nothing |
| it stands, the first of a scene that draws any size | coarse |
| it stands, the scene draws any size in over a second | refine |
| it stands, the scene draws single pixels, in over a second | rounds |
| another channel or other limits of the last exact frame | shade |
| another channel or other limits of the last coarse frame | reshade |
| a graphics card draws the scene, and it moves, or its exact frame takes longer | live |
| the same, and the scene was not given to it yet | prepare |
| it moves, the last frame (at least a quarter of the sides) has depth | reproject |
| it moves on and on, so that previews have much to invent | keyframe |
| it moves, there is no depth, the scene draws any size | coarse |
| the same, and nothing may be reduced | exact |
| it moves, exact frames take less than 50 ms | exact |
| it moves, nothing else to show | exact |

- exact: the frame in one go; rounds: the same in rounds, with a picture after each (`app.rendering.progressive`);
- coarse: a smaller frame, sized to take 50 ms, or what the request's `ResolutionPolicy` says;
- refine: smaller frames, each of twice the side, until it is exact;
- keyframe: an exact frame that is not shown itself, but is what the next previews are made of, as large as they are
  where the scene draws any size;
- shade, reshade: nothing is drawn, the frame is coloured again;
- live: a graphics card draws it (`app.rendering.live_previews`), of a standing camera in full size and all digits;
  prepare: it is given another piece of the scene, where nothing is to be shown;
- reproject: what the last frame has, seen from elsewhere (`app.rendering.reprojection`).

The viewer of nerfstudio has a RenderStateMachine for this. Its states: `low_move` is coarse here (or reproject, which
it has not), `low_static` is refine and rounds, `high` is exact. Its actions: `move` is a request that moves, `static`
one that does not, or has stood for a while; `rerender` is one of other controls or another channel; `step` (of a
training) is a worker for the scene that was trained further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.rendering.refinement import finer_scale
from app.rendering.render_requests import SETTLE_S, Queued, RenderRequest, may_be_live, same_image, same_view
from app.rendering.render_state import RenderState

KEYFRAME_HOLES = 0.2
"""The part of a preview that was invented, from which on a newer exact frame is worth its time."""
KEYFRAME_S = 3.0
"""A slower scene's frame would be old before it is there."""
SOURCE_SCALE = 1 / 4
"""Coarser frames are not worth being seen from elsewhere."""
REFINE_S = 1.0
"""An exact frame that takes longer comes in steps, where the scene draws any size."""

Action = Literal["nothing", "exact", "rounds", "coarse", "refine", "shade", "keyframe", "reproject", "reshade", "live",
                 "prepare"]  # fmt: skip


@dataclass(frozen=True, eq=False)
class RenderTask:
    """What is drawn next, for which request, and at which scale of its sides; of `nothing` the request is done."""

    action: Action
    queued: Queued
    scale: float = 1.0


def next_task(state: RenderState) -> RenderTask | None:
    """What is drawn next besides previews; None: nothing before something changes or it is `look_again_s`."""
    queued, exact = state.latest, state.exact
    if state.closed or queued is None or queued.number <= state.done:
        return None
    if exact is not None and same_view(exact.request, queued.request):
        if not queued.settled(state.now_s):
            return None
        shown = state.shown is not None and same_image(state.shown, queued.request)
        return RenderTask("nothing" if shown else "shade", queued)
    return _standing(state, queued) if queued.settled(state.now_s) else _moving(state, queued)


def _standing(state: RenderState, queued: Queued) -> RenderTask:
    request = queued.request
    if state.draws_pixels and not request.draft:
        quick = state.exact_time.expected_s(request.camera.size_px) < REFINE_S
        return RenderTask("exact" if quick else "rounds", queued)
    if not state.any_size or state.policy.native:
        return RenderTask("exact", queued)
    # What is seen of it meanwhile is of full size.
    if live(state, request):
        return RenderTask("exact", queued)
    # The very first picture of a slow scene: something to look at, then the exact one.
    if state.delivered == (0, 0.0) and state.source is None:
        return RenderTask("coarse", queued, state.coarse_size.scale)
    scale = refined_scale(state, queued)
    return RenderTask("refine", queued, scale) if scale < 1 else RenderTask("exact", queued)


def _moving(state: RenderState, queued: Queued) -> RenderTask | None:
    if state.exact_time.fast:
        return RenderTask("exact", queued)
    if live(state, queued.request):
        return None
    if previewable(state, queued.request):
        scale, seconds = keyframe_scale(state), state.exact_time.seconds
        worth = state.hole_fraction > KEYFRAME_HOLES and seconds is not None and seconds * scale**2 < KEYFRAME_S
        return RenderTask("keyframe", queued, scale) if worth and state.now_s >= state.next_keyframe_s else None
    if state.any_size and not state.policy.native:
        return RenderTask("coarse", queued, state.coarse_size.scale) if state.delivered[0] < queued.number else None
    return RenderTask("exact", queued)


def keyframe_scale(state: RenderState) -> float:
    """The scale of a keyframe: smaller previews make nothing of a larger one, and one that is early has less holes."""
    reducible = state.any_size and not state.policy.native
    return max(state.preview_size.scale, SOURCE_SCALE) if reducible else 1.0


def look_again_s(state: RenderState) -> float | None:
    """When there may be something to draw though nothing changes: a camera that moved has stood long enough then."""
    queued = state.latest
    if queued is None or queued.number <= state.done or queued.settled(state.now_s):
        return None
    return queued.at_s + SETTLE_S


def refined_scale(state: RenderState, queued: Queued) -> float:
    """The scale of the next frame of a standing camera: twice the last one's; 1 where that takes less than a second."""
    if (state.coarse_size.full_s or 0.0) < REFINE_S:
        return 1.0
    number, scale = state.delivered
    if number < queued.number or scale == 0:
        # A reprojected picture is sharper than the coarsest frames.
        return 0.5 if previewable(state, queued.request) else state.coarse_size.scale
    return finer_scale(scale, queued.request.camera.size_px[0])


def should_stop(state: RenderState, task: RenderTask) -> bool:
    """Whether what is under way is given up."""
    if state.closed:
        return True
    # A small frame is there in a moment.
    if task.action == "coarse":
        return False
    if task.action == "keyframe":
        return _overtaken(state, task.queued)
    latest = state.latest
    if latest is None or latest.number == task.queued.number or same_view(latest.request, task.queued.request):
        return False
    # A frame that is there in a moment, or the only thing there is to show, is finished.
    if state.exact_time.fast:
        return False
    coarser = state.any_size and not state.policy.native
    shown = previewable(state, latest.request) or live(state, latest.request)
    return latest.settled(state.now_s) or shown or coarser


def _overtaken(state: RenderState, queued: Queued) -> bool:
    """Whether the hand rests elsewhere since, or something else is to be seen."""
    latest = state.latest
    if latest is None:
        return True
    wanted, drawn = latest.request, queued.request
    if same_view(wanted, drawn):
        return False
    other = wanted.channel != drawn.channel or wanted.left_out is not drawn.left_out
    return other or wanted.controls != drawn.controls or latest.settled(state.now_s)


def next_preview(state: RenderState) -> RenderTask | None:
    """What is shown at once, beside the drawing; None where nothing can be, or something is shown already."""
    queued = state.latest
    if state.closed or queued is None:
        return None
    if (task := _preview_of(state, queued)) is not None:
        return task
    return RenderTask("prepare", queued) if state.live == "coming" and queued.request.live else None


def _preview_of(state: RenderState, queued: Queued) -> RenderTask | None:
    if queued.number <= max(state.previewed, state.delivered[0]):
        return None
    request, slow = queued.request, not state.exact_time.fast
    if request.moving:
        if state.shown is not None and same_image(state.shown, request):
            # It plays, say, and waits: something more can be drawn, but nothing else is to be seen.
            return None
        if live(state, request) and slow:
            return RenderTask("live", queued, state.live_size.scale)
        found = previewable(state, request) and slow
        return RenderTask("reproject", queued, state.preview_size.scale) if found else None
    if _shown_coarsely(state, request):
        return RenderTask("reshade", queued)
    known = state.exact is not None and same_view(state.exact.request, request)
    worth = live(state, request) and slow and not known and _live_is_sooner(state)
    return RenderTask("live", queued) if worth else None


def _live_is_sooner(state: RenderState) -> bool:
    """Whether a live picture of full size is there before the exact one, as far as that is known."""
    live_s, exact_s = state.live_size.full_s, state.exact_time.seconds
    return live_s is None or exact_s is None or live_s < exact_s


def live(state: RenderState, request: RenderRequest) -> bool:
    """Whether a graphics card can draw what a request shows."""
    return state.live == "ready" and may_be_live(request)


def previewable(state: RenderState, request: RenderRequest) -> bool:
    """Whether there is a frame of the same controls and primitives that can be seen from elsewhere."""
    if state.source is None:
        return False
    own = state.source.request
    return (own.draft, own.controls, own.left_out) == (request.draft, request.controls, request.left_out)


def serves_previews(scale: float) -> bool:
    """Whether a frame at that scale is worth being seen from elsewhere."""
    return scale >= SOURCE_SCALE


def _shown_coarsely(state: RenderState, request: RenderRequest) -> bool:
    """Whether a standing camera's coarse frame is there and its exact one is not."""
    coarse, exact = state.coarse, state.exact
    if exact is not None and same_view(exact.request, request):
        return False
    return coarse is not None and same_view(coarse.request, request)
