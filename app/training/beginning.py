"""The beginning of a training, or its taking up again: data, options, what is held out, the folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from app.capture.unused import unused
from app.method_faults import or_method
from app.training.evaluation import Size, as_photographed
from app.viewing.validation_split import held_out_names, without_judged
from engines.core import contract, distributed
from engines.core.config import TrainingConfig, make_options
from engines.core.data.dataset import Dataset
from engines.core.data.object_masks import laid_over, settled
from engines.core.data.origin import moved
from engines.core.engine import AnyEngine, DividesSteps, LearnsSmaller, Training
from engines.core.errors import BrokenContract, UserError
from engines.core.files import require_named
from engines.core.reading import reading
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import (
    TRAINING_NAME,
    chosen_up,
    complete_scene,
    is_run_folder,
    others_in,
    read_run_training_of_first,
    require_no_links,
)
from engines.core.upright import parse_up

logger = logging.getLogger(__name__)


def check_folder(out: Path, resume: bool) -> None:
    """Before anything is read: a new run takes nobody's place, and through no link."""
    require_named(out)
    require_no_links(out)
    if not resume and is_run_folder(out):
        raise UserError(f"{out}: holds a run already; go on with it by --resume, or name another folder")
    if not resume and (others := others_in(out)):
        raise UserError(f"{out}: holds other files ({others[0]}); name a new or an empty folder")


@dataclass(frozen=True, eq=False)
class Begun:
    """A training that was begun or taken up again.

    Attributes:
        dataset: that it trains on, with what is held out of it.
        held_out: names of the views that are, where the folder itself does not say so.
    """

    dataset: Dataset
    config: TrainingConfig
    training: Training
    held_out: list[str]


def size_learnt(training: Training) -> Size:
    """The size that photographs are brought to; where the method takes them as they are, their own."""
    known: object = training
    return known.trained_px if isinstance(known, LearnsSmaller) else as_photographed


def begin(
    engine: AnyEngine,
    dataset: Dataset,
    out: Path,
    settings: Mapping[str, Any],
    device: torch.device,
    resume: bool,
    again: bool = False,
) -> Begun:
    """The data with what is held out of it, and the training of it, begun or taken up again.

    Args:
        again: torchrun began the processes anew; then nothing may be left to do.
    """
    if not resume:
        config, dataset = make_options(engine.Config, settings), without_judged(dataset)
        outside = settled(dataset, config.outside_masks, config.LEARNS_SILHOUETTES)
        config = config.model_copy(update={"outside_masks": outside})
        names, dataset = held_out_names(dataset, config.held_out_every), _as_configured(dataset, config)
        training = contract.begun(engine, dataset, config, device)
        return _as_begun(Begun(dataset, config, training, names), engine, out)
    checkpoint = _to_resume(engine, out, settings, again)
    config = make_options(engine.Config, checkpoint.config, f"{out}: its configuration")
    dataset = without_judged(dataset)
    if checkpoint.scene is not None:
        dataset = moved(dataset, checkpoint.scene.origin)
    if config.outside_masks == "auto":
        # A run of a time before there was a choice.
        config = config.model_copy(update={"outside_masks": "kept"})
    names, dataset = held_out_names(dataset, config.held_out_every), _as_configured(dataset, config)
    path = out / TRAINING_NAME
    try:
        with or_method(), reading(path, "not a training state of Vantage, or damaged"):
            training = contract.resumed(engine, dataset, checkpoint, device)
    except BrokenContract as error:
        raise BrokenContract(f"{path}: {error}") from error
    return _as_begun(Begun(dataset, config, training, names), engine, out)


def _as_begun(begun: Begun, engine: AnyEngine, out: Path) -> Begun:
    known: object = begun.training
    distributed.require_divided(engine.name, isinstance(known, DividesSteps) and known.divides_steps)
    source, step = begun.dataset.source, begun.training.step_count
    logger.info("training %s on %s into %s, from step %d", engine.name, source, out, step)
    return begun


def _as_configured(dataset: Dataset, config: TrainingConfig) -> Dataset:
    dataset = replace(dataset, notes=(*dataset.notes, *unused(dataset, config.outside_masks, config.learns_depths)))
    dataset = laid_over(dataset.with_held_out(config.held_out_every), config.outside_masks)
    return dataset if config.up is None else dataset.with_up(parse_up(config.up))


def _to_resume(engine: AnyEngine, out: Path, settings: Mapping[str, Any], again: bool) -> Checkpoint:
    """The run's last checkpoint, with the new `max_steps` and the like; `again` also where nothing is left to do."""
    checkpoint = read_run_training_of_first(out)
    if distributed.here().is_first:
        complete_scene(out, checkpoint)
    if checkpoint.engine != engine.name:
        raise UserError(f"{out}: is a run of {checkpoint.engine}, not of {engine.name}")
    if "up" not in settings and (up := distributed.broadcast(chosen_up(out))) is not None:
        # In the window, after it was learnt so far.
        settings = {**settings, "up": ",".join(map(repr, up))}
    begun = make_options(engine.Config, checkpoint.config, f"{out}: its configuration").model_dump()
    asked = make_options(engine.Config, {**begun, **settings}).model_dump()
    free = engine.Config.free_on_resume()
    for name in settings:
        if name not in free and asked[name] != begun[name]:
            raise UserError(
                f"{out}: was begun with {name}={begun[name]}, can't go on with {name}={asked[name]}; "
                f"leave it out, or begin another run (free on resuming: {', '.join(free)})"
            )
    if checkpoint.step >= asked["max_steps"] and not again:
        raise UserError(f"{out}: has done all its {checkpoint.step} steps; raise max_steps (--set max_steps=...)")
    return replace(checkpoint, config=asked)
