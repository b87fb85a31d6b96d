"""Training from a script or a notebook, inline or in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.api import opening
from app.api.requests import AnyPath, place, plain_options
from app.api.scene import TrainedScene
from app.api.wording import python_worded
from app.training.interrupting import interrupted
from app.training.loop import Report, run_training
from app.training.presets import presets_of, read_preset
from app.training.runs.library import Run, read_run, run_stamp
from engines.core.engine import Stop, never_stop
from engines.core.errors import UserError
from engines.core.storage.run_folder import read_history

OnStep = Callable[[Report], object]


def no_report(report: Report) -> None:
    """Nobody looks at how far a training is."""


@dataclass(frozen=True)
class TrainingRun:
    """A run folder that a training has left. It can be opened, gone on with, and read by TensorBoard."""

    folder: Path
    _seen: dict[object, Run] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was read last, by the files' stamp: read again when something was written."""

    @property
    def step(self) -> int:
        """The steps done."""
        return self._read().step

    @property
    def max_steps(self) -> int:
        """The number of steps after which it is finished."""
        return self._read().max_steps

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self._read().finished

    @property
    def psnr(self) -> float | None:
        """The last score on held-out views, dB; None where none was measured."""
        return self._read().psnr

    @property
    def config(self) -> dict[str, Any]:
        """Every option that it was trained with."""
        return dict(self._read().config)

    @property
    def history(self) -> list[dict[str, Any]]:
        """A line for every few steps: `step`, `time`, the losses by name, and at validations `psnr` and `ssim`."""
        return read_history(self.folder)

    def open(self, **arguments: Any) -> TrainedScene:
        """The scene that was learnt; `arguments` as of `vantage.open`.

        Raises:
            UserError: nothing was saved, or it can't be opened.
        """
        return opening.open(self.folder, **arguments)

    def _read(self) -> Run:
        stamp = run_stamp(self.folder)
        found = self._seen.get(stamp) or read_run(self.folder)
        if found is None:
            raise UserError(f"{self.folder}: no run folder, or damaged")
        self._seen.clear()
        self._seen[stamp] = found
        return found


class _Watcher:
    """Hands reports on; what goes wrong there stops the training, which is saved before that is raised."""

    def __init__(self, on_step: OnStep) -> None:
        self._on_step = on_step
        self.failure: BaseException | None = None
        self.max_steps = 0

    def report(self, report: Report) -> None:
        self.max_steps = report.max_steps
        try:
            self._on_step(report)
        except BaseException as error:  # raised when the run is saved
            self.failure = error


@python_worded
def train(
    data: AnyPath,
    *,
    method: str,
    out: AnyPath,
    preset: str | None = None,
    device: str = "auto",
    resume: bool = False,
    on_step: OnStep = no_report,
    stop: Stop = never_stop,
    **options: Any,
) -> TrainingRun:
    """Learns a scene from photographs with cameras, as `main.py train` does; saves it in a run folder.

    Ctrl+C, or a kernel that is interrupted, ends the step under way and saves; then `KeyboardInterrupt` is raised. A
    second one ends `on_step`, too, where that takes long. In a thread of its own no signal comes: there `stop` ends it.

    Args:
        data: the folder, in any layout that is known.
        method: one of `vantage.methods()`.
        out: the run folder to write, which must be new.
        preset: its name, with or without the method's before it, or a file of options.
        device: as in `vantage.open`.
        resume: go on with the run in `out`; then `options` are those that change.
        on_step: called on this thread before the first step and after each; an exception of it ends the training, which
            is saved.
        stop: asked before each step; where it gives True the training is saved, and ends.
        options: of the method's training, over the preset's: `max_steps=1000`; `main.py train --options METHOD` lists
            them.

    Raises:
        UserError: the data, the method or an option is wrong, or the place can't be written; what was saved stays.
        KeyboardInterrupt: it was interrupted, and is saved.
    """
    settings = _preset(preset, method) | plain_options(options)
    folder, watcher = place(out), _Watcher(on_step)
    with interrupted() as interrupt:

        def ends() -> bool:
            return watcher.failure is not None or interrupt() or stop()

        checkpoint = run_training(method, place(data), folder, settings, device, resume, watcher.report, ends)
    failure, is_early = watcher.failure, checkpoint.step < watcher.max_steps
    # A second Ctrl+C is raised where the callback goes on.
    if interrupt() and is_early and (failure is None or isinstance(failure, KeyboardInterrupt)):
        told = f"stopped and saved at step {checkpoint.step}; the same with resume=True goes on"
        raise KeyboardInterrupt(told) from failure
    if failure is not None:
        raise failure
    return TrainingRun(folder)


def _preset(preset: str | None, method: str) -> dict[str, Any]:
    if preset is None:
        return {}
    whole = f"{method}_{preset}"
    try:
        return read_preset(whole if whole in {each.name for each in presets_of(method)} else preset, method)
    except UserError as error:
        error.args = (str(error).replace("--config", "--preset", 1),)
        raise
