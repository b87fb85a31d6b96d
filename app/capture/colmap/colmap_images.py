"""The photographs as COLMAP reads them: under names that its lists can hold, in formats it knows, grouped by lens."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from app.capture.colmap.colmap_job import ColmapJob
from engines.core.data.images import photograph_size, read_image, to_uint8, unreadable_heif, write_png
from engines.core.data.picture_files import read_valid_mask
from engines.core.errors import UserError
from engines.core.files import replacing, unwritable
from engines.core.formats.mask_files import FOLDER as MASKS
from engines.core.formats.mask_files import MaskFiles

WORK, DATABASE, MODELS, ALIASES, PRINTS = "colmap", "database.db", "models", "photographs", "contents.json"
MASKS_READ = "masks"
PRINT_BYTES = 2**16
"""At the end of a photograph, that it is known again by."""
READ_BY_COLMAP = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
"""Others it passes over without a word; they become PNG, with the same pixels and the same EXIF."""
LENS_TAGS = (ExifTags.Base.FocalLength, ExifTags.Base.FocalLengthIn35mmFilm)


def work_folder(folder: Path) -> Path:
    """The folder of features and matches. A `colmap/` that holds a project of somebody else's is left alone."""
    work = folder / WORK
    foreign = not (work / PRINTS).is_file() and any((work / name).exists() for name in (DATABASE, MODELS, ALIASES))
    return folder / f"{WORK}_vantage" if foreign else work


def is_text(name: str) -> bool:
    """Whether COLMAP's files and ours can hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def alias(name: str) -> str:
    """What COLMAP knows a photograph by: its lists end a name at the first space, and leave out lines with a #."""
    known = Path(name).suffix.lower() in READ_BY_COLMAP
    if len(name.split()) == 1 and not name.startswith("#") and known:
        return name
    # Of the name alone, so that an attempt that goes on finds the same.
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    suffix = Path(name).suffix if known else ".png"
    return "_".join(Path(name).stem.lstrip("#").split()) + f"_{digest}{suffix}"


def lenses_of(paths: Sequence[Path]) -> tuple[tuple[str, ...], ...]:
    """Aliases of the photographs, by lens: the same size, camera and focal length.

    Raises:
        UserError: a photograph can't be read, or is too small.
    """
    if unreadable := unreadable_heif(paths):
        raise UserError(f"{paths[0].parent}: {unreadable}")
    groups: dict[tuple[object, ...], list[str]] = {}
    for path in paths:
        groups.setdefault((photograph_size(path), *_lens(path)), []).append(alias(path.name))
    return tuple(map(tuple, groups.values()))


def _lens(path: Path) -> tuple[str, ...]:
    """What EXIF says of camera and zoom; nothing where it says nothing, or is damaged."""
    try:
        with Image.open(path) as image:
            exif = image.getexif()
            inner = exif.get_ifd(ExifTags.IFD.Exif)
            told = [exif.get(tag, "") for tag in (ExifTags.Base.Make, ExifTags.Base.Model)]
            return tuple(str(value) for value in (*told, *(inner.get(tag, "") for tag in LENS_TAGS)))
    # Whatever a damaged tag raises: the photograph itself is read elsewhere.
    except (OSError, ValueError, TypeError, KeyError, SyntaxError, ZeroDivisionError):
        return ()


def prepare(job: ColmapJob, images: Path) -> None:
    """The work folder, as COLMAP's process wants to find it.

    Raises:
        UserError: it can't be written, or a photograph or a mask can't be read.
    """
    masks = _masks(job, images)
    try:
        job.database.parent.mkdir(exist_ok=True)
        _forget_replaced(job, images, masks)
        if job.images != images:
            shutil.rmtree(job.images, ignore_errors=True)
            job.images.mkdir()
            for other, name in job.names.items():
                _place(images / name, job.images / other)
        if job.masks is not None:
            _write_masks(job, job.masks, images, masks)
        if job.models.exists():
            shutil.rmtree(job.models)
        job.models.mkdir()
    except OSError as error:
        raise unwritable(Path(error.filename or job.images), error) from error


def _forget_replaced(job: ColmapJob, images: Path, masks: Mapping[str, Path]) -> None:
    """Throws away what was found where a photograph or its mask has another content under the same name now."""
    known = job.database.with_name(PRINTS)
    prints = {other: _print(images / name) for other, name in job.names.items()}
    prints |= {f"{MASKS}/{other}": _print(path) for other, path in masks.items()}
    try:
        before = json.loads(known.read_text(encoding="utf-8"))
        fits = all(before.get(other, now) == now for other, now in prints.items())
        fits = fits and {key for key in before if "/" in key} == {key for key in prints if "/" in key}
    except (OSError, ValueError, AttributeError, RecursionError):
        fits = False
    if not fits:
        for path in job.database.parent.glob("*.db*"):
            path.unlink()
    with replacing(known) as temporary:
        temporary.write_text(json.dumps(prints), encoding="utf-8")


def _print(photograph: Path) -> str:
    with photograph.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - PRINT_BYTES))
        return f"{size}-{hashlib.sha256(file.read()).hexdigest()[:16]}"


def _place(photograph: Path, other: Path) -> None:
    """A link, or a PNG of the same pixels where COLMAP can't read the file."""
    if photograph.suffix.lower() not in READ_BY_COLMAP:
        pixels = to_uint8(read_image(photograph))
        with replacing(other) as temporary:
            # COLMAP takes the focal length from a PNG's EXIF, too.
            Image.fromarray(pixels).save(temporary, format="PNG", exif=_exif(photograph), compress_level=1)
        return
    link_or_copy(photograph, other)


def link_or_copy(photograph: Path, place: Path) -> None:
    """Puts a photograph at `place`, as a link where that can be made."""
    try:
        place.symlink_to(photograph.resolve())
    except OSError:
        # Not everybody may on Windows, nor can every disk.
        shutil.copyfile(photograph, place)


def _exif(photograph: Path) -> Image.Exif:
    """As it stands in the file; empty where it is damaged."""
    try:
        with Image.open(photograph) as image:
            return image.getexif()
    except (OSError, ValueError, SyntaxError):
        return Image.Exif()


def masks_folder(images: Path, folder: Path) -> Path | None:
    """`masks/` beside the photographs, if it is there."""
    masks = (folder if images == folder else images.parent) / MASKS
    return masks if masks.is_dir() else None


def _masks(job: ColmapJob, images: Path) -> dict[str, Path]:
    """Alias -> the photograph's mask, as it is found where photographs are trained on."""
    if job.masks is None:
        return {}
    # What is written for COLMAP lies in the project's folder.
    files = MaskFiles(images, masks_folder(images, job.database.parent.parent))
    return {other: path for other, name in job.names.items() if (path := files.find(name)) is not None}


def _write_masks(job: ColmapJob, written: Path, images: Path, masks: Mapping[str, Path]) -> None:
    """A mask for each: COLMAP leaves out photographs that have none once there are some."""
    shutil.rmtree(written, ignore_errors=True)
    written.mkdir()
    for other, name in job.names.items():
        width, height = photograph_size(images / name)
        mask = np.full((height, width), 255, np.uint8)
        if other in masks:
            seen = read_valid_mask(masks[other]).astype(np.uint8) * 255
            mask = np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_NEAREST))
        write_png(written / f"{other}.png", mask)
