"""The one training loop: the command line and the window run it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from app.capture.inspection.lenses import notes_on_lenses
from app.shapes.validating import validation_shapes
from app.training.beginning import Begun, begin, check_folder, size_learnt
from app.training.evaluation import ComparedPair, Evaluation, OnPair, evaluate
from app.training.run_clock import RunClock
from app.training.run_errors import out_of_memory, saved_first
from app.training.run_events import begin_events, events_told_once
from app.training.run_history import forget_after, recent_losses, with_recent
from app.training.run_restoring import RunKept
from app.viewing.validation_split import keep_pair, remembering, validation_views
from engines import registry
from engines.core import distributed
from engines.core.contract import checkpoint_of, scene_of
from engines.core.data.views import Views
from engines.core.device import choose_device, is_out_of_memory, memory_used
from engines.core.engine import Stop, Training
from engines.core.errors import Cancelled, Diverged, Unreadable, Unwritable, UserError
from engines.core.files import unwritable
from engines.core.formats import open_dataset
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import (
    append_history,
    claimed,
    is_interrupted_here,
    is_run_folder,
    mark_launch,
    read_run_training,
    taken_back_unsaved,
    write_run_checkpoint,
    write_run_config,
)

HISTORY_EVERY = 10
"""Steps whose mean losses make one line of the history."""


@dataclass(frozen=True)
class Report:
    """The state of a run after a step.

    Attributes:
        losses: of this step.
        seconds_left: until `max_steps` at the present rate, validation and saving included; None at first.
        validation: where this step was one to validate at.
        saved: whether this step was saved.
        memory_bytes: held on the device.
        notes: with the first report what had to be assumed, later what happened.
    """

    step: int
    max_steps: int
    losses: Mapping[str, float] = field(default_factory=dict)
    steps_per_second: float | None = None
    seconds_left: float | None = None
    validation: Evaluation | None = None
    saved: bool = False
    memory_bytes: int = 0
    notes: tuple[str, ...] = ()


Between = Callable[[Training, Path], float]
"""What is done between two steps, with the training and its folder: it may wait, or write the scene as it is now. The
seconds that the clock leaves out."""


Tell = Callable[[str], None]
"""Is told what goes on where it is not a step and takes its time, in words; "" when it is over."""


def told_to_nobody(what: str) -> None:
    """Drops what a run tells: nobody looks at it."""


def nothing_between(training: Training, out: Path) -> float:
    """Does nothing between two steps, and takes no time: nobody steers the run."""
    return 0.0


def run_training(
    engine_name: str,
    data: Path,
    out: Path,
    settings: Mapping[str, Any],
    device: str,
    resume: bool,
    report: Callable[[Report], None],
    stop: Stop,
    between: Between = nothing_between,
    tell: Tell = told_to_nobody,
) -> Checkpoint:
    """Trains until `max_steps` or `stop`, saving in the run folder `out`; gives the last checkpoint.

    Args:
        settings: fields of the engine's `Config`; on resuming, those that differ from the run's.
        report: called once before the first step and after each.

    Raises:
        UserError: bad data or settings, `out` can't be written, no memory is left, or a loss is not finite; the last
            checkpoint stays.
    """
    engine, out, where = registry.find_engine(engine_name), Path(out), choose_device(device)
    rank = distributed.join(where)
    # What is in the folder the first rank says: it is the only one that writes there.
    again = distributed.broadcast(is_interrupted_here(out))
    if rank.is_first:
        check_folder(out, resume or again)
    recent: list[Mapping[str, float]] = []
    with contextlib.ExitStack() as held:
        try:
            begun = begin(engine, open_dataset(Path(data)), out, settings, where, resume or again, again)
            config, training = begun.config, begun.training
            held.enter_context(contextlib.closing(training))
            if rank.is_first:
                held.enter_context(claimed(out))
                held.enter_context(taken_back_unsaved(out))
                held.enter_context(events_told_once())
                recent = _check_unchanged(out, training.step_count, resume or again)
                # Also of a new run: one that ended before it saved anything may have left lines.
                forget_after(out, training.step_count)
                write_run_config(out, engine_name, Path(data).absolute(), config.model_dump())
                mark_launch(out)
            run = held.enter_context(_Run(begun, out, where, tell))
            run.recent = recent
            return _loop(run, report, stop, between)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise out_of_memory(engine, out, settings, where) from error


def _loop(run: _Run, report: Callable[[Report], None], stop: Stop, between: Between) -> Checkpoint:
    """Step, validate, record, save, report."""
    training, config = run.training, run.config
    clock = RunClock(training.step_count, config.max_steps)
    report(Report(training.step_count, config.max_steps, memory_bytes=run.memory_bytes(), notes=run.notes))
    if training.step_count == 0:
        run.draw_before(stop)
    while training.step_count < config.max_steps:
        with run.nothing_lost():
            clock.leave_out(between(training, run.out))
        # Whichever rank was told to stop, all do, after the same step.
        if distributed.any_of(stop()):
            break
        try:
            losses = training.step()
        except Unreadable as error:
            if training.step_count == 0:
                raise
            run.saved()
            raise UserError(f"{error}; saved at step {training.step_count}, go on with --resume") from error
        except Diverged as error:
            raise UserError(f"{error}; {run.way_on(error.lower)}") from error
        run.put_back()
        step = training.step_count
        last = step == config.max_steps
        with run.nothing_lost(losses):
            validation = run.validate(stop) if step % config.validate_every == 0 or last else None
        if validation is not None:
            # Which took a while.
            run.put_back()
        run.record(losses, validation)
        saved = step % config.checkpoint_every == 0 or last or run.is_due()
        if saved:
            run.save()
        rate, seconds_left = clock.read(step)
        memory = run.memory_bytes()
        news, run.news = run.news, ()
        report(Report(step, config.max_steps, losses, rate, seconds_left, validation, saved, memory, news))
    # A stop between two checkpoints loses nothing.
    return run.saved()


class _Run:
    """A training, its folder, and what was last saved there."""

    def __init__(
        self,
        begun: Begun,
        out: Path,
        device: torch.device,
        tell: Tell,
    ) -> None:
        training, config, dataset, held_out = begun.training, begun.config, begun.dataset, begun.held_out
        self.training, self.config, self.out, self._device = training, config, out, device
        self._saved_s = time.monotonic()
        self.notes = tuple(dict.fromkeys((*dataset.notes, *notes_on_lenses(dataset), *training.notes)))
        self._dataset, self._validation_views = dataset, validation_views(training, dataset)
        self._held_out, self._tell = held_out, tell
        self.news: tuple[str, ...] = ()
        """What happened since the last report."""
        self.recent: list[Mapping[str, float]] = []
        """Losses of the steps since the last line of the history."""
        self._saved: Checkpoint | None = None
        self._kept_step = training.step_count or None
        """Of the checkpoint in the folder; of a run that goes on that is where it was taken up."""
        self._kept: RunKept | None = None
        with self._writing():
            # What an earlier attempt drew beyond this step is going to be done again.
            purge = training.step_count + 1
            self._events = begin_events(out, purge) if distributed.here().is_first else None
            if self._events is not None:
                self._kept = RunKept(out)

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Finishes the TensorBoard events; that they can't be written hides no error that ended the run."""
        if self._events is None or self._kept is None:
            return
        self._kept.close()
        try:
            with self._writing():
                self._events.close()
        except Unwritable:
            if error is None:
                raise

    def validate(self, stop: Stop) -> Evaluation | None:
        """Scores of a copy of the weights on held-out views; None where nothing is held out, or `stop` said so."""
        if not self._validation_views:
            return None
        pairs: list[ComparedPair] = []

        def keep_first(pair: ComparedPair) -> None:
            if not pairs:
                pairs.append(pair)

        count = len(self._validation_views)
        try:
            with self._doing(f"scoring {count} held-out view{'s' if count > 1 else ''}"):
                found = self._scored(self._validation_views, keep_first, stop)
                shapes = validation_shapes(scene_of(self.training), self._dataset, stop)
        except Cancelled:
            return None
        if pairs:
            self._keep_pair(pairs[0])
        return replace(found, shapes=shapes)

    def nothing_lost(self, losses: Mapping[str, float] | None = None) -> contextlib.AbstractContextManager[None]:
        """Around pictures and all that can go wrong between two steps: what is learnt is saved before an error goes on.

        Args:
            losses: of the step before it, that no line of the history has yet.
        """
        step = self.training.step_count
        is_new = self._events is not None and step > 0 and self._kept_step != step

        def save() -> None:
            # Other ranks may be anywhere: nothing is waited for.
            self.recent += [losses] if losses is not None else []
            self._write(self._whole_checkpoint())

        return saved_first(step, save) if is_new else contextlib.nullcontext()

    def draw_before(self, stop: Stop) -> None:
        """The first held-out view before anything is learnt, to be looked at beside what comes."""
        if self._validation_views:
            with contextlib.suppress(Cancelled), self._doing("drawing a held-out view"):
                self._scored(self._validation_views[:1], self._keep_pair, stop)

    def _scored(self, views: Views, on_pair: OnPair, stop: Stop) -> Evaluation:
        scene, trained_px = scene_of(self.training), size_learnt(self.training)
        return evaluate(scene, views, stop=stop, dataset=self._dataset, on_pair=on_pair, trained_px=trained_px)

    @contextlib.contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        self._tell(what)
        try:
            yield
        finally:
            self._tell("")

    def _keep_pair(self, pair: ComparedPair) -> None:
        if distributed.here().is_first:
            with self._writing():
                keep_pair(self.out, self.training.step_count, pair.image, pair.photograph)

    def record(self, losses: Mapping[str, float], validation: Evaluation | None) -> None:
        """Adds to the history and to TensorBoard's events: the mean losses now and then, every validation."""
        self.recent.append(losses)
        step = self.training.step_count
        # Not so many since the last line: a run that goes on has its lines where it would have had them.
        if step % HISTORY_EVERY and validation is None:
            return
        events = self._events
        values = {name: sum(losses[name] for losses in self.recent) / len(self.recent) for name in losses}
        scores = {"psnr": validation.psnr, "ssim": validation.ssim} if validation is not None else {}
        self.recent = []
        if events is None:
            return
        with self._writing():
            entry = {"step": step, "time": round(time.time(), 1), **values, **scores}
            append_history(self.out, entry)
            if self._kept is not None:
                self._kept.add(entry)
            shapes = validation.shapes if validation is not None else {}
            for group, numbers in (("loss", values), ("validation", {**scores, **shapes})):
                for name, value in numbers.items():
                    events.add_scalar(f"{group}/{name}", value, step)

    def put_back(self) -> None:
        """Makes the folder again where somebody deleted it, with the weights of now."""
        if self._kept is None or self._events is None or not self._kept.is_gone():
            return
        self._saved = remembering(checkpoint_of(self.training), self._held_out)
        self.news = (*self.news, self._kept.restore(self._saved))
        self._kept_step, self._saved_s = self._saved.step, time.monotonic()
        with contextlib.suppress(OSError):
            # A line that was still to be written had no file any more.
            self._events.close()
        with self._writing():
            self._events = begin_events(self.out, self._saved.step + 1)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            way_on = "; the last checkpoint there is whole: go on later with --resume" * is_run_folder(self.out)
            raise Unwritable(f"{unwritable(self.out, error)}{way_on}") from error

    def save(self) -> Checkpoint:
        """Writes the checkpoint as it is now."""
        self._saved = self._whole_checkpoint()
        self._write(self._saved)
        # Before that none may end: torchrun ends the others when one does.
        distributed.barrier()
        self._kept_step, self._saved_s = self._saved.step, time.monotonic()
        return self._saved

    def _whole_checkpoint(self) -> Checkpoint:
        return with_recent(remembering(checkpoint_of(self.training), self._held_out), self.recent)

    def _write(self, checkpoint: Checkpoint) -> None:
        # None but of the first rank.
        if self._events is not None:
            write_run_checkpoint(self.out, checkpoint)
            with self._writing():
                # Else a kill takes the curves of what was saved.
                self._events.flush()

    def is_due(self) -> bool:
        """Whether the last checkpoint is so old that another is."""
        # All ranks save together.
        return distributed.any_of(time.monotonic() - self._saved_s >= 60 * self.config.checkpoint_minutes)

    def memory_bytes(self) -> int:
        """Held on the device."""
        return memory_used(self._device)

    def way_on(self, lower: Mapping[str, float]) -> str:
        """For a training whose loss is not finite; what it was before is saved if nothing is yet.

        Args:
            lower: options that smaller values of may help, with those of now.
        """
        if self.training.step_count == 0:
            now = " and ".join(f"a smaller {name} than {value:g}" for name, value in lower.items())
            return f"or begin with {now or 'other options'}"
        if self._kept_step is None:
            self.save()
        # An earlier one is not replaced: a training often goes wrong a while before its numbers do.
        less = "".join(f" --set {name}={value / 4:g}" for name, value in lower.items())
        return f"or go on from step {self._kept_step} with --resume{less}"

    def saved(self) -> Checkpoint:
        """The checkpoint of the present step, written now where it was not yet."""
        self.put_back()
        if self._saved is None or self._saved.step != self.training.step_count:
            return self.save()
        return self._saved


def _check_unchanged(out: Path, step: int, resume: bool) -> list[Mapping[str, float]]:
    """Once the folder is ours: while the data was read, another process may have trained there and ended.

    Gives the losses that the run saved for the next line of its history.
    """
    check_folder(out, resume)
    if not resume:
        return []
    there = read_run_training(out)
    if there.step != step:
        raise UserError(f"{out}: another process went on with it meanwhile, until step {there.step}; begin once more")
    return recent_losses(there)
