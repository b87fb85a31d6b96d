#!/usr/bin/env bash
# gsply takes every property of a splat file for a float, whatever its header says: one uchar, and all numbers are others.
#
# A trained scene may carry a column besides its splats: a label or a selection of an editor, `uchar red green blue` of a
# point cloud. PLY's header says the type of each. `gsply.plyread` counts the names and reads rows of as many floats, so
# with a column of 8 bits each row begins three bytes further off than the one before, and rotations, scales and places are
# made of each other's bytes. It says nothing, and gives as many splats as there are. A float column in the same place does
# no harm; plyfile reads both, and gaussforge refuses the uchar.
#
# Seen with gsply 0.4.6, plyfile 1.1.5, gaussforge 0.6.0, Python 3.11, Linux x86-64. What this prints there:
#   label is float: gsply 1000 of 1000 right, plyfile 1000, gaussforge 1000
#   label is uchar: gsply 1 of 1000 right, plyfile 1000, gaussforge refused
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gsply==0.4.6 plyfile==1.1.5 gaussforge==0.6.0 numpy
cd "$work"
cat > try.py <<'PYTHON'
import sys
import warnings
from pathlib import Path

import gaussforge
import gsply
import numpy as np
from plyfile import PlyData

warnings.simplefilter("ignore")
COUNT = 1000
NAMES = ["x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", *(f"f_rest_{i}" for i in range(9)), "opacity"]
NAMES += ["scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"]


def written(kind: str, number: str) -> tuple[Path, np.ndarray]:
    """A file of splats with a column `label` of a type; where they are [N, 3]."""
    rows = np.zeros(COUNT, [(name, "<f4") for name in NAMES] + [("label", number)])
    chance = np.random.default_rng(0)
    for name in NAMES:
        rows[name] = chance.normal(0, 1, COUNT)
    rows["label"] = chance.integers(0, 5, COUNT)
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {COUNT}"]
    lines += [f"property float {name}" for name in NAMES] + [f"property {kind} label", "end_header", ""]
    path = Path(f"{kind}.ply")
    path.write_bytes("\n".join(lines).encode() + rows.tobytes())
    return path, np.stack([rows["x"], rows["y"], rows["z"]], axis=1)


def right(found: np.ndarray, places: np.ndarray) -> int:
    return int((found == places).all(axis=1).sum())


def of_gaussforge(path: Path, places: np.ndarray) -> str:
    result = gaussforge.GaussForge().read(path.read_bytes(), "ply")
    if "data" not in result:
        return "refused" if "unsupported property type" in result["error"] else "other"
    return str(right(np.frombuffer(result["data"]["positions"], np.float32).reshape(-1, 3), places))


seen = {}
for kind, number in (("float", "<f4"), ("uchar", "u1")):
    path, places = written(kind, number)
    ours = gsply.plyread(path).means
    vertex = PlyData.read(path)["vertex"]
    theirs = np.stack([vertex["x"], vertex["y"], vertex["z"]], axis=1)
    seen[kind] = (len(ours), right(ours, places), right(theirs, places), of_gaussforge(path, places))
print(f"label is float: gsply {seen['float'][1]} of 1000 right, plyfile {seen['float'][2]}, gaussforge {seen['float'][3]}")
print(f"label is uchar: gsply {seen['uchar'][1]} of {seen['uchar'][0]} right, plyfile {seen['uchar'][2]}, gaussforge {seen['uchar'][3]}")
sys.exit(0 if seen == {"float": (1000, 1000, 1000, "1000"), "uchar": (1000, 1, 1000, "refused")} else 1)
PYTHON
"$work/venv/bin/python" try.py
