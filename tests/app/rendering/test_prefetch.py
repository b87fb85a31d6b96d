"""Time steps are made in the order in which they are wanted, and none that is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from app.rendering.prefetch import Prefetcher
from engines.core.camera import Camera
from engines.core.engine import INSTANCE, TIME, Stop
from tests.app.recorded import RecordedScene
from tests.app.watched import LONG_S


class Made:
    def __init__(self, scene: RecordedScene) -> None:
        self.scene, self.camera = scene, scene.start
        self.told: list[int] = []
        self.errors: list[BaseException] = []
        self.ahead = Prefetcher(scene, self._tell, self.errors.append)

    def _tell(self) -> None:
        self.told.append(self.scene.order[-1])

    def want(self, *time_steps: int) -> None:
        self.ahead.want([(self.camera, {TIME: time_step}) for time_step in time_steps])

    def wait(self, until: Callable[[], object]) -> None:
        end = time.monotonic() + LONG_S
        while not until():
            assert time.monotonic() < end
            time.sleep(0.002)


@pytest.fixture
def made() -> Iterator[Made]:
    made = Made(RecordedScene())
    yield made
    made.ahead.close()


def test_in_the_order_that_is_wanted(made: Made) -> None:
    made.want(3, 4, 0)
    made.wait(lambda: made.told == [3, 4, 0])
    made.want(4, 5)
    made.wait(lambda: made.told == [3, 4, 0, 5])
    assert made.ahead.making is None


def test_what_is_not_wanted_any_more_is_given_up(made: Made) -> None:
    made.scene.prepare_s = LONG_S
    made.want(1)
    made.wait(lambda: made.ahead.making == {TIME: 1})
    made.want(2)
    made.wait(lambda: made.ahead.making == {TIME: 2})
    assert made.scene.given_up == [1]
    made.scene.prepare_s = 0.0
    made.wait(lambda: made.told == [2])


def test_what_is_still_wanted_goes_on(made: Made) -> None:
    made.scene.prepare_s = LONG_S
    made.want(1, 2)
    made.wait(lambda: made.ahead.making == {TIME: 1})
    made.want(0, 1)
    made.scene.prepare_s = 0.0
    made.wait(lambda: made.told == [1, 0])
    assert made.scene.given_up == []


def test_an_error_is_told_once_and_the_next_is_made(made: Made) -> None:
    made.scene.broken = 1
    made.want(1, 2)
    made.wait(lambda: made.told == [2])
    made.want(1, 2, 3)
    made.wait(lambda: made.told == [2, 3])
    assert [str(error) for error in made.errors] == ["time step 1 can't be read"]
    made.want(3)
    made.scene.broken = None
    made.want(1)
    made.wait(lambda: made.told == [2, 3, 1])


def test_until_it_is_there_a_placeholder_is_drawn_or_the_last_one_of_what_plays(made: Made) -> None:
    controls, later = {TIME: 0.0}, {TIME: 1.0}
    assert made.ahead.choose(made.camera, controls, []) == (controls, True)
    made.wait(lambda: made.told == [0])
    assert made.ahead.choose(made.camera, controls, []) == (controls, False)
    made.scene.prepare_s = LONG_S
    assert made.ahead.choose(made.camera, later, [], keep_last=True) == (controls, False)
    assert made.ahead.choose(made.camera, later, []) == (later, True)
    made.scene.prepare_s = 0.0
    made.wait(lambda: made.told == [0, 1])
    assert made.ahead.choose(made.camera, later, []) == (later, False)


def test_of_another_recording_a_placeholder_is_seen_not_the_moment_of_the_last_one(made: Made) -> None:
    controls = {TIME: 0.0, INSTANCE: 0.0}
    made.ahead.choose(made.camera, controls, [])
    made.wait(lambda: made.told == [0])
    assert made.ahead.choose(made.camera, controls, []) == (controls, False)
    made.scene.prepare_s = LONG_S
    other = {TIME: 1.0, INSTANCE: 1.0}
    assert made.ahead.choose(made.camera, other, []) == (other, True)


class Finer(RecordedScene):
    """Tells time steps apart in more detail as soon as it begins to make one: its cameras are read then."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: set[int] = set()

    def prepare(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> None:
        self.begun.add(round(controls[TIME]))
        super().prepare(camera, controls, stop)

    def cache_key(self, camera: Camera, controls: Mapping[str, float]) -> object:
        time_step = round(controls[TIME])
        return (time_step, "by which cameras") if time_step in self.begun else time_step


@pytest.mark.parametrize("broken", [None, 2])
def test_what_is_told_apart_in_more_detail_meanwhile_is_still_wanted(broken: int | None) -> None:
    made = Made(Finer())
    made.scene.broken = broken
    made.want(1, 2, 3)
    left = [time_step for time_step in (1, 2, 3) if time_step != broken]
    made.wait(lambda: made.told == left)
    time.sleep(0.05)
    assert not made.scene.given_up and len(made.errors) == (broken is not None)
    made.ahead.close()


def test_closing_ends_what_is_under_way(made: Made) -> None:
    made.scene.prepare_s = LONG_S
    made.want(1)
    made.wait(lambda: made.ahead.making is not None)
    made.ahead.close()
    assert made.scene.given_up == [1] and made.told == []
