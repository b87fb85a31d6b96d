"""When the policy has a keyframe drawn while the camera moves, and how large."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.rendering.dynamic_resolution import ResolutionPolicy
from app.rendering.render_policy import Action, next_task
from tests.app.rendering.render_states import action, asked, later, moves, shown


@pytest.mark.parametrize(
    "exact_s, holes, wait_s, expected",
    [
        (2.99, 0.21, 0.0, "keyframe"),
        (3.0, 0.21, 0.0, None),
        (2.0, 0.2, 0.0, None),
        (2.0, 0.21, 0.001, None),
        (0.03, 0.21, 0.0, "exact"),
    ],
)
def test_a_keyframe_is_worth_its_time(exact_s: float, holes: float, wait_s: float, expected: Action | None) -> None:
    now = asked(shown(exact_s).drew_preview(holes, 0.01, 1.0), moves())
    assert action(next_task(replace(now, next_keyframe_s=now.now_s + wait_s))) == expected


@pytest.mark.parametrize(
    "any_size, native, preview_scale, exact_s, expected",
    [
        (True, False, 0.3, 30.0, 0.3),
        (True, False, 0.3, 34.0, None),
        (True, False, 0.1, 2.0, 0.25),
        (True, False, 1.0, 2.0, 1.0),
        (True, True, 0.3, 2.0, 1.0),
        (False, False, 0.3, 2.0, 1.0),
        (False, False, 0.3, 30.0, None),
    ],
)
def test_a_keyframe_is_as_large_as_previews_where_it_may_be(
    any_size: bool, native: bool, preview_scale: float, exact_s: float, expected: float | None
) -> None:
    before = replace(shown(exact_s), any_size=any_size, policy=ResolutionPolicy(native=native), hole_fraction=0.5)
    moving = replace(moves(), resolution=before.policy)
    now = asked(replace(before, preview_size=replace(before.preview_size, scale=preview_scale)), moving)
    found = next_task(now)
    assert (None if found is None else (found.action, found.scale)) == (expected and ("keyframe", expected))


def test_after_a_keyframe_the_processor_is_for_the_previews_as_long() -> None:
    began = asked(shown().drew_preview(0.5, 0.01, 1.0), moves())
    there = later(began, 0.4).drew_keyframe(began.now_s)
    assert there.next_keyframe_s == pytest.approx(began.now_s + 0.8) and there.hole_fraction == 0
