"""`main.py train`: learns a scene from a data folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from app.commands.console import add_device_and_set, notes, write_table
from app.human_readable import human_bytes, human_step, human_time
from app.training.interrupting import interrupted
from app.training.loop import Report, run_training
from app.training.presets import preset_names, read_preset
from app.training.runs.measure import measure
from app.training.runs.supervised_run import supervised
from engines.core import distributed
from engines.core.config import parse_settings
from engines.core.errors import Cancelled, UserError
from engines.core.storage.run_folder import read_run_config
from engines.registry import all_engines, find_engine

INTERRUPTED, FAILED = 130, 1
# Where nobody watches (a log file), a line now and then is enough.
STEP_LOG_INTERVAL_S = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("data", type=Path, metavar="FOLDER", help="photographs with cameras, in a layout that is known")
    parser.add_argument("--method", required=True, metavar="NAME", help=f"the method: {', '.join(all_engines())}")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run folder to write")
    parser.add_argument(
        "--config",
        metavar="YAML",
        help="options from a file, a run folder's config.yaml, or a preset's name: " + ", ".join(preset_names()),
    )
    parser.add_argument("--up", metavar="AXIS", help=(
        "which way is up: x, y, z, -x, -y, -z, or three numbers (default: as the photographs say); kept in the run"
    ))  # fmt: skip
    add_device_and_set(parser, "one option, over --config; may be repeated")
    parser.add_argument("--options", action=_ListOptions, metavar="METHOD", help="list a method's options and exit")
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN")
    parser.add_argument("--measure", action="store_true", help=(
        "do a few steps, say how long the run would take and what it needs, and write nothing"
    ))  # fmt: skip
    # For the window, which shows what such a process says.
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Trains, with a progress bar; Ctrl+C saves and stops.

    Raises:
        UserError: see `run_training`.
    """
    settings = read_settings(arguments.config, arguments.settings, arguments.method)
    if arguments.up is not None:
        settings = {**settings, "up": arguments.up}
    if arguments.measure and arguments.resume:
        raise UserError("--measure: measures a new run; leave out --resume")
    if arguments.supervised:
        return _run_supervised(arguments, settings)
    if arguments.measure:
        return _measure(arguments, settings)
    out: Path = arguments.out
    with interrupted() as stop, _Bar(str(out)) as bar:
        checkpoint = run_training(
            arguments.method,
            arguments.data,
            out,
            settings,
            arguments.device,
            arguments.resume,
            bar,
            stop,
            tell=bar.tell,
        )
    if distributed.any_of(stop()) and checkpoint.step < bar.max_steps:
        sys.stderr.write(f"stopped and saved at step {checkpoint.step}; the same command with --resume goes on\n")
        return INTERRUPTED
    score = f", PSNR {bar.psnr:.2f} dB on held-out views" if bar.psnr is not None else ""
    sys.stdout.write(f"{out}: {checkpoint.step} steps{score}\n")
    return 0


def _run_supervised(arguments: argparse.Namespace, settings: Mapping[str, Any]) -> int:
    """The same for a program that watches, which is told all errors in its own way."""
    out, order = arguments.out, (arguments.method, arguments.data, arguments.out, settings, arguments.device)
    with supervised() as run:
        try:
            if arguments.measure:
                run.estimated(measure(*order, run.stop))
                run.ended(0, False)
                return 0
            checkpoint = run_training(*order, arguments.resume, run.report, run.stop, run.between, run.tell)
        except UserError as error:
            run.failed(str(error))
            return FAILED
        except Cancelled:
            run.ended(0, True)
            return INTERRUPTED
        run.ended(checkpoint.step, checkpoint.step < read_run_config(out)["config"]["max_steps"])
    return 0


def _measure(arguments: argparse.Namespace, settings: Mapping[str, Any]) -> int:
    with interrupted() as stop:
        found = measure(arguments.method, arguments.data, arguments.out, settings, arguments.device, stop)
    notes(found.notes)
    steps = ", then ".join(human_step(seconds) for seconds in found.step_seconds)
    validation = f", {human_step(found.validation_seconds)} a validation" if found.validation_seconds else ""
    there = f" of {human_bytes(found.memory_there_bytes)}" if found.memory_there_bytes is not None else ""
    write_table(
        [
            ("time", f"{human_time(found.seconds)} ({steps} a step{validation})"),
            ("memory", f"{human_bytes(found.memory_bytes)}{there}"),
            ("disk", f"{human_bytes(found.disk_bytes)} of {human_bytes(found.disk_free_bytes)}"),
        ]
    )
    if obstacles := found.obstacles():
        raise UserError(f"{arguments.out}: {' and '.join(obstacles)}; lower the options, or use another device")
    return 0


def read_settings(config: str | None, settings: list[str], engine: str) -> dict[str, Any]:
    """What --config and --set say together; --set wins.

    Raises:
        UserError: no such file or preset, or it is of another engine.
    """
    values = read_preset(config, engine) if config is not None else {}
    return values | parse_settings(settings)


class _ListOptions(argparse.Action):
    """Prints every field that `--set` reaches, with its default and its sentence."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> NoReturn:
        values = rest[1]
        for name, field in find_engine(values).Config.model_fields.items():
            sentence = " ".join((field.description or "").split())
            sys.stdout.write(f"{name}={'' if field.default is None else field.default}\n    {sentence}\n")
        raise SystemExit(0)


class _Bar:
    """Steps, losses, PSNR and the time left, on stderr."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown: tqdm[NoReturn] | None = None
        self.psnr: float | None = None
        self.max_steps = 0

    def _bar(self, report: Report) -> tqdm[NoReturn]:
        # Made by the first report: what can't even begin gets its line of error and no bar.
        if self._shown is None:
            self._shown = tqdm(
                desc=self._title,
                unit="step",
                total=report.max_steps,
                initial=report.step,
                file=sys.stderr,
                mininterval=0.1 if sys.stderr.isatty() else STEP_LOG_INTERVAL_S,
                dynamic_ncols=True,
            )
        return self._shown

    def __call__(self, report: Report) -> None:
        """Shows where the run stands."""
        self.max_steps = report.max_steps
        bar = self._bar(report)
        for note in report.notes:
            bar.write(f"note: {note}", file=sys.stderr)
        if report.validation is not None:
            self.psnr = report.validation.psnr
            bar.write(
                f"step {report.step}: held-out PSNR {self.psnr:.2f} dB, SSIM {report.validation.ssim:.4f}"
                + "".join(f", {name} {value:.4f}" for name, value in report.validation.shapes.items()),
                file=sys.stderr,
            )
        shown = {name: f"{value:.4g}" for name, value in report.losses.items()}
        if self.psnr is not None:
            shown["PSNR"] = f"{self.psnr:.2f}"
        bar.set_postfix(shown, refresh=False)
        bar.update(report.step - bar.n)

    def tell(self, what: str) -> None:
        """What goes on between two steps stands before the bar, until it is over."""
        if self._shown is not None:
            self._shown.set_description(f"{self._title}, {what}" if what else self._title)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._shown is not None:
            self._shown.close()
