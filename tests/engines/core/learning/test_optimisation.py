"""Learning by gradients, shown with a method of a few lines."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engines.core.config import OptimiserConfig, TrainingConfig
from engines.core.engine import LearnsSmaller
from engines.core.errors import BrokenContract, Diverged, Unreadable, UserError
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.storage.checkpoint import copied_to_cpu
from engines.core.storage.run_folder import read_run_training, write_run_checkpoint
from tests.engines import dividing
from tests.engines.core.tiny_method import (
    CPU,
    ROWS,
    Divided,
    DividedWithJudge,
    InThreePieces,
    ReadingAhead,
    TinyObjective,
    WithJudge,
    WithState,
    begun,
    equal,
    photographed,
    resumed,
)
from tests.two_ranks import TwoRanks

KINDS = [TinyObjective, InThreePieces, WithJudge, WithState]


def shown(training: Optimisation[Any]) -> Mapping[str, Tensor]:
    """The weights of its scene, which has nothing else."""
    scene: Any = training.scene()
    weights: Mapping[str, Tensor] = scene.weights
    return weights


def steps(training: Optimisation[Any], count: int) -> list[dict[str, float]]:
    return [training.step() for _ in range(count)]


def test_the_loss_falls_and_is_told_by_name() -> None:
    training = begun(lr=0.1)
    losses = steps(training, 30)
    assert list(losses[0]) == ["total", "size"] and training.step_count == 30
    assert losses[-1]["total"] < 0.2 * losses[0]["total"]


def test_a_step_is_one_of_adam() -> None:
    training = begun(lr=0.1)
    weights = training.objective.network.weight.detach().clone().requires_grad_()
    optimiser = torch.optim.Adam([weights], lr=0.1)
    for step in range(3):
        optimiser.zero_grad()
        (weights - training.objective.targets.read(step)[1]).square().mean().backward()
        optimiser.step()
    steps(training, 3)
    assert torch.allclose(training.objective.network.weight, weights, atol=1e-6)


def test_learning_rates_take_their_course() -> None:
    training, rates = begun(lr=0.1, lr_final=0.001, max_steps=4), []
    for _ in range(4):
        training.step()
        rates += [group["lr"] for group in training._optimisers["optimiser"].param_groups]
    assert rates == pytest.approx([0.1 * 0.01 ** (step / 4) for step in range(4)])


def test_optimisers_of_its_own_follow_the_course_each_from_its_rate() -> None:
    training = begun(WithJudge, lr=0.1, lr_final=0.001, max_steps=4)
    steps(training, 3)
    rates = {name: [g["lr"] for g in found.param_groups] for name, found in training._optimisers.items()}
    assert rates["first"] == pytest.approx([0.1 * 0.1, 0.5 * 0.1]) and rates["second"] == pytest.approx([0.2 * 0.1])


def test_networks_beside_are_learnt_and_saved_but_not_averaged() -> None:
    training = begun(WithJudge, ema_decay=0.5)
    before = training.checkpoint()
    steps(training, 2)
    after = training.checkpoint()
    assert [name for name in after.weights if name.startswith("judge.")] == ["judge.weight"]
    assert not torch.equal(before.weights["judge.weight"], after.weights["judge.weight"])
    assert torch.equal(after.weights["judge.weight"], training.objective.auxiliary["judge"].weight)
    assert after.training is not None and list(after.training["latest"]) == ["weight", "seen", "apart"]
    assert list(shown(training)) == ["weight", "seen", "apart"]


def test_the_average_is_shown_and_the_latest_goes_on() -> None:
    plain, averaged = begun(lr=0.1), begun(lr=0.1, ema_decay=0.9)
    mean = plain.objective.network.weight.detach().clone()
    for step in range(1, 5):
        plain.step()
        averaged.step()
        mean.lerp_(plain.objective.network.weight.detach(), 1 - min(0.9, (1 + step) / (10 + step)))
    checkpoint = averaged.checkpoint()
    assert checkpoint.training is not None
    assert torch.allclose(checkpoint.weights["weight"], mean, atol=1e-6)
    assert torch.equal(shown(averaged)["weight"], checkpoint.weights["weight"])
    assert torch.equal(checkpoint.training["latest"]["weight"], plain.checkpoint().weights["weight"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", [{}, {"ema_decay": 0.5, "lr_final": 1e-3}])
def test_a_resumed_run_equals_the_uninterrupted_one(kind: type[TinyObjective], settings: dict[str, Any]) -> None:
    whole, first = begun(kind, **settings), begun(kind, **settings)
    expected = steps(whole, 5)
    steps(first, 2)
    torch.rand(7)
    second = resumed(first.checkpoint(), kind)
    assert second.step_count == 2
    assert steps(second, 3) == expected[2:]
    one, other = whole.checkpoint(), second.checkpoint()
    assert equal(one.weights, other.weights) and equal(one.training, other.training)


def test_a_checkpoint_is_a_copy() -> None:
    training = begun(WithJudge, ema_decay=0.5)
    steps(training, 1)
    checkpoint = training.checkpoint()
    before = copied_to_cpu([dict(checkpoint.weights), checkpoint.training])
    # Neither this training nor one that is resumed goes on in the checkpoint's own tensors.
    first = training.step()
    assert [resumed(checkpoint, WithJudge).step() for _ in range(2)] == [first, first]
    assert equal(before, [dict(checkpoint.weights), checkpoint.training])


def test_a_run_folder_keeps_all_of_it(tmp_path: Path) -> None:
    training = begun(WithJudge, ema_decay=0.5)
    steps(training, 2)
    write_run_checkpoint(tmp_path, training.checkpoint())
    again = resumed(read_run_training(tmp_path), WithJudge)
    assert again.step() == training.step()
    assert equal(again.checkpoint().weights, training.checkpoint().weights)


def test_a_checkpoint_with_another_step_goes_on_from_there() -> None:
    training = begun(lr=0.1, lr_final=0.001, max_steps=4)
    later = resumed(replace(training.checkpoint(), step=3))
    later.step()
    assert later.step_count == 4
    assert later._optimisers["optimiser"].param_groups[0]["lr"] == pytest.approx(0.1 * 0.01 ** (3 / 4))
    assert later.objective.read_so_far == [3]


def test_the_seed_decides_and_the_global_generator_is_left_alone() -> None:
    def weights(seed: int) -> Mapping[str, Tensor]:
        torch.rand(seed + 3)
        before = torch.get_rng_state()
        training = begun(seed=seed)
        steps(training, 2)
        assert torch.equal(torch.get_rng_state(), before)
        return training.checkpoint().weights

    assert equal(weights(0), weights(0))
    assert not equal(weights(0), weights(1))


def test_dropout_draws_by_seed_and_step() -> None:
    training, again = begun(), begun()
    drawn = [training.step()["size"] for _ in range(3)]
    torch.rand(5)
    assert [again.step()["size"] for _ in range(3)] == drawn and len(set(drawn)) == 3


@pytest.mark.parametrize(("where", "what"), [("loss", "loss"), ("gradient", "gradient")])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_finite_changes_nothing(kind: type[TinyObjective], where: str, what: str) -> None:
    training = begun(kind, ema_decay=0.5, lr=0.25)
    steps(training, 2)
    before, buffers = training.checkpoint(), training.objective.network.seen.clone()
    training.objective.spoilt = where
    said = rf"^step 3: the {what} is not finite \(total .*, size .*\) on views b, a; the weights were not changed"
    with pytest.raises(Diverged, match=said) as told:
        training.step()
    assert told.value.lower == {"lr": 0.25}
    assert training.step_count == 2 and torch.equal(training.objective.network.seen, buffers)
    after = training.checkpoint()
    assert equal(before.weights, after.weights) and equal(before.training, after.training)
    training.objective.spoilt = ""
    assert training.step() == resumed(before, kind).step()


def test_pieces_add_up_to_the_whole() -> None:
    whole, pieces = begun(lr=0.1), begun(InThreePieces, lr=0.1)
    for one, other in zip(steps(whole, 4), steps(pieces, 4), strict=True):
        assert one["total"] == pytest.approx(other["total"], rel=1e-5)
    assert pieces.objective.pieces_seen == 3 * 4
    # Adam makes as long a step of any multiple of a gradient.
    assert torch.allclose(whole.objective.network.weight.grad, pieces.objective.network.weight.grad, rtol=1e-4)


def test_state_of_its_own_moves_on_with_sound_steps_only() -> None:
    training = begun(WithState)
    assert all(losses["half"] == losses["total"] / 2 for losses in steps(training, 2))
    assert training.objective.accepted == 2 and training.notes == ("photographs were not looked at",)
    checkpoint = training.checkpoint()
    assert checkpoint.scene is not None and checkpoint.scene.hints == {"near": 1.0}
    # What tells photographs from others is then the method's own.
    assert list(checkpoint.training or {}) == ["optimiser", "generators", "accepted"]
    training.objective.spoilt = "loss"
    with pytest.raises(Diverged):
        training.step()
    assert training.objective.accepted == 2


def test_workers_read_the_same() -> None:
    here, ahead = begun(), begun(ReadingAhead)
    try:
        assert steps(here, 3) == steps(ahead, 3)
        assert not ahead.objective.read_so_far
    finally:
        ahead.close()


def test_what_can_not_be_read_may_be_tried_again() -> None:
    training = begun()
    training.objective.targets.spoilt = True
    with pytest.raises(Unreadable, match=r"^b: is damaged$"):
        training.step()
    training.objective.targets.spoilt = False
    assert training.step() == begun().step() and training.step_count == 1


def test_resuming_needs_the_training_state_and_the_photographs() -> None:
    checkpoint = begun().checkpoint()
    with pytest.raises(UserError, match="holds no training state"):
        resumed(replace(checkpoint, training=None))
    with pytest.raises(UserError, match="2 photographs, not those that the run began with, or under other names"):
        resumed(checkpoint, dataset=photographed(("a", "c")))


def test_it_is_judged_at_the_size_that_it_learns_at() -> None:
    plain, smaller = begun(), begun(InThreePieces)
    assert isinstance(plain, LearnsSmaller) and plain.trained_px((9, 5)) == (9, 5)
    assert smaller.trained_px((9, 5)) == (4, 0)
    steps(smaller, 2)
    # That of the last step.
    assert smaller.trained_px((9, 5)) == (4, 1)


def test_what_the_author_forgot_is_said_before_the_first_step() -> None:
    class Forgetful:
        config, photographs, network = OptimiserConfig(), photographed(("a",)).views, nn.Linear(1, 1)

        def views(self) -> list[int]:
            return [0]

        read = losses = views

    def made(found: object) -> Optimisation[Any]:
        return Optimisation(lambda setup: found, Setup("toy", photographed(("a",)), OptimiserConfig(), CPU, 0))

    with pytest.raises(BrokenContract, match=r"^method toy: the objective, a Forgetful, lacks scene; views takes \(\)"):
        made(Forgetful())
    whole = begun().objective
    whole.config = TrainingConfig()
    with pytest.raises(BrokenContract, match=r"config is TrainingConfig.*; it must be options of a class derived from"):
        made(whole)


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ({"image": torch.zeros(())}, 'losses gives image, but no "total"'),
        (torch.zeros(()), 'losses gives a Tensor, not "total"'),
        ({"total": 0.5}, "losses gives total as a float; it must be a tensor of no dimensions, with the graph"),
        ({"total": torch.zeros(())}, r"losses gives total as a tensor \[\] without a graph; it must be"),
        ({"total": torch.zeros(1, requires_grad=True)}, r"losses gives total as a tensor \[1\]; it must be"),
        ({"total": torch.zeros((), requires_grad=True), "size": 3.0}, "losses gives size as a float; it must be"),
    ],
)
def test_losses_that_are_none_are_said(losses: object, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    training = begun()
    monkeypatch.setattr(training.objective, "losses", lambda batch: losses)
    with pytest.raises(BrokenContract, match=f"^method tiny: {said}"):
        training.step()


@pytest.mark.parametrize("kind", [TinyObjective, WithJudge])
def test_parameters_that_were_replaced_are_noticed_at_once(kind: type[TinyObjective]) -> None:
    training = begun(kind)
    steps(training, 2)
    before, network = training.checkpoint(), training.objective.network
    network.weight = nn.Parameter(network.weight.detach().repeat(2, 1))
    training.objective.targets.read = lambda step: (slice(0, ROWS), torch.zeros(ROWS, 2))
    with pytest.raises(
        BrokenContract, match=r"^method tiny: its network's weight is another tensor since the training"
    ):
        training.step()
    assert training.step_count == before.step


def test_parameters_in_networks_beside_and_new_ones_are_noticed() -> None:
    training = begun(WithJudge)
    training.objective.judge.weight = nn.Parameter(torch.ones(1, 2))
    with pytest.raises(BrokenContract, match=r"its network's judge\.weight is another tensor since"):
        training.step()
    training = begun()
    training.objective.network.more = nn.Parameter(torch.ones(2))
    with pytest.raises(BrokenContract, match="its network's more was put in since"):
        training.step()
    training = begun()
    training.objective.network = copy.deepcopy(training.objective.network)
    with pytest.raises(BrokenContract, match="its network's weight is another tensor since"):
        training.step()
    training = begun()
    weight = training.objective.network.weight
    weight.data = torch.zeros(2 * ROWS, 2)
    with pytest.raises(BrokenContract, match="its network's weight has another shape since"):
        training.step()


def test_a_network_of_another_shape_is_said_by_name() -> None:
    class Larger(TinyObjective):
        def __init__(self, setup: Setup[OptimiserConfig]) -> None:
            super().__init__(setup)
            self.network.weight = nn.Parameter(torch.zeros(2 * ROWS, 2))

    checkpoint = begun().checkpoint()
    with pytest.raises(BrokenContract, match=r"^weight of the run is \[6, 2\], and the network .* now has \[12, 2\]"):
        resumed(checkpoint, Larger)
    judged = begun(WithJudge).checkpoint()
    with pytest.raises(BrokenContract, match=r"^judge\.weight of the run is none, and the network that"):
        resumed(replace(judged, weights={"weight": judged.weights["weight"]}), WithJudge)


def test_state_of_its_own_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stateless(WithState):
        def __init__(self, setup: Setup[OptimiserConfig]) -> None:
            super().__init__(setup)
            self.generators = {}

    with pytest.raises(BrokenContract, match=r"generators is \{\}; it must be what .*generator_states\(device\) gives"):
        begun(Stateless)
    training = begun(WithState)
    monkeypatch.setattr(training.objective, "generators", {})
    with pytest.raises(BrokenContract, match=r"^method tiny: the objective's generators lack cpu; they must be what"):
        training.step()
    monkeypatch.setattr(training.objective, "state", lambda: {"optimiser": 3})
    with pytest.raises(BrokenContract, match=r"^method tiny: the objective's state\(\) has optimiser, as the state of"):
        training.checkpoint()


def learn(kind: str, out: str) -> list[dict[str, float]]:
    """Three steps' losses; the checkpoint goes to `out`, with the rank's number after it."""
    from engines.core import distributed
    from tests.engines.core import tiny_method

    training = begun(getattr(tiny_method, kind), lr=dividing.SMALLEST_LR)
    losses = steps(training, 3)
    dividing.save(training.checkpoint(), f"{out}.{distributed.here().number}")
    return losses


@pytest.mark.parametrize("kind", [Divided, DividedWithJudge])
def test_two_ranks_learn_what_one_process_does(kind: type[Divided], two_ranks: TwoRanks, tmp_path: Path) -> None:
    # Five rows: one rank has more of them, and a buffer is learnt beside what ranks sum by themselves.
    alone = learn(kind.__name__, str(tmp_path / "alone"))
    first, second = two_ranks(learn, kind.__name__, str(tmp_path / "divided"))
    assert first == second
    assert [step["total"] for step in first] == pytest.approx([step["total"] for step in alone], rel=1e-5)
    dividing.assert_equal_checkpoints(tmp_path, dividing.ROUNDING)


def refused() -> str:
    """What several processes are told."""
    try:
        begun()
    except UserError as error:
        return str(error)
    return ""


def test_what_is_not_divided_is_refused_under_torchrun(two_ranks: TwoRanks) -> None:
    said = "tiny learns in one process, whose steps can't be divided: leave torchrun out"
    assert two_ranks(refused) == [said, said]
    assert not begun().divides_steps and begun(Divided).divides_steps
