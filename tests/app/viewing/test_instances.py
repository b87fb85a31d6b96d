"""Objects by name, of a scene and of a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.viewing.instances import choice_of, find_choice, find_number
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.engine import INSTANCE, Control
from engines.core.errors import UserError
from tests.app.ball_scene import BallScene


def scene(*names: str) -> BallScene:
    controls = (Control(INSTANCE, "Instance", "choice", 0, len(names) - 1, 0, names),) if names else ()
    return BallScene((32, 32), controls=controls)


def folder(*names: str) -> Dataset:
    views = Views.of([View(scene().start, "0")])
    return Dataset(views, Path("cars"), "srn", BallScene.bounds, BallScene.up, instances=names)


def test_names_say_which_object_is_meant() -> None:
    learnt, held = scene("a", "b", "c"), folder("c", "a")
    assert [find_choice(learnt, held, number) for number in (0, 1)] == [2, 0]
    assert [find_number(learnt, held, choice) for choice in (0, 1, 2)] == [1, None, 0]


def test_objects_without_names_go_by_their_numbers() -> None:
    learnt, held = scene("0", "1"), folder("c", "a", "b")
    assert [find_choice(learnt, held, number) for number in (0, 1, 2)] == [0, 1, None]
    assert [find_number(learnt, held, choice) for choice in (0, 1)] == [0, 1]


def test_a_single_scene_is_the_folder_of_one() -> None:
    assert find_choice(scene(), folder(), 0) == find_number(scene(), folder(), 0) == 0
    # A scene of one object, in a folder of several: which, nobody knows.
    assert find_choice(scene(), folder("a", "b"), 0) is find_number(scene(), folder("a", "b"), 0) is None
    with pytest.raises(UserError, match="holds 2 objects, and the checkpoint is of one scene"):
        choice_of(scene(), folder("a", "b"), 0)


def test_an_object_that_was_not_learnt_is_named() -> None:
    with pytest.raises(UserError, match="cars: object d is not among the 2 that this checkpoint has learnt"):
        choice_of(scene("a", "b"), replace(folder("a", "d")), 1)
