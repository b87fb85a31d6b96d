"""What the commands have in common: the arguments that open a scene, notes, and a progress bar."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from tqdm import tqdm

from app.viewing.opening import CompanionPaths, Opened, open_scene, with_up
from engines.core import distributed
from engines.core.camera import Array, Camera
from engines.core.device import choose_device
from engines.core.engine import HasSources, Scene, whole_controls
from engines.core.errors import UserError
from engines.core.files import holding
from engines.core.upright import parse_up

if TYPE_CHECKING:
    from app.export.progress import Progress

# Where nobody watches (a log file), a line now and then is enough.
LOG_INTERVAL_S = 10.0


SCENE_HELP = "a scene file, a run folder, or a file of the authors' code"


def add_scene_arguments(parser: argparse.ArgumentParser) -> None:
    """CHECKPOINT, and what `add_opening_options` adds."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help=SCENE_HELP)
    add_opening_options(parser)


def add_opening_options(parser: argparse.ArgumentParser) -> None:
    """--data, --input, --config, --device and --set."""
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="its data folder: cameras, intrinsics, photographs")
    add_beside(parser)
    add_up(parser)
    add_device_and_set(parser, "an option of the scene; may be repeated")


def add_beside(parser: argparse.ArgumentParser) -> None:
    """--input and --config."""
    parser.add_argument("--input", type=Path, metavar="PHOTOGRAPH", help=(
        "what the scene is made of, or a folder of such, one for each object; of networks that make scenes of "
        "photographs"
    ))  # fmt: skip
    parser.add_argument("--config", type=Path, metavar="FILE", help=(
        "the options that the authors' code keeps for CHECKPOINT (default: the YAML beside it, if there is one)"
    ))  # fmt: skip


def beside_of(arguments: argparse.Namespace) -> CompanionPaths:
    """What `add_beside` was given."""
    return CompanionPaths(arguments.config, arguments.input)


def add_up(parser: argparse.ArgumentParser) -> None:
    """--up."""
    parser.add_argument("--up", type=_direction, metavar="AXIS", help=(
        "which way is up: x, y, z, -x, -y, -z, or three numbers such as 0.1,-1,0.2 (default: as was chosen before, "
        "else as the photographs say)"
    ))  # fmt: skip


def _direction(text: str) -> Array:
    try:
        return parse_up(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("up ")) from error


def add_device_and_set(parser: argparse.ArgumentParser, what_set_does: str) -> None:
    """--device and --set."""
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings", help=what_set_does)


def open_from(arguments: argparse.Namespace, photographs: bool = False) -> Opened:
    """Opens what the arguments name, and notes what had to be assumed.

    Args:
        photographs: whether they are needed, to compare with.

    Raises:
        UserError: it can't be opened.
    """
    distributed.join(choose_device(arguments.device))
    source = arguments.checkpoint, arguments.data, arguments.device, arguments.settings
    opened = open_scene(*source, None, photographs, beside_of(arguments))
    opened = with_up(opened, arguments.up)
    notes(opened.all_notes)
    return opened


def note_since(opened: Opened, before: tuple[str, ...]) -> None:
    """What was found out while drawing: a photograph that could not be read and what took its place, say."""
    found = distributed.all_gather([text for text in opened.all_notes if text not in before])
    notes(dict.fromkeys(text for part in found for text in part))


def note_astray(scene: Scene, cameras: Sequence[Camera], controls: Sequence[Mapping[str, float]]) -> None:
    """How many of the pictures that were drawn leave what can be trusted, and why the first of them does."""
    if not isinstance(scene, HasSources):
        return
    own = [
        scene.advice(camera, whole_controls(scene, chosen)) for camera, chosen in zip(cameras, controls, strict=True)
    ]
    # A rank knows the sources of what it drew itself.
    found = [next(filter(None, told), "") for told in zip(*distributed.all_gather(own), strict=True)]
    if astray := [text for text in found if text]:
        notes([f"{len(astray)} of {len(found)} pictures leave what can be shown truly; the first: {astray[0]}"])


def writing(out: Path) -> AbstractContextManager[None]:
    """Holds what a command writes from its start to its end, so that no other command writes it, too.

    Raises:
        UserError: it is being written already, or its place can't be written.
    """
    return holding(out) if distributed.is_begun_first() else nullcontext()


def notes(texts: Iterable[str]) -> None:
    """`note: ...` lines on stderr."""
    for text in texts:
        sys.stderr.write(f"note: {text}\n")


def write_json(data: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(data, indent=2) + "\n")


def write_table(rows: Iterable[tuple[str, str]]) -> None:
    """Two columns on stdout; rows without a text are left out."""
    rows = [(name, text) for name, text in rows if text]
    width = max((len(name) for name, _ in rows), default=0)
    for name, text in rows:
        sys.stdout.write(f"{name.ljust(width)}  {text}\n")


class ProgressBar:
    """A bar on stderr with frames/s and the time left; give it to `run_export`."""

    def __init__(self, title: str, unit: str = "frame") -> None:
        self._title, self._unit = title, unit
        self._bar: tqdm[NoReturn] | None = None

    def __call__(self, progress: Progress) -> None:
        """Shows how far an export is, and what it warns of in a line."""
        self.move_to(progress.done, progress.total)
        if progress.warning and self._bar is not None:
            self._bar.clear()
            notes([f"warning: {progress.warning}"])

    def move_to(self, done: int, total: int) -> None:
        """Shows `done` of `total`."""
        # Made when something is under way: what can't even begin gets its line of error and no bar.
        if self._bar is None:
            interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL_S
            self._bar = tqdm(
                desc=self._title, unit=self._unit, file=sys.stderr, mininterval=interval, dynamic_ncols=True
            )
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
