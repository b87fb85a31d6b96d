#!/usr/bin/env bash
# imageio 2.38: a picture that is written to a full disk raises OSError, as it should; but the same error is then printed
# once more, with a traceback, as an "Exception ignored in PluginV3.__del__": the file is closed a second time where the
# plugin is collected. A program that says errors in one line can't keep that off its stderr.
#
# Seen with imageio 2.38.1, Pillow 13.0.0, Python 3.11, Linux x86-64, /dev/full as the disk:
#   imwrite(path)              OSError 28, caught; a traceback on stderr all the same
#   imwrite("<bytes>"), write  OSError 28, caught; nothing on stderr
# So encode into "<bytes>", and write those to the file oneself.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imageio==2.38.1 pillow==13.0.0 numpy
cat > "$work/write.py" <<'PY'
import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

picture = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
try:
    if sys.argv[1] == "path":
        imageio.imwrite("/dev/full", picture, plugin="pillow", extension=".png")
    else:
        Path("/dev/full").write_bytes(imageio.imwrite("<bytes>", picture, plugin="pillow", extension=".png"))
except OSError as error:
    print(error.errno)
PY
for way in path bytes; do
    "$work/venv/bin/python" "$work/write.py" "$way" > "$work/$way.out" 2> "$work/$way.err"
    echo "$way: OSError $(cat "$work/$way.out"), tracebacks on stderr: $(grep -c Traceback "$work/$way.err" || true)"
done
if [ "$(cat "$work/path.out")" != 28 ] || ! grep -q __del__ "$work/path.err" || [ -s "$work/bytes.err" ]; then
    echo "imageio no longer prints the error of a full disk a second time" >&2
    exit 1
fi
