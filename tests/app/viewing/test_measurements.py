"""Distances between points, against numbers worked by hand; kept in projects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.project.measured import kept_measurements, take_measurements
from app.project.project_file import Project, read_project, write_project
from app.rendering.overlays import HIGHLIGHT_RGBA, MEASURE_RGBA, POINT_SHARE, measure_segments
from app.viewing.lengths import LengthScale
from app.viewing.measurements import Measurements
from engines.core.camera import Camera
from engines.core.errors import UserError


def points(*places: tuple[float, float, float]) -> Measurements:
    made = Measurements()
    for place in places:
        made.pick(np.array(place))
    return made


def test_two_points_make_a_distance() -> None:
    made = points((1, 2, 3))
    before = [made.begun is None, len(made.whole), made.marked is None]
    made.pick(np.array([4.0, -2.0, 15.0]))
    assert [before, [made.begun is None, len(made.whole)]] == [[False, 0, True], [True, 1]]
    # 3-4-12: 9 + 16 + 144 is 13 squared.
    assert made.marked is not None and made.marked.distance == 13.0
    assert made.marked.offset.tolist() == [3.0, -4.0, 12.0]


def test_an_end_is_moved_and_the_other_stays() -> None:
    made = points((0, 0, 0), (1, 0, 0), (5, 5, 5), (6, 5, 5))
    made.move(0, 1, np.array([0.0, 3.0, 4.0]))
    assert [each.distance for each in made.whole] == [5.0, 1.0] and made.selected == 0
    made.move(1, 0, np.array([6.0, 5.0, 3.0]))
    assert made.whole[1].offset.tolist() == [0.0, 0.0, 2.0]


def test_the_marked_one_is_removed_and_what_was_begun_is_given_up() -> None:
    made = points((0, 0, 0), (1, 0, 0), (0, 0, 0), (2, 0, 0), (9, 9, 9))
    assert made.give_up() and not made.give_up()
    made.select(0)
    assert made.remove() and [each.distance for each in made.whole] == [2.0]
    assert made.remove() and not made.remove() and made.selected is None


def test_marks_are_as_large_from_any_distance() -> None:
    camera = Camera(np.eye(4), (200.0, 200.0), (50.0, 50.0), (100, 100))
    near, far = (measure_segments(camera, np.array([[0.0, 0.0, depth]]), True) for depth in (1.0, 10.0))
    # A share of 100 pixels is so many of 200 focal lengths.
    assert near.points[..., 0].max() == pytest.approx(POINT_SHARE * 100 / 200)
    np.testing.assert_allclose(far.points[..., :2], 10 * near.points[..., :2])
    line = measure_segments(camera, np.array([[0.0, 0.0, 1.0], [0.0, 1.0, -1.0]]), False)
    # Of the point behind the camera the line alone.
    assert len(line.points) == 5 and line.points[0].tolist() == [[0, 0, 1], [0, 1, -1]]
    assert np.allclose(line.colours, MEASURE_RGBA) and np.allclose(near.colours, HIGHLIGHT_RGBA)


def test_a_project_keeps_them(tmp_path: Path) -> None:
    made, again = points((0.1, 2, 3), (4, 5, 6), (7, 7, 7)), Measurements()
    made.set_scale(LengthScale(0.25, "m"))
    file = tmp_path / "a.vantage"
    write_project(file, Project(**kept_measurements(made)))
    take_measurements(again, read_project(file))
    (found,) = again.all
    assert found.first.tolist() == [0.1, 2, 3] and found.offset.tolist() == [3.9, 3, 3]
    assert again.scale == LengthScale(0.25, "m")
    file.write_text(file.read_text().replace("0.25", "-1"))
    with pytest.raises(UserError, match=r"length_scale.0 is -1: must be greater than 0"):
        read_project(file)
