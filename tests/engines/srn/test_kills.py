"""A training that is killed again and again ends as the one that nothing happened to, to the bit."""

from __future__ import annotations

from tests.app.killing import killed_trainings

CHOSEN = {
    "fit_single_srn": True, "img_sidelengths": [16, 32], "max_steps_per_img_sidelength": [4, 4],
    "batch_size_per_img_sidelength": [2, 1], "tracing_steps": 2, "max_steps": 8,
}  # fmt: skip

test_a_training_that_was_killed_is_the_one_that_was_not = killed_trainings("srn", CHOSEN)
