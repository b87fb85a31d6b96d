"""COLMAP's part of finding cameras, in a process of its own: it takes all cores, and may end as native code does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

NICE = 10
"""The window comes first."""
LONGEST_SIDE_PX = 1600
"""Larger photographs are searched for features at this size; at twice it, it takes four times as long."""
OVERLAP = 12
"""Frames after each that it is matched with, in a film."""

PHOTOGRAPHS_AT_ONCE, PAIRS_AT_ONCE = 4, 100
"""Between two words of how far it is."""

Message = tuple[str, Any]
"""A stage ("features", "matches", "cameras") and how many photographs or pairs are done; or ("done", the model's
number, -1: none), or ("failed", why)."""


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Attributes:
        images: the folder of the photographs.
        names: of their files in it -> their own.
        database: kept from one attempt to the next.
        models: an empty folder, for what is found.
        one_lens: whether all were taken with one.
        film: whether they are frames in their order.
    """

    images: Path
    names: Mapping[str, str]
    database: Path
    models: Path
    one_lens: bool
    film: bool
    threads: int


def find_structure(job: Job, messages: Queue[Message]) -> None:
    """Features, matches, cameras; tells how far it is, and how it ended."""
    # What COLMAP writes about its work would stand between our own lines.
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    with suppress(OSError, AttributeError):
        os.nice(NICE)
    try:
        messages.put(("done", _find(job, messages)))
    except Exception as error:
        messages.put(("failed", f"{type(error).__name__}: {error}"))


def _find(job: Job, messages: Queue[Message]) -> int:
    # Here, not above: only this process may load its native code, and only it opens the database.
    import pycolmap

    pycolmap.set_random_seed(0)
    _forget_others(pycolmap, job)
    messages.put(("features", 0))
    for done in _extracted(pycolmap, job):
        messages.put(("features", done))
    messages.put(("matches", 0))
    for done in _matched(pycolmap, job):
        messages.put(("matches", done))
    messages.put(("cameras", 0))
    return _mapped(pycolmap, job, messages)


def _forget_others(pycolmap: Any, job: Job) -> None:
    """What an attempt with other photographs left is thrown away; so is a database that can't be read."""
    if not job.database.is_file():
        return
    try:
        with pycolmap.Database.open(job.database) as known:
            fits = {image.name for image in known.read_all_images()} <= set(job.names)
    except RuntimeError:
        fits = False
    if not fits:
        for path in job.database.parent.glob(job.database.name + "*"):
            path.unlink()


def _extracted(pycolmap: Any, job: Job) -> Iterator[int]:
    """Looks for features; how many photographs are done, now and then."""
    reading = pycolmap.ImageReaderOptions()
    reading.camera_model = "OPENCV"
    extraction = pycolmap.FeatureExtractionOptions()
    extraction.num_threads, extraction.use_gpu = job.threads, False
    extraction.max_image_size = LONGEST_SIDE_PX
    mode = pycolmap.CameraMode.SINGLE if job.one_lens else pycolmap.CameraMode.AUTO
    for first in range(0, len(job.names), PHOTOGRAPHS_AT_ONCE):
        if job.one_lens and job.database.is_file():
            with pycolmap.Database.open(job.database) as known:
                lenses = known.read_all_cameras()
            if lenses:
                # One for all, also where an attempt goes on.
                reading.existing_camera_id = lenses[0].camera_id
        names = list(job.names)[first : first + PHOTOGRAPHS_AT_ONCE]
        pycolmap.extract_features(job.database, job.images, names, mode, reading, extraction)
        yield first + len(names)


def _matched(pycolmap: Any, job: Job) -> Iterator[int]:
    """Matches pairs; how many are done, now and then."""
    matching = pycolmap.FeatureMatchingOptions()
    matching.num_threads, matching.use_gpu = job.threads, False
    pairs = pairs_of(job)
    listed = job.database.with_name("pairs.txt")
    for first in range(0, len(pairs), PAIRS_AT_ONCE):
        some = pairs[first : first + PAIRS_AT_ONCE]
        listed.write_text("".join(f"{one} {other}\n" for one, other in some), encoding="utf-8")
        pairing = pycolmap.ImportedPairingOptions()
        pairing.match_list_path = str(listed)
        pycolmap.match_image_pairs(job.database, matching, pairing)
        yield first + len(some)


def pairs_of(job: Job) -> list[tuple[str, str]]:
    """Names of the photographs that are compared: all with all, of a film each with those that follow."""
    reach = OVERLAP if job.film else len(job.names)
    names = list(job.names)
    return [(one, other) for at, one in enumerate(names) for other in names[at + 1 : at + 1 + reach]]


def _mapped(pycolmap: Any, job: Job, messages: Queue[Message]) -> int:
    """The number of the model with most photographs; -1 where there is none."""
    mapping = pycolmap.IncrementalPipelineOptions()
    mapping.num_threads, mapping.random_seed = job.threads, 0
    count = most = 0

    def began() -> None:
        nonlocal count
        count = 1
        registered()

    def registered() -> None:
        nonlocal count, most
        count += 1
        # A model that comes to nothing is begun again from another pair.
        most = max(most, count)
        messages.put(("cameras", most))

    found = pycolmap.incremental_mapping(
        job.database,
        job.images,
        job.models,
        mapping,
        initial_image_pair_callback=began,
        next_image_callback=registered,
    )
    sizes = {number: model.num_reg_images() for number, model in found.items()}
    if not sizes:
        return -1
    best = int(max(sizes, key=lambda number: sizes[number]))
    for image in found[best].images.values():
        image.name = job.names[image.name]
    found[best].write(job.models / str(best))
    return best
