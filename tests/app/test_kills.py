"""A training that is killed again and again ends as the one that nothing happened to, to the bit."""

from __future__ import annotations

from tests.app.killing import killed_trainings

test_a_training_that_was_killed_is_the_one_that_was_not = killed_trainings(
    "colour_grid", {"max_steps": 8, "ema_decay": 0.5}
)
