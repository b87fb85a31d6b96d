"""A recorded flight: its keys stay within the bound of it, and are few."""

from __future__ import annotations

import numpy as np
import pytest

from app.path_editing.flight import Flight
from app.path_editing.thinning import Bound, Moment, thinned
from engines.core.camera import Camera, look_at
from engines.core.paths.keyed_motion import PathMotion
from engines.core.paths.keyframes import KeyedPath
from tests.app.ball_scene import UP, ring

LENS = ring(1)[0]


def flown(time: float) -> Camera:
    """A curve with a bend, whose lens is narrowed towards its end."""
    eye = np.array([3 * np.cos(time), 3 * np.sin(time), 0.3 * time**2])
    return LENS.at(look_at(eye, np.array([0.0, 0.0, 0.2 * time]), UP)).zoomed(1 + 0.1 * time)


@pytest.mark.parametrize("bound", [Bound(0.05), Bound(0.005, 0.1)])
def test_thinned_within_a_bound(bound: Bound) -> None:
    moments = [Moment(time, flown(time), {}) for time in np.arange(0, 4, 1 / 30).tolist()]
    keys = thinned(moments, bound)
    motion = PathMotion(KeyedPath(keys))
    assert 4 <= len(keys) < len(moments) / 2
    for moment in moments:
        found = motion.camera(moment.time_s)
        assert np.linalg.norm(found.position - moment.camera.position) <= bound.distance * (1 + 1e-9)
        angle = np.degrees(np.arccos(np.minimum(found.forward @ moment.camera.forward, 1.0)))
        assert angle <= bound.angle_deg and abs(found.fov_y_deg - moment.camera.fov_y_deg) <= bound.angle_deg


def test_a_narrower_bound_needs_more_keys() -> None:
    moments = [Moment(time, flown(time), {}) for time in np.arange(0, 4, 1 / 30).tolist()]
    counts = [len(thinned(moments, Bound(distance, 5.0))) for distance in (0.5, 0.05, 0.005)]
    assert counts[0] < counts[1] < counts[2]


def test_a_straight_flight_has_two_keys() -> None:
    moments = []
    for time in np.arange(0, 3, 1 / 30).tolist():
        pose = LENS.camera_to_world.copy()
        pose[:3, 3] += time * np.array([1.0, 2.0, 0.5])
        moments.append(Moment(time, LENS.at(pose), {}))
    assert len(thinned(moments, Bound(0.001))) == 2


def test_another_instance_is_a_key() -> None:
    moments = [Moment(time / 10, LENS, {"instance": float(time > 14)}) for time in range(30)]
    keys = thinned(moments, Bound(1.0), frozenset({"instance"}))
    assert [(key.time_s, key.controls["instance"]) for key in keys] == [(0.0, 0), (1.5, 1), (2.9, 1)]


def test_a_flight_by_hand() -> None:
    """Standing still before a movement is kept as long as it was; keys are on frames."""
    flight = Flight(100.0)
    for time in np.arange(0, 2, 1 / 60).tolist():
        flight.take(flown(0.0) if time < 1 else flown(time - 1), {"blend": 0.5}, 100.0 + time)
    path = flight.keys(Bound(0.01), KeyedPath(fps=30.0, stepped=frozenset({"instance"})))
    assert path.stepped == {"instance"} and path.keys[0].controls == {"blend": 0.5}
    assert [key.time_s * 30 for key in path.keys] == pytest.approx([round(key.time_s * 30) for key in path.keys])
    motion = PathMotion(path)
    assert motion.camera(0.9).position == pytest.approx(flown(0).position, abs=0.01)
    assert motion.camera(1.5).position == pytest.approx(flown(0.5).position, abs=0.1)


def test_nothing_flown_is_one_key() -> None:
    flight = Flight(0.0)
    for time in range(5):
        flight.take(LENS, {}, float(time))
    assert len(flight.keys(Bound(0.1), KeyedPath()).keys) == 1
    assert Flight(0.0).keys(Bound(0.1), KeyedPath()).keys == ()
