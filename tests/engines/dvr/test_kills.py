"""A training that is killed again and again ends as the one that nothing happened to, to the bit."""

from __future__ import annotations

from tests.app.killing import killed_trainings
from tests.engines.dvr.learning import SMALL

test_a_training_that_was_killed_is_the_one_that_was_not = killed_trainings(
    "dvr", {**SMALL, "max_steps": 8}, "car_folder"
)
