#!/bin/bash
# trimesh 5.2.0 reads glTF's 16-bit vertex colours wrong, without a word.
#
# glTF 2.0 (3.7.2.1) allows COLOR_0 as float, as unsigned byte normalised, or as unsigned short normalised; Blender
# writes the last. trimesh passes over the accessor's `normalized` and keeps the lowest byte of each number, so that a
# smooth ramp comes back as noise. The same colours as floats are read right.
#
# Seen (a ramp of five greys, 0 to 65535 in quarters):
#   unsigned short: [0, 255, 255, 255, 255]   (16383 = 0x3fff, 32767 = 0x7fff, 49151 = 0xbfff: lowest byte 0xff each)
#   float:          [0, 64, 127, 191, 255]
# So a mesh that others shall read with trimesh should carry its colours as floats.
#
# Exits with 1 where this has changed.
set -e
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q trimesh==5.2.0 numpy==2.4.6
"$work/venv/bin/python" - "$work" <<'PYTHON'
import json, struct, sys
from pathlib import Path

import numpy as np
import trimesh

ramp = np.floor(np.linspace(0, 65535, 5)).astype("<u2")
places = np.array([[i, i % 2, 0] for i in range(5)], "<f4")
faces = np.array([0, 1, 2, 1, 3, 2, 2, 3, 4], "<u4")


def write(path, colours, component, **more):
    blocks = [places, colours, faces]
    starts = np.cumsum([0] + [block.nbytes for block in blocks]).tolist()
    binary = b"".join(block.tobytes() for block in blocks)
    header = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "COLOR_0": 1}, "indices": 2}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 5, "type": "VEC3", "min": [0, 0, 0], "max": [4, 1, 0]},
            {"bufferView": 1, "componentType": component, "count": 5, "type": "VEC4", **more},
            {"bufferView": 2, "componentType": 5125, "count": 9, "type": "SCALAR"},
        ],
        "bufferViews": [{"buffer": 0, "byteOffset": a, "byteLength": b.nbytes} for a, b in zip(starts, blocks)],
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    path.write_bytes(
        struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(binary))
        + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    )


def read(path):
    return trimesh.load(path, force="mesh", process=False).visual.vertex_colors[:, 0].tolist()


folder = Path(sys.argv[1])
greys = np.repeat(ramp[:, None], 4, axis=1)
greys[:, 3] = 65535
write(folder / "short.glb", greys, 5123, normalized=True)
write(folder / "float.glb", (greys / 65535).astype("<f4"), 5126)
short, floats = read(folder / "short.glb"), read(folder / "float.glb")
print("unsigned short:", short)
print("float:         ", floats)
if short != [0, 255, 255, 255, 255] or floats != [0, 64, 127, 191, 255]:
    sys.exit("trimesh reads them otherwise now")
PYTHON
