"""Photographs of lenses that can't be drawn, fisheyes above all, made into those of pinholes by COLMAP.

COLMAP runs in a process of its own (`undistort_in_worker`), as its native code and OpenGL's don't go together.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import shutil
import sys
import tempfile
from collections.abc import Container, Mapping
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from app.structure_photographs import READ_BY_COLMAP
from engines.core.device import usable_cores
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from engines.core.formats.colmap import find_model, photographs_of
from engines.core.formats.colmap_files import read_model
from engines.core.images import read_image, to_uint8, write_png
from engines.core.reading import shortened

LOOK_S = 0.2
"""Between two looks at how far it is."""
NEARLY_NONE = 1e-7
"""A coefficient that moves no pixel by a thousandth, and is more than COLMAP takes for none."""
IMAGES, MODEL = "images", "sparse"

Message = tuple[str, str]
"""`("done", "")`, or `("failed", why)`."""


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
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: is there already; name a new or an empty folder with --out")
    names = [picture.name for picture in read_model(model).pictures]
    paths = photographs_of(folder, names)
    if not paths:
        raise UserError(f"{folder}: none of the photographs of {model} is there, such as {names[0]}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that what is whole can be moved there.
        with tempfile.TemporaryDirectory(prefix=".undistort.", dir=out) as work:
            given, made = Path(work) / "given", Path(work) / "made"
            called = {name: _known_name(name, path, paths) for name, path in paths.items()}
            for name, path in paths.items():
                if stop():
                    raise Cancelled
                _give(path, given / called[name])
            _run((made, model, given, called, usable_cores()), stop)
            # The rest is for COLMAP's own next step.
            for part in (IMAGES, MODEL):
                shutil.move(made / part, out / part)
    except OSError as error:
        raise UserError(f"{error.filename or out}: can't be written ({error.strerror or error})") from error
    there = sum(1 for path in (out / IMAGES).rglob("*") if path.is_file())
    if there < len(paths):
        raise UserError(f"{out}: COLMAP wrote {there} of {len(paths)} photographs; the others may be damaged")
    return Undistorted(there, tuple(name for name in names if name not in paths))


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
    try:
        place.symlink_to(path.resolve())
    except OSError:
        # Not everybody may on Windows, nor can every disk.
        shutil.copyfile(path, place)


Job = tuple[Path, Path, Path, Mapping[str, str], int]
"""Where to, the model, the photographs' folder, their names in the model and in the folder, threads."""


def _run(job: Job, stop: Stop) -> None:
    context = multiprocessing.get_context("spawn")
    messages: multiprocessing.Queue[Message] = context.Queue()
    worker = context.Process(target=undistort_in_worker, args=(job, messages), daemon=True)
    worker.start()
    try:
        while True:
            if stop():
                raise Cancelled
            try:
                kind, why = messages.get(timeout=LOOK_S)
            except queue.Empty:
                if worker.is_alive() or not messages.empty():
                    continue
                raise UserError(f"COLMAP ended unexpectedly (exit code {worker.exitcode})") from None
            if kind == "failed":
                raise UserError(f"COLMAP failed: {shortened(why, 300)}")
            return
    finally:
        worker.terminate()
        worker.join()


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


def undistort_in_worker(job: Job, messages: Queue[Message]) -> None:
    """COLMAP's part, in a process that does nothing else."""
    # What COLMAP writes about its work would stand between our own lines.
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    made, model, images, names, threads = job
    try:
        import pycolmap

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
        messages.put(("done", ""))
    except Exception as error:  # native code raises what it likes, and the other end must hear of it
        messages.put(("failed", f"{type(error).__name__}: {error}"))
