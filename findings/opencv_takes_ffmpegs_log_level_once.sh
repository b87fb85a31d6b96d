#!/bin/bash
# opencv-python-headless 5.0.0.93 reads OPENCV_FFMPEG_LOGLEVEL when the first video of a process is opened, and never again.
#
# The variable keeps back the lines that ffmpeg itself writes to stderr. Set after any part of the process has opened a
# video (a library, a test that ran before) it does nothing, without a warning; cv2.utils.logging.setLogLevel doesn't
# reach ffmpeg's lines at any time. So who wants a quiet stderr depends on who came first in the process.
#
# Seen, of a text file that is called .mp4 (it is refused, as it should be: isOpened() is False):
#   set before the first:       0 lines
#   set after the first:        1 lines
#   setLogLevel(SILENT) alone:  1 lines
#
# Exits with 1 where this has changed.
set -e
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q opencv-python-headless==5.0.0.93 numpy==2.4.6
cat > "$work/one.py" <<'PYTHON'
import os
import sys

import cv2

when, path = sys.argv[1:]
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
if when == "before":
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
elif when == "after":
    # Nothing is there: a first video all the same.
    cv2.VideoCapture(path + ".none")
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
assert not cv2.VideoCapture(path).isOpened()
PYTHON
echo "no video" > "$work/a.mp4"
lines() {
    env -u OPENCV_FFMPEG_LOGLEVEL "$work/venv/bin/python" "$work/one.py" "$1" "$work/a.mp4" 2>&1 >/dev/null |
        grep -c "moov atom\|Invalid data" || true
}
before=$(lines before) after=$(lines after) alone=$(lines alone)
echo "set before the first:       $before lines"
echo "set after the first:        $after lines"
echo "setLogLevel(SILENT) alone:  $alone lines"
[ "$before" = 0 ] && [ "$after" -gt 0 ] && [ "$alone" -gt 0 ] || { echo "OpenCV does otherwise now" >&2; exit 1; }
