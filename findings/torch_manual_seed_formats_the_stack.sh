#!/usr/bin/env bash
# torch 2.13: torch.manual_seed also seeds devices that nothing was put on yet, and formats the whole Python stack as
# text, three times a call, to show it should such a device ever fail to begin. So on a machine without a GPU a
# training that seeds each step, to resume bit for bit, pays for it in every step, the more the deeper it is called.
# torch.default_generator.manual_seed gives the same numbers on the CPU and formats nothing.
#
# Seen with torch 2.13.0 (CPU), numpy 2.4.6, Python 3.11, Linux x86-64:
#   manual_seed                     3 stacks formatted a call, 0.17 ms at depth 10, 0.47 ms at depth 60
#   default_generator.manual_seed   0 stacks formatted a call, 0.00 ms at depth 10, 0.00 ms at depth 60
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
CUDA_VISIBLE_DEVICES='' "$work/venv/bin/python" - <<'PY'
import time
import traceback

import torch

format_stack, formatted = traceback.format_stack, []
CALLS = 200


def noted(*arguments, **options):
    formatted.append(1)
    return format_stack(*arguments, **options)


def at_depth(depth, way):
    return way() if depth == 0 else at_depth(depth - 1, way)


def milliseconds(way):
    began = time.process_time()
    for _ in range(CALLS):
        way(5)
    return 1000 * (time.process_time() - began) / CALLS


counts = []
for name, way in (("manual_seed", torch.manual_seed), ("default_generator.manual_seed", torch.default_generator.manual_seed)):
    traceback.format_stack = noted
    formatted.clear()
    way(5)
    counts.append(len(formatted))
    traceback.format_stack = format_stack
    drawn = torch.rand(3).tolist()
    took = [at_depth(depth, lambda: milliseconds(way)) for depth in (10, 60)]
    print(f"{name:31} {counts[-1]} stacks formatted a call, {took[0]:.2f} ms at depth 10, {took[1]:.2f} ms at depth 60")
    way(5)
    if torch.rand(3).tolist() != drawn:
        raise SystemExit("the same seed gives other numbers")
if not (counts[0] >= 1 and counts[1] == 0):
    raise SystemExit("the stack is no longer formatted")
PY
