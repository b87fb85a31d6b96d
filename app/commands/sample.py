"""`main.py sample`: writes a small synthetic scene, a class of objects, or recordings, as a data folder."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from app.commands.console import LOG_INTERVAL_S
from app.synthetic.dvr_sample import VIEWS, dvr_sample, write_dvr_sample
from app.synthetic.lsm_sample import VIEWS as LSM_VIEWS
from app.synthetic.lsm_sample import lsm_sample, write_lsm_sample
from app.synthetic.recording import CAMERAS, STEPS, WIDTH_PX, picture_size
from app.synthetic.recording_sample import RecordingSample, write_recordings
from app.synthetic.sample import (
    CLASS_SIZE_PX,
    OBJECT_VIEWS,
    OBJECTS,
    SIZE_PX,
    TEST_VIEWS,
    TRAIN_VIEWS,
    VALIDATION_VIEWS,
    Sample,
    deepvoxels_sample,
    making,
    require_empty,
    srn_sample,
    write_sample,
)
from engines.core.device import usable_cores
from engines.core.errors import UserError

INTERRUPTED = 130
MOST_VIEWS = 1_000_000
# What a recording's camera keeps while it films, for each process: about 2 GB; and all of them together.
MOST_RAYS, MOST_RAYS_TOGETHER = 2**25, 2**26
# So little is done before other processes have begun.
RAYS_ALONE = 2**21
LIMITS = {
    "seed": (0, 2**32 - 1),
    "size": (16, 4096),
    "instances": (1, 10_000),
    "views": (1, 100_000),
    "frames": (1, 10_000),
    "samples": (1, 16),
}


@dataclass(frozen=True)
class _Task:
    """What is to be written.

    Attributes:
        views: pictures, all in all.
        write: is given what to call with the number of further pictures on the disk.
        summary: of the whole, without the folder.
    """

    views: int
    write: Callable[[Callable[[int], None]], None]
    summary: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("folder", type=Path, help="where to write; new, or empty")
    parser.add_argument(
        "--format",
        choices=["deepvoxels", "srn", "dvr", "lsm", "llff"],
        default="deepvoxels",
        help="the layout: one still life, a class of toy cars, toy cars with masks (default: one) or with "
        f"voxels and depths, or a recording of a moving scene by {CAMERAS} cameras (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="arrangement, colours and textures (default: %(default)s)")
    parser.add_argument(
        "--size",
        type=int,
        metavar="PX",
        help=f"pixels a side (default: {SIZE_PX}; toy cars: {CLASS_SIZE_PX}); of a recording the width, to the nearest "
        f"multiple of 8, with a height of 9/16 of it (default: {WIDTH_PX})",
    )
    parser.add_argument(
        "--instances",
        type=int,
        metavar="N",
        help=f"instances of a class (default: {OBJECTS}, in DVR's layout 1); or different recordings (default: 1), of "
        "which every eighth is to validate with",
    )
    parser.add_argument(
        "--views",
        type=int,
        metavar="N",
        help="training views, of a class those of each object; for each 15 of them there is 1 to validate and 3 to "
        f"test with (default: {TRAIN_VIEWS}; a class: {OBJECT_VIEWS}; in DVR's layout all are to train, {VIEWS}; in "
        f"LSM's whole objects are held out, {LSM_VIEWS})",
    )
    parser.add_argument(
        "--frames", type=int, metavar="N", help=f"time steps of a recording, whose motion is a loop (default: {STEPS})"
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
    task = _recordings(arguments) if arguments.format == "llff" else _views(arguments)
    interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL_S
    # The delay keeps the line of an error at once (a folder that can't be written) free of a bar.
    options = {"unit": "view", "mininterval": interval, "delay": 0.2, "dynamic_ncols": True}
    names = ("format", "seed", "size", "objects", "views", "frames", "samples")
    what = json.dumps({name: getattr(arguments, "instances" if name == "objects" else name) for name in names})
    done = 0
    try:
        with making(folder, what), tqdm(total=task.views, desc=str(folder), **options) as bar:

            def on_views(count: int) -> None:
                nonlocal done
                done += count
                bar.update(count)

            task.write(on_views)
    except KeyboardInterrupt:
        sys.stderr.write(f"stopped after {done} of {task.views} views; what is in {folder} is whole, but incomplete\n")
        return INTERRUPTED
    sys.stdout.write(f"{folder}: {task.summary}\n")
    return 0


def _views(arguments: argparse.Namespace) -> _Task:
    sample = _sample(arguments)
    shots = sample.shots

    is_dvr = arguments.format == "dvr"
    writers = {"dvr": write_dvr_sample, "lsm": write_lsm_sample}

    def write(on_views: Callable[[int], None]) -> None:
        write_part = writers.get(arguments.format, write_sample)
        write_part(arguments.folder, sample, arguments.samples, lambda shot, picture: on_views(1))

    splits = ("train",) if is_dvr else ("train", "validation", "test")
    counts = ", ".join(f"{sum(s.split == split for s in shots)} {split}" for split in splits)
    parts = len({shot.part for shot in shots if shot.split == "train"})
    of = f" of {parts} objects" if arguments.format == "srn" or parts > 1 else ""
    if arguments.format == "lsm":
        of = f" of {len({shot.part for shot in shots})} objects"
    width, height = shots[0].camera.size_px
    return _Task(len(shots), write, f"{counts} views{of}, {width}x{height} pixels")


def _sample(arguments: argparse.Namespace) -> Sample:
    seed: int = arguments.seed
    if arguments.frames is not None:
        raise UserError("--frames: only a recording has time steps; use it with --format llff")
    if arguments.format in ("srn", "dvr", "lsm"):
        is_dvr = arguments.format == "dvr"
        usual = {"dvr": VIEWS, "lsm": LSM_VIEWS}
        views = arguments.views or usual.get(arguments.format, OBJECT_VIEWS)
        objects, size_px = arguments.instances or (1 if is_dvr else OBJECTS), arguments.size or CLASS_SIZE_PX
        if objects * views > MOST_VIEWS:
            raise UserError(f"--instances {objects} --views {views}: {objects * views} views; at most {MOST_VIEWS}")
        if is_dvr:
            return dvr_sample(seed, size_px, objects, views)
        if arguments.format == "lsm":
            return lsm_sample(seed, size_px, objects, views)
        return srn_sample(seed, size_px, objects, views, max(1, round(views * VALIDATION_VIEWS / TRAIN_VIEWS)))
    if arguments.instances is not None:
        raise UserError(
            "--instances: only a class has several; it goes with --format srn, dvr or lsm, or llff (recordings)"
        )
    views = arguments.views or TRAIN_VIEWS
    validation, test = (max(1, round(views * part / TRAIN_VIEWS)) for part in (VALIDATION_VIEWS, TEST_VIEWS))
    return deepvoxels_sample(seed, arguments.size or SIZE_PX, views, validation, test)


def _recordings(arguments: argparse.Namespace) -> _Task:
    if arguments.views is not None:
        raise UserError(
            f"--views: a recording is made by a rig of {CAMERAS} cameras; leave it out (--frames has time steps)"
        )
    count, steps = arguments.instances or 1, arguments.frames or STEPS
    width, height = picture_size(arguments.size or WIDTH_PX)
    sample = RecordingSample(arguments.seed, (width, height), steps, count)
    if sample.pictures > MOST_VIEWS:
        raise UserError(f"--instances {count} --frames {steps}: {sample.pictures} pictures; at most {MOST_VIEWS}")
    rays = width * height * arguments.samples**2
    if rays > MOST_RAYS:
        raise UserError(
            f"--size {width} --samples {arguments.samples}: {rays:,} rays a picture; a recording has at most "
            f"{MOST_RAYS:,} (1920 with 4)"
        )
    alone = rays * sample.pictures < RAYS_ALONE
    processes = 1 if alone else min(usable_cores(), MOST_RAYS_TOGETHER // rays)

    def write(on_views: Callable[[int], None]) -> None:
        write_recordings(arguments.folder, sample, arguments.samples, on_views, processes=processes)

    splits = [sample.part(number).partition("/")[0] for number in range(count)]
    counts = ", ".join(f"{splits.count(split)} {split}" for split in ("train", "validation"))
    of = f"{counts} recordings, " if count > 1 else ""
    time_steps = f"{steps} time step" + "s" * (steps > 1)
    return _Task(sample.pictures, write, f"{of}{time_steps} seen by {CAMERAS} cameras, {width}x{height} pixels")
