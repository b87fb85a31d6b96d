"""`main.py sample`: writes a small synthetic scene, or a class of objects, as a data folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from engines.core.errors import UserError
from engines.core.synthetic.raytracer import Picture
from engines.core.synthetic.sample import (
    CLASS_SIZE_PX,
    OBJECT_VIEWS,
    OBJECTS,
    SIZE_PX,
    TEST_VIEWS,
    TRAIN_VIEWS,
    VALIDATION_VIEWS,
    Sample,
    Shot,
    deepvoxels_sample,
    require_empty,
    srn_sample,
    write_sample,
)

INTERRUPTED = 130
# Where nobody watches (a log file), a line now and then is enough.
LOG_INTERVAL_S = 10.0
MOST_VIEWS = 1_000_000
LIMITS = {
    "seed": (0, 2**32 - 1),
    "size": (16, 4096),
    "objects": (1, 10_000),
    "views": (1, 100_000),
    "samples": (1, 16),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("folder", type=Path, help="where to write; new, or empty")
    parser.add_argument(
        "--format",
        choices=["deepvoxels", "srn"],
        default="deepvoxels",
        help="the layout: one still life, or a class of toy cars (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="arrangement, colours and textures (default: %(default)s)")
    parser.add_argument(
        "--size", type=int, metavar="PX", help=f"pixels a side (default: {SIZE_PX}; a class: {CLASS_SIZE_PX})"
    )
    parser.add_argument("--objects", type=int, metavar="N", help=f"objects of a class (default: {OBJECTS})")
    parser.add_argument(
        "--views",
        type=int,
        metavar="N",
        help="training views, of a class those of each object; for each 15 of them there is 1 to validate and 3 to "
        f"test with (default: {TRAIN_VIEWS}; a class: {OBJECT_VIEWS})",
    )
    parser.add_argument(
        "--samples", type=int, default=2, metavar="N", help="N x N rays a pixel smooth the edges (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the folder, with a progress bar.

    Raises:
        UserError: a number out of range, or a folder that is not empty or can't be written.
    """
    for name, (low, high) in LIMITS.items():
        value = getattr(arguments, name)
        if value is not None and not low <= value <= high:
            raise UserError(f"--{name} {value}: must lie between {low} and {high}")
    folder: Path = arguments.folder
    require_empty(folder)
    sample = _sample(arguments)
    shots = sample.shots
    interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL_S
    # The delay keeps the line of an error at once (a folder that can't be written) free of a bar.
    options = {"unit": "view", "mininterval": interval, "delay": 0.2, "dynamic_ncols": True}
    with tqdm(total=len(shots), desc=str(folder), **options) as bar:

        def on_view(shot: Shot, picture: Picture) -> None:
            bar.update()

        try:
            write_sample(folder, sample, arguments.samples, on_view)
        except KeyboardInterrupt:
            done = bar.n
            bar.close()
            sys.stderr.write(
                f"stopped after {done} of {len(shots)} views; what is in {folder} is whole, but incomplete\n"
            )
            return INTERRUPTED
    counts = ", ".join(f"{sum(s.split == split for s in shots)} {split}" for split in ("train", "validation", "test"))
    parts = len({shot.part for shot in shots if shot.split == "train"})
    of = f" of {parts} objects" if arguments.format == "srn" else ""
    width, height = shots[0].camera.size_px
    sys.stdout.write(f"{folder}: {counts} views{of}, {width}x{height} pixels\n")
    return 0


def _sample(arguments: argparse.Namespace) -> Sample:
    seed: int = arguments.seed
    if arguments.format == "srn":
        views = arguments.views or OBJECT_VIEWS
        objects, size_px = arguments.objects or OBJECTS, arguments.size or CLASS_SIZE_PX
        if objects * views > MOST_VIEWS:
            raise UserError(f"--objects {objects} --views {views}: {objects * views} views; at most {MOST_VIEWS}")
        return srn_sample(seed, size_px, objects, views, max(1, round(views * VALIDATION_VIEWS / TRAIN_VIEWS)))
    if arguments.objects is not None:
        raise UserError("--objects: only a class has several; use it with --format srn")
    views = arguments.views or TRAIN_VIEWS
    validation, test = (max(1, round(views * part / TRAIN_VIEWS)) for part in (VALIDATION_VIEWS, TEST_VIEWS))
    return deepvoxels_sample(seed, arguments.size or SIZE_PX, views, validation, test)
