"""When previews are live, and when a scene is given to who draws them; states only, no threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.rendering.crop_box import CropBox
from app.rendering.dynamic_resolution import ResolutionPolicy
from app.rendering.left_out import OmittedPrimitives
from app.rendering.render_policy import next_preview, next_task
from app.rendering.render_requests import SETTLE_S
from tests.app.rendering.render_states import action, asked, later, moves, request, shown

LIVE = replace(shown(any_size=True), live="ready")
NATIVE = ResolutionPolicy(native=True)


def test_a_live_preview_of_a_moving_camera_is_as_large_as_there_is_time_for() -> None:
    slow = LIVE.drew_live(9.0, 1.0).drew_live(0.1, 1.0)
    task = next_preview(asked(slow, moves(live=True)))
    assert task is not None and (task.action, task.scale) == ("live", slow.live_size.scale) and 0.5 <= task.scale < 1
    aimed = asked(slow, moves(live=True, resolution=ResolutionPolicy(rate=5.0)))
    assert aimed.live_size.scale > slow.live_size.scale
    assert asked(slow, moves(live=True, resolution=NATIVE)).live_size.scale == 1


def test_nothing_is_drawn_beside_live_previews_until_the_camera_stands() -> None:
    now = asked(LIVE, moves(live=True))
    assert next_task(now) is None
    assert action(next_task(later(now, SETTLE_S))) == "exact"


def test_a_standing_camera_is_seen_live_until_its_exact_picture_is_there() -> None:
    now = asked(LIVE, moves(live=True), request(0.1, live=True))
    task = next_preview(now)
    assert task is not None and (task.action, task.scale) == ("live", 1.0)
    # What takes seconds comes in one go: coarser pictures on the way to it would be worse than that.
    assert action(next_task(replace(now, coarse_size=now.coarse_size.after(9.0, 1.0)))) == "exact"
    assert next_preview(asked(LIVE, request(live=True))) is None, "its exact frame is there"
    slower = now.drew_live(9.0, 1.0).drew_live(9.0, 1.0)
    assert next_preview(slower) is None, "its exact frame is there sooner"


@pytest.mark.parametrize(
    "more",
    [
        {"live": False},
        {"live": True, "channel": "depth"},
        {"live": True, "crop": CropBox((0, 0, 0), (1, 1, 1))},
        {"live": True, "draft": True},
        {"live": True, "left_out": OmittedPrimitives(np.zeros(2, bool), np.ones(2, bool))},
    ],
    ids=["not chosen", "another channel", "cropped", "a draft", "tinted"],
)
def test_what_a_graphics_card_does_not_draw_is_no_live_preview(more: Mapping[str, Any]) -> None:
    found = next_preview(asked(LIVE, moves(**more)))
    assert found is None or found.action == "reproject"


def test_primitives_that_are_left_out_are_left_out_of_live_previews() -> None:
    found = next_preview(asked(LIVE, moves(live=True, left_out=OmittedPrimitives(np.ones(2, bool)))))
    assert found is not None and found.action == "live"


def test_a_scene_is_given_away_only_where_nothing_is_to_be_shown_and_live_previews_are_wanted() -> None:
    coming = replace(shown(any_size=True), live="coming")
    for made, expected in (
        (asked(coming, moves(live=True)), "reproject"),
        (replace(asked(coming, moves(live=True)), previewed=2), "prepare"),
        (asked(coming, request(live=True)), "prepare"),
        (asked(coming, request()), None),
        (replace(asked(coming, request(live=True)), closed=True), None),
        (coming.let_go(), None),
    ):
        assert action(next_preview(made)) == expected


def test_what_is_drawn_in_a_moment_is_drawn_exactly_and_not_live() -> None:
    fast = replace(shown(0.01, any_size=True), live="ready")
    assert next_preview(asked(fast, moves(live=True))) is None
    assert action(next_task(asked(fast, moves(live=True)))) == "exact"
