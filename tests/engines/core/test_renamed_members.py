"""Old names of members go on working, and their author is told once."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from engines.core.engine import HasTimeSteps, LearnsSmaller
from engines.core.members import RENAMED, RENAMED_IN_LEARNING, adopt_old_names


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


def test_an_old_name_that_a_class_overrides_is_taken_though_the_new_one_is_inherited() -> None:
    class Base:
        def glimpse(self) -> str:
            return "base"

    class Child(Base):
        def glimpse(self) -> str:
            return "child"

    base: Any = Base()
    child: Any = Child()
    with pytest.warns(DeprecationWarning, match="Base.glimpse"):
        adopt_old_names(base, "plugin")
    with pytest.warns(DeprecationWarning, match="Child.glimpse"):
        adopt_old_names(child, "plugin")
    assert (base.placeholder(), child.placeholder()) == ("base", "child")


def test_words_that_only_scenes_were_renamed_from_are_left_alone_in_trainings() -> None:
    class Adam:
        def moments(self) -> int:
            return 2

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adopt_old_names(Adam(), "plugin", RENAMED_IN_LEARNING)
    assert not hasattr(Adam, "time_steps")


def test_no_name_is_both_old_and_new() -> None:
    assert not set(RENAMED) & set(RENAMED.values())
