"""What a resolution policy asks of the renderer: rate, floor, and no reduction at all."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from app.rendering.dynamic_resolution import DynamicResolution, ResolutionPolicy
from app.rendering.render_policy import next_preview, next_task, should_stop
from tests.app.rendering.render_states import action, asked, coarsely, moves, request, shown, state
from tests.app.rendering.test_render_policy import BLIND, NATIVE


def test_another_policy_holds_from_the_next_request_on() -> None:
    # Whole frames take 4 s: at an eighth of the sides 62.5 ms, near enough to 50.
    before = asked(coarsely(25), moves(0.1))
    assert before.coarse_size.scale == 1 / 8
    slower = asked(before, moves(0.2, resolution=ResolutionPolicy(rate=4.0)))
    # 1/4 s of 4 s are a sixteenth of the pixels.
    assert slower.coarse_size.scale == pytest.approx(0.25)
    larger = asked(slower, moves(0.3, resolution=ResolutionPolicy(rate=60.0, smallest=0.5)))
    assert larger.coarse_size.scale == larger.preview_size.smallest == 0.5
    usual = asked(larger, moves(0.4))
    assert usual.coarse_size.scale == pytest.approx(math.sqrt(0.05 / 4)) and usual.preview_size.smallest == 0.25


def test_without_reduction_a_standing_camera_is_drawn_at_once_and_a_preview_is_whole() -> None:
    first = asked(state(any_size=True), request(resolution=NATIVE))
    assert action(next_task(first)) == "exact"
    slow = replace(shown(any_size=True), preview_size=DynamicResolution(0.012, scale=0.25, smallest=0.25))
    found = next_preview(asked(slow, moves(resolution=NATIVE)))
    assert found is not None and found.action == "reproject" and found.scale == 1.0


def test_without_reduction_a_frame_is_finished_while_the_camera_moves_on() -> None:
    begun = asked(BLIND, moves(0.1, resolution=NATIVE))
    task = next_task(begun)
    assert task is not None and not should_stop(asked(begun, moves(0.2, resolution=NATIVE)), task)
    # It may be reduced again, or it rests elsewhere.
    assert should_stop(asked(begun, moves(0.2)), task)
    assert should_stop(asked(begun, request(0.2, resolution=NATIVE)), task)
