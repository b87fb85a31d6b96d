"""Cameras for photographs that have none, found with COLMAP from what they show.

In the folder, afterwards: `sparse/0` (COLMAP's model), `transforms.json`, and, where all photographs have a camera,
`poses_bounds.npy` (LLFF's). Features and matches stay in `colmap/`, so that an attempt that was stopped goes on.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import queue
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from app.structure_worker import Job, Message, find_structure, pairs_of
from engines.core.device import usable_cores
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from engines.core.files import replacing
from engines.core.formats.colmap_files import read_model
from engines.core.formats.colmap_model import Model, picture_camera
from engines.core.formats.transforms_json import write_transforms
from engines.core.images import list_images, photograph_size
from engines.core.path_files import write_poses_bounds
from engines.core.views import View

Stage = Literal["features", "matches", "cameras"]
FEWEST = 3
"""Photographs; of two the distance between the cameras is anybody's guess."""
WORK, DATABASE, MODELS, ALIASES, PRINTS = "colmap", "database.db", "models", "photographs", "contents.json"
PRINT_BYTES = 2**16
"""At the end of a photograph, that it is known again by."""
LOOK_S = 0.25
"""Between two looks at how far it is."""
MOST_PAIRED = 150
"""Photographs that are all matched with each other; of more, neighbours by name."""


@dataclass(frozen=True)
class StructureProgress:
    """How far it is: photographs or pairs of them."""

    stage: Stage
    done: int
    total: int


@dataclass(frozen=True)
class Structure:
    """What was found.

    Attributes:
        photographs: how many there are.
        without: names of those whose camera was not found.
        points: how many.
        written: the files.
    """

    photographs: int
    without: tuple[str, ...]
    points: int
    written: tuple[Path, ...]


def find_poses(
    folder: Path,
    on_progress: Callable[[StructureProgress], None],
    stop: Stop,
    film: bool | None = None,
) -> Structure:
    """Finds the cameras of the photographs in `folder`, or in its `images/`.

    Args:
        film: whether they are frames in their order; None: where there are many.

    Raises:
        UserError: too few photographs, one can't be read, or no cameras can be found.
        Cancelled: `stop` said so; the next attempt goes on.
    """
    images = folder / "images" if (folder / "images").is_dir() else folder
    if not images.is_dir():
        raise UserError(
            f"{folder}: {'is a file, neither a folder nor a film' if folder.exists() else 'no such folder'}"
        )
    paths = list_images(images)
    if len(paths) < FEWEST:
        raise UserError(f"{images}: holds {len(paths)} photographs; cameras can be found of {FEWEST} or more")
    if strange := next((path.name for path in paths if not _is_text(path.name)), None):
        raise UserError(f"{images}: the name {strange!a} is no text in UTF-8; rename that photograph")
    sizes = {photograph_size(path) for path in paths}
    work = folder / WORK
    aliases = {_alias(path.name): path.name for path in paths}
    job = Job(
        images if list(aliases) == list(aliases.values()) else work / ALIASES,
        aliases,
        work / DATABASE,
        work / MODELS,
        len(sizes) == 1,
        len(paths) > MOST_PAIRED if film is None else film,
        usable_cores(),
    )
    _prepare(job, images)
    number = _run(job, on_progress, stop)
    if number < 0:
        raise UserError(
            f"{images}: no cameras could be found; photographs must overlap, be sharp, and be taken from several places"
        )
    return _written(folder, images, job, work / MODELS / str(number))


def _is_text(name: str) -> bool:
    """Whether COLMAP's files and ours can hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _alias(name: str) -> str:
    """What COLMAP knows a photograph by: its lists end a name at the first space, and leave out lines with a #."""
    if len(name.split()) == 1 and not name.startswith("#"):
        return name
    # Of the name alone, so that an attempt that goes on finds the same.
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return "_".join(Path(name).stem.lstrip("#").split()) + f"_{digest}{Path(name).suffix}"


def _prepare(job: Job, images: Path) -> None:
    """The work folder."""
    try:
        job.database.parent.mkdir(exist_ok=True)
        _forget_replaced(job, images)
        if job.images != images:
            shutil.rmtree(job.images, ignore_errors=True)
            job.images.mkdir()
            for alias, name in job.names.items():
                _link(images / name, job.images / alias)
        if job.models.exists():
            shutil.rmtree(job.models)
        job.models.mkdir()
    except OSError as error:
        raise UserError(f"{error.filename}: can't be written ({error.strerror})") from error


def _forget_replaced(job: Job, images: Path) -> None:
    """Throws away what was found where a photograph has another content under the same name now."""
    known = job.database.with_name(PRINTS)
    prints = {alias: _print(images / name) for alias, name in job.names.items()}
    try:
        before = json.loads(known.read_text(encoding="utf-8"))
        fits = all(before.get(alias, now) == now for alias, now in prints.items())
    except (OSError, ValueError, AttributeError):
        fits = False
    if not fits:
        for path in job.database.parent.glob(job.database.name + "*"):
            path.unlink()
    with replacing(known) as temporary:
        temporary.write_text(json.dumps(prints), encoding="utf-8")


def _print(photograph: Path) -> str:
    with photograph.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - PRINT_BYTES))
        return f"{size}-{hashlib.sha256(file.read()).hexdigest()[:16]}"


def _link(photograph: Path, alias: Path) -> None:
    try:
        alias.symlink_to(photograph.resolve())
    except OSError:
        # Not everybody may on Windows, nor can every disk.
        shutil.copyfile(photograph, alias)


def _run(job: Job, on_progress: Callable[[StructureProgress], None], stop: Stop) -> int:
    """The number of the best model, -1 where there is none."""
    context = multiprocessing.get_context("spawn")
    messages: multiprocessing.Queue[Message] = context.Queue()
    worker = context.Process(target=find_structure, args=(job, messages), daemon=True)
    worker.start()
    totals: Mapping[str, int] = {"features": len(job.names), "matches": len(pairs_of(job)), "cameras": len(job.names)}
    try:
        while True:
            if stop():
                raise Cancelled
            try:
                kind, value = messages.get(timeout=LOOK_S)
            except queue.Empty:
                if worker.is_alive() or not messages.empty():
                    continue
                raise UserError(
                    f"COLMAP ended unexpectedly (exit code {worker.exitcode}); it may have run out of memory"
                ) from None
            if kind == "done":
                return int(value)
            if kind == "failed":
                raise UserError(f"COLMAP failed: {' '.join(str(value).split())[:300]}")
            on_progress(StructureProgress(cast(Stage, kind), min(int(value), totals[kind]), totals[kind]))
    finally:
        worker.terminate()
        worker.join()


def _written(folder: Path, images: Path, job: Job, found: Path) -> Structure:
    model = read_model(found)
    registered = {picture.name for picture in model.pictures}
    without = tuple(name for name in job.names.values() if name not in registered)
    sparse = folder / "sparse" / "0"
    try:
        sparse.parent.mkdir(exist_ok=True)
        if sparse.exists():
            shutil.rmtree(sparse)
        shutil.copytree(found, sparse)
    except OSError as error:
        raise UserError(f"{sparse}: can't be written ({error.strerror})") from error
    transforms, bounds = folder / "transforms.json", folder / "poses_bounds.npy"
    views = _views(model, images)
    ranges = [model.depth_range(picture) for picture in model.pictures]
    known = [depths for depths in ranges if depths is not None]
    whole = (min(near for near, _ in known), max(far for _, far in known)) if known else None
    write_transforms(transforms, views, whole)
    written: tuple[Path, ...] = (sparse, transforms)
    if not without and len(known) == len(ranges):
        write_poses_bounds(bounds, [view.camera for view in views], known)
        written += (bounds,)
    else:
        # One of an earlier attempt would not fit any more.
        bounds.unlink(missing_ok=True)
    return Structure(len(job.names), without, len(model.points), written)


def _views(model: Model, images: Path) -> list[View]:
    views = []
    for picture in model.pictures:
        lens = model.lenses[picture.lens]
        camera = picture_camera(picture.name, picture, lens)
        views.append(View(camera, picture.name, "train", images / picture.name, distortion=lens.distortion))
    return views
