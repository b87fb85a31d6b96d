"""What each edit finds, by numbers worked out by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from app.cleaning.edit_json import edit_from, edit_json, edits_from
from app.cleaning.edits import (
    CleaningEdit,
    InvertRemoved,
    PickedPrimitives,
    RemoveBox,
    RemoveFaint,
    RemoveFloaters,
    RemoveLarge,
    RemoveOutlined,
    RemoveSphere,
    removed_after,
    replayed,
)
from app.cleaning.finding import in_outline, neighbour_distances, on_surface, size_at
from app.cleaning.subject import CleaningSubject
from app.rendering.crop_box import CropBox
from engines.core.camera import Array, Camera, look_at
from engines.core.engine import never_stop
from engines.core.errors import Cancelled, UserError
from tests.app.cleaning.subjects import BALL, FLOATERS, lattice, with_floaters

WHOLE = BALL + len(FLOATERS)
NOTHING = np.zeros(WHOLE, dtype=bool)
FLOATING = np.arange(WHOLE) >= BALL
# From 10 along -z, looking along +z: x to the right, y down. A unit at z = 0 is 100 px.
EYE = Camera(look_at(np.array([0, 0, -10.0]), np.zeros(3), np.array([0, -1.0, 0])), (1000.0, 1000.0), (500.0, 400.0),
             (1000, 800))  # fmt: skip
SQUARE = ((495.0, 395.0), (505.0, 395.0), (505.0, 405.0), (495.0, 405.0))
"""Ten pixels about the middle: the column of lattice points at x = y = 0, and the floater behind it."""


def after(edit: CleaningEdit, subject: CleaningSubject | None = None, removed: Array = NOTHING) -> Array:
    return removed_after(edit, subject or with_floaters(), removed)


def test_a_box_removes_what_is_outside_or_inside() -> None:
    box = CropBox((-0.15, -0.25, -0.25), (0.15, 0.25, 0.25))
    # Of five planes along x the outermost two lie outside: 2 x 25, and the floaters.
    outside = after(RemoveBox(box))
    assert outside.sum() == 50 + 3 and outside[BALL:].all()
    assert (after(RemoveBox(box, "inside")) == ~outside).all()


def test_a_sphere_removes_what_is_outside_or_inside() -> None:
    # Within 0.15 of the middle: the point itself, 6 at 0.1, 12 at 0.141; the 8 corners at 0.173 are not.
    sphere = RemoveSphere((0, 0, 0), 0.15)
    assert (~after(sphere)).sum() == 19
    assert after(RemoveSphere((0, 0, 0), 0.15, "inside")).sum() == 19


def test_places_are_of_the_world_whatever_the_scenes_own_coordinates() -> None:
    moved = with_floaters((1000.0, -500.0, 20.0))
    sphere = RemoveSphere((1000.0, -500.0, 20.0), 0.15)
    assert (after(sphere, moved) == after(RemoveSphere((0, 0, 0), 0.15))).all()
    box = CropBox((999.85, -500.25, 19.75), (1000.15, -499.75, 20.25))
    assert after(RemoveBox(box), moved).sum() == 53
    camera = EYE.at(look_at(np.array([1000, -500, 10.0]), np.array([1000, -500, 20.0]), np.array([0, -1.0, 0])))
    assert (after(RemoveOutlined(camera, SQUARE), moved) == after(RemoveOutlined(EYE, SQUARE))).all()


def test_opacities_below_a_bound_go_and_the_bound_itself_stays() -> None:
    found = after(RemoveFaint(0.5))
    assert found.sum() == 64 and not found[64:].any()


def test_sizes_above_a_bound_go_and_the_bound_itself_stays() -> None:
    found = after(RemoveLarge(0.1))
    assert found.sum() == 28 and not found[:100].any()


def test_a_percentage_of_sizes_is_of_what_is_left() -> None:
    # 75 % of 128 are 96.
    first = after(RemoveLarge(75, is_percent=True))
    assert (~first).sum() == 96 and not first[:96].any()
    # Of those again: 72.
    second = after(RemoveLarge(75, is_percent=True), removed=first)
    assert (~second).sum() == 72 and not second[:72].any()
    assert not after(RemoveLarge(100, is_percent=True)).any()


def test_the_size_of_a_percentage_is_one_of_them() -> None:
    sizes = np.array([5, 1, 4, 2, 3], dtype=np.float32)
    assert [size_at(sizes, percent) for percent in (0.1, 20, 20.1, 60, 99, 100)] == [1, 1, 2, 3, 5, 5]
    assert size_at(sizes[:0], 50) == 0


def test_floaters_are_what_lies_alone() -> None:
    assert (after(RemoveFloaters(6, 3)) == FLOATING).all()
    # With those away the lattice has none: the six nearest are in the mean 1 step away of the 27 within, 1.069 of
    # the 54 on faces, 1.138 of the 36 on edges, 1.207 of the 8 corners: the mean of all is 1.083.
    for multiple, gone in ((3, 0), (1.1, 8), (1.03, 8 + 36), (0.95, 8 + 36 + 54)):
        found = after(RemoveFloaters(6, multiple), removed=FLOATING)
        assert (found & ~FLOATING).sum() == gone


def test_distances_to_neighbours_are_their_mean() -> None:
    # On a line at 0, 1, 3, 7: two nearest of each.
    line = np.array([[0, 0, 0], [1, 0, 0], [3, 0, 0], [7, 0, 0]], dtype=np.float32)
    assert neighbour_distances(line, 2).tolist() == [2, 1.5, 2.5, 5]
    # There are no more than three others.
    assert neighbour_distances(line, 9).tolist() == pytest.approx([11 / 3, 3, 3, 17 / 3])
    assert neighbour_distances(line[:1], 4).tolist() == [0]
    # Another one in the same place is a neighbour at no distance.
    assert neighbour_distances(line[[0, 0, 1]], 1).tolist() == [0, 0, 1]


def test_distances_are_those_of_all_pairs() -> None:
    points = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
    pairs = np.sort(np.linalg.norm(points[:, None].astype(np.float64) - points, axis=2), axis=1)
    assert np.allclose(neighbour_distances(points, 7), pairs[:, 1:8].mean(axis=1), rtol=1e-5)


def test_looking_for_neighbours_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        removed_after(RemoveFloaters(6, 3), with_floaters(), NOTHING, lambda: True)


def test_another_multiple_of_the_same_distances_is_there_at_once() -> None:
    subject = with_floaters()
    after(RemoveFloaters(6, 3), subject)
    # Nothing is looked for any more, or it would stop.
    assert removed_after(RemoveFloaters(6, 100), subject, NOTHING, lambda: True).sum() == 0
    with pytest.raises(Cancelled):
        removed_after(RemoveFloaters(6, 3), subject, FLOATING, lambda: True)


def test_a_lasso_removes_what_is_behind_it_at_any_depth() -> None:
    found = after(RemoveOutlined(EYE, SQUARE))
    middle = (np.abs(lattice()[:, :2]) < 0.05).all(axis=1)
    # The floater on the z axis, the last one, is behind them; the others are at 800 px and below the picture.
    assert (found == np.concatenate([middle, [False, False, True]])).all() and found.sum() == 6
    assert (after(RemoveOutlined(EYE, SQUARE, "outside")) == ~found).all()


def test_a_lasso_reaches_beside_the_picture_and_never_behind_the_camera() -> None:
    # (0, -4, 0) is at v = 400 - 400 = 0, at the rim; beside it there is nothing of the picture any more.
    beside = ((400.0, -50.0), (600.0, -50.0), (600.0, 50.0), (400.0, 50.0))
    assert np.flatnonzero(after(RemoveOutlined(EYE, beside))).tolist() == [BALL + 1]
    turned = EYE.at(look_at(np.array([0, 0, -10.0]), np.array([0, 0, -20.0]), np.array([0, -1.0, 0])))
    assert not in_outline(turned, with_floaters().primitives.positions, np.array(SQUARE)).any()


def test_an_outline_is_the_polygon_to_an_eighth_of_a_pixel() -> None:
    corners = np.array([(100.0, 100.0), (300.0, 120.0), (180.0, 190.0), (260.0, 330.0), (90.0, 280.0)])
    u, v = np.meshgrid(np.arange(80.3, 340, 3.1), np.arange(80.2, 340, 3.3))
    points = np.stack([(u - 500) / 100, (v - 400) / 100, np.zeros_like(u)], axis=-1).reshape(-1, 3)
    found = in_outline(EYE, points.astype(np.float32), corners)
    expected, nearest = _in_polygon(np.stack([u.ravel(), v.ravel()], axis=1), corners)
    assert expected.sum() > 1000
    assert (found == expected)[nearest > 0.25].all() and (nearest > 0.25).mean() > 0.98


def _in_polygon(points: Array, corners: Array) -> tuple[Array, Array]:
    """Whether points [N, 2] are inside, by crossings, and how far they are from the nearest side."""
    inside, nearest = np.zeros(len(points), bool), np.full(len(points), np.inf)
    for begin, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        crosses = (begin[1] > points[:, 1]) != (end[1] > points[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (end[0] - begin[0]) * (points[:, 1] - begin[1]) / (end[1] - begin[1]) + begin[0]
        inside ^= crosses & (points[:, 0] < at)
        along = np.clip((points - begin) @ (end - begin) / ((end - begin) @ (end - begin)), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(points - begin - along[:, None] * (end - begin), axis=1))
    return inside, nearest


def test_a_lasso_of_the_visible_surface_leaves_what_is_behind() -> None:
    subject = with_floaters()
    sizes = np.full(WHOLE, 0.001, np.float32)
    # All that is seen is 9.9 away: the lattice's first two planes, at 9.8 and 9.9, are not behind it (1 % is 0.099,
    # and twice their own size 0.002).
    seen = on_surface(EYE, subject.primitives.positions, sizes, np.full((80, 100), 9.899, np.float32))
    depths = subject.primitives.positions[:, 2] + 10
    inside = subject.primitives.positions[:, 0] < 4
    assert (seen == ((depths < 9.95) & inside) | (np.arange(WHOLE) == -1))[:BALL].all() and seen[:BALL].sum() == 50
    edit = RemoveOutlined(EYE, SQUARE, seen=PickedPrimitives.of(seen))
    assert after(edit).sum() == 2
    # Where nothing is hit all that is before it is seen.
    assert on_surface(EYE, subject.primitives.positions, sizes, np.full((8, 10), np.inf, np.float32))[:BALL].all()


def test_inverting_twice_is_nothing() -> None:
    removed = after(InvertRemoved(), removed=FLOATING)
    assert (removed == ~FLOATING).all()
    assert (after(InvertRemoved(), removed=removed) == FLOATING).all()


def test_what_would_leave_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="Invert what is removed: that leaves none of the 128 primitives"):
        after(InvertRemoved())
    with pytest.raises(UserError, match="that leaves none of the 128"):
        after(RemoveSphere((50, 0, 0), 1))


EDITS: tuple[CleaningEdit, ...] = (
    RemoveFloaters(6, 3),
    RemoveBox(CropBox((-0.15, -0.25, -0.25), (0.15, 0.25, 0.25)), "inside"),
    InvertRemoved(),
    RemoveSphere((0, 0, 0), 0.21),
    RemoveFaint(0.35),
    RemoveLarge(90, is_percent=True),
    RemoveLarge(0.09),
    RemoveOutlined(EYE, SQUARE, "inside", PickedPrimitives.of(np.arange(WHOLE) % 3 == 0)),
    RemoveOutlined(EYE, SQUARE),
)  # fmt: skip


def test_edits_are_read_back_as_they_were() -> None:
    subject = with_floaters()
    back = edits_from([edit_json(edit) for edit in EDITS])
    assert [edit_json(edit) for edit in back] == [edit_json(edit) for edit in EDITS]
    ours, theirs = replayed(EDITS, subject), replayed(back, subject)
    for (edit, removed), (other, again) in zip(ours, theirs, strict=True):
        assert (removed == again).all() and edit.name == other.name
    # Each of them did something.
    masks = [NOTHING, *(removed for _, removed in ours)]
    assert all((before != now).any() for before, now in itertools.pairwise(masks))


WRONG: tuple[tuple[Any, str], ...] = (
    (None, "None is no edit of a cleaning"),
    ({"kind": "blur"}, "is no edit of a cleaning"),
    ({"kind": ["box"]}, "is no edit of a cleaning"),
    ({"kind": "box", "low": [0, 0, 0], "removes": "inside"}, "edit of kind 'box': 'high' is missing or malformed"),
    ({"kind": "box", "low": [0, 0, 0], "high": [1, 1, 0], "removes": "inside"}, "z goes from 0 to 0"),
    ({"kind": "box", "low": [0, 0], "high": [1, 1, 0], "removes": "inside"}, "are no three numbers"),
    ({"kind": "sphere", "centre": [0, 0, "x"], "radius": 1, "removes": "inside"}, "is no number"),
    ({"kind": "sphere", "centre": [0, 0, 0], "radius": -1, "removes": "inside"}, "the radius is -1"),
    ({"kind": "sphere", "centre": [0, 0, 0], "radius": 1, "removes": "beside"}, "it is inside or outside"),
    ({"kind": "opacity", "least": 1.5}, "1.5 is not between 0 and 1"),
    ({"kind": "opacity", "least": float("nan")}, "nan is not between 0 and 1"),
    ({"kind": "size", "most": 101, "is_percent": True}, "101 % is none"),
    ({"kind": "size", "most": 0, "is_percent": False}, "0 is none"),
    ({"kind": "floaters", "neighbours": 2.5, "multiple": 2}, "must be a whole number"),
    ({"kind": "floaters", "neighbours": 1000, "multiple": 2}, "there must be 1 to 100"),
    ({"kind": "floaters", "neighbours": 4, "multiple": True}, "is no number"),
    ({**edit_json(EDITS[-1]), "outline": [[0, 0], [1, 1]]}, "2 corners"),
    ({**edit_json(EDITS[-1]), "outline": [[0, 0], [1, 1], [float("inf"), 0]]}, "not finite"),
    ({**edit_json(EDITS[-1]), "camera": {}}, "not a camera"),
    ({**edit_json(EDITS[-1]), "seen": {"count": 8, "packed": "!"}}, "picked primitives: "),
    ({**edit_json(EDITS[-1]), "seen": {"count": 10**12, "packed": ""}}, "is no number of primitives"),
    ({**edit_json(EDITS[-1]), "seen": {"count": 10**9, "packed": "eJwDAAAAAAE="}}, "not the bits of 1000000000"),
)  # fmt: skip


@pytest.mark.parametrize(("data", "said"), WRONG)
def test_what_is_no_edit_is_said(data: Any, said: str) -> None:
    with pytest.raises(ValueError, match="(?i)" + said.replace("(", r"\(")):
        edit_from(data)


def test_no_list_is_no_edits() -> None:
    for data in ("box", 3, {"kind": "invert"}):
        with pytest.raises(ValueError, match="needs a list of edits"):
            edits_from(data)


def test_a_surface_of_another_scene_is_refused() -> None:
    edit = RemoveOutlined(EYE, SQUARE, seen=PickedPrimitives.of(np.ones(5, bool)))
    with pytest.raises(UserError, match="drawn on 5 primitives; the scene has 128"):
        edit.found(with_floaters(), ~NOTHING, never_stop)
