#!/usr/bin/env bash
# trimesh 5.2.0 passes over a file's vertex normals where it is told force="mesh", and gives others, without a word.
#
# `load(file)` of a PLY, OBJ or GLB with normals has them in `vertex_normals`. `load(file, force="mesh")`, of the same file
# of one mesh with nothing to join or move, has the means of its triangles' normals there; so has `load_mesh`.
#
# Seen with trimesh 5.2.0, numpy 2.4.6, scipy 1.17.1, Python 3.11, Linux x86-64 (the file's first normal is 1 0 0):
#   ply load               [1.0, 0.0, 0.0]
#   ply load, force="mesh" [-0.58, -0.58, -0.58]
#   ply load_mesh          [-0.58, -0.58, -0.58]
#   obj load               [1.0, 0.0, 0.0]
#   obj load, force="mesh" [-0.58, -0.58, -0.58]
#   obj load_mesh          [-0.58, -0.58, -0.58]
# So whoever tests a file's normals with trimesh must load without `force`, and take the mesh out of the scene.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check trimesh==5.2.0 numpy==2.4.6 scipy==1.17.1
cd "$work"
cat > a.ply <<'PLY'
ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
property float nx
property float ny
property float nz
element face 4
property list uchar int vertex_indices
end_header
0 0 0 1 0 0
3 0 0 0 1 0
0 2 0 0 0 1
0 0 1 0.6 0.8 0
3 0 2 1
3 0 1 3
3 0 3 2
3 1 2 3
PLY
cat > a.obj <<'OBJ'
v 0 0 0
v 3 0 0
v 0 2 0
v 0 0 1
vn 1 0 0
vn 0 1 0
vn 0 0 1
vn 0.6 0.8 0
f 1//1 3//3 2//2
f 1//1 2//2 4//4
f 1//1 4//4 3//3
f 2//2 3//3 4//4
OBJ
cat > try.py <<'PYTHON'
import sys

import numpy as np
import trimesh

as_before = True
for kind in ("ply", "obj"):
    ways = {
        "load": trimesh.load(f"a.{kind}", process=False),
        'load, force="mesh"': trimesh.load(f"a.{kind}", process=False, force="mesh"),
        "load_mesh": trimesh.load_mesh(f"a.{kind}", process=False),
    }
    for name, mesh in ways.items():
        first = np.round(mesh.vertex_normals[0], 2).tolist()
        print(f"{kind} {name:<18} {first}")
        as_before &= (first == [1, 0, 0]) is (name == "load")
sys.exit(not as_before)
PYTHON
"$work/venv/bin/python" try.py
