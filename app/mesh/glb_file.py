"""GLB, glTF 2.0 in one file: JSON, then the numbers that it points to.

Colours are proportional to light there. In 8 bits the 64 darkest of a screen's 256 would fall into fourteen steps; they
are written as floats, as trimesh 5 takes 16 bits for 8. It also passes over vertex colours beside a material, so there
is none; Blender, three.js and others show them all the same.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from app.mesh.axes import FileAxes
from app.mesh.surface import Surface
from engines.core.camera import Array
from engines.core.data.images import to_linear

FLOAT, UNSIGNED_INT = 5126, 5125
VERTICES, INDICES = 34962, 34963
JSON_CHUNK, BINARY_CHUNK = b"JSON", b"BIN\0"


def write_glb(path: Path, surface: Surface, normals: Array, colours: Array, axes: FileAxes, offset: Array) -> None:
    """Writes the file.

    Args:
        surface: in the file's axes.
        normals: [N, 3] of length 1, in the file's axes.
        colours: [N, 3] uint8, sRGB.
        offset: [3] what the node says; vertices are written less this, since they are single precision.
    """
    blocks = [
        (surface.vertices - offset).astype("<f4"),
        normals.astype("<f4"),
        linear(colours).astype("<f4"),
        surface.faces.astype("<u4").reshape(-1, 1),
    ]
    binary = b"".join(block.tobytes() for block in blocks)
    header = json.dumps(_document(blocks, axes, offset), separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 4)
    total = 12 + 8 + len(header) + 8 + len(binary)
    with path.open("wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, total))
        file.write(struct.pack("<I4s", len(header), JSON_CHUNK) + header)
        file.write(struct.pack("<I4s", len(binary), BINARY_CHUNK) + binary)


def linear(colours: Array) -> Array:
    """sRGB values of 0 to 255 as values in [0, 1] proportional to light (IEC 61966-2-1)."""
    return to_linear(colours / 255.0)


def _document(blocks: list[Array], axes: FileAxes, offset: Array) -> dict[str, Any]:
    """The JSON part. `blocks`: places, normals, colours, indices."""
    starts = np.cumsum([0, *(block.nbytes for block in blocks)]).tolist()
    places, normals, colours, indices = blocks
    node: dict[str, Any] = {"mesh": 0, "name": "scene"}
    if offset.any():
        node["translation"] = offset.tolist()
    to_world = np.eye(4)
    to_world[:3, :3] = axes.rotation.T
    return {
        "asset": {
            "version": "2.0",
            "generator": "Vantage",
            "extras": {"axes": axes.sentence(), "file_to_world": to_world.tolist()},
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [node],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1, "COLOR_0": 2}, "indices": 3}]}],
        "accessors": [
            {
                **_accessor(0, places, FLOAT, "VEC3"),
                "min": places.min(axis=0).tolist(),
                "max": places.max(axis=0).tolist(),
            },
            _accessor(1, normals, FLOAT, "VEC3"),
            _accessor(2, colours, FLOAT, "VEC3"),
            _accessor(3, indices, UNSIGNED_INT, "SCALAR"),
        ],
        "bufferViews": [
            {
                "buffer": 0,
                "byteOffset": start,
                "byteLength": block.nbytes,
                "target": INDICES if block is indices else VERTICES,
            }
            for start, block in zip(starts, blocks, strict=False)
        ],
        "buffers": [{"byteLength": starts[-1]}],
    }


def _accessor(view: int, block: Array, component: int, kind: str) -> dict[str, Any]:
    return {"bufferView": view, "componentType": component, "count": len(block), "type": kind}
