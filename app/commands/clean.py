"""`main.py clean`: a scene of Gaussians without what is outside of a box, too faint, too large, or alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from app.cleaning.edits import (
    CleaningEdit,
    RemoveBox,
    RemoveFaint,
    RemoveFloaters,
    RemoveLarge,
    RemoveSphere,
    Side,
    removed_after,
)
from app.cleaning.saving import form_of_file, write_cleaned
from app.cleaning.subject import CleaningSubject
from app.commands.console import SCENE_HELP, add_device_and_set, notes, writing
from app.rendering.crop_box import CropBox
from app.viewing.opening import open_scene
from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.reading import concerning, shortened
from engines.registry import find_engine

Words = tuple[str, str]
"""What a step is called on the command line, and what stands behind it."""
BOX_WHOLE = "scene"
MIDDLE = "middle"
"""The words for the scene's own box, and for the middle of it."""


class _Step(argparse.Action):
    """Steps are done in the order in which they are typed: each is added to one list."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        namespace.steps = [*(namespace.steps or ()), (f"--{self.const}", str(values))]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help=SCENE_HELP + " or another program")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=(
        "what is kept: a form of the method's by its suffix, such as .ply, .spz, .splat or .glb, or a scene file "
        "(.safetensors)"
    ))  # fmt: skip
    parser.set_defaults(steps=[])
    for name, metavar, text in (
        ("box", "X,Y,Z,X,Y,Z", f"keep what lies between two corners, world units; {BOX_WHOLE}: in the scene's own box"),
        ("outside-box", "X,Y,Z,X,Y,Z", "keep what lies beside such a box"),
        ("sphere", "X,Y,Z,R", f"keep what lies in a sphere: its centre and radius, world units; {MIDDLE},R: about the "
                              "middle of the scene's box"),
        ("outside-sphere", "X,Y,Z,R", "keep what lies outside of such a sphere"),
        ("min-opacity", "A", "keep what is of this opacity or more, 0 to 1"),
        ("max-size", "S", "keep what is no larger: the largest standard deviation, world units; P%%: than P percent of "
                          "what is left so far are"),
        ("floaters", "K,N", "leave out what lies alone: whose K nearest are in the mean N times as far away as all "
                            "others' are, in the mean"),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", action=_Step, const=name, metavar=metavar, dest="steps",
                            help=f"{text}; may be repeated")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace FILE where it is there")
    add_device_and_set(parser, "an option of the scene; may be repeated")


def run(arguments: argparse.Namespace) -> int:
    """Cleans the scene, in the order in which the steps are typed; a line on stdout for each, and one for the file.

    Raises:
        UserError: a step is none, nothing would be left, or the place can't be written.
    """
    if not arguments.steps:
        raise UserError("nothing to clean: give --box, --sphere, --min-opacity, --max-size or --floaters")
    if arguments.out.resolve() == arguments.checkpoint.resolve():
        raise UserError(f"{arguments.out}: is the scene itself; write to another file")
    if arguments.out.exists() and not arguments.overwrite:
        raise UserError(f"{arguments.out}: is there already; --overwrite replaces it")
    with writing(arguments.out):
        opened = open_scene(arguments.checkpoint, None, arguments.device, arguments.settings)
        form_of_file(find_engine(opened.checkpoint.engine), arguments.out)
        notes(opened.all_notes)
        subject = CleaningSubject.of(opened)
        # Of the words of a step the first that is none is told before anything is worked out.
        edits = [edit_of(step, opened.scene.bounds + opened.origin) for step in arguments.steps]
        removed = np.zeros(len(subject.primitives), dtype=bool)
        with concerning(arguments.checkpoint):
            for (name, text), edit in zip(arguments.steps, edits, strict=True):
                before, removed = removed, removed_after(edit, subject, removed)
                now, left = int((removed & ~before).sum()), int((~removed).sum())
                sys.stdout.write(f"{name} {text}: removed {now:,} of {int((~before).sum()):,}, {left:,} left\n")
        notes(write_cleaned(opened.checkpoint, ~removed, arguments.out))
    sys.stdout.write(f"{arguments.out}: {left:,} of {len(removed):,}\n")
    return 0


def edit_of(step: Words, whole: Array) -> CleaningEdit:
    """The edit of a step's words.

    Args:
        whole: [2, 3] the scene's own box, world.

    Raises:
        UserError: they are none.
    """
    name, text = step
    try:
        return _MADE[name.removeprefix("--")](text, whole)
    except ValueError as error:
        raise UserError(f"{name} {shortened(text)}: {error}") from error


def _box(text: str, whole: Array, removes: Side) -> CleaningEdit:
    if text == BOX_WHOLE:
        return RemoveBox(CropBox.of(whole), removes)
    x0, y0, z0, x1, y1, z1 = _numbers(text, 6, f"write x,y,z of the lowest and of the highest corner, or {BOX_WHOLE}")
    return RemoveBox(CropBox((x0, y0, z0), (x1, y1, z1)), removes)


def _sphere(text: str, whole: Array, removes: Side) -> CleaningEdit:
    middle = ",".join(repr(float(value)) for value in whole.mean(axis=0))
    advice = f"write x,y,z,radius, or {MIDDLE},radius"
    x, y, z, radius = _numbers(text.replace(MIDDLE, middle, 1), 4, advice)
    return RemoveSphere((x, y, z), radius, removes)


def _large(text: str, whole: Array) -> CleaningEdit:
    advice = "write a length in world units, or a part such as 99%"
    return RemoveLarge(_numbers(text.removesuffix("%"), 1, advice)[0], text.endswith("%"))


def _floaters(text: str, whole: Array) -> CleaningEdit:
    neighbours, multiple = _numbers(text, 2, "write how many neighbours, and how many times the mean distance: 8,3")
    if neighbours != round(neighbours):
        raise ValueError(f"{neighbours:g} neighbours; it must be a whole number")
    return RemoveFloaters(round(neighbours), multiple)


def _numbers(text: str, count: int, advice: str) -> list[float]:
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count or not np.isfinite(found).all():
        raise ValueError(advice)
    return found


_MADE: dict[str, Callable[[str, Array], CleaningEdit]] = {
    "box": lambda text, whole: _box(text, whole, "outside"),
    "outside-box": lambda text, whole: _box(text, whole, "inside"),
    "sphere": lambda text, whole: _sphere(text, whole, "outside"),
    "outside-sphere": lambda text, whole: _sphere(text, whole, "inside"),
    "min-opacity": lambda text, whole: RemoveFaint(_numbers(text, 1, "write a number from 0 to 1")[0]),
    "max-size": _large,
    "floaters": _floaters,
}
