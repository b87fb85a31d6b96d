"""Undistortion by COLMAP: photographs of lenses that can't be drawn, fisheyes above all, made into pinholes'."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Container, Mapping
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from app.capture.colmap.colmap_images import READ_BY_COLMAP, link_or_copy
from app.capture.colmap.colmap_process import Message, run_colmap
from engines.core.data.images import read_image, to_uint8, write_png
from engines.core.device import usable_cores
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from engines.core.files import holding, is_full, others_than_unfinished, require_named, unfinished, unwritable
from engines.core.formats.colmap import find_model, photographs_of
from engines.core.formats.colmap_files import read_model

NEARLY_NONE = 1e-7
"""A coefficient that moves no pixel by a thousandth, and is more than COLMAP takes for none."""
IMAGES, MODEL = "images", "sparse"


@dataclass(frozen=True)
class Undistorted:
    """What was made.

    Attributes:
        photographs: how many there are in `out`.
        missing: names of those that the model has a camera for, but that are not there.
    """

    photographs: int
    missing: tuple[str, ...]


def undistort(folder: Path, out: Path, stop: Stop) -> Undistorted:
    """Writes `images/` and `sparse/` of pinholes into `out`, from a project of COLMAP; each crops to what it saw whole.

    Raises:
        UserError: no such project, a photograph can't be read, COLMAP fails, or `out` holds something.
        Cancelled: `stop` said so.
    """
    model = find_model(folder) if folder.is_dir() else None
    if model is None:
        raise UserError(f"{folder}: has no model of COLMAP in it (sparse/0/ with cameras and images, .bin or .txt)")
    require_named(out)
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: is a file; name a new or an empty folder with --out")
    with holding(out / IMAGES):
        return _undistorted(folder, model, out, stop)


def _undistorted(folder: Path, model: Path, out: Path, stop: Stop) -> Undistorted:
    if others_than_unfinished(out):
        raise UserError(f"{out}: is there already; name a new or an empty folder with --out")
    names = [picture.name for picture in read_model(model).pictures]
    paths = photographs_of(folder, names)
    if not paths:
        raise UserError(f"{folder}: none of the photographs of {model} is there, such as {names[0]}")
    # Beside its place, so that what is whole can be moved there.
    work = unfinished(out / IMAGES)
    try:
        with contextlib.ExitStack() as held:
            held.callback(shutil.rmtree, work, ignore_errors=True)
            given, made = work / "given", work / "made"
            called = {name: _known_name(name, path, paths) for name, path in paths.items()}
            for name, path in paths.items():
                if stop():
                    raise Cancelled
                _give(path, given / called[name])
            run_colmap(_undistort, (made, model, given, called, usable_cores()), out, stop)
            there = _written(made, len(paths), out)
            # The rest is for COLMAP's own next step.
            for part in (IMAGES, MODEL):
                shutil.move(made / part, out / part)
    except OSError as error:
        raise unwritable(Path(error.filename or out), error) from error
    return Undistorted(there, tuple(name for name in names if name not in paths))


def _written(made: Path, wanted: int, out: Path) -> int:
    """How many photographs COLMAP wrote: all, and whole, which it doesn't say on a full disk."""
    there = [path for path in (made / IMAGES).rglob("*") if path.is_file()]
    if is_full(out):
        try:
            read_model(made / MODEL)
            for path in there:
                read_image(path)
        except UserError:
            there = []
        if len(there) < wanted:
            raise unwritable(out, OSError(errno.ENOSPC, ""))
    if len(there) < wanted:
        raise UserError(f"{out}: COLMAP wrote {len(there)} of {wanted} photographs; the others may be damaged")
    return len(there)


def _known_name(name: str, path: Path, others: Container[str]) -> str:
    """What COLMAP is to call a photograph, and its undistorted copy: one that it reads, and writes."""
    if path.suffix.lower() in READ_BY_COLMAP and Path(name).suffix.lower() == path.suffix.lower():
        return name
    as_png = Path(name).with_suffix(".png").as_posix()
    return f"{name}.png" if as_png in others else as_png


def _give(path: Path, place: Path) -> None:
    """Puts a photograph where COLMAP finds it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() != place.suffix.lower():
        write_png(place, to_uint8(read_image(path)))
        return
    link_or_copy(path, place)


Job = tuple[Path, Path, Path, Mapping[str, str], int]
"""Where to, the model, the photographs' folder, their names in the model and in the folder, threads."""


def _as_distorting(camera: Any) -> None:
    """Lets COLMAP know that a fisheye without coefficients is no pinhole: else it copies photographs as they are."""
    if "FISHEYE" not in camera.model_name:
        return
    parameters = camera.params.tolist()
    if camera.model_name in ("SIMPLE_FISHEYE", "FISHEYE"):
        focal = parameters[:-2] * (2 if camera.model_name == "SIMPLE_FISHEYE" else 1)
        camera.model = type(camera.model).OPENCV_FISHEYE
        camera.params = [*focal, *parameters[-2:], NEARLY_NONE, 0.0, 0.0, 0.0]
        return
    first = camera.extra_params_idxs()[0]
    if not any(parameters[first:]):
        parameters[first] = NEARLY_NONE
        camera.params = parameters


def _undistort(job: Job, _: Queue[Message]) -> None:
    """COLMAP's part."""
    # Here, not above: only the process of its own may load its native code.
    import pycolmap

    made, model, images, names, threads = job
    made.mkdir()
    found = pycolmap.Reconstruction(model)
    for camera in found.cameras.values():
        _as_distorting(camera)
    for image in found.images.values():
        image.name = names.get(image.name, image.name)
    named = made.with_name("model")
    named.mkdir()
    found.write(named)
    pycolmap.undistort_images(made, named, images, image_names=list(names.values()), num_threads=threads)
