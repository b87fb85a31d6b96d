"""The checks of a training: that it begins, repeats, goes on, and leaves the rest of the program alone."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.conformance.trial import STEPS, Check, Failure, Trial, difference, draw, global_states, others_draw
from engines.core.abilities import JudgesData, reason_against
from engines.core.config import make_options
from engines.core.contract import begun, checkpoint_of, resumed, scene_of
from engines.core.data.dataset import Dataset
from engines.core.engine import LearnsSmaller, Training
from engines.core.errors import BrokenContract, Diverged, UserError
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import KeepsState
from engines.core.reading import shortened
from engines.core.storage.run_folder import read_run_training, write_run_checkpoint

EFFECTS: dict[str, Any] = {"lr": lambda lr: 1.5 * lr, "lr_final": lambda lr: lr / 4, "ema_decay": lambda lr: 0.9}
"""Options that every method offers by deriving from what has them, each with another value, made of `lr`."""


def begins(trial: Trial) -> str:
    """Begins on the first data that it does not refuse, and does its steps."""
    training, reasons = None, list[str]()
    for dataset in trial.samples:
        if reason := reason_against(trial.engine, dataset):
            reasons.append(reason)
            continue
        try:
            training = begun(trial.engine, dataset, trial.config(dataset), trial.device)
        except BrokenContract:
            raise
        except UserError as error:
            reasons.append(str(error).removeprefix(f"{dataset.source}: "))
            continue
        trial.dataset = dataset
        break
    if training is None:
        raise Failure(f"it trains on none of {len(trial.samples)} small samples: {'; '.join(dict.fromkeys(reasons))}")
    with closing(training):
        _take_steps(trial, training)
    return f"on {trial.data.source.name}: {len(trial.data.split('train'))} photographs"


def gives_scenes(trial: Trial) -> None:
    """Draws a scene while the training goes on: it has weights of its own."""
    with trial.training() as training:
        training.step()
        scene = scene_of(training)
        before = draw(scene).image.clone()
        training.step()
        if found := difference(before, draw(scene).image, "the picture"):
            raise Failure(f"its scene changes while the training goes on: {found}")
        if isinstance(training, LearnsSmaller):
            size = training.trained_px(scene.start.size_px)
            if len(size) != 2 or not all(isinstance(side, int) and side > 0 for side in size):
                raise Failure(f"trained_px() gives {size!r}; it must be (width, height)")
        trial.scene = scene


def _take_steps(trial: Trial, training: Training) -> None:
    trial.checkpoints.append(checkpoint_of(training))
    for number in range(1, STEPS + 1):
        _require_views(training)
        try:
            losses = training.step()
        except Diverged as error:
            # Of data that was made for this nobody need look at the photographs.
            said = str(error).partition("; the weights were not changed")[0]
            raise Failure(f"it diverges on data that can be trained on: {said}") from error
        for name, value in losses.items():
            if not isinstance(name, str) or not isinstance(value, float) or not math.isfinite(value):
                raise Failure(f"step() gives {name}={value!r} as a loss; it must be a finite float")
        if not losses:
            raise Failure("step() gives no loss")
        if training.step_count != number:
            raise Failure(f"step_count is {training.step_count} after {number} steps")
        trial.checkpoints.append(checkpoint_of(training))


def _require_views(training: Training) -> None:
    """Whether an objective says which photographs the next step looks at: they are named where a loss is not finite."""
    known: object = training.objective if isinstance(training, Optimisation) else None
    # Where steps follow from those before, they may be known only when they are read.
    if not isinstance(training, Optimisation) or isinstance(known, KeepsState):
        return
    objective, step = training.objective, training.step_count
    views, count = list(objective.views(step)), len(objective.photographs)
    if not views or not all(isinstance(view, int) and 0 <= view < count for view in views):
        raise Failure(f"views({step}) gives {shortened(views)}; it must be whole numbers from 0 to {count - 1}, of its "
                      f"{count} photographs")  # fmt: skip
    if list(objective.views(step)) != views:
        raise Failure(
            f"views({step}) gives others when it is asked again; they follow from the seed and the step alone"
        )


def checkpoint_is_whole(trial: Trial) -> None:
    """Looks through the checkpoints: whole, plain data on the CPU, copies."""
    for step, checkpoint in enumerate(trial.checkpoints):
        if (checkpoint.engine, checkpoint.step) != (trial.engine.name, step):
            raise Failure(f"its checkpoint says engine={checkpoint.engine!r}, step={checkpoint.step}, not {step}")
        for name, tensor in checkpoint.weights.items():
            if tensor.requires_grad:
                raise Failure(f"the checkpoint's {name} keeps its graph; it must be detached")
        make_options(trial.engine.Config, checkpoint.config, "the checkpoint's config")
        if missing := [name for name in trial.engine.Config.model_fields if name not in checkpoint.config]:
            raise Failure(f"the checkpoint's config lacks {', '.join(missing)}; it has all fields of the run's Config")
    first, last = trial.checkpoints[0], trial.checkpoints[-1]
    if not difference(first.weights, last.weights):
        raise Failure(f"{STEPS} steps change nothing: the weights of all checkpoints are the same, or one copy")


def seed_repeats(trial: Trial) -> None:
    """Trains again with the same seed, after others have drawn from the global generators."""
    others_draw()
    again = trial.learnt(STEPS)
    if found := difference(trial.checkpoints[-1].weights, again.weights):
        raise Failure(f"two trainings with the same seed differ after {STEPS} steps: {found}")


def global_chance_stays(trial: Trial) -> None:
    """Compares torch's, numpy's and Python's generators before and after what the program calls while others draw.

    Around `train`, `resume`, `open` and a training's `scene` it puts them back itself.
    """
    with trial.training() as training:
        calls: dict[str, Callable[[], object]] = {
            "step()": training.step,
            "checkpoint()": training.checkpoint,
            "render()": lambda: draw(scene_of(training)),
        }
        for member, call in calls.items():
            before = global_states()
            call()
            for name, state in global_states().items():
                if difference(before[name], state):
                    raise Failure(
                        f"{member} draws from {name}'s global generator, or seeds it; take chance from "
                        "seeded(seed, purpose, step) of engines.core.seeding"
                    )


def resumes(trial: Trial) -> None:
    """Goes on from a run folder as if nothing had been."""
    write_run_checkpoint(trial.folder / "run", trial.checkpoints[1])
    kept = read_run_training(trial.folder / "run")
    training = resumed(trial.engine, trial.data, kept, trial.device)
    try:
        if found := difference(trial.checkpoints[1].weights, checkpoint_of(training).weights):
            raise Failure(f"its weights are not those of the checkpoint: {found}")
        for _ in range(STEPS - 1):
            training.step()
        last, straight = checkpoint_of(training), trial.checkpoints[-1]
    finally:
        training.close()
    if found := difference(straight.weights, last.weights) or difference(straight.training, last.training):
        raise Failure(f"1 and {STEPS - 1} more steps are not what {STEPS} are: {found}")


def resumes_elsewhere(trial: Trial) -> None:
    """Goes on at another step than the checkpoint was taken at: later stages of a training are measured so."""
    moved = replace(trial.checkpoints[0], step=STEPS - 1)
    with closing(resumed(trial.engine, trial.data, moved, trial.device)) as training:
        training.step()
        if training.step_count != STEPS:
            raise Failure(f"step_count is {training.step_count} after the step that follows {STEPS - 1}")


def resume_refuses(trial: Trial) -> None:
    """Goes on with other photographs than the run's, and with a checkpoint that is only to be looked at."""
    train = np.flatnonzero(trial.data.views.splits == 0)
    kept = np.ones(len(trial.data.views), dtype=bool)
    kept[train[-1]] = False
    fewer = replace(trial.data, views=trial.data.views.chosen(kept))
    plain = replace(trial.checkpoints[1], training=None)
    for what, dataset, checkpoint in (
        ("a folder that lacks a photograph", fewer, trial.checkpoints[1]),
        ("a checkpoint without training state", trial.data, plain),
    ):
        try:
            resumed(trial.engine, dataset, checkpoint, trial.device).close()
        except UserError:
            continue
        raise Failure(f"it goes on with {what}; it must refuse it by a UserError")


def refuses_nonsense(trial: Trial) -> str:
    """Goes on with weights of which half are no numbers: the step says so, and leaves all as it was."""
    kept = trial.checkpoints[1]
    state = {name: _spoilt(each, kept.weights) for name, each in (kept.training or {}).items()}
    try:
        spoilt = replace(kept, weights=_spoilt(kept.weights, kept.weights), training=state)
        training = resumed(trial.engine, trial.data, spoilt, trial.device)
    except BrokenContract:
        raise
    except UserError:
        return "it does not go on with weights that are no numbers"
    with closing(training):
        before = checkpoint_of(training).weights
        try:
            losses = training.step()
        except Diverged:
            if found := difference(before, checkpoint_of(training).weights):
                raise Failure(f"step() raises Diverged, and the weights are not as before: {found}") from None
            return ""
    raise Failure(f"step() gives {shortened(dict(losses))} with weights that are no numbers; it must raise Diverged")


def _spoilt(state: Any, weights: Mapping[str, Tensor]) -> Any:
    """Weights, and what a training state holds under their names, with NaN in half of the places."""
    if not isinstance(state, Mapping):
        return state
    spoilt = dict(state)
    for name in spoilt.keys() & weights.keys():
        if isinstance(spoilt[name], Tensor) and spoilt[name].is_floating_point():
            spoilt[name] = spoilt[name].clone(memory_format=torch.contiguous_format)
            spoilt[name].view(-1)[::2] = torch.nan
    return spoilt


def options_have_effects(trial: Trial) -> str:
    """Changes each option that every training by gradients offers: the weights change."""
    tried = []
    for name, other in EFFECTS.items():
        config = trial.config(trial.data)
        if name not in type(config).model_fields:
            continue
        learnt = trial.learnt(STEPS - 1, **{name: other(getattr(config, "lr", 1.0))})
        if not difference(trial.checkpoints[STEPS - 1].weights, learnt.weights):
            raise Failure(f"Config offers {name}, which changes nothing; obey it, or don't offer it")
        tried.append(name)
    return ", ".join(tried)


def processes_end(trial: Trial) -> None:
    """Looks for processes that are left after `close`."""
    before = {process.pid for process in multiprocessing.active_children()}
    with trial.training() as training:
        training.step()
    if left := [process.name for process in multiprocessing.active_children() if process.pid not in before]:
        raise Failure(f"{', '.join(left)} still runs after close()")


def takes_other_data(trial: Trial) -> str:
    """Learns from every sample and draws it, or refuses it as it said beforehand."""
    learnt = []
    for dataset in trial.samples:
        if dataset is trial.dataset:
            continue
        reason = reason_against(trial.engine, dataset)
        if reason and ("\n" in reason or str(dataset.source) in reason):
            raise Failure(f"unsupported() must give one line, without the folder, not {reason!r}")
        try:
            _learn_and_draw(trial, dataset)
        except BrokenContract:
            raise
        except UserError as error:
            if not reason and isinstance(trial.engine, JudgesData):
                raise Failure(f"unsupported() says nothing against {dataset.source.name}, and {error}") from error
        else:
            if reason:
                raise Failure(f"unsupported() says {reason!r}, and yet train() trains on {dataset.source.name}")
            learnt.append(dataset.source.name)
    return f"also {', '.join(learnt)}" if learnt else ""


def _learn_and_draw(trial: Trial, dataset: Dataset) -> None:
    with trial.training(dataset) as training:
        training.step()
        scene = scene_of(training)
        for control in scene.controls:
            draw(scene, {control.name: control.high})


MAKING = (
    Check("train", f"begins on small data, and does {STEPS} steps", begins),
    Check("train", "gives scenes that stay as they are", gives_scenes, "training"),
)
"""Those that make what others need."""
LEARNING = (
    MAKING[0],
    Check("train", "gives whole checkpoints", checkpoint_is_whole, "training"),
    MAKING[1],
    Check("train", "gives the same weights for the same seed", seed_repeats, "training"),
    Check("train", "leaves the global generators alone", global_chance_stays, "scene"),
    Check("resume", "goes on bit for bit", resumes, "training"),
    Check("resume", "goes on at whatever step its checkpoint says", resumes_elsewhere, "training"),
    Check("resume", "refuses what it can't go on with", resume_refuses, "training"),
    Check("step", "says where it diverges, and changes nothing then", refuses_nonsense, "training"),
    Check("Config", "offers options that have an effect", options_have_effects, "training"),
    Check("train", "ends what runs beside it when it is closed", processes_end, "training"),
    Check("train", "trains on data of other kinds, or refuses it", takes_other_data, "scene"),
)
