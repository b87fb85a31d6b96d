"""A data folder of whatever layout as a project of COLMAP: what trainers of Gaussians all read."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engines.core.camera import Array, project
from engines.core.data.dataset import Dataset
from engines.core.data.images import to_uint8, write_png
from engines.core.data.views import Views
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from engines.core.files import holding, others_than_unfinished, require_named, unfinished, unwritable
from engines.core.paths.exchange.colmap import frame_name, write_colmap
from engines.core.paths.path_content import PathContent

IMAGES, MODEL = "images", "sparse"
UNSEEN = 128
"""The grey of a point that lies in no photograph."""
MOST_COLOURING = 50
"""Photographs that points take their colours from, evenly spread."""


def write_colmap_folder(dataset: Dataset, out: Path, on_done: Callable[[int], None], stop: Stop) -> tuple[str, ...]:
    """Writes `images/` and `sparse/0/` of the training views, freed of distortion; whole or not at all.

    Args:
        out: a new or an empty folder.
        on_done: is told how many photographs are written.

    Returns:
        In plain words, what is to be known of it.

    Raises:
        UserError: a recording, a class, no photographs, one can't be read, or `out` holds something.
        Cancelled: `stop` said so.
    """
    views = dataset.split("train")
    _require_still(dataset, views)
    require_named(out)
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: is a file; name a new or an empty folder")
    try:
        with holding(out / IMAGES), contextlib.ExitStack() as held:
            if out.is_dir() and others_than_unfinished(out):
                raise UserError(f"{out}: is there already; name a new or an empty folder")
            work = unfinished(out / IMAGES)
            held.callback(shutil.rmtree, work, ignore_errors=True)
            colours = _write_photographs(dataset, views, work / IMAGES, on_done, stop)
            model = work / MODEL / "0"
            write_colmap(model, PathContent(tuple(view.camera for view in views)))
            (model / "points3D.txt").write_text(_points_text(dataset.points, colours), encoding="utf-8", newline="\n")
            for part in (IMAGES, MODEL):
                shutil.move(work / part, out / part)
    except OSError as error:
        raise unwritable(Path(error.filename or out), error) from error
    left = len(dataset.views) - len(views)
    return tuple([f"{left} views are held out, and not handed over"] if left else [])


def _require_still(dataset: Dataset, views: Views) -> None:
    """Raises UserError unless this is one scene that stands still, with photographs."""
    if dataset.time_steps > 1:
        raise UserError(
            f"{dataset.source}: is a recording of {dataset.time_steps} time steps; a scene must stand still"
        )
    if len(dataset.instances) > 1:
        raise UserError(f"{dataset.source}: holds {len(dataset.instances)} objects; name the folder of one of them")
    if not len(views) or any(view.image_path is None for view in views):
        raise UserError(f"{dataset.source}: not all of its training views have a photograph")


def _write_photographs(
    dataset: Dataset, views: Views, folder: Path, on_done: Callable[[int], None], stop: Stop
) -> Array:
    """Writes them as PNG; gives the colour of each point of the dataset [N, 3] uint8, where one first is seen."""
    colours = np.full((len(dataset.points), 3), UNSEEN, dtype=np.uint8)
    seen = np.zeros(len(colours), dtype=bool)
    every = -(-len(views) // MOST_COLOURING)
    folder.mkdir(parents=True)
    for number, view in enumerate(views, 1):
        if stop():
            raise Cancelled
        image = to_uint8(view.image())
        write_png(folder / frame_name(number, len(views)), image)
        if number % every == 0 and not seen.all():
            pixels, depths = project(view.camera, dataset.points)
            inside = (depths > 0) & (pixels >= 0).all(axis=1) & (pixels < np.array(view.camera.size_px)).all(axis=1)
            new = np.flatnonzero(inside & ~seen)
            columns, rows = pixels[new].astype(int).T
            colours[new], seen[new] = image[rows, columns], True
        on_done(number)
    return colours


def _points_text(points: Array, colours: Array) -> str:
    lines = [
        f"{number} {x!r} {y!r} {z!r} {red} {green} {blue} 0\n"
        for number, ((x, y, z), (red, green, blue)) in enumerate(
            zip(points.astype(float).tolist(), colours.tolist(), strict=True), 1
        )
    ]
    return "# POINT3D_ID X Y Z R G B ERROR TRACK\n" + "".join(lines)
