#!/usr/bin/env bash
# gaussforge reads no splats without harmonics above the constant: neither a .ply of degree 0, nor any .splat, which has
# no others.
#
# `GaussForge().read(bytes, form)` gives {"error": "std::bad_cast"} for them. The same numbers with nine `f_rest_`
# properties, all 0, are read. Nothing in the files is wrong: gsply reads the .ply, and .splat has no place for harmonics.
#
# Seen with gaussforge 0.6.0, gsply 0.4.6, Python 3.11, Linux x86-64. What this prints there:
#   .ply of degree 0: gaussforge std::bad_cast, gsply 100 splats
#   .ply of degree 1, all 0: gaussforge 100 splats, gsply 100 splats
#   .splat: gaussforge std::bad_cast
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gaussforge==0.6.0 gsply==0.4.6 numpy
cd "$work"
cat > try.py <<'PYTHON'
import sys

import gaussforge
import gsply
import numpy as np

COUNT = 100
random = np.random.default_rng(0)


def ply(rest: int) -> bytes:
    """A file of splats with so many harmonics above the constant, all 0."""
    names = ["x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", *(f"f_rest_{i}" for i in range(rest)), "opacity"]
    names += ["scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"]
    rows = np.zeros((COUNT, len(names)), "<f4")
    rows[:, :6], rows[:, 6 + rest], rows[:, -7:-4], rows[:, -4] = random.normal(size=(COUNT, 6)), 1, -3, 1
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {COUNT}"]
    return "\n".join([*lines, *(f"property float {name}" for name in names), "end_header", ""]).encode() + rows.tobytes()


def splat() -> bytes:
    rows = np.zeros(COUNT, [("place", "<f4", 3), ("scale", "<f4", 3), ("colour", "u1", 4), ("rotation", "u1", 4)])
    rows["place"], rows["scale"], rows["colour"] = random.normal(size=(COUNT, 3)), 0.05, 200
    rows["rotation"] = 255, 128, 128, 128
    return rows.tobytes()


def of_gaussforge(content: bytes, form: str) -> str:
    found = gaussforge.GaussForge().read(content, form)
    return f"{found['data']['numPoints']} splats" if "data" in found else found["error"]


def of_gsply(content: bytes) -> str:
    with open("a.ply", "wb") as file:
        file.write(content)
    return f"{len(gsply.plyread('a.ply').means)} splats"


seen = [of_gaussforge(ply(0), "ply"), of_gsply(ply(0)), of_gaussforge(ply(9), "ply"), of_gsply(ply(9))]
seen.append(of_gaussforge(splat(), "splat"))
print(f".ply of degree 0: gaussforge {seen[0]}, gsply {seen[1]}")
print(f".ply of degree 1, all 0: gaussforge {seen[2]}, gsply {seen[3]}")
print(f".splat: gaussforge {seen[4]}")
expected = ["std::bad_cast", "100 splats", "100 splats", "100 splats", "std::bad_cast"]
sys.exit(0 if seen == expected else 1)
PYTHON
"$work/venv/bin/python" try.py
