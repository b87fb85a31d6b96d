"""TensorFlow's checkpoints ("tensor bundles"), read and written without TensorFlow.

`NAME.index` is a sorted table: under "" how many files of data there are, under each tensor's name its type, shape,
file, place and checksum. `NAME.data-00000-of-00001` has the numbers, one tensor after the other, row by row.
`checkpoint` beside them is a text that tells which NAME is the latest. After tensorflow's tensor_bundle.proto.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.reading import naming, read_bytes, reading, require_file, shortened
from engines.core.storage.crc32c import masked_crc32c
from engines.core.storage.sorted_table import read_table, table
from engines.core.storage.varints import field, fields

INDEX = ".index"
META = ".meta"
LATEST = "checkpoint"
"""The name of the text that tells the latest of a folder's checkpoints."""
DATA = re.compile(r"(.+)\.data-\d{5}-of-\d{5}")
SAID = re.compile(r'^model_checkpoint_path: *"(?P<name>(?:[^"\\\n]|\\.)*)"', re.MULTILINE)
MOST_LATEST_BYTES = 2**20
MOST_INDEX_BYTES = 64 * 2**20
"""An entry takes some fifty bytes."""
VERSION = 1
"""Of the format; TensorFlow has had no other."""
MOST_DIMENSIONS = 64
"""As torch has it."""
TYPES = {
    1: torch.float32,
    2: torch.float64,
    3: torch.int32,
    4: torch.uint8,
    5: torch.int16,
    6: torch.int8,
    9: torch.int64,
    10: torch.bool,
    14: torch.bfloat16,
    17: torch.uint16,
    19: torch.float16,
    22: torch.uint32,
    23: torch.uint64,
}
"""TensorFlow's numbers of types. Others, such as text, are no weights, and are left out."""
NUMBERS = {dtype: number for number, dtype in TYPES.items()}
DAMAGED = "not the index of a TensorFlow checkpoint, or damaged"


@dataclass(frozen=True)
class _Entry:
    """What the index tells of a tensor."""

    name: str
    kind: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int


def holds_bundle(folder: Path) -> bool:
    """Whether a folder has TensorFlow's checkpoints in it."""
    try:
        return bool(_names(folder)) or _latest(folder) is not None
    except (OSError, UserError):
        return False


def find_bundle(path: Path) -> Path | None:
    """The index of a checkpoint that is named by any of its files, its files' common name, or its folder.

    Of a folder it is the one that its `checkpoint` calls the latest; where that is missing there must be only one.

    Returns:
        None where this is nothing of TensorFlow's.

    Raises:
        UserError: its index is not there, or it is not plain which of several is meant.
    """
    if path.is_dir():
        return _of_folder(path) if holds_bundle(path) else None
    if path.suffix == INDEX and path.is_file():
        return path
    if path.name == LATEST and path.is_file():
        return _of_folder(path.parent) if _latest(path.parent) is not None else None
    found = DATA.fullmatch(path.name)
    name = found[1] if found else path.name.removesuffix(META)
    index = path.with_name(name + INDEX)
    if found and path.is_file() and not index.is_file():
        raise UserError(f"{path}: its index {index.name} is not beside it; a checkpoint is both")
    return index if index.is_file() and (found or name != path.name or not path.exists()) else None


def _names(folder: Path) -> list[str]:
    """The checkpoints that have both index and data in a folder, sorted."""
    with_data = {found[1] for path in folder.iterdir() if (found := DATA.fullmatch(path.name))}
    return sorted(name for name in with_data if (folder / (name + INDEX)).is_file())


def _latest(folder: Path) -> str | None:
    """The checkpoint that the text in a folder calls the latest: its name; None where there is no such text."""
    path = folder / LATEST
    if not path.is_file():
        return None
    text = read_bytes(path, MOST_LATEST_BYTES).decode("utf-8", errors="replace")
    found = SAID.search(text)
    if found is None:
        return None
    # A name only: it was absolute on the machine that wrote it, and must not choose what is read from elsewhere.
    return re.sub(r"\\(.)", r"\1", found["name"]).replace("\\", "/").rpartition("/")[2]


def _of_folder(folder: Path) -> Path:
    names, said = _names(folder), _latest(folder)
    if said is not None:
        index = folder / (said + INDEX)
        if said and index.is_file():
            return index
        there = f"; there {'is' if len(names) == 1 else 'are'} {naming(names)}" if names else ""
        raise UserError(f"{folder / LATEST}: tells of {shortened(said) or 'nothing'}, which is not there{there}")
    if len(names) != 1:
        raise UserError(f"{folder}: holds {naming(names)}, and no text {LATEST} that tells which; name one")
    return folder / (names[0] + INDEX)


def read_bundle(index: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by their names in TensorFlow, in TensorFlow's layout, on the CPU.

    Places, sizes and shapes are looked at before anything is made for them, every tensor is compared with its checksum.

    Raises:
        UserError: a file is missing, cut short or damaged, or holds what can't be read here.
    """
    content = read_bytes(index, MOST_INDEX_BYTES)
    with reading(index, DAMAGED):
        table = read_table(content)
        if not table or table[0][0] != b"":
            raise ValueError("it lacks its first entry, which tells of the others")
        shards = _shards(table[0][1])
        entries = [_entry(key, value) for key, value in table[1:]]
        if strange := next((entry for entry in entries if not 0 <= entry.shard < shards), None):
            raise ValueError(f"{shortened(strange.name)} is in file {strange.shard}, of {shards}")
    found: dict[str, Tensor] = {}
    for shard in sorted({entry.shard for entry in entries}):
        path = index.with_name(f"{index.name.removesuffix(INDEX)}.data-{shard:05d}-of-{shards:05d}")
        if not path.exists():
            raise UserError(f"{index}: its data {path.name} is not beside it; a checkpoint is both")
        found |= _read_data(path, [entry for entry in entries if entry.shard == shard])
    return {entry.name: found[entry.name] for entry in entries if entry.kind in TYPES}


def _shards(header: bytes) -> int:
    """How many files of data there are."""
    values = dict(fields(header))
    if values.get(2, 0) != 0:
        raise ValueError("its numbers are big-endian, which is not read here")
    shards, version = values.get(1, 0), values.get(3, b"")
    if not isinstance(shards, int) or not isinstance(version, bytes) or not 0 <= shards <= 99999:
        raise ValueError("its first entry is not as it should be")
    if dict(fields(version)).get(2, 0) != 0 and dict(fields(version))[2] != VERSION:
        raise ValueError("it is of a newer format")
    return shards


def _entry(key: bytes, value: bytes) -> _Entry:
    """An entry of the index, looked at as far as it can be without the data."""
    name = key.decode("utf-8")
    values: dict[int, Any] = {}
    for number, content in fields(value):
        if number == 7:
            raise ValueError(f"{shortened(name)} is saved in slices, which are not put together here")
        values[number] = content
    shape = values.get(2, b"")
    kind, shard, offset, size, checksum = (values.get(number, 0) for number in (1, 3, 4, 5, 6))
    if not isinstance(shape, bytes) or not all(isinstance(n, int) for n in (kind, shard, offset, size, checksum)):
        raise ValueError(f"what it tells of {shortened(name)} is not as it should be")
    entry = _Entry(name, kind, _shape(shape, name), shard, offset, size, checksum)
    dtype = TYPES.get(kind)
    if dtype is not None and math.prod(entry.shape) * dtype.itemsize != size:
        of = f"{list(entry.shape)} of {str(dtype).removeprefix('torch.')}"
        raise ValueError(f"{shortened(name)} is {of} and takes {size} bytes, which don't agree")
    return entry


def _shape(message: bytes, name: str) -> tuple[int, ...]:
    shape: list[int] = []
    for number, content in fields(message):
        if number == 2 and isinstance(content, bytes):
            length = dict(fields(content)).get(1, 0)
            if not isinstance(length, int) or length >> 63 or len(shape) == MOST_DIMENSIONS:
                raise ValueError(f"{shortened(name)} has a shape that can't be")
            shape.append(length)
        elif number == 3:
            raise ValueError(f"{shortened(name)} has no known shape")
    return tuple(shape)


def _read_data(path: Path, entries: Iterable[_Entry]) -> dict[str, Tensor]:
    """The tensors of one file of data."""
    require_file(path)
    ordered = sorted(entries, key=lambda entry: entry.offset)
    with reading(path), path.open("rb") as file:
        file_bytes, end = path.stat().st_size, 0
        for entry in ordered:
            # Without overlaps no file makes more tensors than itself.
            if entry.size and entry.offset < end:
                raise UserError(f"{path}: {shortened(entry.name)} overlaps another tensor; the index is damaged")
            end = max(end, entry.offset + entry.size)
            if end > file_bytes:
                raise UserError(
                    f"{path}: is cut short: {shortened(entry.name)} ends at byte {end:,}, the file at {file_bytes:,}"
                )
        return {entry.name: _read_tensor(file, path, entry) for entry in ordered if entry.kind in TYPES}


def _read_tensor(file: BufferedReader, path: Path, entry: _Entry) -> Tensor:
    content = np.empty(entry.size, dtype=np.uint8)
    file.seek(entry.offset)
    read = file.readinto(content.data) if entry.size else 0
    if read != entry.size or masked_crc32c(content) != entry.checksum:
        raise UserError(
            f"{path}: {shortened(entry.name)} has another checksum than was written with it; the file is damaged"
        )
    dtype = TYPES[entry.kind]
    if not entry.size:
        return torch.empty(entry.shape, dtype=dtype)
    if dtype is torch.bool:
        return torch.from_numpy(content != 0).reshape(entry.shape)
    return torch.from_numpy(content).view(dtype).reshape(entry.shape)


def write_bundle(index: Path, content: Mapping[str, Tensor]) -> list[Path]:
    """Writes tensors of any shape as TensorFlow does, byte for byte, each file atomically, the index last.

    Returns:
        The files.

    Raises:
        UserError: the place can't be written, or a tensor is of no type that TensorFlow has.
    """
    if index.suffix != INDEX:
        raise UserError(f"{index}: the index of a TensorFlow checkpoint ends in {INDEX}; its data is written beside it")
    names = sorted(content, key=str.encode)
    for name in names:
        if content[name].dtype not in NUMBERS:
            raise UserError(f"{index}: {shortened(name)} is of {content[name].dtype}, which TensorFlow does not have")
    entries, offset = [(b"", field(1, 1) + field(3, field(1, VERSION)))], 0
    data = index.with_name(f"{index.name.removesuffix(INDEX)}.data-00000-of-00001")
    with replacing(index) as new_index, replacing(data) as new_data:
        with new_data.open("wb") as file:
            for name in names:
                tensor = content[name].detach().cpu().contiguous()
                array = tensor.flatten().view(torch.uint8).numpy() if tensor.numel() else np.empty(0, np.uint8)
                file.write(array.data)
                entries.append((name.encode(), _described(tensor, offset, array)))
                offset += len(array)
        new_index.write_bytes(table(entries))
    return [index, data]


def _described(tensor: Tensor, offset: int, array: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """A tensor's entry in the index."""
    shape = b"".join(field(2, field(1, length)) for length in tensor.shape)
    place = field(4, offset) + field(5, len(array)) + field(6, masked_crc32c(array), fixed32=True)
    return field(1, NUMBERS[tensor.dtype]) + field(2, shape) + place
