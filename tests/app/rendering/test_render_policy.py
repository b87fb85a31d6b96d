"""The policy's table, a line a case, and its edges; requests and times only, no threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from app.rendering import render_policy
from app.rendering.dynamic_resolution import FrameTimeEstimate, ResolutionPolicy
from app.rendering.left_out import OmittedPrimitives
from app.rendering.render_policy import Action, RenderTask, look_again_s, next_preview, next_task, should_stop
from app.rendering.render_requests import SETTLE_S, RenderRequest, same_view
from app.rendering.render_state import RenderState, first_state
from tests.app.fake_scene import FakeScene
from tests.app.rendering.render_states import (
    PX,
    SCENE,
    action,
    asked,
    coarsely,
    drawn,
    handed,
    image,
    later,
    moves,
    request,
    shown,
    state,
)

BLIND = replace(shown(any_size=True), source=None)
"""Without a depth."""
LIVE = replace(shown(any_size=True), live="ready")
"""A graphics card draws it."""
NATIVE = ResolutionPolicy(native=True)
ROWS: Mapping[str, tuple[RenderState, Action]] = {
    "it stands, or has stood for 120 ms": (asked(shown(), request(0.1)), "exact"),
    "it stands, and its exact picture is shown": (asked(shown(), request()), "nothing"),
    "it stands, the first of a scene that draws any size": (asked(state(any_size=True), request()), "coarse"),
    "it stands, the scene draws any size in over a second": (coarsely(25), "refine"),
    "it stands, the scene draws single pixels, in over a second": (
        asked(state(True, True, exact_s=1.0), request()),
        "rounds",
    ),
    "another channel or other limits of the last exact frame": (asked(shown(), request(channel="depth")), "shade"),
    "another channel or other limits of the last coarse frame": (
        asked(coarsely(), request(channel="depth")),
        "reshade",
    ),
    "a graphics card draws the scene, and it moves, or its exact frame takes longer": (
        asked(LIVE, moves(live=True)),
        "live",
    ),
    "the same, and the scene was not given to it yet": (
        asked(replace(BLIND, live="coming"), moves(live=True)),
        "prepare",
    ),
    "it moves, the last frame (at least a quarter of the sides) has depth": (asked(shown(), moves()), "reproject"),
    "it moves on and on, so that previews have much to invent": (
        asked(shown().drew_preview(0.21, 0.01, 1.0), moves()),
        "keyframe",
    ),
    "it moves, there is no depth, the scene draws any size": (asked(BLIND, moves()), "coarse"),
    "the same, and nothing may be reduced": (asked(BLIND, moves(resolution=NATIVE)), "exact"),
    "it moves, exact frames take less than 50 ms": (asked(shown(0.03), moves()), "exact"),
    "it moves, nothing else to show": (asked(replace(shown(), source=None), moves()), "exact"),
}

PREVIEWS = ("reproject", "reshade", "live", "prepare")


def test_the_table_has_a_case_for_each_line() -> None:
    lines = [line.strip("| ").split(" | ") for line in str(render_policy.__doc__).splitlines() if line[:2] == "| "]
    assert lines[0] == ["request", "drawn"]
    assert lines[1:] == [[row, expected] for row, (_, expected) in ROWS.items()]


@pytest.mark.parametrize("row", ROWS)
def test_a_line_of_the_table(row: str) -> None:
    now, expected = ROWS[row]
    found = next_preview(now) if expected in PREVIEWS else next_task(now)
    assert found is not None and found.action == expected and found.queued is now.latest


# It moves, and stands


def test_a_camera_stands_after_exactly_120_ms() -> None:
    began = asked(shown(), moves())
    assert next_task(later(began, SETTLE_S - 0.001)) is None
    assert action(next_task(later(began, SETTLE_S))) == "exact"
    assert look_again_s(began) == began.now_s + SETTLE_S
    assert look_again_s(later(began, SETTLE_S)) is None, "there is something to draw already"


def test_a_hand_that_holds_still_stands_since_it_came() -> None:
    held = asked(later(asked(shown(), moves()), 0.08), moves())
    assert action(next_task(later(held, SETTLE_S - 0.08))) == "exact"
    went_on = asked(later(asked(shown(), moves()), 0.08), moves(0.2))
    assert next_task(later(went_on, SETTLE_S - 0.08)) is None


def test_nothing_is_looked_for_where_nothing_is_asked_or_all_is_done() -> None:
    for now in (state(), replace(asked(shown(), moves()), done=2), asked(shown(), request(0.1))):
        assert look_again_s(now) is None
    assert next_task(state()) is None and next_task(replace(asked(state(), request()), done=1)) is None
    assert next_preview(state()) is None


def test_nothing_is_drawn_any_more_when_closed() -> None:
    for now in (asked(shown(), request(0.1)), asked(shown(), moves())):
        assert now.busy and (next_task(now) or next_preview(now))
        closed = replace(now, closed=True)
        assert not closed.busy and next_task(closed) is None and next_preview(closed) is None


def test_what_is_shown_needs_no_preview() -> None:
    assert next_preview(asked(shown(), moves(0.0))) is None
    assert action(next_preview(asked(shown(), moves(0.0, channel="depth")))) == "reproject"


def test_a_preview_that_was_under_way_takes_no_exact_pictures_place() -> None:
    began = asked(replace(shown(), shown=None), moves(0.0))
    preview, drawing = next_preview(began), began.latest
    assert preview is not None and drawing is not None
    exact = handed(began.drew_exact(drawing, drawn(request()), 0.3), image(request(), exact=True))
    task = next_task(stands := asked(exact, request()))
    assert task is not None and task.action == "nothing"
    assert stands.answered(task.queued).handed_on(preview.queued, image(moves(0.0), frame=None)) is None


def test_what_is_shown_needs_nothing_once_the_camera_stands() -> None:
    back = asked(shown(), moves(0.0))
    assert next_task(back) is None, "it may go on"
    assert action(next_task(later(back, SETTLE_S))) == "nothing"
    previewed = handed(back, image(moves(0.0), frame=None))
    assert action(next_task(later(previewed, SETTLE_S))) == "shade", "the preview took its place"


# How it is drawn


@pytest.mark.parametrize(
    "exact_s, side, expected", [(0.99, PX, "exact"), (1.0, PX, "rounds"), (0.3, 2 * PX, "rounds"), (None, PX, "rounds")]
)
def test_single_pixels_are_drawn_in_rounds_where_all_take_a_second(
    exact_s: float | None, side: int, expected: Action
) -> None:
    wanted = RenderRequest(SCENE.start.resized((side, side)), {})
    assert action(next_task(asked(state(True, True, exact_s), wanted))) == expected


def test_of_a_draft_nothing_is_drawn_in_rounds() -> None:
    draft = asked(shown(any_size=True, draws_pixels=True), request(0.1, draft=True))
    assert action(next_task(draft)) == "exact"


def test_how_long_a_draft_takes_says_nothing() -> None:
    draft = request(0.1, draft=True)
    before = asked(shown(), draft)
    assert before.latest is not None
    assert before.drew_exact(before.latest, drawn(draft), 0.001).exact_time == before.exact_time


@pytest.mark.parametrize("any_size, expected", [(True, "coarse"), (False, "exact")])
def test_a_draft_is_not_previewed_from_the_frame_nor_that_from_a_draft(any_size: bool, expected: Action) -> None:
    now = asked(shown(any_size=any_size), moves(draft=True))
    assert next_preview(now) is None and action(next_task(now)) == expected
    of_draft = replace(shown(any_size=any_size), source=drawn(request(draft=True)))
    assert next_preview(asked(of_draft, moves())) is None


def test_a_picture_without_some_primitives_is_another_one() -> None:
    less = OmittedPrimitives(np.array([True, False]))
    now = asked(shown(), moves(left_out=less))
    assert next_preview(now) is None and action(next_task(now)) == "exact"
    assert action(next_task(asked(shown(), request(left_out=less)))) == "exact"
    assert same_view(request(left_out=less), request(left_out=less))
    assert not same_view(request(left_out=less), request(left_out=OmittedPrimitives(less.removed)))


def test_other_controls_are_not_previewed() -> None:
    now = asked(shown(), moves(controls={"time": 0.5}))
    assert next_preview(now) is None and action(next_task(now)) == "exact"


def test_another_channel_is_previewed_while_it_moves_and_shaded_once_it_stands() -> None:
    now = asked(shown(), moves(0.0, channel="depth"))
    assert action(next_preview(now)) == "reproject" and next_task(now) is None
    assert action(next_task(later(now, SETTLE_S))) == "shade"


@pytest.mark.parametrize("scale, serves", [(0.25, True), (0.249, False), (0.5, True), (1.0, True)])
def test_a_frame_serves_previews_from_a_quarter_of_the_sides(scale: float, serves: bool) -> None:
    assert render_policy.serves_previews(scale) is serves


def test_coarse_frames_have_the_size_that_takes_50_ms() -> None:
    now = asked(BLIND, moves()).drew_coarse(0.2, 0.5).drew_coarse(0.2, 0.5)  # 0.8 s for all of it
    found = next_task(now)
    assert found is not None and found.action == "coarse" and found.scale == pytest.approx(0.25)
    told = handed(now, image(moves(), width=25))
    assert next_task(told) is None, "one for each request"
    assert action(next_task(asked(told, moves(0.2)))) == "coarse"


def test_the_first_coarse_frame_is_the_only_one() -> None:
    assert action(next_task(coarsely(13, full_s=0.9))) == "exact"
    before = state(any_size=True)
    trained_further = replace(before, source=drawn(request()))
    assert action(next_task(asked(trained_further, request()))) == "exact", "a frame of before serves as well"


@pytest.mark.parametrize("full_s, expected", [(0.99, "exact"), (1.0, "refine")])
def test_a_standing_camera_is_refined_where_all_takes_a_second(full_s: float, expected: Action) -> None:
    assert action(next_task(coarsely(25, full_s))) == expected


@pytest.mark.parametrize("first_px", [3, 7, 12, 20, 25, 32, 50])
@pytest.mark.parametrize("side", [100, 101, 102, 103, 33, 65, 1021])
def test_refining_comes_to_an_end_at_any_width(side: int, first_px: int) -> None:
    wanted = RenderRequest(SCENE.start.resized((side, side)), {})
    now, widths = coarsely(first_px, 9.0, wanted), [first_px]
    while (found := next_task(now)) is not None and found.action == "refine":
        widths.append(wanted.camera.scaled(found.scale).size_px[0])
        assert widths[-1] > widths[-2], "none is drawn twice"
        now = handed(now, image(wanted, widths[-1]))
    assert action(found) == "exact"


def test_refining_begins_at_a_half_where_a_preview_is_there() -> None:
    now = asked(replace(coarsely(13), source=drawn(request())), request(0.1))
    found = next_task(now)
    assert found is not None and found.action == "refine" and found.scale == 0.5
    found = next_task(handed(now, image(request(0.1), frame=None)))
    assert found is not None and found.scale == 0.5


def test_another_channel_goes_on_with_refining() -> None:
    other = asked(coarsely(25), request(channel="depth"))
    reshaded = handed(other, image(request(channel="depth"), 25))
    found = next_task(reshaded)
    assert found is not None and found.scale == 0.5


# Previews


def test_a_preview_is_made_once_of_each_request() -> None:
    now = asked(shown(), moves())
    assert now.latest is not None
    assert next_preview(replace(now, previewed=now.latest.number)) is None
    assert next_preview(handed(now, image(moves(), frame=None))) is None
    assert action(next_preview(asked(replace(now, previewed=now.latest.number), moves(0.2)))) == "reproject"


def test_a_request_that_waits_is_previewed_as_soon_as_there_is_a_frame() -> None:
    waits = asked(replace(shown(), source=None), moves())
    assert next_preview(waits) is None
    assert action(next_preview(waits.prepared(drawn(request()), exact=True))) == "reproject"


def test_what_stands_or_is_drawn_fast_is_not_previewed() -> None:
    assert next_preview(asked(shown(), request(0.1))) is None
    assert next_preview(asked(shown(0.03), moves())) is None


def test_a_coarse_frame_is_not_shaded_again_in_place_of_the_exact_one() -> None:
    exact = replace(coarsely(), exact=drawn(request()))
    assert next_preview(asked(exact, request(channel="depth"))) is None
    assert next_preview(asked(coarsely(), request(0.1, channel="depth"))) is None, "of another camera"


# What is under way


def under_way(before: RenderState, wanted: RenderRequest, what: Action = "exact") -> tuple[RenderState, RenderTask]:
    now = asked(before, wanted)
    assert now.latest is not None
    return now, RenderTask(what, now.latest)


@pytest.mark.parametrize("what", ["exact", "rounds", "refine"])
@pytest.mark.parametrize(
    "then, stops",
    [
        (request(0.1), False),  # the same again
        (request(0.1, channel="depth"), False),  # one frame has both
        (moves(0.1), False),
        (request(0.2), True),
        (moves(0.2), True),  # previews are there
        (moves(0.2, controls={"time": 0.5}), False),  # nothing else to show
        (request(0.1, controls={"time": 0.5}), True),
        (request(0.1, draft=True), True),
    ],
)
def test_a_frame_is_given_up(what: Action, then: RenderRequest, stops: bool) -> None:
    now, task = under_way(shown(), request(0.1), what)
    assert not should_stop(now, task)
    assert should_stop(asked(now, then), task) is stops


def test_a_frame_is_given_up_for_coarse_ones() -> None:
    now, task = under_way(BLIND, request(0.1))
    assert should_stop(asked(now, moves(0.2)), task)


def test_a_frame_without_anything_else_to_show_is_finished_until_the_camera_stands() -> None:
    now, task = under_way(replace(shown(), source=None), request(0.1))
    moved = asked(now, moves(0.2))
    assert not should_stop(later(moved, SETTLE_S - 0.001), task) and should_stop(later(moved, SETTLE_S), task)


def test_a_frame_that_is_there_in_a_moment_is_finished() -> None:
    now, task = under_way(shown(0.03), request(0.1))
    assert not should_stop(asked(now, request(0.2)), task)


def test_a_coarse_frame_is_finished() -> None:
    now, task = under_way(BLIND, moves(0.1), "coarse")
    assert not should_stop(asked(now, request(0.2)), task)


@pytest.mark.parametrize(
    "then, at_once, at_rest",
    [
        (moves(0.1), False, False),
        (request(0.1), False, False),
        (moves(0.2), False, True),
        (request(0.2), True, True),
        (moves(0.2, channel="depth"), True, True),
        (moves(0.2, controls={"time": 0.5}), True, True),
    ],
)
def test_a_keyframe_is_given_up_when_the_hand_rests_elsewhere(
    then: RenderRequest, at_once: bool, at_rest: bool
) -> None:
    now, task = under_way(shown(), moves(0.1), "keyframe")
    after = asked(now, then)
    assert should_stop(after, task) is at_once
    assert should_stop(later(after, SETTLE_S - 0.001), task) is at_once
    assert should_stop(later(after, SETTLE_S), task) is at_rest


@pytest.mark.parametrize("what", ["exact", "rounds", "coarse", "refine", "keyframe"])
def test_all_is_given_up_when_closed(what: Action) -> None:
    now, task = under_way(shown(), request(0.1), what)
    assert should_stop(replace(now, closed=True), task)


def test_a_frame_that_was_given_up_is_drawn_once_it_is_asked_for_again() -> None:
    now, task = under_way(shown(), request(0.1))
    elsewhere = asked(now, request(0.2))
    assert should_stop(elsewhere, task)
    back = asked(elsewhere, request(0.1))
    # The scene stopped meanwhile: what is done with is the older request only.
    found = next_task(back.finished(task.queued))
    assert back.busy and found is not None and (found.action, found.queued) == ("exact", back.latest)


# What is shown


def test_what_is_seen_only_becomes_newer_and_finer() -> None:
    first = asked(state(any_size=True), request())
    order = [
        image(request(), frame=None),
        image(request(), width=25),
        image(request(), width=50),
        image(request()),  # coarse, though of full size
        image(request(), exact=True),
    ]
    now, latest = first, first.latest
    assert latest is not None
    for number, picture in enumerate(order):
        now = handed(now, picture)
        assert all(now.handed_on(latest, older) is None for older in order[: number + 1])
        assert now.shown is (latest.request if picture.kind == "exact" else None)
    newer = asked(now, moves())
    again = handed(newer, image(moves(), frame=None))
    assert again.shown is None and again.handed_on(latest, order[-1]) is None
    assert replace(newer, closed=True).handed_on(latest, image(moves(), exact=True)) is None


def test_a_frame_answers_the_newest_request_of_its_view() -> None:
    now, task = under_way(shown(), request(0.1))
    other = asked(now, request(0.1, channel="depth"))
    assert other.newest_like(task.queued) is other.latest
    assert asked(now, request(0.2)).newest_like(task.queued) is task.queued


def test_a_scene_that_was_trained_further_begins_with_what_is_known() -> None:
    before = shown(0.3).drew_coarse(0.2, 0.5)
    after = first_state(FakeScene(), before.let_go())
    assert after.source is before.source and after.exact_time == FrameTimeEstimate().after(0.3, (PX, PX))
    assert after.coarse_size == before.coarse_size and after.exact is None and not after.busy and not after.closed
    assert action(next_preview(asked(after, moves()))) == "reproject"
