#!/usr/bin/env bash
# Open3D 0.20.0 takes glTF's vertex colours, which are proportional to light, for a PLY's, which are not; both ways.
#
# glTF 2.0 (3.7.2.1, 3.9.2): COLOR_0 is linear, as it multiplies the linear base colour. `read_triangle_mesh` of a PLY
# or OBJ gives a grey of 128 as 0.502, which Open3D's windows show as 128. The same grey in a GLB is 0.2140; it comes as
# 0.2140, is shown as 55, and the mesh is far too dark. `write_triangle_mesh` puts a PLY's 0.502 into COLOR_0 as it is:
# programs that go by the standard, such as Blender, show 188. Through Open3D alone, both ways, it cancels out.
#
# Seen with open3d 0.20.0, numpy 2.4.6, Python 3.11, Linux x86-64 (libusb only so that Open3D can be imported). It
# prints there:
#   PLY, grey of 128                     read as 0.5020
#   GLB, the same grey (COLOR_0 0.2140)  read as 0.2140
#   the PLY written as GLB               COLOR_0 0.5020
# So a GLB that is right looks dark in Open3D; give it a PLY. What comes from it as GLB is too bright elsewhere.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check open3d==0.20.0 numpy==2.4.6 libusb-package==1.0.30.0
mkdir "$work/libraries"
cp "$work"/venv/lib/python3*/site-packages/libusb_package/libusb-1.0.so "$work/libraries/libusb-1.0.so.0"
cd "$work"
cat > try.py <<'PYTHON'
import base64
import json
import struct
import sys
from pathlib import Path

import numpy as np
import open3d

LIGHT = ((128 / 255 + 0.055) / 1.055) ** 2.4
FLOAT, UNSIGNED_INT = 5126, 5125


def write_glb(path: Path) -> None:
    blocks = [
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype="<f4"),
        np.full((3, 3), LIGHT, dtype="<f4"),
        np.arange(3, dtype="<u4"),
    ]
    starts = np.cumsum([0] + [block.nbytes for block in blocks]).tolist()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "COLOR_0": 1}, "indices": 2}]}],
        "accessors": [
            {"bufferView": 0, "componentType": FLOAT, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]},
            {"bufferView": 1, "componentType": FLOAT, "count": 3, "type": "VEC3"},
            {"bufferView": 2, "componentType": UNSIGNED_INT, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": start, "byteLength": block.nbytes} for start, block in zip(starts, blocks)
        ],
        "buffers": [{"byteLength": starts[-1]}],
    }
    head, binary = json.dumps(document).encode(), b"".join(block.tobytes() for block in blocks)
    head += b" " * (-len(head) % 4)
    whole = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(head) + 8 + len(binary))
    whole += struct.pack("<I4s", len(head), b"JSON") + head + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    path.write_bytes(whole)


def written_colour(path: Path) -> float:
    whole = path.read_bytes()
    length = struct.unpack("<I", whole[12:16])[0]
    document = json.loads(whole[20 : 20 + length])
    accessor = document["accessors"][document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"]]
    view = document["bufferViews"][accessor["bufferView"]]
    uri = document["buffers"][view["buffer"]].get("uri")
    binary = base64.b64decode(uri.split(",", 1)[1]) if uri else whole[20 + length + 8 :]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    assert accessor["componentType"] == FLOAT
    return struct.unpack("<f", binary[start : start + 4])[0]


def read_colour(path: Path) -> float:
    return float(np.asarray(open3d.io.read_triangle_mesh(str(path)).vertex_colors)[0, 0])


write_glb(Path("a.glb"))
vertices = "".join(f"{place} 128 128 128\n" for place in ("0 0 0", "1 0 0", "0 1 0"))
properties = "".join(f"property float {axis}\n" for axis in "xyz")
properties += "".join(f"property uchar {colour}\n" for colour in ("red", "green", "blue"))
Path("a.ply").write_text(
    f"ply\nformat ascii 1.0\nelement vertex 3\n{properties}element face 1\n"
    f"property list uchar int vertex_indices\nend_header\n{vertices}3 0 1 2\n"
)
open3d.io.write_triangle_mesh("b.glb", open3d.io.read_triangle_mesh("a.ply"))
seen = [read_colour(Path("a.ply")), read_colour(Path("a.glb")), written_colour(Path("b.glb"))]
print(f"PLY, grey of 128                     read as {seen[0]:.4f}")
print(f"GLB, the same grey (COLOR_0 {LIGHT:.4f})  read as {seen[1]:.4f}")
print(f"the PLY written as GLB               COLOR_0 {seen[2]:.4f}")
sys.exit(0 if np.allclose(seen, [128 / 255, LIGHT, 128 / 255], atol=1e-4) else 1)
PYTHON
LD_LIBRARY_PATH="$work/libraries" "$work/venv/bin/python" try.py
