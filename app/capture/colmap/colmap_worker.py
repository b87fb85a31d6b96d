"""COLMAP's part of finding cameras, which runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np

from app.capture.colmap.colmap_job import ColmapJob, ColmapOutcome
from app.capture.colmap.colmap_process import Message
from app.capture.colmap.image_pairs import OF_EACH, all_pairs, pairs_of
from app.capture.colmap.mapping import ENOUGH, POOR, Attempts, global_attempt, quick_attempts, with_richer_lens
from app.capture.colmap.view_graph import FEW_FEATURES, unmatched, warnings
from engines.core.camera import Array

LONGEST_SIDE_PX, LONGEST_FINE_PX = 1600, 3200
"""Larger photographs are searched for features at this size; at twice it, it takes four times as long."""
FINE_PEAK = 0.002
"""Contrast of a feature, of 0.0067 as COLMAP has it: dark and even surfaces have none above."""
MOST_FINE = 200
"""Photographs that are looked at once more, finely and all with all: it takes an hour of more."""

_NONE = np.zeros((0, 128), np.uint8)
PHOTOGRAPHS_AT_ONCE, PAIRS_AT_ONCE = 8, 625
"""Between two words of how far it is."""


def reconstruct(job: ColmapJob, messages: Queue[Message]) -> ColmapOutcome:
    """Features, matches, cameras; tells how far it is by a stage and (done, total, attempt)."""
    # Here, not above: only this process may load its native code, and only it opens the database.
    import pycolmap

    pycolmap.set_random_seed(0)
    _forget_others(pycolmap, job)

    def tell(done: int, attempt: str) -> None:
        messages.put(("cameras", (done, len(job.names), attempt)))

    attempts = Attempts(job, tell)
    _compare(pycolmap, job, messages, job.database, False)
    tell(0, "")
    quick_attempts(pycolmap, attempts, job.database)
    if attempts.is_short_of(ENOUGH) and len(job.names) <= MOST_FINE:
        fine = job.database.with_name("fine.db")
        _compare(pycolmap, job, messages, fine, True)
        tell(0, "more features")
        quick_attempts(pycolmap, attempts, fine, "more features, ")
    if attempts.is_short_of(POOR):
        with suppress(RuntimeError):
            global_attempt(pycolmap, attempts, job.database)
    return _outcome(pycolmap, attempts)


def _compare(pycolmap: Any, job: ColmapJob, messages: Queue[Message], database: Path, fine: bool) -> None:
    """Fills the database with features and matches."""
    attempt = "more features" if fine else ""
    messages.put(("features", (0, len(job.names), attempt)))
    for done in _extracted(pycolmap, job, database, fine):
        messages.put(("features", (done, len(job.names), attempt)))
    for done, total in _matched(pycolmap, job, database, fine):
        messages.put(("matches", (done, total, attempt)))


def _forget_others(pycolmap: Any, job: ColmapJob) -> None:
    """What an attempt with other photographs left is thrown away; so is a database that can't be read."""
    for database in job.database.parent.glob("*.db"):
        lenses = dict.fromkeys(job.names, -1) | {name: at for at, names in enumerate(job.lenses) for name in names}
        try:
            with pycolmap.Database.open(database) as known:
                images = known.read_all_images()
                one_lens = len({(lenses.get(image.name), image.camera_id) for image in images})
                fits = {image.name for image in images} <= set(job.names)
                # Those of one lens have one camera, and others have others.
                fits &= one_lens == len({image.camera_id for image in images})
                # An earlier release began with the richer lens.
                fits &= all(lens.model_name == "SIMPLE_RADIAL" for lens in known.read_all_cameras())
        except RuntimeError:
            fits = False
        if not fits or database.name.startswith("global-"):
            for path in database.parent.glob(database.name + "*"):
                path.unlink()


def _extracted(pycolmap: Any, job: ColmapJob, database: Path, fine: bool) -> Iterator[int]:
    """Looks for features; how many photographs are done, now and then."""
    reading = pycolmap.ImageReaderOptions()
    reading.camera_model = "SIMPLE_RADIAL"
    if job.masks is not None:
        reading.mask_path = job.masks
    extraction = pycolmap.FeatureExtractionOptions()
    extraction.num_threads, extraction.use_gpu = job.threads, False
    extraction.max_image_size = LONGEST_FINE_PX if fine else LONGEST_SIDE_PX
    if fine:
        extraction.sift.peak_threshold = FINE_PEAK
    done = 0
    for lens in job.lenses:
        for first in range(0, len(lens), PHOTOGRAPHS_AT_ONCE):
            names = list(lens[first : first + PHOTOGRAPHS_AT_ONCE])
            # One for all that it took, also where an attempt goes on.
            reading.existing_camera_id = _camera_of(pycolmap, database, set(lens))
            pycolmap.extract_features(database, job.images, names, pycolmap.CameraMode.SINGLE, reading, extraction)
            done += len(names)
            yield done


def _camera_of(pycolmap: Any, database: Path, lens: set[str]) -> int:
    """The number of the camera that took one of `lens`; -1 where none is known yet."""
    if not database.is_file():
        return -1
    with pycolmap.Database.open(database) as known:
        return next((int(image.camera_id) for image in known.read_all_images() if image.name in lens), -1)


def _matched(pycolmap: Any, job: ColmapJob, database: Path, fine: bool) -> Iterator[tuple[int, int]]:
    """Matches pairs; how many of how many are done, now and then."""
    matching = pycolmap.FeatureMatchingOptions()
    matching.num_threads, matching.use_gpu = job.threads, False
    names = list(job.names)
    everything = fine or job.pairing == "exhaustive"
    pairs = all_pairs(len(names)) if everything else pairs_of(job.pairing, _descriptors(pycolmap, database, names))
    listed = database.with_name("pairs.txt")
    yield 0, len(pairs)
    for first in range(0, len(pairs), PAIRS_AT_ONCE):
        some = pairs[first : first + PAIRS_AT_ONCE]
        listed.write_text("".join(f"{names[one]} {names[other]}\n" for one, other in some), encoding="utf-8")
        pairing = pycolmap.ImportedPairingOptions()
        pairing.match_list_path = str(listed)
        pycolmap.match_image_pairs(database, matching, pairing)
        yield first + len(some), len(pairs)


def _descriptors(pycolmap: Any, database: Path, names: list[str]) -> list[Array]:
    """[N, 128] of each, largest features first, as many as are looked at."""
    with pycolmap.Database.open(database) as known:
        numbers = {str(image.name): int(image.image_id) for image in known.read_all_images()}
        found = []
        for name in names:
            some = known.read_descriptors(numbers[name]).data if name in numbers else _NONE
            sizes = known.read_keypoints(numbers[name])[:, 2:] if name in numbers else _NONE
            found.append(some[(-(sizes**2).sum(axis=1)).argsort(kind="stable")[:OF_EACH]])
    return found


def _outcome(pycolmap: Any, attempts: Attempts) -> ColmapOutcome:
    """Writes the best model; what there is to say of it, and of the photographs."""
    job = attempts.job
    with pycolmap.Database.open(attempts.database or job.database) as known:
        groups, names = unmatched(pycolmap, known)
        plain = [name for number, name in names.items() if known.num_keypoints_for_image(number) < FEW_FEATURES]
        if attempts.models:
            model = with_richer_lens(pycolmap, attempts.models[0], job.threads)
            against = warnings(pycolmap, known, model)
    own = job.names
    outcome = ColmapOutcome(
        -1,
        0,
        attempts=tuple(attempts.told),
        unread=tuple(own[name] for name in sorted(set(own) - set(names.values()))),
        plain=tuple(own[name] for name in sorted(plain)),
        alone=tuple(sorted(own[names[number]] for group in groups if len(group) == 1 for number in group)),
        islands=tuple(len(group) for group in groups if len(group) > 1),
    )
    if not attempts.models:
        return outcome
    for image in model.images.values():
        image.name = own[image.name]
    (job.models / "0").mkdir(exist_ok=True)
    model.write(job.models / "0")
    return replace(
        outcome,
        number=0,
        placed=int(model.num_reg_images()),
        others=tuple(int(other.num_reg_images()) for other in attempts.models[1:]),
        warnings=against,
        error_px=float(model.compute_mean_reprojection_error()),
    )
