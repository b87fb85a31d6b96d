#!/usr/bin/env bash
# gsply's writer guesses from the numbers whether scales and opacities are logarithms and logits, converts them if it
# thinks they aren't, and does so in the arrays that it was given.
#
# A splat file holds log scales and logit opacities. `gsply.plywrite(path, means, scales, quats, opacities, sh0)` looks
# whether all scales are positive and below 10, and whether more than 95 % of the opacities lie in 0 to 1. If either is so,
# both are converted. Log scales are positive where splats are larger than one unit, as in scenes in millimetres: there
# a splat of 12 units becomes one of 2.5, and every opacity is cut to 0.9999, or to next to nothing below 0. Logits of 0 to 1
# are opacities of 50 to 73 %, as in a cloud that begins half opaque: there the log scales, which are negative, are cut to
# a billionth and logged, so that every splat is a point of 1e-9. Nothing is said. The caller's own arrays hold the
# changed numbers afterwards. What `plyread` gave is written as it was: it carries what it is.
#
# Seen with gsply 0.4.6, Python 3.11, Linux x86-64. What this prints there:
#   log scales of 2.5, logits of 3: scale 0.9163 in the file, 0.9163 in the caller's array; logit 9.2101
#   log scales of -3, logits of 0.5: scale -20.7233 in the file; logit 0.0 in the file, 0.0 in the caller's array
#   read and written again: scale 2.5, logit 0.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gsply==0.4.6 numpy
cd "$work"
cat > try.py <<'PYTHON'
import sys

import gsply
import numpy as np

COUNT = 100


def splats(scale: float, logit: float) -> dict[str, np.ndarray]:
    turned = np.tile(np.float32([1, 0, 0, 0]), (COUNT, 1))
    zeros = np.zeros((COUNT, 3), np.float32)
    return {
        "scales": np.full((COUNT, 3), scale, np.float32),
        "quats": turned,
        "opacities": np.full(COUNT, logit, np.float32),
        "sh0": zeros,
    }


def written(scale: float, logit: float) -> list[float]:
    """Scale in the file and in the array it was written from; logit in both."""
    given = splats(scale, logit)
    gsply.plywrite("a.ply", np.zeros((COUNT, 3), np.float32), **given)
    found = gsply.plyread("a.ply")
    numbers = found.scales[0, 0], given["scales"][0, 0], found.opacities[0], given["opacities"][0]
    return [round(float(number), 4) for number in numbers]


def again(scale: float, logit: float) -> list[float]:
    """Of a file with these numbers, read and written by gsply: what its copy holds."""
    names = ["x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", "opacity", "scale_0", "scale_1", "scale_2"]
    names += ["rot_0", "rot_1", "rot_2", "rot_3"]
    rows = np.zeros((COUNT, len(names)), "<f4")
    rows[:, 6], rows[:, 7:10], rows[:, 10] = logit, scale, 1
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {COUNT}"]
    lines += [*(f"property float {name}" for name in names), "end_header", ""]
    with open("b.ply", "wb") as file:
        file.write("\n".join(lines).encode() + rows.tobytes())
    gsply.plywrite("c.ply", gsply.plyread("b.ply"))
    found = gsply.plyread("c.ply")
    return [float(found.scales[0, 0]), float(found.opacities[0])]


large, faint, copied = written(2.5, 3.0), written(-3.0, 0.5), again(2.5, 0.5)
print(f"log scales of 2.5, logits of 3: scale {large[0]} in the file, {large[1]} in the caller's array; logit {large[2]}")
print(
    f"log scales of -3, logits of 0.5: scale {faint[0]} in the file; logit {faint[2]} in the file, "
    f"{faint[3]} in the caller's array"
)
print(f"read and written again: scale {copied[0]}, logit {copied[1]}")
expected = ([0.9163, 0.9163, 9.2101, 9.2101], [-20.7233, -20.7233, 0.0, 0.0], [2.5, 0.5])
sys.exit(0 if (large, faint, copied) == expected else 1)
PYTHON
"$work/venv/bin/python" try.py
