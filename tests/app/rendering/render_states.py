"""Render states and requests of a small scene, made without drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from app.rendering.render_policy import Action, RenderTask
from app.rendering.render_requests import DrawnFrame, RenderedImage, RenderRequest
from app.rendering.render_state import RenderState, first_state
from engines.core.frame import Frame
from tests.app.fake_scene import FakeScene
from tests.app.watched import turned

PX = 100
SCENE = FakeScene(size_px=PX)
FRAME = Frame(torch.zeros(2, 2, 3), torch.ones(2, 2))
PIXELS = np.zeros((2, 2, 3), np.uint8)


def request(right_rad: float = 0.0, moving: bool = False, **more: Any) -> RenderRequest:
    controls: Mapping[str, float] = more.pop("controls", {})
    return RenderRequest(turned(SCENE, right_rad), controls, moving=moving, **more)


def moves(right_rad: float = 0.1, **more: Any) -> RenderRequest:
    return request(right_rad, moving=True, **more)


def drawn(of: RenderRequest) -> DrawnFrame:
    return DrawnFrame(of, FRAME, None)


def image(of: RenderRequest, width: int = PX, exact: bool = False, frame: Frame | None = FRAME) -> RenderedImage:
    camera = of.camera.resized((width, width))
    return RenderedImage(of, "exact" if exact else "preview", PIXELS, camera, 1.0, frame)


def state(any_size: bool = False, draws_pixels: bool = False, exact_s: float | None = None) -> RenderState:
    """Of a scene that was opened; `exact_s`: what its last frame took."""
    made = replace(first_state(SCENE), any_size=any_size, draws_pixels=draws_pixels, now_s=100.0)
    return made if exact_s is None else replace(made, exact_time=made.exact_time.after(exact_s, (PX, PX)))


def asked(before: RenderState, *requests: RenderRequest) -> RenderState:
    for each in requests:
        before = before.submitted(each)
    return before


def later(before: RenderState, seconds: float) -> RenderState:
    return replace(before, now_s=before.now_s + seconds)


def handed(before: RenderState, picture: RenderedImage) -> RenderState:
    assert before.latest is not None
    after = before.handed_on(before.latest, picture)
    assert after is not None
    return after


def shown(exact_s: float = 0.3, **more: Any) -> RenderState:
    """The first exact picture was drawn and shown, and serves previews."""
    before, first = asked(state(**more), request()), request()
    assert before.latest is not None
    after = handed(before.drew_exact(before.latest, drawn(first), exact_s), image(first, exact=True))
    return after.prepared(drawn(first), exact=True)


def coarsely(width: int = 50, full_s: float = 4.0, first: RenderRequest | None = None) -> RenderState:
    """A slow scene of any size whose first picture is there, so wide."""
    first = first or request()
    before = asked(state(any_size=True).drew_coarse(full_s * (width / PX) ** 2, width / PX), first)
    picture = image(first, width)
    return replace(handed(before, picture), coarse=picture)


def action(found: RenderTask | None) -> Action | None:
    return found.action if found is not None else None
