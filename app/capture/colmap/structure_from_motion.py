"""Structure from motion: cameras for photographs that have none, found with COLMAP from what they show.

In the folder, afterwards: `sparse/0` (COLMAP's model), `transforms.json` with its points in `sparse_pc.ply`, and, where
all photographs have a camera, `poses_bounds.npy` (LLFF's). Features and matches stay in `colmap/`, so that an attempt
that was stopped goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from app.capture.colmap.colmap_images import (
    ALIASES,
    DATABASE,
    MASKS_READ,
    MODELS,
    alias,
    is_text,
    lenses_of,
    masks_folder,
    prepare,
    work_folder,
)
from app.capture.colmap.colmap_job import ColmapJob, ColmapOutcome, Pairing
from app.capture.colmap.colmap_process import run_colmap
from app.capture.colmap.colmap_worker import reconstruct
from app.capture.colmap.failure_reasons import reasons
from app.capture.colmap.output_files import POINTS, check_places, put_in_place, taken_back
from engines.core.data.images import list_images
from engines.core.data.views import View
from engines.core.device import usable_cores
from engines.core.engine import Stop
from engines.core.errors import UserError
from engines.core.files import holding, unwritable
from engines.core.formats.colmap_files import read_model
from engines.core.formats.colmap_model import Model, picture_camera
from engines.core.formats.ply_points import write_points
from engines.core.formats.transforms_written import write_transforms
from engines.core.paths.exchange.llff import write_poses_bounds
from engines.core.reading import naming

Stage = Literal["features", "matches", "cameras"]
FEWEST = 3
"""Photographs; of two the distance between the cameras is anybody's guess."""
SMALL_PART, HALF = 1 / 3, 1 / 2
"""Of the photographs: fewer cameras are a failure; of fewer than half it warns."""
MOST_PAIRED = 150
"""Photographs that are all matched with each other; of more, those that look alike."""
SHORT_VIDEO = 30
"""Frames that are all matched with each other: hardly more pairs than of a longer video's neighbours."""


@dataclass(frozen=True)
class SfmProgress:
    """How far it is: photographs or pairs of them.

    Attributes:
        attempt: which further one, in words; "" in the first.
    """

    stage: Stage
    done: int
    total: int
    attempt: str = ""


@dataclass(frozen=True)
class SfmResult:
    """What was found.

    Attributes:
        photographs: how many there are.
        without: names of those whose camera was not found.
        points: how many.
        written: the files.
        notes: why photographs are without, and what else to know.
        warnings: why the cameras may be wrong.
        error_px: mean distance of a point from where it was seen.
    """

    photographs: int
    without: tuple[str, ...]
    points: int
    written: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error_px: float = 0.0


def find_poses(
    folder: Path,
    on_progress: Callable[[SfmProgress], None],
    stop: Stop,
    sequential: bool | None = None,
    overwrite: bool = False,
    in_background: bool = True,
) -> SfmResult:
    """Finds the cameras of the photographs in `folder`, or in its `images/`.

    Args:
        sequential: whether they are frames in their order; None: they may be in any.
        overwrite: whether cameras that were not written here may be replaced.
        in_background: whether a window, or whatever else runs, comes first.

    Raises:
        UserError: too few photographs, one can't be read, cameras of somebody else's are there, or none, or only of a
            small part, can be found.
        Cancelled: `stop` said so; the next attempt goes on.
    """
    images = folder / "images" if (folder / "images").is_dir() else folder
    if not images.is_dir():
        raise UserError(
            f"{folder}: {'is a file, neither a folder nor a video' if folder.exists() else 'no such folder'}"
        )
    paths = list_images(images)
    if len(paths) < FEWEST:
        raise UserError(f"{images}: holds {len(paths)} photographs; cameras can be found of {FEWEST} or more")
    if strange := next((path.name for path in paths if not is_text(path.name)), None):
        raise UserError(f"{images}: the name {strange!a} is no text in UTF-8; rename that photograph")
    work = work_folder(folder)
    with holding(work), taken_back(work):
        check_places(folder, work, overwrite)
        job = _job(paths, images, folder, sequential, in_background)
        prepare(job, images)
        outcome = _run(job, on_progress, stop)
        _check_enough(outcome, job, images)
        return _written(folder, images, job, outcome, overwrite)


def _job(paths: Sequence[Path], images: Path, folder: Path, sequential: bool | None, in_background: bool) -> ColmapJob:
    """What COLMAP's process is asked for."""
    work = work_folder(folder)
    aliases = {alias(path.name): path.name for path in paths}
    return ColmapJob(
        images if list(aliases) == list(aliases.values()) else work / ALIASES,
        aliases,
        work / MASKS_READ if masks_folder(images, folder) else None,
        work / DATABASE,
        work / MODELS,
        lenses_of(paths),
        pairing_of(len(paths), sequential),
        usable_cores(),
        in_background,
    )


def pairing_of(photographs: int, sequential: bool | None) -> Pairing:
    """Which photographs are compared."""
    if sequential:
        return "sequential" if photographs > SHORT_VIDEO else "exhaustive"
    return "similar" if photographs > MOST_PAIRED else "exhaustive"


def _check_enough(outcome: ColmapOutcome, job: ColmapJob, images: Path) -> None:
    """Refuses what is no capture of the photographs, but of two or three of them."""
    count = len(job.names)
    if outcome.placed >= max(FEWEST, SMALL_PART * count):
        return
    found = f"cameras could be found of only {outcome.placed} of {count} photographs" if outcome.placed else (
        f"no cameras could be found of {count} photographs"
    )  # fmt: skip
    tried = f" (tried: {'; '.join(outcome.attempts)})" if outcome.placed else ""
    raise UserError(f"{images}: {found}{tried}: {'; '.join(reasons(outcome, job, images))}")


def _run(job: ColmapJob, on_progress: Callable[[SfmProgress], None], stop: Stop) -> ColmapOutcome:
    """What COLMAP's process answers."""

    def tell(stage: str, value: tuple[int, int, str]) -> None:
        done, total, attempt = value
        on_progress(SfmProgress(cast(Stage, stage), min(done, total), total, attempt))

    return cast(ColmapOutcome, run_colmap(reconstruct, job, job.database.parent, stop, tell, job.in_background))


def _written(folder: Path, images: Path, job: ColmapJob, outcome: ColmapOutcome, overwrite: bool) -> SfmResult:
    found = job.models / str(outcome.number)
    model = read_model(found)
    registered = {picture.name for picture in model.pictures}
    without = tuple(name for name in job.names.values() if name not in registered)
    work = job.database.parent
    views = _views(model, images)
    ranges = [model.depth_range(picture) for picture in model.pictures]
    known = [depths for depths in ranges if depths is not None]
    whole = (min(near for near, _ in known), max(far for _, far in known)) if known else None
    # Beside its place, since it names the photographs from there; this name is known as a leftover.
    transforms = folder / ".transforms.00000000.part.json"
    made = {"sparse/0": work / "new", POINTS: work / "new.ply", "transforms.json": transforms}
    try:
        shutil.rmtree(made["sparse/0"], ignore_errors=True)
        shutil.copytree(found, made["sparse/0"])
        write_points(made[POINTS], model.points, model.colours)
        write_transforms(transforms, views, whole, POINTS)
        if not without and len(known) == len(ranges):
            made["poses_bounds.npy"] = work / "new.npy"
            write_poses_bounds(made["poses_bounds.npy"], [view.camera for view in views], known)
        written = put_in_place(folder, work, made, overwrite)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        transforms.unlink(missing_ok=True)
    notes, warnings = _said(outcome, job, images, without)
    return SfmResult(len(job.names), without, len(model.points), written, notes, warnings, outcome.error_px)


def _said(
    outcome: ColmapOutcome, job: ColmapJob, images: Path, without: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and warnings."""
    notes, warnings = [], list(outcome.warnings)
    if without:
        notes = [
            f"no camera was found for {len(without)} of {len(job.names)} photographs ({naming(without)})",
            *reasons(outcome, job, images),
        ]
    if without and outcome.others:
        sizes = ", ".join(map(str, outcome.others))
        notes.append(f"others were placed in models of their own, not joined with this one (of {sizes}); left out")
    if outcome.placed < HALF * len(job.names):
        warnings.append(f"only {outcome.placed} of {len(job.names)} photographs have a camera")
    return tuple(notes), tuple(warnings)


def _views(model: Model, images: Path) -> list[View]:
    views = []
    for picture in model.pictures:
        lens = model.lenses[picture.lens]
        camera = picture_camera(picture.name, picture, lens)
        views.append(View(camera, picture.name, "train", images / picture.name, distortion=lens.distortion))
    return views
