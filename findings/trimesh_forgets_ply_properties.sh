#!/bin/bash
# trimesh 5.2.0 writes a mesh's own attributes of vertices into a .ply, and doesn't know them again when it reads that file.
#
# What has a name of its own for each vertex (a quality, a label, all that Gaussian splats are beside their positions) is
# written of `vertex_attributes`. Read again it is in `metadata["_ply_raw"]` alone: `vertex_attributes` is empty, so a file
# that is read, moved and written again comes back without it, and without an error or a warning. Point clouds have no
# such attributes to begin with: a .ply of splats that trimesh has turned or scaled is x, y, z.
#
# Seen (an attribute `opacity` of three vertices):
#   a mesh, written:        x y z opacity
#   read again:             vertex_attributes []
#   written once more:      x y z
#   a cloud, read, written: x y z
# So what is edited with trimesh must be carried along by hand, or be read with plyfile.
#
# Exits with 1 where this has changed.
set -e
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q trimesh==5.2.0 numpy==2.4.6
"$work/venv/bin/python" -W error - "$work" <<'PYTHON'
import sys
from pathlib import Path

import numpy as np
import trimesh

folder = Path(sys.argv[1])


def properties(path):
    """Of the vertices of a .ply."""
    head = path.read_bytes().split(b"end_header")[0].decode().splitlines()
    return " ".join(line.split()[-1] for line in head if line.startswith("property") and "list" not in line)


mesh = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False)
mesh.vertex_attributes["opacity"] = np.array([-1.5, 0.25, 3], "float32")
mesh.export(folder / "mesh.ply")
again = trimesh.load(folder / "mesh.ply", process=False)
again.export(folder / "again.ply")
(folder / "cloud.ply").write_text(
    "ply\nformat ascii 1.0\nelement vertex 1\n"
    + "".join(f"property float {name}\n" for name in ("x", "y", "z", "opacity"))
    + "end_header\n0 0 0 -1.5\n"
)
trimesh.load(folder / "cloud.ply").export(folder / "cloud_again.ply")
seen = (
    properties(folder / "mesh.ply"), list(again.vertex_attributes), properties(folder / "again.ply"),
    properties(folder / "cloud_again.ply"),
)  # fmt: skip
print("a mesh, written:        %s\nread again:             vertex_attributes %s" % seen[:2])
print("written once more:      %s\na cloud, read, written: %s" % seen[2:])
if seen != ("x y z opacity", [], "x y z", "x y z"):
    sys.exit("trimesh does otherwise now")
PYTHON
