#!/usr/bin/env bash
# torch 2.13, CPU: torch.ops.mkldnn._linear_pointwise, which torch's compiler emits, makes and keeps a kernel of oneDNN
# for each count of rows. Where these change from call to call, as of points that a search still asks for, a product of
# some hundred rows takes many times as long, and memory grows until about a thousand kernels are kept. addmm does not.
#
# Seen with torch 2.13.0 (CPU), numpy 2.4.6, Python 3.11, Linux x86-64 (300 to 900 rows of 128 by 128x128, one thread):
#   _linear_pointwise  same rows 0.115 ms, changing rows 1.582 ms, 377 MB more
#   addmm              same rows 0.116 ms, changing rows 0.251 ms, 0 MB more
# So these operators are for whole chunks of one size, and addmm for what is left over.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
OMP_NUM_THREADS=1 "$work/venv/bin/python" - <<'PY'
import resource
import time

import torch

weight, bias = torch.randn(128, 128), torch.randn(128)
packed = torch.ops.mkldnn._reorder_linear_weight(weight, 1024)
ways = {
    "_linear_pointwise": lambda x: torch.ops.mkldnn._linear_pointwise(x, packed, bias, "relu", [], ""),
    "addmm": lambda x: torch.addmm(bias, x, weight.T).relu_(),
}


def milliseconds(way, counts):
    began = time.process_time()
    for count in counts:
        way(points[:count])
    return 1000 * (time.process_time() - began) / len(counts)


points = torch.randn(1024, 128)
dearer = []
for name, way in ways.items():
    way(points[:300])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    same, changing = milliseconds(way, [300] * 600), milliseconds(way, range(300, 900))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    dearer.append((changing / same, grown))
    print(f"{name:18} same rows {same:.3f} ms, changing rows {changing:.3f} ms, {grown} MB more")
if not (dearer[0][0] > 2 * dearer[1][0] and dearer[0][1] > 50):
    raise SystemExit("kernels are no longer made for each count of rows")
PY
