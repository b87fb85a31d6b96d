"""Old names of members go on working, and their author is told once."""

from __future__ import annotations

import warnings

import pytest

from engines.core.engine import HasTimeSteps, LearnsSmaller
from engines.core.members import RENAMED, adopt_old_names


def test_an_old_name_is_taken_as_the_new_one_and_said_once() -> None:
    class Aged:
        def moments(self, controls: object) -> int:
            return 7

    scene: object = Aged()
    assert not isinstance(scene, HasTimeSteps)
    with pytest.warns(DeprecationWarning, match="method plugin: Aged.moments is called time_steps now"):
        adopt_old_names(scene, "plugin")
    assert isinstance(scene, HasTimeSteps) and scene.time_steps({}) == 7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adopt_old_names(Aged(), "plugin")


def test_a_new_name_is_left_alone() -> None:
    class Both:
        def learnt_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
            return (1, 1)

        def trained_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
            return (2, 2)

    training: object = Both()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adopt_old_names(training, "plugin")
    assert isinstance(training, LearnsSmaller) and training.trained_px((9, 9)) == (2, 2)


def test_no_name_is_both_old_and_new() -> None:
    assert not set(RENAMED) & set(RENAMED.values())
