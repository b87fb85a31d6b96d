#!/usr/bin/env bash
# OpenEXR's Python module 3.5: OpenEXR.File(header, channels) writes dataWindow and displayWindow into the dict that it is
# given. Whoever keeps one header for several pictures is refused from the first one of another size on: "dataWindow size
# (64 x 64) does not match pixel array size (32 x 32)", though no window was ever asked for.
#
# Seen with OpenEXR 3.5.3, Python 3.11, Linux x86-64. So make a header for each file.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check OpenEXR==3.5.3 numpy
"$work/venv/bin/python" - "$work" <<'PY'
import sys

import numpy as np
import OpenEXR

header = {"compression": OpenEXR.ZIP_COMPRESSION}
with OpenEXR.File(header, {"Y": np.zeros((64, 64), np.float32)}) as file:
    file.write(f"{sys.argv[1]}/large.exr")
print("the header now:", sorted(header))
try:
    with OpenEXR.File(header, {"Y": np.zeros((32, 32), np.float32)}) as file:
        file.write(f"{sys.argv[1]}/small.exr")
except ValueError as error:
    print("a smaller picture:", error)
else:
    sys.exit("the header that is given is no longer written into")
PY
