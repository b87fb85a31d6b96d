"""SOG of PlayCanvas, version 2: pictures (WebP without loss) whose pixels are splats, and `meta.json`, in a zip or not.

Places are 16 bits in two pictures, of sign(x) log(1 + |x|); scales and colours bytes that choose from tables of 256;
rotations the three smaller numbers in a byte each; harmonics one of a palette of sets, 64 in a row of a picture.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.reading import quoted, read_bytes
from engines.splats.files.content import SplatContent, empty
from engines.splats.files.encodings import logits_of_bytes, with_largest
from engines.splats.splats import Splats

META = "meta.json"
VERSION = 2
MOST_PART_BYTES = 2**30
MOST_META_BYTES = 2**22
TABLE = 256
PALETTE_COLUMNS = 64
FIRST_TAG = 252
"""In the alpha of a rotation: this and the three above say which of w, x, y, z is left out."""
SPARE_PIXELS = 2**22
"""That a picture may have beside those of splats; a bomb has more."""
Read = Callable[[str, int], bytes]
"""Gives a part of the scene by its name, of at most so many bytes."""


def is_sog(path: Path) -> bool:
    """Whether a file is a zip with such a scene; one that says so by its name may be damaged."""
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return False
        if path.suffix.lower() == ".sog":
            return True
        try:
            return any(Path(name).name == META for name in zipfile.ZipFile(file).namelist())
        except zipfile.BadZipFile:
            return False


def is_sog_meta(path: Path) -> bool:
    """Whether a `meta.json` is of such a scene."""
    try:
        meta = json.loads(read_bytes(path, MOST_META_BYTES))
    except (UserError, ValueError, RecursionError):
        return False
    return isinstance(meta, Mapping) and {"means", "quats", "scales", "sh0"} <= meta.keys()


def read_sog(path: Path) -> SplatContent:
    """Reads a zip, or the folder around a `meta.json`.

    Raises:
        UserError: not such a scene, or a part of it is missing or damaged.
    """
    if path.suffix.lower() == ".json":
        return _read(path, lambda name, most: read_bytes(path.parent / name, most))
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        # Some lie in a folder of the zip.
        named = {Path(entry.filename).name: entry for entry in archive.infolist()}

        def part(name: str, most: int) -> bytes:
            if name not in named:
                raise UserError(f"{path}: has no {quoted(name)} in it")
            if named[name].file_size > most:
                raise UserError(f"{path}: {name} unpacks to {named[name].file_size:,} bytes; at most {most:,} are read")
            with archive.open(named[name]) as opened:
                return opened.read(most)

        return _read(path, part)


def _read(path: Path, part: Read) -> SplatContent:
    meta = json.loads(part(META, MOST_META_BYTES))
    if not isinstance(meta, Mapping) or meta.get("version") != VERSION:
        version = meta.get("version", 1) if isinstance(meta, Mapping) else None
        raise UserError(f"{path}: is SOG of version {quoted(version)}; {VERSION} is read (SplatTransform writes it)")
    count = meta.get("count")
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise UserError(f"{path}: says that it has {quoted(count)} splats")
    pictures = _Pictures(path, part, meta, count)
    # Before anything is made room for: the pictures say how many there can be.
    low, high = pictures.rows("means", 0), pictures.rows("means", 1)
    harmonics = pictures.harmonics()
    degree = 0 if harmonics is None else int(np.sqrt(harmonics.shape[1] + 1)) - 1
    splats = empty(path, count, degree, antialiased="antialias" in str(meta.get("model", "")))
    _fill_places(path, splats, meta["means"], low, high)
    splats.log_scales[:] = pictures.table("scales")[pictures.rows("scales", 0)[:, :3]]
    splats.quaternions[:] = _rotations(pictures.rows("quats", 0))
    colours = pictures.rows("sh0", 0)
    splats.harmonics[:, 0] = pictures.table("sh0")[colours[:, :3]]
    splats.opacity_logits[:] = logits_of_bytes(colours[:, 3])
    if harmonics is not None:
        labels = pictures.rows("shN", 1).astype(np.int64)
        chosen = labels[:, 0] | labels[:, 1] << 8
        if chosen.max(initial=0) >= len(harmonics):
            raise UserError(f"{path}: chooses set {chosen.max()} of {len(harmonics)} sets of harmonics")
        splats.harmonics[:, 1:] = harmonics[chosen]
    return SplatContent(splats)


class _Pictures:
    """The pictures of a scene, read when they are asked for."""

    def __init__(self, path: Path, part: Read, meta: Mapping[str, Any], count: int) -> None:
        self._path, self._part, self._meta, self._count = path, part, meta, count

    def rows(self, name: str, number: int) -> Array:
        """[N, 4] uint8: the pixels of the splats in one of an entry's pictures."""
        pixels = self._pixels(name, number)
        found = pixels.reshape(-1, 4)
        if len(found) < self._count:
            raise UserError(f"{self._path}: {name} has {len(found):,} pixels for {self._count:,} splats")
        return np.asarray(found[: self._count])

    def table(self, name: str) -> Array:
        """[256] float32 that bytes choose from."""
        table = np.array(self._meta[name]["codebook"], np.float32)
        if table.shape != (TABLE,):
            raise UserError(f"{self._path}: the table of {name} has {table.size} numbers; it needs {TABLE}")
        return table

    def harmonics(self) -> Array | None:
        """[P, K, 3] float32: harmonics without the constant, a set for each label of a splat; None: there are none."""
        entry = self._meta.get("shN")
        if not isinstance(entry, Mapping):
            return None
        bands, count = entry.get("bands"), entry.get("count")
        if bands not in (1, 2, 3) or not isinstance(count, int):
            raise UserError(
                f"{self._path}: has {quoted(count)} sets of harmonics of degree {quoted(bands)}; 1 to 3 are read"
            )
        each = (int(bands) + 1) ** 2 - 1
        pixels = self._pixels("shN", 0)
        if pixels.shape[1] != PALETTE_COLUMNS * each or not 0 < count <= pixels.shape[0] * PALETTE_COLUMNS:
            raise UserError(
                f"{self._path}: {count} sets of {each} harmonics are not in a picture of {pixels.shape[:2]}"
            )
        return self.table("shN")[pixels.reshape(-1, each, 4)[:count, :, :3]]

    def _pixels(self, name: str, number: int) -> Array:
        file = self._meta[name]["files"][number]
        # A name only: a file that somebody sent must not choose what is read from elsewhere.
        if not isinstance(file, str) or Path(file).name != file or "\\" in file:
            raise UserError(f"{self._path}: names {quoted(file)}; only pictures beside {META} are read")
        with Image.open(io.BytesIO(self._part(file, MOST_PART_BYTES)), formats=("WEBP", "PNG")) as picture:
            if picture.width * picture.height > 2 * self._count + SPARE_PIXELS:
                raise UserError(f"{self._path}: {file} is of {picture.size} for {self._count} splats")
            return np.asarray(picture.convert("RGBA"))


def _fill_places(path: Path, splats: Splats, entry: Mapping[str, Any], low: Array, high: Array) -> None:
    mins, maxs = (np.array(entry[name], np.float64) for name in ("mins", "maxs"))
    if mins.shape != (3,) or maxs.shape != (3,):
        raise UserError(f"{path}: the bounds of its places are no three numbers each")
    sizes = np.where(maxs == mins, 1, maxs - mins)
    with np.errstate(over="ignore"):
        for axis in range(3):
            whole = low[:, axis].astype(np.uint16) | high[:, axis].astype(np.uint16) << 8
            logged = mins[axis] + sizes[axis] * (whole / 65535)
            splats.positions[:, axis] = np.copysign(np.expm1(np.abs(logged)), logged)


def _rotations(rows: Array) -> Array:
    """[N, 4] w x y z of [N, 4] uint8; those without a tag are not turned."""
    others = (rows[:, :3] / np.float32(255) * 2 - 1) * np.float32(np.sqrt(0.5))
    tagged = rows[:, 3] >= FIRST_TAG
    found = with_largest(np.where(tagged, rows[:, 3], FIRST_TAG).astype(np.int64) - FIRST_TAG, others)
    found[~tagged] = (1, 0, 0, 0)
    return found
