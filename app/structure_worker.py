"""COLMAP's part of finding cameras, in a process of its own: it takes all cores, and may end as native code does."""

from __future__ import annotations

import os
import sys
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

Message = tuple[str, Any]
"""("stage", name), ("registered", number of photographs so far), ("points", their places), ("done", number), or
("failed", why)."""


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Attributes:
        images: the folder of the photographs.
        names: theirs, below it.
        database: kept from one attempt to the next.
        models: an empty folder, for what is found.
        one_lens: whether all were taken with one.
        film: whether they are frames in their order.
    """

    images: Path
    names: tuple[str, ...]
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
    # Here, not above: only this process may load its native code.
    import pycolmap

    pycolmap.set_random_seed(0)
    messages.put(("stage", "features"))
    reading = pycolmap.ImageReaderOptions()
    reading.camera_model = "OPENCV"
    extraction = pycolmap.FeatureExtractionOptions()
    extraction.num_threads, extraction.use_gpu = job.threads, False
    extraction.max_image_size = LONGEST_SIDE_PX
    mode = pycolmap.CameraMode.SINGLE if job.one_lens else pycolmap.CameraMode.AUTO
    if job.one_lens and job.database.is_file():
        with pycolmap.Database.open(job.database) as known:
            lenses = known.read_all_cameras()
        if lenses:
            # An attempt that was stopped goes on with the lens that it began with.
            reading.existing_camera_id = lenses[0].camera_id
    pycolmap.extract_features(job.database, job.images, list(job.names), mode, reading, extraction)
    messages.put(("stage", "matches"))
    matching = pycolmap.FeatureMatchingOptions()
    matching.num_threads, matching.use_gpu = job.threads, False
    if job.film:
        pairing = pycolmap.SequentialPairingOptions()
        pairing.overlap, pairing.loop_detection = OVERLAP, False
        pycolmap.match_sequential(job.database, matching, pairing)
    else:
        pycolmap.match_exhaustive(job.database, matching)
    messages.put(("stage", "cameras"))
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
        messages.put(("registered", most))

    found = pycolmap.incremental_mapping(
        job.database,
        job.images,
        job.models,
        mapping,
        initial_image_pair_callback=began,
        next_image_callback=registered,
    )
    # The one with most photographs.
    sizes = {number: model.num_reg_images() for number, model in found.items()}
    if not sizes:
        return -1
    return max(sizes, key=lambda number: sizes[number])
