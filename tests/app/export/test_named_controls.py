"""The controls that the command line names."""

from __future__ import annotations

import pytest

from app.export.named_controls import ControlChoices, NamedControls, read_controls, still_controls
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, TIME, Control
from engines.core.errors import UserError
from tests.app.ball_scene import BallScene

NAMES = tuple(f"car_{number}" for number in range(20))
CARS = BallScene(
    controls=(
        Control(TIME, "Time", "time", 0, 2, 0),
        Control(INSTANCE, "Car", "choice", 0, 1, 0, ("red", "blue")),
    )
)
BLENDED = BallScene(
    controls=(
        Control(INSTANCE, "Instance", "choice", 0, 19, 0, NAMES),
        Control(BLEND_WITH, "Blend with", "choice", 0, 19, 1, NAMES),
        Control(BLEND, "Blend", "number", 0, 1, 0),
    )
)


class Recordings(BallScene):
    """Each object's is as long as it is."""

    def time_steps(self, controls: dict[str, float]) -> int:
        return 3 - round(controls[INSTANCE])


def test_names_and_numbers() -> None:
    assert read_controls(CARS, ControlChoices()) == NamedControls({})
    assert read_controls(CARS, ControlChoices("blue")).fixed == {INSTANCE: 1}
    assert read_controls(CARS, ControlChoices("0", 2)).fixed == {INSTANCE: 0, TIME: 2}
    named = ControlChoices(others=("instance=blue", "time=1"))
    assert read_controls(CARS, named).fixed == {INSTANCE: 1, TIME: 1}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (ControlChoices("green"), r"--instance green: must be 0 to 1 \(red, blue\)"),
        (ControlChoices("2"), "--instance 2: must be 0 to 1"),
        (ControlChoices("0.5"), "--instance 0.5: must be 0 to 1"),
        (ControlChoices(time=3), "--time 3: must be 0 to 2"),
        (ControlChoices(others=("time=3",)), "--control time=3: must be 0 to 2"),
        (ControlChoices(others=("glow=3",)), "--control glow=3: this scene has no control 'glow'; it has time"),
        (ControlChoices(time=float("nan")), "--time nan: must be 0 to 2"),
    ],
)
def test_what_is_out_of_range_is_said(said: ControlChoices, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_controls(CARS, said)


def test_time_goes_as_far_as_the_chosen_recording() -> None:
    scene = Recordings(controls=CARS.controls)
    assert read_controls(scene, ControlChoices("red", 2)).fixed == {INSTANCE: 0, TIME: 2}
    for said in (ControlChoices("blue", 2), ControlChoices(others=("time=2", "instance=blue"))):
        with pytest.raises(UserError, match=r"time.2: must be 0 to 1"):
            read_controls(scene, said)


def test_a_blend_grows_or_stands_still() -> None:
    growing = read_controls(BLENDED, ControlChoices("car_3", blend_with="car_5"))
    assert growing == NamedControls({INSTANCE: 3, BLEND_WITH: 5}, {BLEND: (0.0, 1.0)})
    still = read_controls(BLENDED, ControlChoices(blend_with="5", blend=0.25))
    assert still == NamedControls({BLEND_WITH: 5, BLEND: 0.25})
    for said, message in (
        (ControlChoices(blend_with="car_20"), r"--blend-with car_20: must be 0 to 19 .*car_11, \.\.\.\)$"),
        (ControlChoices(blend_with="5", blend=2), "--blend 2: must be 0 to 1"),
        (ControlChoices(blend=0.5), r"--blend 0\.5: with which object"),
    ):
        with pytest.raises(UserError, match=message):
            read_controls(BLENDED, said)
    with pytest.raises(UserError, match="--blend-with a: this scene has no other instance to choose"):
        read_controls(BallScene(), ControlChoices(blend_with="a"))


def test_a_picture_shows_one_moment() -> None:
    assert still_controls(CARS, ControlChoices("blue")) == {TIME: 0, INSTANCE: 1}
    assert still_controls(CARS, ControlChoices(time=2)) == {TIME: 2}
    assert still_controls(BLENDED, ControlChoices("car_1", None, "car_2", 0.5)) == {
        INSTANCE: 1,
        BLEND_WITH: 2,
        BLEND: 0.5,
    }
    with pytest.raises(UserError, match="--blend-with car_2: how far"):
        still_controls(BLENDED, ControlChoices(blend_with="car_2"))
