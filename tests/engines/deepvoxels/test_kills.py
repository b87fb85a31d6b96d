"""A training that is killed again and again ends as the one that nothing happened to, to the bit."""

from __future__ import annotations

from tests.app.killing import killed_trainings

test_a_training_that_was_killed_is_the_one_that_was_not = killed_trainings(
    "deepvoxels",
    {"img_sidelength": 128, "grid_dim": 8, "num_grid_feats": 4, "nf0": 2, "num_trgt": 1, "max_steps": 6},
)
