"""How long a training takes and what it needs, from a few of its steps on this machine."""

from __future__ import annotations

import contextlib
import math
import shutil
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.capture.inspection.lenses import notes_on_lenses
from app.training.beginning import Begun, begin, check_folder, size_learnt
from app.training.evaluation import evaluate
from app.training.run_errors import out_of_memory
from app.viewing.validation_split import validation_views
from engines import registry
from engines.core import contract
from engines.core.data.dataset import Dataset
from engines.core.device import choose_device, is_out_of_memory, memory_there, memory_used
from engines.core.engine import AnyEngine, Stop, Training
from engines.core.errors import Cancelled
from engines.core.formats import open_dataset

BUDGET_S = 12.0
"""For all steps that are measured."""
MOST_STEPS = 30
"""Of one stage."""
TIGHT = 0.9
"""Of what is there; beyond, the rest of the machine suffers."""


@dataclass(frozen=True)
class Estimate:
    """What a training is going to take.

    Attributes:
        seconds: all steps and validations.
        step_seconds: of each stage, in order.
        validation_seconds: of each validation; 0 where nothing is held out.
        memory_bytes: on the device, at most.
        memory_there_bytes: what it could have; None where nobody says.
        disk_bytes: of a checkpoint; there are two at a time while one is written.
        disk_free_bytes: where the run folder is going to be.
        notes: what the training assumes.
    """

    seconds: float
    step_seconds: tuple[float, ...]
    validation_seconds: float
    memory_bytes: int
    memory_there_bytes: int | None
    disk_bytes: int
    disk_free_bytes: int
    notes: tuple[str, ...] = ()

    def obstacles(self) -> tuple[str, ...]:
        """What it does not fit into, in plain words."""
        found = []
        if self.memory_there_bytes is not None and self.memory_bytes > TIGHT * self.memory_there_bytes:
            found.append("memory will hardly suffice")
        if 2 * self.disk_bytes > self.disk_free_bytes:
            found.append("the disk has no room for its checkpoints")
        return tuple(found)


def measure(engine_name: str, data: Path, out: Path, settings: Mapping[str, Any], device: str, stop: Stop) -> Estimate:
    """Does a few steps of a new training and forgets them; writes nothing.

    Raises:
        UserError: bad data or settings, or no memory is left.
        Cancelled: `stop` said so.
    """
    engine, where = registry.find_engine(engine_name), choose_device(device)
    check_folder(out, resume=False)
    try:
        dataset = open_dataset(data)
        # Held by nobody else: of two stages' trainings only one is in memory at a time.
        return _measured(engine, begin(engine, dataset, out, settings, where, resume=False), out, where, stop)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise out_of_memory(engine, out, settings, where) from error


def _measured(engine: AnyEngine, begun: Begun, out: Path, device: torch.device, stop: Stop) -> Estimate:
    dataset, config, training = begun.dataset, begun.config, begun.training
    notes = training.notes
    del begun
    # A run of few steps never comes to the later ones.
    starts = [start for start in config.stages() if start < config.max_steps]
    ends = (*starts[1:], config.max_steps)
    step_seconds = list[float]()
    with contextlib.ExitStack() as held:
        for start, end in zip(starts, ends, strict=True):
            if start > 0:
                # As if all before had been done: the weights play no part in how long it takes.
                later = replace(contract.checkpoint_of(training), step=start)
                held.close()
                del training
                training = contract.resumed(engine, dataset, later, device)
            held.enter_context(contextlib.closing(training))
            step_seconds.append(_step_seconds(training, end - start, BUDGET_S / len(starts), stop))
        validation_seconds = _validation_seconds(training, dataset, stop)
        checkpoint = contract.checkpoint_of(training)
    seconds = sum((end - start) * each for start, end, each in zip(starts, ends, step_seconds, strict=True))
    disk_bytes = 2 * _bytes(checkpoint.weights) + _bytes(checkpoint.training)
    return Estimate(
        seconds + math.ceil(config.max_steps / config.validate_every) * validation_seconds,
        tuple(step_seconds),
        validation_seconds,
        _peak_memory(device),
        memory_there(device),
        disk_bytes,
        shutil.disk_usage(next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())).free,
        tuple(dict.fromkeys((*dataset.notes, *notes_on_lenses(dataset), *notes))),
    )


def _step_seconds(training: Training, most: int, budget_s: float, stop: Stop) -> float:
    """The median of the next steps, of `most` at most; what the first has to prepare is left out where there are more.

    Some steps on, another stage may begin.
    """
    began, taken = time.perf_counter(), list[float]()
    while len(taken) < min(MOST_STEPS + 1, most) and (len(taken) < 2 or time.perf_counter() - began < budget_s):
        if stop():
            raise Cancelled
        before = time.perf_counter()
        training.step()
        taken.append(time.perf_counter() - before)
    return statistics.median(taken[1:] or taken)


def _validation_seconds(training: Training, dataset: Dataset, stop: Stop) -> float:
    """Of one validation; 0 where nothing is held out."""
    views = validation_views(training, dataset)
    if not views:
        return 0.0
    # What is prepared for the first picture is prepared for each validation.
    began, trained_px = time.perf_counter(), size_learnt(training)
    scene = contract.scene_of(training)
    evaluate(scene, views[:1], stop=stop, dataset=dataset, trained_px=trained_px)
    first = time.perf_counter() - began
    began = time.perf_counter()
    evaluate(scene, views[:1], stop=stop, dataset=dataset, trained_px=trained_px)
    return first + (len(views) - 1) * (time.perf_counter() - began)


def _peak_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(device))
    if device.type == "cpu" and sys.platform != "win32":
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak
    return memory_used(device)


def _bytes(state: object) -> int:
    """Of all tensors in nested mappings and sequences."""
    if isinstance(state, Tensor):
        return state.nbytes
    parts = state.values() if isinstance(state, Mapping) else state if isinstance(state, list | tuple) else ()
    return sum(_bytes(part) for part in parts)
