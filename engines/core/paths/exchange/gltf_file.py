"""glTF 2.0 files, `.glb` and `.gltf`, as far as animated cameras need them: the JSON part, and accessors' numbers.

Buffers are read from the file itself, from `data:` URIs, and from files that lie beside it; nothing else is opened.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import numpy as np

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.reading import MOST_ARRAY_BYTES, quoted, read_bytes, reading

MAGIC, VERSION = b"glTF", 2
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
FLOAT = 5126
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class GltfFile:
    """A file whose JSON part was read, and whose numbers are when they are asked for.

    Attributes:
        path: for messages.
        document: the JSON part.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._binary: bytes | None = None
        content = read_bytes(path, MOST_ARRAY_BYTES)
        text = self._chunks(content) if content[:4] == MAGIC else content
        with reading(path, "can't be read as glTF"):
            self.document: Any = json.loads(text.decode("utf-8-sig"))
        if not isinstance(self.document, Mapping) or not isinstance(self.document.get("asset"), Mapping):
            raise UserError(f"{path}: is no glTF: it has no asset")
        version = str(self.document["asset"].get("version"))
        if not version.startswith(f"{VERSION}."):
            raise UserError(f"{path}: is glTF {version[:20]}; {VERSION}.0 is read")
        self._buffers = dict[int, bytes]()

    def _chunks(self, content: bytes) -> bytes:
        found = dict[int, bytes]()
        at = 12
        while at + 8 <= len(content):
            length, kind = struct.unpack_from("<II", content, at)
            if at + 8 + length > len(content):
                raise UserError(f"{self.path}: is damaged (its bytes are cut short)")
            found.setdefault(kind, content[at + 8 : at + 8 + length])
            at += 8 + length
        if JSON_CHUNK not in found:
            raise UserError(f"{self.path}: is damaged (it has no JSON part)")
        self._binary = found.get(BINARY_CHUNK)
        return found[JSON_CHUNK]

    def listed(self, name: str) -> Sequence[Any]:
        """The entries of one of the document's lists; none where there is no such list."""
        found = self.document.get(name)
        return found if isinstance(found, list) else []

    def entry(self, name: str, index: object) -> Mapping[str, Any]:
        """One entry of a list.

        Raises:
            UserError: there is none of that number.
        """
        listed = self.listed(name)
        # True is an int in Python.
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(listed):
            raise UserError(f"{self.path}: has no {name}[{quoted(index)}]")
        if not isinstance(listed[index], Mapping):
            raise UserError(f"{self.path}: {name}[{index}] is no object")
        found: Mapping[str, Any] = listed[index]
        return found

    def accessor(self, index: object) -> Array:
        """[count, width] float64; whole numbers that are said to be fractions as such.

        Raises:
            UserError: as `numbers`; or one of them is not finite.
        """
        values = self.numbers(index, np.dtype(np.float64))
        if not np.isfinite(values).all():
            raise UserError(f"{self.path}: accessors[{index}] has a number that is not finite")
        return values

    def numbers(self, index: object, wanted: np.dtype[Any]) -> Array:
        """[count, width] of a type of floats, finite or not; whole numbers that are said to be fractions as such.

        Raises:
            UserError: it is none, or none that is read.
        """
        accessor = self.entry("accessors", index)
        where = f"{self.path}: accessors[{index}]"
        if "sparse" in accessor or "bufferView" not in accessor:
            raise UserError(f"{where} is sparse; export it without that")
        kind, width = COMPONENTS.get(accessor.get("componentType", 0)), WIDTHS.get(str(accessor.get("type")))
        count = accessor.get("count")
        if kind is None or width is None or not isinstance(count, int) or count < 0:
            raise UserError(f"{where} has a type that is not read")
        view = self.entry("bufferViews", accessor["bufferView"])
        start = _whole(where, view, "byteOffset") + _whole(where, accessor, "byteOffset")
        row = np.dtype(kind).itemsize * width
        stride = _whole(where, view, "byteStride") or row
        data = self._buffer(view.get("buffer"))
        if stride < row or (count and start + stride * (count - 1) + row > len(data)):
            raise UserError(f"{where} reaches beyond its buffer")
        values = np.ndarray((count, width), kind, data, start, (stride, np.dtype(kind).itemsize)).astype(wanted)
        if accessor.get("normalized") is True and kind != "<f4":
            values = np.maximum(values / wanted.type(np.iinfo(kind).max), wanted.type(-1))
        return np.asarray(values)

    def buffer_view(self, index: object) -> bytes:
        """The bytes of a part of a buffer.

        Raises:
            UserError: it is none, or reaches beyond its buffer.
        """
        view, where = self.entry("bufferViews", index), f"{self.path}: bufferViews[{index}]"
        start, length = _whole(where, view, "byteOffset"), _whole(where, view, "byteLength")
        data = self._buffer(view.get("buffer"))
        if start + length > len(data):
            raise UserError(f"{where} reaches beyond its buffer")
        return data[start : start + length]

    def _buffer(self, index: object) -> bytes:
        entry = self.entry("buffers", index)
        number = int(str(index))
        if number not in self._buffers:
            self._buffers[number] = self._bytes_of(number, entry)
        return self._buffers[number]

    def _bytes_of(self, number: int, entry: Mapping[str, Any]) -> bytes:
        uri = entry.get("uri")
        if uri is None and number == 0 and self._binary is not None:
            return self._binary
        where = f"{self.path}: buffers[{number}]"
        if not isinstance(uri, str):
            raise UserError(f"{where} is not in the file")
        if uri.startswith("data:"):
            with reading(self.path, "has a buffer that can't be read"):
                return base64.b64decode(uri.partition(",")[2], validate=True)
        name = PurePosixPath(unquote(uri))
        if name.is_absolute() or ".." in name.parts or ":" in uri or "\\" in uri or "\0" in uri:
            raise UserError(f"{where} is in {quoted(uri)}; only files beside it are read")
        return read_bytes(self.path.parent / name, MOST_ARRAY_BYTES)


def _whole(where: str, item: Mapping[str, Any], name: str) -> int:
    value = item.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UserError(f"{where}: {name} is {quoted(value)}")
    return value


def gltf_bytes(document: Mapping[str, Any], binary: bytes, *, one_file: bool) -> bytes:
    """The file of a document whose only buffer is `binary`.

    Args:
        one_file: `.glb`; else `.gltf`, with the buffer in it as text.
    """
    buffer: dict[str, Any] = {"byteLength": len(binary)}
    if not one_file:
        buffer["uri"] = "data:application/octet-stream;base64," + base64.b64encode(binary).decode("ascii")
    text = json.dumps({**document, "buffers": [buffer]}, indent=None if one_file else 1).encode("ascii")
    if not one_file:
        return text
    # Chunks begin at multiples of four bytes.
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    head = struct.pack("<4sII", MAGIC, VERSION, 28 + len(text) + len(binary))
    return b"".join(
        [head, struct.pack("<II", len(text), JSON_CHUNK), text, struct.pack("<II", len(binary), BINARY_CHUNK), binary]
    )
