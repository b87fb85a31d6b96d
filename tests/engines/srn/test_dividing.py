"""Two ranks learn what one process learns of the same batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.engines import dividing
from tests.engines.srn.learning import config
from tests.two_ranks import TwoRanks

SMALL = config(batch_size_per_img_sidelength=(3,)).model_dump(exclude_unset=True)


@pytest.mark.parametrize(
    ("settings", "steps"), [({}, 1), ({"fit_single_srn": True, "rays_per_image": None, "ema_decay": 0.9}, 3)]
)
def test_two_ranks_learn_what_one_process_does(
    photographs: Path, two_ranks: TwoRanks, tmp_path: Path, settings: dict[str, Any], steps: int
) -> None:
    # Three pictures: one rank has twice as much to do, and the gradient must know.
    dividing.assert_equal_learning("srn", photographs, {**SMALL, **settings}, steps, tmp_path, two_ranks)


def test_a_clamp_within_backward_acts_on_gradients_of_the_whole(
    photographs: Path, two_ranks: TwoRanks, tmp_path: Path
) -> None:
    # So large a weight that the LSTM's gradients meet their limit: a mean of the ranks' means would clamp elsewhere.
    dividing.assert_equal_learning("srn", photographs, {**SMALL, "l1_weight": 1e5}, 1, tmp_path, two_ranks)


def test_a_batch_that_leaves_a_rank_without_work_is_refused(photographs: Path, two_ranks: TwoRanks) -> None:
    settings = {**SMALL, "batch_size_per_img_sidelength": [1]}
    assert (
        two_ranks(dividing.refused, "srn", str(photographs), settings)
        == [
            "batch_size_per_img_sidelength=1 can't be divided among 2 processes: set it to 2 or more (--set "
            "batch_size_per_img_sidelength=...), or begin fewer (--nproc-per-node)"
        ]
        * 2
    )


def test_what_is_normalised_over_a_whole_step_is_refused(photographs: Path, two_ranks: TwoRanks) -> None:
    settings = {**SMALL, "use_unet_renderer": True, "img_sidelengths": [128], "rays_per_image": None}
    first, second = two_ranks(dividing.refused, "srn", str(photographs), settings)
    assert first == second and first.startswith("use_unet_renderer=true normalises over all pictures of a step")


def photographs_read(folder: str) -> list[str]:
    """In a step."""
    from engines.core.formats import open_dataset
    from engines.core.learning.optimisation import Optimisation

    training = dividing.begun("srn", open_dataset(Path(folder)), SMALL)
    assert isinstance(training, Optimisation)
    return [training.objective.photographs[index].name for index in training.objective.read(0).views]


def test_a_rank_reads_its_own_photographs_only(photographs: Path, two_ranks: TwoRanks) -> None:
    alone = photographs_read(str(photographs))
    first, second = two_ranks(photographs_read, str(photographs))
    assert len(alone) == 3 and [*first, *second] == alone and first and second


def spoilt(folder: str) -> list[str]:
    """What is said where one rank's losses are no numbers, and whether its weights stayed."""
    from engines.core import distributed
    from engines.core.errors import Diverged
    from engines.core.formats import open_dataset
    from engines.core.learning.optimisation import Optimisation

    training = dividing.begun("srn", open_dataset(Path(folder)), SMALL)
    assert isinstance(training, Optimisation)
    before, losses = training.checkpoint().weights, training.objective.losses
    if distributed.here().number == 1:
        training.objective.losses = lambda piece: {name: loss * torch.nan for name, loss in losses(piece).items()}
    try:
        training.step()
    except Diverged as error:
        after = training.checkpoint().weights
        return [str(error), str(all(torch.equal(before[name], after[name]) for name in before))]
    return []


def test_all_ranks_refuse_the_step_that_one_can_not_take(photographs: Path, two_ranks: TwoRanks) -> None:
    first, second = two_ranks(spoilt, str(photographs))
    assert first == second
    assert first[0].startswith("step 1: the loss is not finite") and first[1] == "True"
