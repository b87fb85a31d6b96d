"""`main.py sample`: writes a small synthetic scene as a data folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from engines.core.errors import UserError
from engines.core.synthetic.raytracer import Picture
from engines.core.synthetic.sample import (
    SIZE_PX,
    TEST_VIEWS,
    TRAIN_VIEWS,
    VALIDATION_VIEWS,
    Shot,
    deepvoxels_shots,
    require_empty,
    sample_scene,
    write_deepvoxels_sample,
)

INTERRUPTED = 130
# Where nobody watches (a log file), a line now and then is enough.
LOG_INTERVAL_S = 10.0
LIMITS = {"seed": (0, 2**32 - 1), "size": (16, 4096), "views": (1, 100_000), "samples": (1, 16)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("folder", type=Path, help="where to write; new, or empty")
    parser.add_argument(
        "--format", choices=["deepvoxels"], default="deepvoxels", help="the layout (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="arrangement, colours and textures (default: %(default)s)")
    parser.add_argument("--size", type=int, default=SIZE_PX, metavar="PX", help="pixels a side (default: %(default)s)")
    parser.add_argument(
        "--views",
        type=int,
        default=TRAIN_VIEWS,
        metavar="N",
        help="training views; for each 15 of them there is 1 to validate and 3 to test with (default: %(default)s)",
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
        if not low <= value <= high:
            raise UserError(f"--{name} {value}: must lie between {low} and {high}")
    folder: Path = arguments.folder
    require_empty(folder)
    views: int = arguments.views
    shots = deepvoxels_shots(
        arguments.seed,
        arguments.size,
        views,
        max(1, round(views * VALIDATION_VIEWS / TRAIN_VIEWS)),
        max(1, round(views * TEST_VIEWS / TRAIN_VIEWS)),
    )
    interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL_S
    # The delay keeps the line of an error at once (a folder that can't be written) free of a bar.
    options = {"unit": "view", "mininterval": interval, "delay": 0.2, "dynamic_ncols": True}
    with tqdm(total=len(shots), desc=str(folder), **options) as bar:

        def on_view(shot: Shot, picture: Picture) -> None:
            bar.update()

        try:
            write_deepvoxels_sample(folder, sample_scene(arguments.seed), shots, arguments.samples, on_view)
        except KeyboardInterrupt:
            done = bar.n
            bar.close()
            sys.stderr.write(
                f"stopped after {done} of {len(shots)} views; what is in {folder} is whole, but incomplete\n"
            )
            return INTERRUPTED
    counts = ", ".join(f"{sum(s.split == split for s in shots)} {split}" for split in ("train", "validation", "test"))
    sys.stdout.write(f"{folder}: {counts} views of {arguments.size}x{arguments.size}\n")
    return 0
