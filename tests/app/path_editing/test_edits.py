"""Edits of a keyed path, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from app.camera.orientation import roll_deg
from app.path_editing import edits
from engines.core.errors import UserError
from engines.core.paths.keyframes import KeyedPath
from tests.app.path_editing.test_document import UP, keyed, seen


def times(path: KeyedPath) -> list[float]:
    return [key.time_s for key in path.keys]


def test_a_key_is_added_where_there_is_room() -> None:
    """At the time; on the last key after it; on another in the middle of its leg."""
    path = keyed(3)
    for at, expected in ((1.0, 1.0), (9.0, 9.0), (4.0, 6.0), (4.01, 6.0), (2.0, 3.0)):
        edit = edits.add_key(path, seen(9), {}, at)
        assert sorted([*times(path), expected]) == times(edit.path)
        assert times(edit.path)[edit.selected[0]] == expected
    first = edits.add_key(KeyedPath(), seen(9), {"blend": 1}, 0.0)
    assert times(first.path) == [0.0] and first.selected == (0,) and first.path.keys[0].controls == {"blend": 1}


def test_duplicates() -> None:
    path = keyed(3)
    one = edits.duplicate_keys(path, [1])
    assert times(one.path) == [0, 2, 3, 4] and one.selected == (2,)
    assert one.path.keys[2].camera is path.keys[1].camera
    two = edits.duplicate_keys(path, [0, 1])
    assert times(two.path) == [0, 2, 4, 6, 8] and two.selected == (3, 4)
    assert [key.camera for key in two.path.keys[3:]] == [path.keys[0].camera, path.keys[1].camera]


def test_keys_are_deleted() -> None:
    path = keyed(3)
    assert times(edits.delete_keys(path, [1]).path) == [0, 4] and edits.delete_keys(path, [1]).selected == (0,)
    assert edits.delete_keys(path, [0]).selected == (0,)
    assert edits.delete_keys(path, [0, 1, 2]).path.keys == ()


def test_reordering_leaves_times_and_eases() -> None:
    path = edits.set_ease(keyed(4), [0], "hold").path
    edit = edits.reorder_key(path, 0, 2)
    assert times(edit.path) == times(path) and [key.ease for key in edit.path.keys] == ["hold", *["linear"] * 3]
    assert [key.camera for key in edit.path.keys] == [path.keys[number].camera for number in (1, 2, 0, 3)]
    assert edit.selected == (2,)


def test_keys_move_past_each_other() -> None:
    path = keyed(3)
    edit = edits.move_keys(path, [0], 2.5)
    assert times(edit.path) == [2, 2.5, 4] and edit.selected == (1,)
    assert edits.move_keys(path, [0, 1], 5.0).selected == (1, 2)
    with pytest.raises(UserError, match="two keys stand at 2 s; choose another time"):
        edits.move_keys(path, [0], 2.0)
    with pytest.raises(UserError, match="time_s is -1"):
        edits.move_keys(path, [0], -1.0)


def test_a_leg_that_gets_longer_moves_what_is_behind() -> None:
    assert times(edits.set_leg_seconds(keyed(4), 1, 0.5).path) == [0, 2, 2.5, 4.5]
    assert edits.set_leg_seconds(keyed(2), 1, 3.0).path.closing_s == 3.0
    with pytest.raises(UserError, match="more than 0"):
        edits.set_leg_seconds(keyed(2), 0, 0.0)
    assert times(edits.spread_evenly(keyed(3), 0.5).path) == [0, 0.5, 1]


def test_what_no_path_can_have_is_said() -> None:
    with pytest.raises(UserError, match="must be > 0"):
        edits.set_path(keyed(2), fps=0.0)
    with pytest.raises(UserError, match="must be > 0"):
        edits.set_path(keyed(2), closing_s=-1.0)
    with pytest.raises(UserError, match="end_s"):
        edits.set_end(keyed(2), -1.0)
    with pytest.raises(UserError, match="must be 1 to 170 degrees"):
        edits.set_fov(keyed(2), [0], 180.0)


def test_fields_of_view_and_rolls() -> None:
    path = keyed(3)
    edit = edits.set_fov(path, [0, 2], 35.0)
    assert [key.camera.fov_y_deg for key in edit.path.keys] == pytest.approx([35, path.keys[1].camera.fov_y_deg, 35])
    for angle in (-120.0, -20.0, 0.0, 45.0, 179.0):
        camera = edits.set_roll(path, [1], angle, UP).path.keys[1].camera
        assert roll_deg(camera, UP) == pytest.approx(angle)
        assert camera.forward == pytest.approx(path.keys[1].camera.forward)
        assert camera.position == pytest.approx(path.keys[1].camera.position)


def test_controls_are_set_and_left_to_others() -> None:
    path = edits.set_control(keyed(2), [0, 1], "instance", 2.0).path
    assert [key.controls["instance"] for key in path.keys] == [2, 2]
    assert "instance" not in edits.set_control(path, [0], "instance", None).path.keys[0].controls


def test_a_key_on_the_same_frame() -> None:
    path = keyed(2)
    assert edits.key_at(path, 2.0 + 0.4 / 30) == 1 and edits.key_at(path, 2.0 + 0.6 / 30) is None


def test_overwriting_keeps_time_and_ease() -> None:
    path = edits.set_ease(keyed(2), [1], "ease in").path
    key = edits.overwrite_key(path, 1, seen(5), {"blend": 0.5}).path.keys[1]
    assert (key.time_s, key.ease, key.controls) == (2.0, "ease in", {"blend": 0.5})
    assert np.array_equal(key.camera.camera_to_world, seen(5).camera_to_world)
